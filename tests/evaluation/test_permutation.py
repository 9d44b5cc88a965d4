"""The permutation test against scipy's, which recomputes the score for every swap."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from nlpwb.evaluation.permutation import (
    coin_sums,
    midranks,
    set_bits,
    set_bits_by_halving,
    swap_differences,
)
from nlpwb.evaluation.scoring import score
from nlpwb.evaluation.significance import paired_permutation
from nlpwb.tasks import metrics_of

from .cases import predictions, random_predictions

METRICS = metrics_of("classify")


def swapped(a, b, turn):
    """The two methods after the documents with ``turn`` have changed sides; roc-auc sees ranks."""

    def merged(x, y):
        return predictions(
            x.truth,
            np.where(turn, y.predicted, x.predicted),
            scores=np.where(turn[:, None], y.scores, x.scores),
            labels=len(x.labels),
        )

    return merged(a, b), merged(b, a)


def with_ranks(p):
    ranks = [[midranks(p.scores[s, :, k]) for k in range(len(p.labels))] for s in range(p.seeds)]
    return predictions(p.truth, p.predicted, scores=np.array(ranks).transpose(0, 2, 1))


def two_methods(seed, *, n, K=2, seeds=1, groups=None):
    rng = np.random.default_rng(seed)
    a = random_predictions(rng, n=n, K=K, seeds=seeds, skill=0.9, with_scores=True, groups=groups)
    b = random_predictions(
        rng, n=n, K=K, seeds=seeds, skill=0.3, with_scores=True, groups=groups, truth=a.truth
    )
    return a, b


def scipys_p(a, b, metric, units):
    """The exact p-value of scipy: all 2^U ways to swap U units, ``units`` (n,) numbering them."""
    U = units.max() + 1

    def statistic(x, y):
        one, other = swapped(a, b, (x > y)[units])  # x is 0 where unswapped, 1 where swapped
        return score(one, metric) - score(other, metric)

    result = stats.permutation_test(
        (np.zeros(U), np.ones(U)),
        statistic,
        permutation_type="samples",
        vectorized=False,
        n_resamples=np.inf,
    )
    extreme = np.abs(result.null_distribution) >= abs(result.statistic) - 1e-9
    return float(extreme.mean())  # by absolute value; scipy doubles one tail


@pytest.mark.parametrize("grouped", [False, True])
@pytest.mark.parametrize("metric", METRICS)
def test_p_equals_scipys_over_all_swaps(metric, grouped):
    """Would break if a swap moved the wrong margins, or if roc-auc were not linear in the swaps."""
    units = np.arange(14) // 2 if grouped else np.arange(8)
    n = len(units)
    a, b = two_methods(3, n=n, groups=units if grouped else None)
    exact = scipys_p(
        *((with_ranks(a), with_ranks(b)) if metric == "roc-auc" else (a, b)), metric, units
    )
    ours = paired_permutation(a, b, metric, replicates=20_000, seed=1)
    assert 0.01 < exact < 0.9  # neither end, where anything would pass
    assert ours == pytest.approx(exact, abs=4 * sqrt(exact * (1 - exact) / 20_000) + 1e-4)


@pytest.mark.parametrize("grouped", [False, True])
@pytest.mark.parametrize("K", [2, 3])
@pytest.mark.parametrize("metric", METRICS)
def test_p_equals_swapping_and_scoring_anew(metric, K, grouped):
    """The same on more documents, several seeds and labels, with random swaps done the plain way."""
    n, tosses = 40, 400
    groups = np.arange(n) // 2 if grouped else None
    rng = np.random.default_rng(K)
    a = random_predictions(rng, n=n, K=K, seeds=2, skill=0.75, with_scores=True, groups=groups)
    b = random_predictions(
        rng, n=n, K=K, seeds=2, skill=0.7, with_scores=True, groups=groups, truth=a.truth
    )
    x, y = (with_ranks(a), with_ranks(b)) if metric == "roc-auc" else (a, b)
    observed = abs(score(x, metric) - score(y, metric))
    hits = 0
    for _ in range(tosses):
        turn = rng.random(n // 2).repeat(2) < 0.5 if grouped else rng.random(n) < 0.5
        one, other = swapped(x, y, turn)
        hits += abs(score(one, metric) - score(other, metric)) >= observed - 1e-9
    plain = hits / tosses
    ours = paired_permutation(a, b, metric, replicates=10_000, seed=1)
    assert ours == pytest.approx(plain, abs=4 * sqrt(max(plain * (1 - plain), 0.01) / tosses))


@pytest.mark.parametrize("metric", METRICS)
def test_methods_that_say_the_same_have_p_1(metric):
    a, _ = two_methods(0, n=30, K=3)
    assert paired_permutation(a, a, metric, replicates=100, seed=0) == 1.0


@pytest.mark.parametrize("metric", METRICS)
def test_p_does_not_depend_on_the_order_of_the_methods(metric):
    a, b = two_methods(5, n=12, K=3)
    p = [paired_permutation(*x, metric, replicates=5000, seed=0) for x in ((a, b), (b, a))]
    assert p[0] == pytest.approx(p[1], abs=0.03)


def test_no_p_is_smaller_than_the_replicates_can_show():
    """Right everywhere against wrong everywhere: no toss of 2^60 reaches it, p = 1 / (1 + replicates)."""
    truth = np.arange(60) % 2
    a, b = predictions(truth, truth), predictions(truth, 1 - truth)
    assert paired_permutation(a, b, "macro-f1", replicates=999, seed=0) == 1 / 1000
    assert paired_permutation(a, b, "mcc", replicates=999, seed=0) == 1 / 1000


def test_methods_with_different_numbers_of_seeds_can_be_compared():
    """One seed repeated three times is the same method: p is 1, not an error."""
    a, _ = two_methods(2, n=25, K=3)
    thrice = predictions(a.truth, a.predicted.repeat(3, 0), scores=a.scores.repeat(3, 0))
    for metric in METRICS:
        assert paired_permutation(a, thrice, metric, replicates=200, seed=0) == 1.0


@given(st.integers(0, 10_000), st.integers(2, 4))
@settings(max_examples=40, deadline=None)
def test_the_difference_of_two_areas_is_linear_in_the_swaps(seed, K):
    """The identity that spares roc-auc a sort for every toss: sum of signed numbers = AUC - AUC."""
    rng = np.random.default_rng(seed)
    a, b = (with_ranks(p) for p in two_methods(seed, n=15, K=K))
    d = swap_differences(a, b, "roc-auc")
    turn = rng.random(15) < 0.5
    one, other = swapped(a, b, turn)
    areas = 1 if K == 2 else K  # one-vs-rest: the score is the mean of K areas
    expected = areas * (score(one, "roc-auc") - score(other, "roc-auc"))
    assert np.where(turn, -d, d).sum() == pytest.approx(expected, abs=1e-12)


def test_midranks_are_scipys():
    x = np.array([0.3, 0.1, 0.3, 0.9, 0.1, 0.1])
    assert midranks(x).tolist() == stats.rankdata(x).tolist()


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=20))
def test_set_bits_are_counted_the_same_both_ways(words):
    """numpy before 2.0 takes the second way."""
    w = np.array(words, dtype=np.uint64)
    expected = [bin(word).count("1") for word in words]
    assert set_bits(w).tolist() == set_bits_by_halving(w).tolist() == expected


def test_coin_sums_are_binomial(monkeypatch):
    """Atoms of one coin, of one word, of exactly 64 and of several words; the means and variances of n/2 and n/4."""
    monkeypatch.setattr("nlpwb.evaluation.permutation.HELD_AT_ONCE", 3000)
    counts = np.array([1, 1, 5, 64, 65, 200])
    blocks = list(coin_sums(counts, np.eye(6), 20_000, rng=np.random.default_rng(0)))
    heads = np.concatenate(blocks)
    assert len(blocks) > 1
    assert heads.shape == (20_000, 6)
    assert (heads <= counts).all()
    assert heads.mean(axis=0) == pytest.approx(counts / 2, rel=0.03)
    assert heads.var(axis=0) == pytest.approx(counts / 4, rel=0.05)
    correlations = np.corrcoef(heads.T)[np.triu_indices(6, 1)]
    assert np.abs(correlations).max() < 0.03
