"""The promise of the statistics, by simulation: few false claims, and intervals that hold the truth.

Seeds are fixed, so each test gives the same figure every time; the margins say how far chance may have moved that figure.
"""

from __future__ import annotations

from itertools import combinations
from math import sqrt

import numpy as np
import pytest
from scipy import stats

from nlpwb.evaluation.intervals import bootstrap, interval, wilson
from nlpwb.evaluation.metrics import macro_f1
from nlpwb.evaluation.significance import (
    bonett_price,
    compare_folds,
    compare_pairs,
    difference,
    holm,
    paired_permutation,
)

from .cases import correlated_methods, predictions


def margin(p, runs):
    """Two standard errors of a share p that is estimated by so many runs."""
    return 2 * sqrt(p * (1 - p) / runs)


def test_mcnemar_after_holm_makes_few_false_claims():
    """Six equally good methods with correlated errors, 15 pairs: any claim is false.

    500 runs; 5 % and two standard errors (1.9 points) allowed. Without Holm the rate would be far higher.
    """
    rng = np.random.default_rng(0)
    false, uncorrected = 0, 0
    for _ in range(500):
        pairs = compare_pairs(correlated_methods(rng, M=6, n=400), "accuracy", seed=0)
        false += min(p.p_holm for p in pairs) < 0.05
        uncorrected += min(p.p for p in pairs) < 0.05
    assert false / 500 <= 0.05 + margin(0.05, 500)
    assert uncorrected / 500 > 0.15


def test_the_permutation_test_on_macro_f1_after_holm_makes_few_false_claims():
    """Five equally good methods on three labels, 10 pairs; 300 runs, 2.5 points allowed above 5 %."""
    rng = np.random.default_rng(1)
    false, uncorrected = 0, 0
    for run in range(300):
        methods = correlated_methods(rng, M=5, n=200, K=3)
        ps = [
            paired_permutation(a, b, "macro-f1", replicates=600, seed=run)
            for a, b in combinations(methods, 2)
        ]
        false += holm(ps).min() < 0.05
        uncorrected += min(ps) < 0.05
    assert false / 300 <= 0.05 + margin(0.05, 300)
    assert uncorrected / 300 > 0.15


@pytest.mark.parametrize("metric", ["log-loss", "roc-auc", "mcc"])
def test_one_permutation_test_has_its_level(metric):
    """Two exchangeable methods: p < .05 in 5 % of 600 runs, give or take 1.8 points. Not only at most: no power is wasted."""
    rng = np.random.default_rng(2)
    found = 0
    for run in range(600):
        truth = rng.integers(0, 2, 60)
        shared = rng.normal(size=60)
        pair = []
        for _ in range(2):
            lean = truth - 0.5 + shared + rng.normal(size=60)
            p = 1 / (1 + np.exp(-2 * lean))
            pair.append(predictions(truth, p > 0.5, scores=np.stack([1 - p, p], axis=1)))
        found += paired_permutation(*pair, metric, replicates=400, seed=run) < 0.05
    assert found / 600 == pytest.approx(0.05, abs=margin(0.05, 600))


def test_groups_swapped_whole_make_few_false_claims():
    """Methods whose errors belong to whole groups: document by document the claims would be false in droves."""
    rng = np.random.default_rng(3)
    groups = np.repeat(np.arange(40), 10)
    truth = np.tile([0, 1], 200)
    grouped, ungrouped = 0, 0
    for run in range(300):
        right = [rng.random(40)[groups] < 0.7 for _ in range(2)]
        said = [np.where(r, truth, 1 - truth) for r in right]
        with_groups = [predictions(truth, s, groups=groups) for s in said]
        without = [predictions(truth, s) for s in said]
        grouped += paired_permutation(*with_groups, "macro-f1", replicates=300, seed=run) < 0.05
        ungrouped += paired_permutation(*without, "macro-f1", replicates=300, seed=run) < 0.05
    assert grouped / 300 <= 0.05 + margin(0.05, 300)
    assert ungrouped / 300 > 0.3


