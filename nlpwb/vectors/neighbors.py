"""The words nearest to vectors: a product with the whole table, block by block, of which the best are kept.

No copy of the table is made, so one that is mapped from a file is read once, and memory is that of two blocks.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from nlpwb.vectors.similarity import unit_rows
from nlpwb.vectors.table import Floats, WordVectors

Rows = NDArray[np.int64]
QUERIES = 512
"""Queries that are answered in one pass over the table."""
SCORES = 1 << 22
"""Numbers in a block of scores: 16 MB."""

_SOME = 2048  # columns of the first block that say which scores are worth a look


def nearest(
    vectors: WordVectors,
    queries: Floats,
    *,
    k: int,
    exclude: Sequence[Collection[int]] | None = None,
    restrict: int | None = None,
) -> tuple[Rows, Floats]:
    """The ``k`` rows of greatest cosine for each of ``queries`` float32 (q, dim): rows (q, k), cosines float32 (q, k), falling.

    ``exclude`` holds for each query the rows that are no answer; only the first ``restrict`` rows are searched. Of equal
    cosines the earlier row comes first. A vector of zeros is no answer, and a query of zeros has none; where fewer than ``k``
    rows are left, the rest is -1 and NaN.
    """
    units = unit_rows(queries)
    found = np.full((len(units), k), -1, dtype=np.int64)
    cosines = np.full((len(units), k), np.nan, dtype=np.float32)
    for start in range(0, len(units), QUERIES):
        part = slice(start, start + QUERIES)
        hidden = hidden_rows(exclude[part] if exclude is not None else [])
        blocks = cosine_blocks(vectors, units[part], restrict=restrict)
        found[part], cosines[part] = greatest(blocks, len(units[part]), k=k, hidden=hidden)
    empty = ~units.any(axis=1)
    found[empty], cosines[empty] = -1, np.nan
    return found, cosines


def cosine_blocks(
    vectors: WordVectors, units: Floats, *, restrict: int | None = None
) -> Iterator[tuple[int, Floats]]:
    """Cosines of rows of length 1 (q, dim) with the table: the first row of a block, and float32 (q, rows of the block).

    -∞ stands where the table has a vector of zeros. The caller may change what it is given.
    """
    table = np.asarray(vectors.vectors)  # a mapped array costs more at each slice
    norms = np.asarray(vectors.norms)
    end = len(table) if restrict is None else min(restrict, len(table))
    step = max(1, SCORES // max(1, len(units)))
    for start in range(0, end, step):
        stop = min(start + step, end)
        cosines: Floats = units @ table[start:stop].T
        lengths = norms[start:stop]
        zeros = np.flatnonzero(lengths == 0)
        if len(zeros):
            lengths = np.where(lengths == 0, np.float32(1), lengths)
        cosines /= lengths
        cosines[:, zeros] = -np.inf
        yield start, cosines


def hidden_rows(exclude: Iterable[Collection[int]]) -> tuple[Rows, Rows]:
    """Sets of rows, one a query, as two lists that belong together: queries and rows, by rising row."""
    pairs = sorted((row, query) for query, rows in enumerate(exclude) for row in rows)
    flat = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return flat[:, 1], flat[:, 0]


def greatest(
    blocks: Iterable[tuple[int, Floats]], queries: int, *, k: int, hidden: tuple[Rows, Rows]
) -> tuple[Rows, Floats]:
    """The ``k`` greatest scores of each query over all blocks, and their rows: (q, k) each, as :func:`nearest` returns them.

    ``blocks`` are the first row of each and scores (q, rows), rows rising; they are changed. -∞ and NaN are no scores.
    """
    rows = np.full((queries, k), -1, dtype=np.int64)
    scores = np.full((queries, k), -np.inf, dtype=np.float32)
    hidden_queries, hidden_places = hidden
    for start, block in blocks:
        width = block.shape[1]
        first, last = np.searchsorted(hidden_places, (start, start + width))
        block[hidden_queries[first:last], hidden_places[first:last] - start] = -np.inf
        # A later row must be better than the worst that is kept: of equal ones the earlier stays.
        floor = scores[:, -1:]
        if width > k and not np.isfinite(floor).all():
            # The k-th best of some is no better than the k-th best of all, and found sooner.
            some = block[:, : max(_SOME, 2 * k)]
            some[np.isnan(some)] = -np.inf
            kth = np.partition(some, some.shape[1] - k, axis=1)[:, some.shape[1] - k, None]
            better = (block >= kth) & (block > floor)
        else:
            better = block > floor
        places = np.flatnonzero(better)
        if len(places):
            of, column = np.divmod(places, width)
            _merge(rows, scores, of, column + start, block.ravel()[places])
    found = np.where(scores == -np.inf, np.float32(np.nan), scores)
    return rows, np.asarray(found, dtype=np.float32)


def _merge(rows: Rows, scores: Floats, of: Rows, new_rows: Rows, new_scores: Floats) -> None:
    """Put new rows among those kept so far, best first; ``of`` says which query each belongs to."""
    touched, places = np.unique(of, return_inverse=True)
    k = rows.shape[1]
    whose = np.concatenate([np.repeat(np.arange(len(touched)), k), places])
    all_rows = np.concatenate([rows[touched].ravel(), new_rows])
    all_scores = np.concatenate([scores[touched].ravel(), new_scores])
    order = np.lexsort((all_rows, -all_scores, whose))
    starts = np.searchsorted(whose[order], np.arange(len(touched)))
    best = order[starts[:, None] + np.arange(k)]
    rows[touched], scores[touched] = all_rows[best], all_scores[best]
