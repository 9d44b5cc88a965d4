"""Is one method better than another? Tests and intervals for differences on the same documents, and over the same folds.

Every pair of a comparison is tested, and the p-values are corrected by Holm's procedure, which holds the probability of any
false claim at alpha whatever the dependence between the pairs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from nlpwb.evaluation.intervals import (
    CONFIDENCE,
    REPLICATES,
    check_folds,
    check_groups,
    corrected_standard_error,
    judged,
    percentiles,
)
from nlpwb.evaluation.metrics import Floats
from nlpwb.evaluation.permutation import swap_p_values
from nlpwb.evaluation.resampling import joint_bootstrap_scores
from nlpwb.evaluation.scoring import Predictions, right_answers, score
from nlpwb.tasks import CORRELATIONS, PROPORTIONS, metric_info

PERMUTATIONS = 10_000
PERMUTATIONS_PER_PAIR = (
    100  # Holm multiplies by the number of pairs: 1 / (1 + replicates) must survive it
)
ROUNDING = 1e-12  # differences of folds below this are noise of float arithmetic


@dataclass(frozen=True)
class Difference:
    """score(a) - score(b) with its interval and the p-value of no difference."""

    delta: float
    low: float
    high: float
    p: float


@dataclass(frozen=True)
class Pair:
    """Methods ``i`` < ``j`` of a comparison: delta = score_i - score_j, its interval, p, and p after Holm."""

    i: int
    j: int
    delta: float
    low: float
    high: float
    p: float
    p_holm: float


def mcnemar_p(b: ArrayLike, c: ArrayLike) -> Floats:
    """:func:`mcnemar_exact` for arrays of counts, element by element."""
    b, c = np.asarray(b, dtype=np.int64), np.asarray(c, dtype=np.int64)
    tail = special.bdtr(np.minimum(b, c).astype(np.float64), b + c, 0.5)
    p: Floats = np.minimum(1.0, 2 * tail)
    return p


def mcnemar_exact(b: int, c: int) -> float:
    """Two-sided p-value for b documents that only one method gets right and c that only the other does.

    Under no difference b ~ Binomial(b + c, 1/2) (McNemar 1947, exact form); 1 where the methods never differ.
    """
    return float(mcnemar_p(b, c))


def bonett_price(b: ArrayLike, c: ArrayLike, *, n: int, confidence: float = CONFIDENCE) -> Floats:
    """Ends (2, ...) of the interval of (b - c) / n for paired proportions; b, c as in :func:`mcnemar_exact`.

    The adjusted Wald interval of Bonett & Price 2012 (J. Educ. Behav. Stat. 37:479): one document is added to b and to c,
    which gives the interval a width even where the methods never differ. Fagerland, Lydersen & Laake 2014 recommend it.
    """
    z = special.ndtri((1 + confidence) / 2)
    p, q = (np.asarray(b) + 1) / (n + 2), (np.asarray(c) + 1) / (n + 2)
    half = z * np.sqrt((p + q - (p - q) ** 2) / (n + 2))
    ends: Floats = np.clip(np.stack([p - q - half, p - q + half]), -1.0, 1.0)
    return ends


def paired_permutation(
    a: Predictions, b: Predictions, metric: str, *, replicates: int = PERMUTATIONS, seed: int
) -> float:
    """Two-sided p-value when the two methods' answers are swapped with probability 1/2, document by document.

    Groups are swapped whole; not for correlations. roc-auc swaps ranks, since two methods' scores have no common scale. See
    :mod:`nlpwb.evaluation.permutation`; errors as in :func:`nlpwb.evaluation.scoring.check_metric`.
    """
    _check_same_documents([a, b])
    return swap_p_values([a, b], [(0, 1)], metric, replicates=replicates, seed=seed)[0]


def corrected_t_p(differences: Floats, *, test_size: float, train_size: float) -> Floats:
    """:func:`corrected_t` for differences (..., J), one test for each leading index."""
    J = differences.shape[-1]
    check_folds(J)
    mean = differences.mean(axis=-1)
    error = corrected_standard_error(differences, test_size=test_size, train_size=train_size)
    constant = np.ptp(differences, axis=-1) < ROUNDING
    t = np.abs(mean) / np.where(constant, 1.0, error)
    p = 2 * special.stdtr(J - 1, -t)
    certain: Floats = np.where(constant, np.where(np.abs(mean) < ROUNDING, 1.0, 0.0), p)
    return certain


def corrected_t(
    differences: Sequence[float] | Floats, *, test_size: float, train_size: float
) -> float:
    """Two-sided p-value of the corrected resampled t-test for J differences by fold (Nadeau & Bengio 2003).

    1 where every difference is zero, 0 (the limit) where all are one other number. :class:`InputError` below two folds.
    """
    values = np.asarray(differences, dtype=np.float64)
    return float(corrected_t_p(values, test_size=test_size, train_size=train_size))


def holm(p_values: Sequence[float] | Floats) -> Floats:
    """Holm-adjusted p-values (Holm 1979), in the given order: the k-th smallest times (m - k + 1), never falling, at most 1."""
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    adjusted = np.empty_like(p)
    adjusted[order] = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    return np.minimum(adjusted, 1.0)


def difference(
    a: Predictions,
    b: Predictions,
    metric: str,
    *,
    seed: int,
    confidence: float = CONFIDENCE,
    replicates: int = REPLICATES,
    permutations: int = PERMUTATIONS,
) -> Difference:
    """score(a) - score(b) on the same documents, its interval and p-value.

    Accuracy (of labels or of whole sets) with one seed and no groups: the interval of Bonett & Price and the exact test of
    McNemar (which is the more careful of the two: near alpha the interval may just leave out 0 while p is above alpha). A
    correlation: the difference over its standard error on joint bootstrap copies, by Student's t with as many degrees of
    freedom as there are documents (or groups), less two; interval and p-value are one statement. Otherwise the percentiles of
    a paired bootstrap and :func:`paired_permutation`. Errors as in ``check_metric`` and ``check_groups``.
    """
    return _differences(
        [a, b],
        [(0, 1)],
        metric,
        seed=seed,
        confidence=confidence,
        replicates=replicates,
        permutations=permutations,
    )[0]


def compare_pairs(
    methods: Sequence[Predictions],
    metric: str,
    *,
    seed: int,
    confidence: float = CONFIDENCE,
    replicates: int = REPLICATES,
    permutations: int | None = None,
) -> list[Pair]:
    """:func:`difference` for all pairs i < j of methods on the same documents, with Holm over all of them.

    ``permutations`` is by default 10,000, or more where there are more than 100 pairs. But for ``p_holm``, no figure
    depends on which other methods take part (below 100 pairs).
    """
    pairs = list(combinations(range(len(methods)), 2))
    if permutations is None:
        permutations = max(PERMUTATIONS, PERMUTATIONS_PER_PAIR * len(pairs))
    found = _differences(
        methods,
        pairs,
        metric,
        seed=seed,
        confidence=confidence,
        replicates=replicates,
        permutations=permutations,
    )
    adjusted = holm([d.p for d in found])
    return [
        Pair(i, j, d.delta, d.low, d.high, d.p, float(p_holm))
        for (i, j), d, p_holm in zip(pairs, found, adjusted, strict=True)
    ]


def compare_folds(
    scores: Floats, *, test_size: float, train_size: float, confidence: float = CONFIDENCE
) -> list[Pair]:
    """All pairs of M methods scored on the same J folds, scores (M, J): the corrected t of Nadeau & Bengio, and Holm.

    Sizes are documents in one fold's parts. :class:`InputError` below two folds.
    """
    M, J = scores.shape
    check_folds(J)
    i, j = np.triu_indices(M, 1)
    d = scores[i] - scores[j]
    delta = d.mean(axis=1)
    error = corrected_standard_error(d, test_size=test_size, train_size=train_size)
    half = special.stdtrit(J - 1, (1 + confidence) / 2) * error
    p = corrected_t_p(d, test_size=test_size, train_size=train_size)
    columns = (i, j, delta, delta - half, delta + half, p, holm(p))
    return [Pair(*row) for row in zip(*(c.tolist() for c in columns), strict=True)]


def _check_same_documents(methods: Sequence[Predictions]) -> None:
    for other in methods[1:]:
        assert np.array_equal(other.truth, methods[0].truth), "methods saw different documents"
        assert other.labels == methods[0].labels, "methods know different labels"
        assert (other.groups is None) == (methods[0].groups is None), "groups for some methods only"
        if other.groups is not None and methods[0].groups is not None:
            assert np.array_equal(other.groups, methods[0].groups), "methods saw different groups"


def _differences(
    methods: Sequence[Predictions],
    pairs: Sequence[tuple[int, int]],
    metric: str,
    *,
    seed: int,
    confidence: float,
    replicates: int,
    permutations: int,
) -> list[Difference]:
    metric_info(metric)  # refuses an unknown one, also where there is no pair
    _check_same_documents(methods)
    plain = metric in PROPORTIONS and all(p.groups is None for p in methods)
    exact = [(i, j) for i, j in pairs if plain and methods[i].seeds == 1 and methods[j].seeds == 1]
    others = sorted(set(pairs) - set(exact))
    found = dict(zip(exact, _exact(methods, exact, confidence=confidence), strict=True))
    if others:
        check_groups(methods[0])
        scores = np.array([score(p, metric) for p in methods])
        copies = joint_bootstrap_scores(methods, metric, replicates=replicates, seed=seed)
        if metric in CORRELATIONS:
            return _by_error(methods[0], scores, copies, pairs, confidence=confidence)
        ps = swap_p_values(methods, others, metric, replicates=permutations, seed=seed)
        i, j = np.array(others).T
        low, high = percentiles(copies[i] - copies[j], confidence=confidence)
        delta = scores[i] - scores[j]
        for at, pair in enumerate(others):
            found[pair] = Difference(float(delta[at]), float(low[at]), float(high[at]), ps[at])
    return [found[pair] for pair in pairs]


def _by_error(
    first: Predictions,
    scores: Floats,
    copies: Floats,
    pairs: Sequence[tuple[int, int]],
    *,
    confidence: float,
) -> list[Difference]:
    """Differences of scores (M,) judged by the deviation of their copies (M, B)."""
    units = first.n if first.groups is None else len(np.unique(first.groups))
    found = []
    for i, j in pairs:
        delta = float(scores[i] - scores[j])
        judgement = judged(
            delta, copies[i] - copies[j], freedom=max(1, units - 2), confidence=confidence
        )
        found.append(Difference(delta, *judgement))
    return found


def _exact(
    methods: Sequence[Predictions], pairs: Sequence[tuple[int, int]], *, confidence: float
) -> list[Difference]:
    if not pairs:
        return []
    n = methods[0].n
    # float64 counts documents exactly, and a matrix product counts all pairs at once.
    right = np.stack([right_answers(p)[0] for p in methods]).astype(np.float64)
    only = right @ (1 - right).T  # [i, j]: documents that i gets right and j does not
    i, j = np.array(pairs).T
    b, c = only[i, j], only[j, i]
    low, high = bonett_price(b, c, n=n, confidence=confidence)
    columns = ((b - c) / n, low, high, mcnemar_p(b, c))
    return [Difference(*row) for row in zip(*(x.tolist() for x in columns), strict=True)]
