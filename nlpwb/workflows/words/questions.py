"""What a table of word vectors answers about words: their neighbours, how similar two are, which of several is odd."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nlpwb.errors import InputError, UsageError
from nlpwb.workflows.words.asking import (
    CHUNK,
    Asked,
    Known,
    UnknownWord,
    count_of,
    joined,
    look_up,
    look_up_all,
)

if TYPE_CHECKING:
    from nlpwb.vectors.index import Index

_ANSWERS = 1_000_000  # answers that are held at a time
ZEROS = "its vector is all zeros"


@dataclass(frozen=True)
class Neighbor:
    """One of the nearest words of a query; without rank, word and cosine where there are none."""

    query: str
    rank: int | None
    word: str | None
    cosine: float | None
    count: int | None
    note: str | None


@dataclass(frozen=True)
class Similarity:
    """The cosine of two words, if both have one."""

    a: str
    b: str
    cosine: float | None
    note: str | None


@dataclass(frozen=True)
class Member:
    """A word of a question which is odd: its cosine with the mean of all, and whether it is the odd one."""

    question: str
    rank: int | None
    word: str | None
    cosine: float | None
    odd: bool | None
    note: str | None


def neighbors(
    asked: Asked,
    queries: Iterable[str],
    *,
    k: int,
    restrict: int | None = None,
    index: Index | None = None,
) -> Iterator[Neighbor]:
    """The ``k`` words nearest to each query, of the first ``restrict`` words; a query is none of its own neighbours.

    An ``index`` knows no restriction.

    Raises:
        InputError: a word that is not known, unless it is one of a batch.
    """
    k = min(k, len(asked.vectors))  # no more is kept than there is
    lines = max(1, min(CHUNK, _ANSWERS // max(1, k)))
    remaining = iter(queries)
    while chunk := list(itertools.islice(remaining, lines)):
        yield from _neighbors_of(asked, chunk, k, restrict, index)


def _neighbors_of(
    asked: Asked, queries: Sequence[str], k: int, restrict: int | None, index: Index | None
) -> Iterator[Neighbor]:
    import numpy as np

    from nlpwb.vectors.neighbors import nearest

    found: list[Known | str] = []
    for query in queries:
        try:
            found.append(look_up(asked, query))
        except UnknownWord as error:
            if not asked.batch:
                raise
            found.append(str(error))
    known = [entry for entry in found if isinstance(entry, Known)]
    answers: Iterator[tuple[list[int], list[float]]] = iter(())
    if known:
        table = np.stack([entry.vector for entry in known])
        own = [[] if entry.row is None else [entry.row] for entry in known]
        if index is None:
            rows, cosines = nearest(asked.vectors, table, k=k, exclude=own, restrict=restrict)
        else:
            from nlpwb.vectors.index import nearest_by_index

            rows, cosines = nearest_by_index(asked.vectors, index, table, k=k, exclude=own)
        answers = zip(rows.tolist(), cosines.tolist(), strict=True)
    for query, entry in zip(queries, found, strict=True):
        if isinstance(entry, str):
            yield Neighbor(query, None, None, None, None, entry)
            continue
        answer = [pair for pair in zip(*next(answers), strict=True) if pair[0] >= 0]
        if not answer:
            note = ZEROS if not entry.vector.any() else "no other word is there"
            yield Neighbor(query, None, None, None, None, joined(entry.note, note))
        for rank, (row, cosine) in enumerate(answer, 1):
            count = count_of(asked.vectors, row)
            yield Neighbor(query, rank, asked.vectors.words[row], cosine, count, entry.note)


def similarities(asked: Asked, pairs: Iterable[Sequence[str]]) -> Iterator[Similarity]:
    """The cosine of each pair of words.

    Raises:
        UsageError: there are not two words, unless in a batch.
        InputError: a word that is not known or has no direction, unless it is one of a batch.
    """
    for pair in pairs:
        try:
            if len(pair) != 2:
                raise UsageError(f"similarity needs two words, got {len(pair)}")
            (a, b), note = look_up_all(asked, pair)
        except (UnknownWord, UsageError) as error:
            if not asked.batch:
                raise
            yield Similarity(pair[0], " ".join(pair[1:]), None, str(error))
            continue
        empty = _empty(asked, pair, (a, b))
        cosine = _cosine(a, b) if empty is None else None
        yield Similarity(pair[0], pair[1], cosine, joined(note, empty))


def _empty(asked: Asked, typed: Sequence[str], found: Sequence[Known]) -> str | None:
    """The note of a question with a word that has no direction, which makes it senseless; None where there is none.

    Raises:
        InputError: the same, but for a batch.
    """
    words = [word for word, known in zip(typed, found, strict=True) if not known.vector.any()]
    if not words:
        return None
    if not asked.batch:
        raise InputError(f"{words[0]}: no answer, for {ZEROS}")
    return f"{words[0]}: {ZEROS}"


def _cosine(a: Known, b: Known) -> float:
    import numpy as np

    one, other = a.vector.astype(np.float64), b.vector.astype(np.float64)
    return float(one @ other / np.sqrt((one @ one) * (other @ other)))


def odd_ones(asked: Asked, questions: Iterable[Sequence[str]]) -> Iterator[Member]:
    """The words of each question by falling cosine with the mean of their unit vectors; the last is the odd one.

    Raises:
        UsageError: there are fewer than three words, unless in a batch.
        InputError: a word that is not known or has no direction, unless it is one of a batch.
    """
    for words in questions:
        question = " ".join(words)
        try:
            if len(words) < 3:
                raise UsageError(f"odd needs three words at least, got {len(words)}")
            found, note = look_up_all(asked, words)
        except (UnknownWord, UsageError) as error:
            if not asked.batch:
                raise
            yield Member(question, None, None, None, None, str(error))
            continue
        empty = _empty(asked, words, found)
        if empty is not None:
            yield Member(question, None, None, None, None, joined(note, empty))
            continue
        yield from _ranked(question, found, note)


def _ranked(question: str, found: Sequence[Known], note: str | None) -> Iterator[Member]:
    import numpy as np

    from nlpwb.vectors.axes import direction
    from nlpwb.vectors.similarity import unit_rows

    members = np.stack([entry.vector for entry in found])
    cosines = (unit_rows(members) @ direction(members)).tolist()
    order = sorted(range(len(found)), key=lambda place: -cosines[place])
    for rank, place in enumerate(order, 1):
        odd = rank == len(order)
        yield Member(question, rank, found[place].word, cosines[place], odd, note)
