"""Retrieval with one right answer a query: ranks by cosine, their means with intervals, and paired tests between methods.

Query i asks for candidate i among all candidates. Candidates that are as near as the right one stand in random order, and
every figure is its expectation over these orders (McSherry & Najork 2008, "Computing information retrieval performance
measures efficiently in the presence of tied scores"): a method that sees nothing, whose vectors are all zeros or all alike,
gets what guessing gets.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from nlpwb.evaluation.intervals import CONFIDENCE, REPLICATES, Interval, percentiles
from nlpwb.evaluation.metrics import Floats, Ints
from nlpwb.evaluation.permutation import coin_sums
from nlpwb.evaluation.resampling import drawn_weights, numbered_groups, sums_by_group
from nlpwb.evaluation.significance import PERMUTATIONS, PERMUTATIONS_PER_PAIR, Pair, holm

Matrix = sp.csr_matrix | NDArray[Any]

TIE = 1e-6
"""Cosines that differ by less are equal: float32 products of equal vectors differ in their last bits."""
_BLOCK = 1 << 23  # cosines held at a time: 64 MB


def standings(queries: Matrix, candidates: Matrix) -> Ints:
    """How many candidates are nearer to query i than candidate i, and how many as near, itself among them: int64 (n, 2).

    Rows of both are documents, sparse or dense, finite, and need not be of length 1; a row of zeros has cosine 0 with every
    other.
    """
    n = queries.shape[0]
    assert queries.shape == candidates.shape, (queries.shape, candidates.shape)
    for matrix in (queries, candidates):
        values: Any = matrix.data if sp.issparse(matrix) else matrix
        assert np.isfinite(values).all(), "a vector that is no number is near to nothing"
    asked: Any = _unit_rows(queries)
    answers: Any = _unit_rows(candidates)
    sparse = sp.issparse(asked)
    turned = answers.T.tocsr() if sparse else answers.T
    found = np.empty((n, 2), dtype=np.int64)
    step = max(1, _BLOCK // max(1, n))
    for start in range(0, n, step):
        product = asked[start : start + step] @ turned
        cosines = product.toarray() if sparse else product
        right = cosines[np.arange(len(cosines)), np.arange(start, start + len(cosines))][:, None]
        found[start : start + step, 0] = (cosines > right + TIE).sum(axis=1)
        found[start : start + step, 1] = (np.abs(cosines - right) <= TIE).sum(axis=1)
    return found


def _unit_rows(matrix: Matrix) -> Matrix:
    if sp.issparse(matrix):
        floats = matrix.astype(np.float64)
        squares = np.asarray(floats.multiply(floats).sum(axis=1)).ravel()
        return sp.csr_matrix(sp.diags(1 / np.sqrt(np.where(squares == 0, 1, squares))) @ floats)
    dense = np.asarray(matrix, dtype=np.float64)
    lengths = np.sqrt(np.einsum("ij,ij->i", dense, dense))
    return dense / np.where(lengths == 0, 1, lengths)[:, None]


def reciprocal_ranks(found: Ints) -> Floats:
    """The expected reciprocal rank of each query, (n,), from its :func:`standings`.

    With b nearer and t tied candidates the rank is b + 1 … b + t, each as likely: (H(b + t) - H(b)) / t.
    """
    better, tied = found.T
    assert (tied >= 1).all(), "every answer is as near as itself"
    harmonic = np.concatenate(
        [[0.0], np.cumsum(1 / np.arange(1, int((better + tied).max(initial=0)) + 1))]
    )
    ranks: Floats = (harmonic[better + tied] - harmonic[better]) / tied
    return ranks


def recalls(found: Ints, *, k: int) -> Floats:
    """The chance of each query that its answer is among the first ``k``, (n,), from its :func:`standings`."""
    better, tied = found.T
    chances: Floats = np.clip((k - better) / tied, 0.0, 1.0)
    return chances


def chance(n: int, *, k: int) -> tuple[float, float]:
    """Mean reciprocal rank and recall at ``k`` of guessing among n candidates."""
    blind = np.array([[0, n]], dtype=np.int64)
    return float(reciprocal_ranks(blind)[0]), float(recalls(blind, k=k)[0])


def mean_copies(
    values: Floats, *, groups: Ints | None = None, replicates: int = REPLICATES, seed: int
) -> Floats:
    """Means (M, B) of values (M, n) on the same B bootstrap copies of the n documents, or of whole groups (n,) of them."""
    units, sums, sizes = _units(values, groups)
    rng = np.random.default_rng(seed)
    blocks = [
        (weights @ sums) / (weights @ sizes)[:, None]
        for weights in drawn_weights(units, replicates, rng=rng)
    ]
    return np.concatenate(blocks).T


def mean_intervals(
    values: Floats,
    *,
    groups: Ints | None = None,
    seed: int,
    confidence: float = CONFIDENCE,
    replicates: int = REPLICATES,
) -> list[Interval]:
    """The percentile bootstrap interval of each row's mean, values (M, n): over documents, or over groups of them (n,)."""
    copies = mean_copies(values, groups=groups, replicates=replicates, seed=seed)
    low, high = percentiles(copies, confidence=confidence)
    return [Interval(a, b) for a, b in zip(low.tolist(), high.tolist(), strict=True)]


