"""A tagger on labelled words: entities by precision, recall and F1, with an interval; or, of plain labels, words."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlpwb.data.conll import TaggedCorpus, read_conll
from nlpwb.data.corpus import ReadOptions
from nlpwb.errors import InputError, UsageError
from nlpwb.text.tags import OUTSIDE

if TYPE_CHECKING:
    from nlpwb.evaluation.entities import EntityFigures
    from nlpwb.workflows.tagging.tagger import Tagger

F1, ACCURACY = "entity-f1", "accuracy"


@dataclass(frozen=True)
class TaggingFigures:
    """How well a model labels words.

    ``metric`` is entity-f1, or accuracy where labels say no entities; ``score`` with its interval of 95 % by a bootstrap over
    sentences (NaN for a single one). ``overall`` and ``per_type`` (of plain labels: per label) hold precision, recall and F1.
    """

    model: str
    method: str
    corpus: str
    sentences: int
    words: int
    metric: str
    strict: bool
    score: float
    low: float
    high: float
    accuracy: float
    macro_f1: float
    overall: EntityFigures
    per_type: list[EntityFigures]

    def document(self) -> dict[str, Any]:
        """As JSON prints it."""
        return dataclasses.asdict(self)


def evaluate_tagger(
    folder: Path,
    source: str,
    options: ReadOptions,
    *,
    strict: bool,
    seed: int,
    threads: int,
    device: str = "auto",
    precision: str = "float32",
    note: Callable[[str], None],
) -> TaggingFigures:
    """Label the words of a source and hold the labels against the true ones; ``strict`` as seqeval's mode of that name.

    Raises:
        InputError: the source cannot be read, or has a type of entity that the model has never seen.
        ModelError: no sound tagger stands there.
        UsageError: ``strict`` for labels that say no entities.
    """
    import numpy as np

    from nlpwb.evaluation.entities import entity_counts, word_accuracy
    from nlpwb.evaluation.ratios import interval_of, ratio
    from nlpwb.workflows.tagging.folder import load_tagger

    tagger = load_tagger(folder, device=device, precision=precision)
    if strict and tagger.plain:
        raise UsageError(
            f"--strict concerns entities, and the model {folder} says plain labels; leave it out"
        )
    corpus = read_conll(source, options)
    for line in corpus.notes:
        note(line)
    _check_known(tagger, corpus, folder)
    said = [tagged.tags for tagged in tagger.tag(corpus.words, threads=threads)]
    if tagger.plain:
        per_type = _by_label(corpus.tags, said)
        units = np.array(
            [
                (sum(a == b for a, b in zip(*pair, strict=True)), len(pair[0]))
                for pair in zip(corpus.tags, said, strict=True)
            ],
            dtype=np.float64,
        )
        estimate = interval_of(units[None], ratio, running=False, seed=seed)
        overall = _sum_of(per_type)
        macro = float(np.mean([one.f1 for one in per_type]))
    else:
        counts = entity_counts(corpus.tags, said, strict=strict)
        estimate, overall, per_type = counts.interval(seed=seed), counts.overall, counts.by_type
        macro = counts.macro_f1
    return TaggingFigures(
        model=str(folder),
        method=str(tagger.part),
        corpus=corpus.name,
        sentences=len(corpus),
        words=sum(map(len, corpus.words)),
        metric=ACCURACY if tagger.plain else F1,
        strict=strict,
        score=estimate.value,
        low=_clipped(estimate.low),
        high=_clipped(estimate.high),
        accuracy=word_accuracy(corpus.tags, said),
        macro_f1=macro,
        overall=overall,
        per_type=per_type,
    )


def _clipped(end: float) -> float:
    return min(1.0, max(0.0, end)) if end == end else end  # of one sentence an end is no number


def _check_known(tagger: Tagger, corpus: TaggedCorpus, folder: Path) -> None:
    """Refuse labels that the model cannot say; an I- of a type whose entities had one word each is none of them."""
    if tagger.plain != (corpus.scheme == "plain") and corpus.labels != [OUTSIDE]:
        ours, theirs = (
            ("plain labels", "entities") if tagger.plain else ("entities", "plain labels")
        )
        raise InputError(
            f"{corpus.name} is labelled with {theirs}, and the model {folder} says {ours}; --label names another column"
        )
    known = {_type_of(label, plain=tagger.plain) for label in tagger.labels}
    for tags, row in zip(corpus.tags, corpus.rows, strict=True):
        for tag in tags:
            if _type_of(tag, plain=tagger.plain) not in known:
                raise InputError(
                    f"{corpus.name}, sentence of line {row}: the model {folder} does not know the label {tag!r}; it knows "
                    f"{', '.join(tagger.labels)}"
                )


def _type_of(label: str, *, plain: bool) -> str:
    return label if plain or label == OUTSIDE else label[1:]


def _by_label(truth: Sequence[Sequence[str]], said: Sequence[Sequence[str]]) -> list[EntityFigures]:
    """Words, label by label."""
    from nlpwb.evaluation.entities import figures_of

    right, true, predicted = Counter[str](), Counter[str](), Counter[str]()
    for one, other in zip(truth, said, strict=True):
        true.update(one)
        predicted.update(other)
        right.update(a for a, b in zip(one, other, strict=True) if a == b)
    return [
        figures_of(label, (right[label], predicted[label], true[label]))
        for label in sorted({*true, *predicted})
    ]


def _sum_of(found: Sequence[EntityFigures]) -> EntityFigures:
    from nlpwb.evaluation.entities import figures_of

    right = sum(round(one.recall * one.support) for one in found)
    words = sum(one.support for one in found)
    return figures_of("all", (right, words, words))
