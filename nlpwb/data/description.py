"""A corpus in numbers: rows, labels, lengths, words, repeats."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from nlpwb.data.corpus import Corpus

# Words as scikit-learn's vectorizers find them by default: two letters, digits or underscores and more.
_WORD = re.compile(r"\w\w+")


@dataclass(frozen=True)
class LabelCount:
    """A label, its rows, and their share (0 to 1) of the corpus."""

    label: str
    count: int
    share: float


@dataclass(frozen=True)
class Spread:
    """How a number is spread over the documents: smallest, 5th, 25th, 50th, 75th and 95th percentile, largest; mean and sum."""

    minimum: int
    p5: int
    p25: int
    median: int
    p75: int
    p95: int
    maximum: int
    mean: float
    total: int


@dataclass(frozen=True)
class Description:
    """What a corpus is. ``labels`` (most frequent first) and ``groups`` (how many) are None where it has none.

    ``tokens`` counts words of two characters and more, ``distinct_tokens`` different ones after case is folded;
    ``duplicates`` rows whose text stood before; ``scripts`` shares (0 to 1) of the letters, filled in by those who know scripts.
    """

    name: str
    rows: int
    labels: tuple[LabelCount, ...] | None
    groups: int | None
    characters: Spread
    tokens: Spread
    distinct_tokens: int
    duplicates: int
    empty: int
    skipped: int
    fingerprint: str
    notes: tuple[str, ...]
    scripts: tuple[tuple[str, float], ...] = ()


def describe(corpus: Corpus) -> Description:
    """The description of a corpus."""
    words: Counter[str] = Counter()
    tokens = []
    for text in corpus.texts:
        found = _WORD.findall(text.lower())
        words.update(found)
        tokens.append(len(found))
    rows = len(corpus)
    labels = None
    if corpus.labels is not None:
        counts = Counter(corpus.labels)
        ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        labels = tuple(LabelCount(label, count, count / rows) for label, count in ordered)
    return Description(
        name=corpus.name,
        rows=rows,
        labels=labels,
        groups=len(set(corpus.groups)) if corpus.groups is not None else None,
        characters=spread([len(text) for text in corpus.texts]),
        tokens=spread(tokens),
        distinct_tokens=len(words),
        duplicates=rows - len(set(corpus.texts)),
        empty=sum(not text or text.isspace() for text in corpus.texts),
        skipped=corpus.skipped,
        fingerprint=corpus.fingerprint,
        notes=corpus.notes,
    )


def spread(values: Sequence[int]) -> Spread:
    """Percentiles by nearest rank, so that each is a value that occurs; ``values`` holds one at least."""
    ordered = sorted(values)
    n = len(ordered)

    def at(percent: int) -> int:
        return ordered[max(0, -(-percent * n // 100) - 1)]

    return Spread(
        minimum=ordered[0],
        p5=at(5),
        p25=at(25),
        median=at(50),
        p75=at(75),
        p95=at(95),
        maximum=ordered[-1],
        mean=sum(ordered) / n,
        total=sum(ordered),
    )
