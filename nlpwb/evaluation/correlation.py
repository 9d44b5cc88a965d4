"""Spearman's rank correlation with what people say: its value, its interval, and the difference between two models.

A model's cosines have no scale that could be compared with people's scores, their order has. Everything here is a function of
ranks. Coverage and error rates are measured by simulation in ``tests/evaluation/test_correlation.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike

from nlpwb.evaluation.intervals import CONFIDENCE, REPLICATES, Interval, judged, percentiles
from nlpwb.evaluation.metrics import Floats
from nlpwb.evaluation.permutation import midranks
from nlpwb.evaluation.ranks import COPIES_AT_ONCE, Scale, rank_correlations
from nlpwb.evaluation.resampling import drawn_weights
from nlpwb.evaluation.significance import Pair, holm


def spearman(x: ArrayLike, y: ArrayLike) -> float:
    """Spearman's rank correlation of x (n,) and y (n,), ties by midranks; NaN where one of them is constant.

    It is Pearson's correlation of the ranks (Spearman 1904; Kendall & Gibbons 1990, chapter 3 for ties).
    """
    a, b = _checked(x), _checked(y)
    assert a.shape == b.shape, (a.shape, b.shape)
    u, v = (midranks(values) - (len(values) + 1) / 2 for values in (a, b))
    spread = float(np.sqrt((u @ u) * (v @ v)))
    return float(np.clip(u @ v / spread, -1, 1)) if spread > 0 else float("nan")


def spearman_copies(models: ArrayLike, gold: ArrayLike, *, replicates: int, seed: int) -> Floats:
    """Spearman's correlations (M, B) of models (M, n) with gold (n,) on the same B bootstrap copies of the n pairs.

    A copy is a weight for each pair. Along the ordered values, the rank of a value is the sum of the weights below it and half
    its own: no copy is ever sorted. NaN where a copy is left with one distinct value.
    """
    scales = [Scale(row) for row in (_checked(gold), *np.atleast_2d(_checked(models)))]
    n = len(scales[0].level)
    blocks = [
        rank_correlations(scales, weights)
        for weights in _weights_by_copy(n, replicates, rng=np.random.default_rng(seed))
    ]
    return np.concatenate(blocks, axis=1)


def bootstrap_spearman(
    x: ArrayLike,
    y: ArrayLike,
    *,
    replicates: int = REPLICATES,
    seed: int,
    confidence: float = CONFIDENCE,
) -> Interval:
    """Percentile bootstrap over pairs of Spearman's correlation of x (n,) and y (n,) (Efron & Tibshirani 1993, section 13.3).

    It knows only what it has seen: it has no width where the two orders are the same.
    """
    copies = spearman_copies(x, y, replicates=replicates, seed=seed)[0]
    low, high = percentiles(copies, confidence=confidence)
    return Interval(float(low), float(high))


@dataclass(frozen=True)
class SpearmanPair(Pair):
    """A :class:`Pair` of models, ``delta`` being Spearman's correlation of i less that of j, on ``n`` pairs of words."""

    n: int


def compare_spearman(
    models: ArrayLike,
    gold: ArrayLike,
    *,
    least: int,
    replicates: int = REPLICATES,
    seed: int,
    confidence: float = CONFIDENCE,
) -> list[SpearmanPair]:
    """Pairs i < j of models (M, n) against gold (n,), NaN where a model lacks a word, with Holm over all of them.

    Each is judged on the n pairs of words that both cover: the difference over its standard error on joint bootstrap copies, by
    Student's t with n - 2 degrees of freedom; its interval belongs to the same t. (Swapping the two models' ranks pair by pair
    and leaving them as they fall is no better: ranks that are no longer 1 to n vary more than the correlation does, and the
    test finds too little; ranking them anew assumes more than that two correlations are equal, and finds too much where it
    fails.) Models with fewer than ``least`` pairs in common, or one that is constant on these, are left out.
    """
    values, scores = np.asarray(models, dtype=np.float64), _checked(gold)
    found = []
    for i, j in combinations(range(len(values)), 2):
        both = np.isfinite(values[i]) & np.isfinite(values[j])
        n = int(np.count_nonzero(both))
        if n < least:
            continue
        two, people = values[[i, j]][:, both], scores[both]
        delta = spearman(two[0], people) - spearman(two[1], people)
        if not np.isfinite(delta):
            continue
        copies = spearman_copies(two, people, replicates=replicates, seed=seed)
        judgement = judged(delta, copies[0] - copies[1], freedom=n - 2, confidence=confidence)
        found.append((i, j, delta, *judgement, n))
    adjusted = holm([row[5] for row in found])
    return [
        SpearmanPair(*row[:6], p_holm=float(p_holm), n=row[6])
        for row, p_holm in zip(found, adjusted, strict=True)
    ]


def _weights_by_copy(n: int, replicates: int, *, rng: np.random.Generator) -> Iterator[Floats]:
    """The weights of :func:`drawn_weights`, turned: a column (n,) is a copy, so that pairs are taken by whole rows."""
    for block in drawn_weights(n, replicates, rng=rng):
        for start in range(0, len(block), COPIES_AT_ONCE):
            yield np.ascontiguousarray(block[start : start + COPIES_AT_ONCE].T)


def _checked(values: ArrayLike) -> Floats:
    found = np.asarray(values, dtype=np.float64)
    assert np.isfinite(found).all(), "a value that is not finite has no rank"
    return found
