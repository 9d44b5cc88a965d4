"""How far words moved between two tables of vectors, told by their neighbours: no rotation of a table changes the answer.

The neighbours of a word are sought among the words that both tables have, by cosine; two lists of ``k`` are compared by their
Jaccard index (Hellrich & Hahn 2016, "Bad company: neighborhoods in neural embedding spaces considered harmful", section 4).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nlpwb.vectors.table import Floats, WordVectors

Rows = NDArray[np.int64]

_PRODUCT = 1 << 23  # cosines held at a time: 32 MB
_CHUNK = 64  # cosines of which only the greatest is looked at first


def shared_words(a: WordVectors, b: WordVectors, *, min_count: int = 0) -> list[str]:
    """The words that both tables have, in the order of ``a``.

    A word that either file counts fewer than ``min_count`` times is left out; a table without counts leaves none out.
    """
    return [word for word in a.words if word in b.numbers and _least(word, a, b) >= min_count]


def unit_vectors(table: WordVectors, words: Sequence[str]) -> Floats:
    """The vectors of some words of the table, float32 (n, dim), each of length 1; a vector of zeros stays as it is."""
    rows = [table.numbers[word] for word in words]
    vectors = np.asarray(table.vectors[rows], dtype=np.float32)
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    units: Floats = np.divide(vectors, norms, out=np.zeros_like(vectors), where=norms > 0)
    return units


def neighbor_rows(units: Floats, rows: Rows, *, k: int) -> Rows:
    """The ``k`` rows of ``units`` (n, dim) nearest to each of ``rows`` (m,), itself apart, nearest first: int64 (m, k)."""
    return greatest(units[rows], units, k=k, hidden=rows)[0]


def greatest(queries: Floats, units: Floats, *, k: int, hidden: Rows) -> tuple[Rows, Floats]:
    """The ``k`` rows of ``units`` (n, dim) with the greatest products with each of ``queries`` (m, dim), and the products.

    Row ``hidden[i]`` is no answer to query i (-1: all may be). Exact: the k greatest of a line lie in the k chunks with the
    greatest maxima, so only those are sorted.
    """
    n = len(units)
    assert 1 <= k <= n - (len(hidden) > 0 and int(hidden.max()) >= 0), (k, n)
    chunks = -(-n // _CHUNK)
    size = max(1, min(len(queries), _PRODUCT // (chunks * _CHUNK)))
    found = np.empty((len(queries), k), dtype=np.int64)
    products = np.empty((len(queries), k), dtype=np.float32)
    held = np.full((size, chunks * _CHUNK), -np.inf, dtype=np.float32)
    for start in range(0, len(queries), size):
        part, hide = queries[start : start + size], hidden[start : start + size]
        line = np.arange(len(part))
        block = held[: len(part)]
        np.matmul(part, units.T, out=block[:, :n])
        block[line[hide >= 0], hide[hide >= 0]] = -np.inf
        pieces = block.reshape(len(part), chunks, _CHUNK)
        taken = min(k, chunks)
        best = np.argpartition(-pieces.max(axis=2), taken - 1, axis=1)[:, :taken]
        best.sort(axis=1)  # equal products: the earlier row comes first
        values = pieces[line[:, None], best].reshape(len(part), -1)
        order = np.argsort(-values, axis=1, kind="stable")[:, :k]
        found[start : start + size] = best[line[:, None], order // _CHUNK] * _CHUNK + order % _CHUNK
        products[start : start + size] = values[line[:, None], order]
    return found, products


def jaccard(one: Rows, other: Rows) -> NDArray[np.float64]:
    """|A ∩ B| / |A ∪ B| of the sets in each line, (n, k) both, no number twice in a line: float64 (n,), 0 to 1."""
    k = one.shape[1]
    merged = np.sort(np.concatenate([one, other], axis=1), axis=1)
    common = (merged[:, 1:] == merged[:, :-1]).sum(axis=1)
    return np.asarray(common / (2 * k - common), dtype=np.float64)


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


def _least(word: str, *tables: WordVectors) -> float:
    """The smaller of a word's counts, over the tables that know counts."""
    counts = [t.counts[t.numbers[word]] for t in tables if t.counts is not None]
    return min(map(int, counts), default=float("inf"))