def compare_means(
    values: Floats,
    *,
    groups: Ints | None = None,
    seed: int,
    confidence: float = CONFIDENCE,
    replicates: int = REPLICATES,
) -> list[Pair]:
    """All pairs of M methods by the mean of their values (M, n) on the same documents, with Holm over all of them.

    Intervals are percentiles of the paired bootstrap. p is that of the permutation test in which each document (each group)
    tosses a coin for which method its two values belong to (Good 2005, chapter 3).
    """
    pairs = list(combinations(range(len(values)), 2))
    if not pairs:
        return []
    copies = mean_copies(values, groups=groups, replicates=replicates, seed=seed)
    i, j = np.array(pairs).T
    low, high = percentiles(copies[i] - copies[j], confidence=confidence)
    deltas = values.mean(axis=1)[i] - values.mean(axis=1)[j]
    _, sums, _ = _units(values, groups)
    tosses = max(PERMUTATIONS, PERMUTATIONS_PER_PAIR * len(pairs))
    ps = _swap_p(sums, pairs, replicates=tosses, seed=seed)
    columns = (i, j, deltas, low, high, ps, holm(ps))
    return [Pair(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]


def _units(values: Floats, groups: Ints | None) -> tuple[int, Floats, Floats]:
    """What is resampled: how many there are, their sums (U, M), and how many documents each has (U,)."""
    if groups is None:
        return values.shape[1], values.T, np.ones(values.shape[1])
    number, units = numbered_groups(groups)
    sizes = np.bincount(number, minlength=units).astype(np.float64)
    return units, sums_by_group(values.T, number, groups=units), sizes


def _swap_p(
    sums: Floats, pairs: Sequence[tuple[int, int]], *, replicates: int, seed: int
) -> Floats:
    """Two-sided p of each pair: (1 + hits) / (1 + replicates); a hit is a toss whose difference reaches the observed one."""
    i, j = np.array(pairs).T
    d = sums[:, i] - sums[:, j]
    total = d.sum(axis=0)
    reached = np.abs(total) - 1e-6 * np.abs(d).sum(axis=0)  # float32 sums; a tie is a hit
    hits = np.zeros(len(pairs), dtype=np.int64)
    coins = np.ones(len(d), dtype=np.int64)
    rng = np.random.default_rng(seed)
    for swapped in coin_sums(coins, d.astype(np.float32), replicates, rng=rng):
        hits += np.count_nonzero(np.abs(total - 2 * swapped) >= reached, axis=0)
    p: Floats = (1 + hits) / (1 + replicates)
    return p