def test_corrected_t_after_holm_makes_few_false_claims():
    """Four equally good methods over 10 repeats whose folds share rows; 1,000 runs.

    The rows in common move every fold alike: variance n_test/n_train on top, which the plain t-test ignores.
    """
    rng = np.random.default_rng(4)
    false = 0
    for _ in range(1000):
        common = rng.normal(0, sqrt(0.25), (4, 1))
        scores = common + rng.normal(0, 1, (4, 10))
        pairs = compare_folds(scores, test_size=20, train_size=80)
        false += min(p.p_holm for p in pairs) < 0.05
    assert false / 1000 <= 0.05 + margin(0.05, 1000)


def test_wilson_covers():
    """Exactly, by summing over all outcomes; averaged over several p because 100 documents make the coverage jump."""
    n, held = 100, []
    ends = np.array([wilson(k, n) for k in range(n + 1)])
    for p in np.linspace(0.05, 0.95, 37):
        inside = (ends[:, 0] <= p) & (p <= ends[:, 1])
        held.append(stats.binom.pmf(np.arange(n + 1), n, p)[inside].sum())
    assert 0.93 < np.mean(held) < 0.97
    assert min(held) > 0.90


# What a method says (columns) to documents of three labels (rows), and how frequent the labels are.
SAYS = np.array([[0.85, 0.10, 0.05], [0.20, 0.70, 0.10], [0.15, 0.25, 0.60]])
SAYS_TOO = np.array([[0.75, 0.15, 0.10], [0.15, 0.80, 0.05], [0.30, 0.10, 0.60]])
SHARES = np.array([0.5, 0.3, 0.2])


def answers(rng, truth, says):
    return (rng.random((len(truth), 1)) > says.cumsum(axis=1)[truth]).sum(axis=1)


def test_the_bootstrap_of_macro_f1_covers():
    """1,500 runs: one standard error is 0.6 points."""
    true = float(macro_f1(SHARES[:, None] * SAYS))
    rng = np.random.default_rng(5)
    held = 0
    for run in range(1500):
        truth = rng.choice(3, 300, p=SHARES)
        p = predictions(truth, answers(rng, truth, SAYS), labels=3)
        low, high = interval(p, "macro-f1", replicates=500, seed=run)
        held += low <= true <= high
    assert 0.93 < held / 1500 < 0.97


def test_bonett_price_covers():
    """Differences of 0 to 20 points on 150 documents, much and little discordance: exactly enough with 20,000 runs each."""
    rng = np.random.default_rng(6)
    held = []
    for p, q in [(0.05, 0.05), (0.1, 0.05), (0.15, 0.15), (0.3, 0.1), (0.02, 0.05), (0.1, 0.02)]:
        b, c, _ = rng.multinomial(150, [p, q, 1 - p - q], size=20_000).T
        low, high = bonett_price(b, c, n=150)
        held.append(((low <= p - q) & (p - q <= high)).mean())
    assert min(held) > 0.93
    assert max(held) < 0.97


def test_the_paired_bootstrap_of_macro_f1_covers():
    """The difference of two methods on the same documents; 800 runs, one standard error is 0.8 points."""
    weighted = SHARES[:, None]
    true = float(macro_f1(weighted * SAYS) - macro_f1(weighted * SAYS_TOO))
    rng = np.random.default_rng(7)
    held = 0
    for run in range(800):
        truth = rng.choice(3, 400, p=SHARES)
        a, b = (predictions(truth, answers(rng, truth, s), labels=3) for s in (SAYS, SAYS_TOO))
        d = difference(a, b, "macro-f1", seed=run, replicates=800, permutations=1)
        held += d.low <= true <= d.high
    assert 0.93 < held / 800 < 0.97


def test_the_cluster_bootstrap_covers_where_the_plain_one_does_not():
    """100 groups of 1 to 8 documents, each group with its own difficulty, mean .75; 1,000 runs."""
    rng = np.random.default_rng(8)
    held, plainly = 0, 0
    for run in range(1000):
        groups = np.repeat(np.arange(100), rng.integers(1, 9, 100))
        right = rng.random(len(groups)) < rng.beta(1.5, 0.5, 100)[groups]
        truth = rng.integers(0, 2, len(groups))
        said = np.where(right, truth, 1 - truth)
        low, high = interval(
            predictions(truth, said, groups=groups), "accuracy", replicates=400, seed=run
        )
        held += low <= 0.75 <= high
        low, high = bootstrap(predictions(truth, said), "accuracy", replicates=400, seed=run)
        plainly += low <= 0.75 <= high
    assert 0.93 < held / 1000 < 0.97
    assert plainly / 1000 < 0.88
