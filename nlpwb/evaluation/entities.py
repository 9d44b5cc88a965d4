"""Precision, recall and F1 of entities, exactly as seqeval has them, from counts that add up over sentences.

An entity is right where its type, its first and its last word are (Tjong Kim Sang & De Meulder 2003, CoNLL). Sentences are the
units of the bootstrap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nlpwb.evaluation.metrics import Floats
from nlpwb.evaluation.ratios import Estimate, interval_of
from nlpwb.text.tags import entities_of, strict_entities_of

Tags = Sequence[Sequence[str]]


@dataclass(frozen=True)
class EntityFigures:
    """Of one type, or of all: ``support`` entities there are, ``predicted`` that were said."""

    label: str
    precision: float
    recall: float
    f1: float
    support: int
    predicted: int


@dataclass(frozen=True, eq=False)
class EntityCounts:
    """Right, said and true entities, int64 (sentences, types, 3); ``types`` are sorted."""

    types: tuple[str, ...]
    counts: NDArray[np.int64]

    @property
    def overall(self) -> EntityFigures:
        """All types together (seqeval's micro average)."""
        return figures_of("all", self.counts.sum(axis=(0, 1)).tolist())

    @property
    def by_type(self) -> list[EntityFigures]:
        """Each type by itself."""
        sums = self.counts.sum(axis=0)
        return [figures_of(name, sums[place].tolist()) for place, name in enumerate(self.types)]

    @property
    def macro_f1(self) -> float:
        """The mean over types."""
        found = [one.f1 for one in self.by_type]
        return float(np.mean(found)) if found else 0.0

    def interval(self, *, seed: int) -> Estimate:
        """The overall F1 with its interval of 95 %, by a bootstrap over sentences; without ends for a single one."""
        units = self.counts.sum(axis=1).astype(np.float64)
        return interval_of(units[None], f1_of, running=False, seed=seed)


def entity_counts(truth: Tags, said: Tags, *, strict: bool = False) -> EntityCounts:
    """Count the entities of sentences whose labels are by IOB2; ``strict`` as seqeval's ``mode="strict"``."""
    read = strict_entities_of if strict else entities_of
    pairs = [(set(read(a)), set(read(b))) for a, b in zip(truth, said, strict=True)]
    types = sorted({span[0] for pair in pairs for spans in pair for span in spans})
    place = {name: number for number, name in enumerate(types)}
    counts = np.zeros((len(pairs), len(types), 3), dtype=np.int64)
    for row, (true, predicted) in zip(counts, pairs, strict=True):
        for column, spans in enumerate((true & predicted, predicted, true)):
            for type_, _, _ in spans:
                row[place[type_], column] += 1
    return EntityCounts(tuple(types), counts)


def f1_of(sums: Floats) -> Floats:
    """2 · right / (said + true) of sums (..., 3); 0 where there is neither."""
    total = sums[..., 1] + sums[..., 2]
    found: Floats = 2 * sums[..., 0] / np.where(total > 0, total, 1)
    return found


def word_accuracy(truth: Tags, said: Tags) -> float:
    """The share of words whose label is right."""
    pairs = [
        (a, b)
        for one, other in zip(truth, said, strict=True)
        for a, b in zip(one, other, strict=True)
    ]
    return sum(a == b for a, b in pairs) / len(pairs)


def figures_of(label: str, counts: Sequence[int]) -> EntityFigures:
    """Precision, recall and F1 of counts (right, said, true); 0 where nothing divides them."""
    right, said, true = counts
    precision = right / said if said else 0.0
    recall = right / true if true else 0.0
    both = precision + recall
    f1 = 2 * precision * recall / both if both else 0.0
    return EntityFigures(label, precision, recall, f1, true, said)
