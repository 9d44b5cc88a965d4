"""Word vectors to document vectors: a sparse matrix of weights times the table, not a loop over words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from nlpwb.vectors.table import Floats

SIF_A = 1e-3
"""The constant of Arora et al. (2017), section 4."""


def count_matrix(documents: Sequence[NDArray[np.int64]], words: int) -> sp.csr_matrix:
    """How often each word stands in each document, from word numbers; unknown words (-1) are left out. float32 (n, words)."""
    lengths = np.fromiter(map(len, documents), dtype=np.int64, count=len(documents))
    flat = np.concatenate([*documents, np.zeros(0, dtype=np.int64)])
    rows = np.repeat(np.arange(len(documents)), lengths)
    known = flat >= 0
    counts = sp.coo_matrix(
        (np.ones(int(known.sum()), dtype=np.float32), (rows[known], flat[known])),
        shape=(len(documents), words),
    )
    return counts.tocsr()


def used_numbers(documents: Sequence[NDArray[np.int64]], words: int) -> NDArray[np.int64]:
    """The word numbers that occur, sorted."""
    seen = np.zeros(words + 1, dtype=bool)
    for numbers in documents:
        seen[numbers] = True  # -1 marks the last place, which is no word's
    return np.flatnonzero(seen[:-1])


def renumbered(
    documents: Sequence[NDArray[np.int64]], used: NDArray[np.int64], words: int
) -> list[NDArray[np.int64]]:
    """Word numbers as places in ``used``; -1 stays."""
    place = np.full(words + 1, -1, dtype=np.int64)
    place[used] = np.arange(len(used))
    return [place[numbers] for numbers in documents]


def weighted_mean(counts: sp.csr_matrix, weights: NDArray[np.float64], table: Floats) -> Floats:
    """The mean of a document's word vectors, each weighted by ``weights`` (V,); zeros for a document without words."""
    weighted = counts @ sp.diags(weights)
    sums = np.asarray(weighted.sum(axis=1), dtype=np.float64).ravel()
    scaled = sp.diags(1.0 / np.where(sums == 0, 1.0, sums)) @ weighted
    return np.asarray(scaled.astype(np.float32) @ table, dtype=np.float32)


def maximum(documents: Sequence[NDArray[np.int64]], table: Floats) -> Floats:
    """The largest value of each dimension over a document's words; zeros for a document without words."""
    pooled = np.zeros((len(documents), table.shape[1]), dtype=np.float32)
    for row, numbers in enumerate(documents):
        known = numbers[numbers >= 0]
        if len(known):
            pooled[row] = table[known].max(axis=0)
    return pooled


def idf_weights(counts: sp.csr_matrix) -> NDArray[np.float64]:
    """Smooth inverse document frequency of each word over the training documents, (V,)."""
    df = np.bincount(counts.indices, minlength=counts.shape[1])
    return np.asarray(np.log((1 + counts.shape[0]) / (1 + df)) + 1)


def sif_weights(word_counts: NDArray[np.int64], a: float = SIF_A) -> NDArray[np.float64]:
    """``a / (a + p(w))``, with p(w) the word's share of all training words (Arora et al. 2017, equation 3)."""
    return np.asarray(a / (a + word_counts / max(1, word_counts.sum())))


def principal_direction(pooled: Floats) -> Floats:
    """The first right singular vector of the training documents, float32 (dim,): what sif takes out of every document."""
    _, vectors = np.linalg.eigh(pooled.T.astype(np.float64) @ pooled.astype(np.float64))
    return np.asarray(vectors[:, -1], dtype=np.float32)


def without_direction(pooled: Floats, direction: Floats) -> Floats:
    """``v - u u' v`` for every row (Arora et al. 2017, algorithm 1)."""
    # not a matrix product, whose last bits depend on how many rows there are
    along = (pooled * direction).sum(axis=1, keepdims=True)
    return np.asarray(pooled - along * direction, dtype=np.float32)
