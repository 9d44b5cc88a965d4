"""How far words moved between two tables of vectors, told by their neighbours: no rotation of a table changes the answer.

The neighbours of a word are sought among the words that both tables have, by cosine; two lists of ``k`` are compared by their
Jaccard index (Hellrich & Hahn 2016, "Bad company: neighborhoods in neural embedding spaces considered harmful", section 4).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nlpwb.vectors.neighbors import nearest
from nlpwb.vectors.similarity import unit_rows
from nlpwb.vectors.table import Floats, WordVectors

Rows = NDArray[np.int64]


def shared_words(a: WordVectors, b: WordVectors, *, min_count: int = 0) -> list[str]:
    """The words that both tables have, in the order of ``a``; without those that are all zeros in either.

    A word that either file counts fewer than ``min_count`` times is left out; a table without counts leaves none out.
    """
    found = [(word, row, b.numbers[word]) for word, row in a.numbers.items() if word in b.numbers]
    rows = np.array([(row, other) for _, row, other in found], dtype=np.int64).reshape(-1, 2)
    kept = np.ones(len(found), dtype=bool)
    for table, places in ((a, rows[:, 0]), (b, rows[:, 1])):
        norms = np.asarray(table.norms)[places]
        kept &= (norms > 0) & np.isfinite(norms)
        if table.counts is not None:
            kept &= np.asarray(table.counts)[places] >= min_count
    return [found[place][0] for place in np.flatnonzero(kept).tolist()]


def unit_vectors(table: WordVectors, words: Sequence[str]) -> Floats:
    """The vectors of some words of the table, float32 (n, dim), each of length 1; a vector of zeros stays as it is."""
    rows = [table.numbers[word] for word in words]
    vectors = np.asarray(table.vectors[rows], dtype=np.float32)
    return unit_rows(vectors)


def neighbor_rows(units: Floats, rows: Rows, *, k: int) -> Rows:
    """The ``k`` rows of ``units`` (n, dim) nearest to each of ``rows`` (m,), itself apart, nearest first: int64 (m, k).

    -1 where there are fewer; a vector of zeros has no neighbours and is none.
    """
    table = WordVectors(range(len(units)), units)  # type: ignore[arg-type] # rows are all that is asked
    return nearest(table, units[rows], k=k, exclude=[[row] for row in rows.tolist()])[0]


def jaccard(one: Rows, other: Rows) -> NDArray[np.float64]:
    """|A ∩ B| / |A ∪ B| of the sets in each line, (n, k) both: float64 (n,), 0 to 1.

    Negative numbers are no members, repeated ones count once; two empty sets are the same.
    """
    merged = np.sort(np.concatenate([_as_sets(one), _as_sets(other)], axis=1), axis=1)
    common = ((merged[:, 1:] == merged[:, :-1]) & (merged[:, 1:] >= 0)).sum(axis=1)
    union = (merged >= 0).sum(axis=1) - common
    return np.asarray(np.where(union > 0, common / np.maximum(union, 1), 1.0), dtype=np.float64)


def _as_sets(lines: Rows) -> Rows:
    """Sorted lines in which all but the first of equal numbers are -1."""
    found = np.sort(lines, axis=1)
    found[:, 1:][found[:, 1:] == found[:, :-1].copy()] = -1
    return found


def jaccard_stability(
    a: WordVectors, b: WordVectors, *, words: Sequence[str], k: int
) -> NDArray[np.float64]:
    """The Jaccard index of each word's ``k`` neighbours in two tables: float64 (n,), 1 where they are the same.

    Neighbours are sought among all words that both tables have; every one of ``words`` must be such a word. Where there are
    fewer than ``k`` others, all of them are neighbours.
    """
    pool = shared_words(a, b)
    place = dict(zip(pool, range(len(pool)), strict=True))
    rows = np.array([place[word] for word in words], dtype=np.int64)
    k = min(k, len(pool) - 1)
    if k < 1 or not len(rows):
        return np.ones(len(rows), dtype=np.float64)
    return jaccard(
        neighbor_rows(unit_vectors(a, pool), rows, k=k),
        neighbor_rows(unit_vectors(b, pool), rows, k=k),
    )
