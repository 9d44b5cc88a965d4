"""Spearman's correlation against scipy, its bootstrap against sorting each copy, and the promise of tests and intervals.

Simulations have fixed seeds; the margins say how far chance may have moved a rate.
"""

from __future__ import annotations

from math import asin, pi, sin, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from nlpwb.evaluation.correlation import (
    bootstrap_spearman,
    compare_spearman,
    spearman,
    spearman_copies,
)
from nlpwb.evaluation.resampling import drawn_weights

few_values = st.integers(2, 60).flatmap(
    lambda n: st.tuples(*[arrays(np.float64, n, elements=st.integers(-4, 4))] * 2)
)


def noisy(rng: np.random.Generator, gold: np.ndarray, rho: float) -> np.ndarray:
    """Normal values whose correlation with gold is rho."""
    return rho * gold + sqrt(1 - rho * rho) * rng.normal(size=len(gold))


def test_by_hand():
    """Ranks 1 2 3 4 against 1 2 4 3: 1 - 6 (1 + 1) / (4 · 15) = .8."""
    assert spearman([1, 2, 3, 4], [10, 20, 99, 30]) == pytest.approx(0.8)


@given(few_values)
def test_ties_and_all_it_is_scipys(values):
    x, y = values
    constant = len(set(x)) < 2 or len(set(y)) < 2
    expected = np.nan if constant else stats.spearmanr(x, y).statistic
    assert spearman(x, y) == pytest.approx(expected, nan_ok=True)


@settings(deadline=None, max_examples=30)
@given(few_values)
def test_a_copy_by_weights_is_the_copy_written_out(values):
    """Cumulative weights must give the midranks that sorting the drawn pairs gives, also where scores are tied."""
    x, y = values
    n = len(x)
    found = spearman_copies(np.stack([x, -x]), y, replicates=5, seed=3)
    weights = next(drawn_weights(n, 5, rng=np.random.default_rng(3)))
    for b, weight in enumerate(weights):
        drawn = np.repeat(np.arange(n), weight.astype(int))
        expected = spearman(x[drawn], y[drawn])
        assert found[0, b] == pytest.approx(expected, abs=1e-9, nan_ok=True)
        assert found[1, b] == pytest.approx(-expected, abs=1e-9, nan_ok=True)


def test_blocks_do_not_change_the_copies(monkeypatch):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 50))
    whole = spearman_copies(x, y, replicates=20, seed=1)
    monkeypatch.setattr("nlpwb.evaluation.correlation.COPIES_AT_ONCE", 3)
    assert np.array_equal(spearman_copies(x, y, replicates=20, seed=1), whole)


def test_equal_orders_have_an_interval_without_width():
    """The known limit of the percentile bootstrap: it knows only what it has seen."""
    assert bootstrap_spearman(np.arange(40.0), np.arange(40.0) ** 3, seed=0) == (1, 1)


def test_pairs_are_judged_on_what_both_cover():
    """Models 0 and 1 share 40 pairs of words, 1 and 2 as many; 0 and 2 share 20, too few to be compared."""
    rng = np.random.default_rng(2)
    gold = rng.normal(size=60)
    models = np.stack([noisy(rng, gold, 0.9), noisy(rng, gold, 0.1), gold])
    models[0, 40:] = np.nan
    models[2, 20:40] = np.nan
    pairs = compare_spearman(models, gold, least=30, seed=0, replicates=200)
    assert [(pair.i, pair.j, pair.n) for pair in pairs] == [(0, 1, 40), (1, 2, 40)]
    pair = pairs[0]
    shared = slice(0, 40)
    expected = spearman(models[0, shared], gold[shared]) - spearman(models[1, shared], gold[shared])
    assert pair.delta == pytest.approx(expected)
    assert pair.p < 0.001 < pair.low


def test_a_model_does_not_differ_from_itself_nor_from_any_rescaling():
    """Only the order counts: no difference, no error, p = 1."""
    rng = np.random.default_rng(3)
    gold = rng.normal(size=50)
    one = noisy(rng, gold, 0.5)
    (pair,) = compare_spearman([one, np.exp(one)], gold, least=30, seed=0, replicates=100)
    assert (pair.delta, pair.low, pair.high, pair.p) == (0, 0, 0, 1)


def test_a_constant_model_has_no_order_to_compare():
    gold = np.random.default_rng(4).normal(size=50)
    assert compare_spearman([gold, np.ones(50)], gold, least=30, seed=0) == []


