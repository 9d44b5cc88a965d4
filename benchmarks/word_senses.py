"""Whether a base tells the senses of ambiguous words apart: nearest neighbours by layer, the static vector, and named axes.

    python -m benchmarks.word_senses [BASE…] [--list FILE] [--axes FILE] [--threads N]

For each sentence of ``sample:senses`` (30 words, 2 senses, 4 sentences of each) the nearest other context of the same word, by
cosine, has the same sense or not; of equally near ones each counts its share. The static vector makes all of them equally near:
3 of 7. Axes are judged without neighbours: the words of ``sense_axes.tsv`` stand for a sense, and a context should lean to it.

Intervals are Wilson's, and those of a bootstrap over whole words, since sentences of one word depend on each other.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nlpwb.data.builtin import find_builtin
from nlpwb.evaluation.intervals import wilson
from nlpwb.text.occurrences import WordFinder
from nlpwb.workflows.contexts.asking import LAST, layers_of
from nlpwb.workflows.contexts.encoding import in_context
from nlpwb.workflows.contexts.leaning import lean
from nlpwb.workflows.contexts.records import LEAST, Context, Contexts, cosines_of
from nlpwb.workflows.pretrained.opening import Base, open_base
from nlpwb.workflows.words.leaning import Axis

AXES = Path(__file__).parent / "sense_axes.tsv"
REPLICATES = 10_000
TIED = 1e-6
"""Cosines of float32 vectors that differ by less are equal."""


@dataclass(frozen=True)
class Row:
    """A sentence of the list."""

    word: str
    sense: str
    sentence: str


def read_table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def read_list(path: Path) -> list[Row]:
    return [Row(row["word"], row["sense"], row["sentence"]) for row in read_table(path)]


def place_of(row: Row) -> Context:
    (place,) = WordFinder(row.word).places(row.sentence)
    return Context("", 0, row.sentence, *place)


def hits(vectors: NDArray[np.float32], senses: Sequence[str]) -> NDArray[np.float64]:
    """For each row whether its nearest other row has its sense, (n,); of equally near ones the share of those that have."""
    cosines = cosines_of(vectors)
    np.fill_diagonal(cosines, -np.inf)
    nearest = cosines >= cosines.max(axis=1, keepdims=True) - TIED
    same = np.array([[one == other for other in senses] for one in senses])
    return np.asarray((nearest & same).sum(axis=1) / nearest.sum(axis=1), dtype=np.float64)


def by_word(rows: Sequence[Row], vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    """The hits of all sentences, among those of their own word, (words, sentences)."""
    words = dict.fromkeys(row.word for row in rows)
    found = []
    for word in words:
        own = [number for number, row in enumerate(rows) if row.word == word]
        found.append(hits(vectors[own], [rows[number].sense for number in own]))
    return np.stack(found)


def told(name: str, scores: NDArray[np.float64]) -> str:
    """A line: accuracy and its two intervals."""
    low, high = wilson(float(scores.sum()), scores.size)
    draws = np.random.default_rng(0).integers(len(scores), size=(REPLICATES, len(scores)))
    over = np.quantile(scores.mean(axis=1)[draws].mean(axis=1), [0.025, 0.975])
    return (
        f"{name:<22} {scores.mean():.3f}   Wilson {low:.3f} to {high:.3f}   "
        f"over words {over[0]:.3f} to {over[1]:.3f}"
    )


def encoded(base: Base, rows: Sequence[Row], *, threads: int) -> Contexts:
    """All sentences in every layer, and behind them in the usual mean."""
    layers = (*layers_of("all", base), *layers_of(None, base))
    return in_context(base, "", [place_of(row) for row in rows], layers, threads=threads)


def axis_scores(
    base: Base, rows: Sequence[Row], axes: Sequence[dict[str, str]], *, threads: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """By how much each context leans to its own axis, (words, sentences); and how much nearer it is to it without regard to the
    word alone."""
    leaning, nearer = [], []
    for word in dict.fromkeys(row.word for row in rows):
        own = [row for row in rows if row.word == word]
        named = [
            Axis(axis["sense"], tuple(axis["words"].split(",")))
            for axis in axes
            if axis["word"] == word
        ]
        contexts = in_context(
            base, word, [place_of(row) for row in own], layers_of(None, base), threads=threads
        )
        found = lean(base, contexts, named, threads=threads)
        signs = np.array([1 if row.sense == named[0].name else -1 for row in own])
        leaning.append(signs * np.array([one.drawn[0] - one.drawn[1] for one in found.leans]))
        nearer.append(signs * np.array([one.cosines[0] - one.cosines[1] for one in found.leans]))
    return np.stack(leaning), np.stack(nearer)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("bases", nargs="*", default=["minilm"])
    parser.add_argument("--list", type=Path)
    parser.add_argument("--axes", type=Path, default=AXES)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    rows = read_list(options.list or find_builtin("sample:senses").path())
    print(f"{len(rows)} sentences of {len({row.word for row in rows})} words")
    for name in options.bases:
        base = open_base(name)
        contexts = encoded(base, rows, threads=options.threads)
        print(f"\n{name}: nearest neighbour of the same sense, leave one out")
        print(told("static vector", by_word(rows, contexts.static)))
        for number, layers in enumerate(contexts.layers[:-1]):
            print(told(f"layer {layers[0]}", by_word(rows, contexts.vectors[number])))
        print(told(f"mean of the last {LAST}", by_word(rows, contexts.vectors[-1])))
        leaning, nearer = axis_scores(base, rows, read_table(options.axes), threads=options.threads)
        far = np.abs(leaning) >= LEAST
        print(f"{name}: the axis of its own sense")
        print(told("leans to it", (leaning > 0).astype(np.float64)))
        print(told("nearer to it", (nearer > 0).astype(np.float64)))
        print(
            f"by {LEAST:g} or more: {far.mean():.3f} of contexts, {(leaning[far] > 0).mean():.3f} of them right"
        )


if __name__ == "__main__":
    main()