def test_p_and_interval_agree_and_holm_counts_the_pairs():
    """Both belong to the same t: the interval leaves out 0 if and only if p < .05; three pairs are corrected."""
    rng = np.random.default_rng(5)
    for run in range(20):
        gold = rng.normal(size=60)
        models = [noisy(rng, gold, rho) for rho in (0.3, 0.5, 0.7)]
        pairs = compare_spearman(models, gold, least=30, seed=run, replicates=200)
        assert len(pairs) == 3
        for pair in pairs:
            assert (pair.p < 0.05) == (pair.low > 0 or pair.high < 0)
        assert min(p.p_holm for p in pairs) == pytest.approx(min(1, 3 * min(p.p for p in pairs)))


def coverage(rng: np.random.Generator, *, n: int, rho: float, runs: int) -> float:
    """How often the interval holds the true value, 6/pi asin(rho/2) for normal values (Kendall & Gibbons 1990)."""
    true, held = 6 / pi * asin(rho / 2), 0
    for run in range(runs):
        gold = rng.normal(size=n)
        low, high = bootstrap_spearman(noisy(rng, gold, rho), gold, replicates=400, seed=run)
        held += low <= true <= high
    return held / runs


def false_claims(rng: np.random.Generator, draw, *, n: int, runs: int) -> float:
    """How often two models of equal worth are told apart at 5 %."""
    false = 0
    for run in range(runs):
        gold, a, b = draw(rng, n)
        (pair,) = compare_spearman([a, b], gold, least=30, replicates=400, seed=run)
        false += pair.p < 0.05
    return false / runs


def exchangeable(rng, n):
    gold = rng.normal(size=n)
    return gold, noisy(rng, gold, 0.65), noisy(rng, gold, 0.65)


def nearly_alike(rng, n):
    """Two trainings of one method: the models agree far more with each other than with people."""
    gold = rng.normal(size=n)
    common = noisy(rng, gold, 0.65)
    return gold, common + 0.15 * rng.normal(size=n), common + 0.15 * rng.normal(size=n)


def tied_scores(rng, n):
    gold = np.round(1.5 * rng.normal(size=n))
    return gold, noisy(rng, gold, 0.4), noisy(rng, gold, 0.4)


def unlike_errors(rng, n):
    """Equal correlations of .5 that come about in other ways: one model knows half of the words and guesses the rest."""
    gold = rng.normal(size=n)
    knows = rng.random(n) < 0.5
    return gold, np.where(knows, gold, rng.normal(size=n)), noisy(rng, gold, 2 * sin(pi / 12))


def mirrored(rng, n):
    """One model is vague below the middle of the scale, the other above it: equal by symmetry, not exchangeable."""
    gold = rng.normal(size=n)
    vague, sharp = 2.0, 0.3
    a = gold + np.where(gold > 0, sharp, vague) * rng.normal(size=n)
    return gold, a, gold + np.where(gold < 0, sharp, vague) * rng.normal(size=n)


NULLS = (exchangeable, nearly_alike, tied_scores, unlike_errors, mirrored)


def test_intervals_hold_the_truth():
    """95 % less or more two standard errors and a point: 200 runs, 3.1 points."""
    assert abs(coverage(np.random.default_rng(6), n=100, rho=0.6, runs=200) - 0.95) < 0.041


def test_equal_models_are_seldom_told_apart():
    """5 %, two standard errors (3.1 points) and a point; 200 runs. Swapping ranks goes wrong here (8.7 %)."""
    assert false_claims(np.random.default_rng(7), mirrored, n=100, runs=200) < 0.091


@pytest.mark.slow
@pytest.mark.parametrize("n", [30, 100, 353])
@pytest.mark.parametrize("rho", [0.0, 0.3, 0.65, 0.9])
def test_coverage_of_the_interval(n, rho):
    """600 runs: two standard errors are 1.8 points; a point and a half is allowed for small sets besides."""
    assert coverage(np.random.default_rng(8), n=n, rho=rho, runs=600) > 0.95 - 0.033


@pytest.mark.slow
@pytest.mark.parametrize("n", [30, 100, 353])
@pytest.mark.parametrize("null", NULLS)
def test_false_claims_of_the_paired_test(null, n):
    """600 runs: two standard errors are 1.8 points, and a point and a half for small sets."""
    assert false_claims(np.random.default_rng(9), null, n=n, runs=600) < 0.05 + 0.033


@pytest.mark.slow
@pytest.mark.parametrize("n", [100, 353])
def test_the_interval_of_a_difference_holds_the_truth(n):
    """Correlations .7 and .5 with the scores; 600 runs."""
    rng = np.random.default_rng(10)
    true = 6 / pi * (asin(0.35) - asin(0.25))
    held = 0
    for run in range(600):
        gold = rng.normal(size=n)
        models = [noisy(rng, gold, 0.7), noisy(rng, gold, 0.5)]
        (pair,) = compare_spearman(models, gold, least=30, replicates=400, seed=run)
        held += pair.low <= true <= pair.high
    assert held / 600 > 0.95 - 0.033
