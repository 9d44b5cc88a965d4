"""Sets of labels and numbers: figures that agree with scikit-learn and scipy, and the statistics over them."""

from __future__ import annotations

from itertools import combinations
from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats
from sklearn import metrics as reference

from nlpwb.errors import InputError, UsageError
from nlpwb.evaluation.intervals import bootstrap, interval, wilson
from nlpwb.evaluation.label_sets import ranking_precision
from nlpwb.evaluation.scoring import Predictions, replicate_scores, score, score_per_seed
from nlpwb.evaluation.significance import (
    compare_pairs,
    difference,
    mcnemar_exact,
    paired_permutation,
)
from nlpwb.tasks import metrics_of

SETS, NUMBERS = metrics_of("multilabel"), metrics_of("regression")
SWAPPED = [*SETS, "rmse", "mae", "r2"]


def some_sets(rng, *, n=50, K=4, seeds=1, skill=0.8, truth=None, groups=None) -> Predictions:
    """Sets of labels of which each label is right with probability ``skill``; every label occurs."""
    if truth is None:
        truth = rng.random((n, K)) < 0.4
        truth[:K] |= np.eye(K, dtype=bool)
    lean = np.where(truth, 1.0, -1.0) * np.where(rng.random((seeds, *truth.shape)) < skill, 1, -1)
    scores = 1 / (1 + np.exp(-(lean + rng.uniform(-0.9, 0.9, lean.shape)).round(1)))
    names = tuple("abcdefgh"[: truth.shape[1]])
    return Predictions(truth, scores > 0.5, scores, names, groups, "multilabel")


def some_numbers(rng, *, n=50, seeds=1, noise=1.0, truth=None, groups=None) -> Predictions:
    """Numbers near 1,000 with errors of a known deviation, rounded, so that ties occur."""
    if truth is None:
        truth = (1000 + 3 * rng.normal(size=n)).round(1)
    said = (truth + noise * rng.normal(size=(seeds, len(truth)))).round(1)
    return Predictions(truth, said, None, (), groups, "regression")


def some(metric, rng, **options) -> Predictions:
    return some_sets(rng, **options) if metric in SETS else some_numbers(rng, **options)


def rows_of(p: Predictions, at) -> Predictions:
    scores = None if p.scores is None else p.scores[:, at]
    groups = None if p.groups is None else p.groups[at]
    return Predictions(p.truth[at], p.predicted[:, at], scores, p.labels, groups, p.task)


REFERENCE = {
    "micro-f1": lambda t, p, s: reference.f1_score(t, p, average="micro", zero_division=0),
    "macro-f1": lambda t, p, s: reference.f1_score(t, p, average="macro", zero_division=0),
    "subset-accuracy": lambda t, p, s: reference.accuracy_score(t, p),
    "hamming-loss": lambda t, p, s: reference.hamming_loss(t, p),
    "lrap": lambda t, p, s: reference.label_ranking_average_precision_score(t, s),
    "pearson": lambda t, p, s: stats.pearsonr(t, p).statistic,
    "spearman": lambda t, p, s: stats.spearmanr(t, p).statistic,
    "rmse": lambda t, p, s: reference.root_mean_squared_error(t, p),
    "mae": lambda t, p, s: reference.mean_absolute_error(t, p),
    "r2": lambda t, p, s: reference.r2_score(t, p),
}


def reference_score(metric, p: Predictions) -> list[float]:
    scores = [None] * p.seeds if p.scores is None else p.scores
    return [
        REFERENCE[metric](p.truth, said, s) for said, s in zip(p.predicted, scores, strict=True)
    ]


@pytest.mark.parametrize("seeds", [1, 3])
@pytest.mark.parametrize("metric", REFERENCE)
def test_a_score_is_that_of_scikit_learn_or_scipy(metric, seeds):
    p = some(metric, np.random.default_rng(3), seeds=seeds)
    expected = reference_score(metric, p)
    assert score_per_seed(p, metric) == pytest.approx(expected)
    assert score(p, metric) == pytest.approx(np.mean(expected))


def test_every_metric_of_both_tasks_has_a_reference():
    assert set(REFERENCE) == {*SETS, *NUMBERS}


@pytest.mark.parametrize("seeds", [1, 2])
@pytest.mark.parametrize("metric", REFERENCE)
def test_a_weighted_copy_scores_like_repeated_documents(metric, seeds):
    """The engine under every bootstrap: a weight of 2 is the document twice, 0 leaves it out."""
    rng = np.random.default_rng(5)
    p = some(metric, rng, seeds=seeds)
    weights = rng.multinomial(50, np.full(50, 0.02), size=4)
    weights[:, :4] += 1  # every label keeps a document
    expected = [
        np.mean(reference_score(metric, rows_of(p, np.repeat(np.arange(50), w)))) for w in weights
    ]
    assert replicate_scores(p, metric, weights.astype(float)) == pytest.approx(expected)


@given(
    arrays.arrays(bool, (7, 4)),
    arrays.arrays(np.float64, (7, 4), elements=st.sampled_from([0.1, 0.2, 0.3, 0.9])),
)
@settings(max_examples=60, deadline=None)
def test_ranking_precision_with_ties_and_empty_sets_is_scikit_learns(truth, scores):
    each = [
        reference.label_ranking_average_precision_score(t[None], s[None])
        for t, s in zip(truth, scores, strict=True)
    ]
    assert ranking_precision(truth, scores) == pytest.approx(each)


def test_a_label_that_never_occurs_has_no_part_in_macro_f1():
    """Three labels, the third neither true nor said: the mean of two F1 of 1, not of three."""
    truth = np.array([[1, 0, 0], [0, 1, 0]], dtype=bool)
    p = Predictions(truth, truth[None], None, ("a", "b", "c"), None, "multilabel")
    assert score(p, "macro-f1") == 1.0


def test_a_constant_prediction_correlates_with_nothing():
    """The mean of the training numbers, said to every document, has Pearson and Spearman 0 and R² near 0."""
    p = some_numbers(np.random.default_rng(0))
    constant = Predictions(p.truth, np.full((1, 50), 0.1 + 0.2), None, (), None, "regression")
    assert score(constant, "pearson") == score(constant, "spearman") == 0.0
    low, high = interval(constant, "pearson", seed=0, replicates=200)
    assert (low, high) == (0.0, 0.0)
    assert difference(p, constant, "pearson", seed=0, replicates=200).p < 1e-6


@pytest.mark.parametrize("metric", ["pearson", "spearman", "r2"])
def test_a_truth_that_does_not_vary_is_refused_in_a_sentence(metric):
    p = Predictions(np.full(5, 3.0), np.arange(5.0)[None], None, (), None, "regression")
    with pytest.raises(InputError, match=r"undefined .* all 5 test documents carry 3; .* rmse"):
        score(p, metric)
    assert score(p, "mae") == pytest.approx(1.4)


def test_a_metric_of_another_task_is_refused():
    p = some_numbers(np.random.default_rng(0))
    with pytest.raises(UsageError, match="micro-f1 judges several labels for each document"):
        score(p, "micro-f1")


def test_whole_sets_take_wilson_and_mcnemar():
    rng = np.random.default_rng(2)
    a = some_sets(rng, skill=0.9)
    b = some_sets(rng, skill=0.8, truth=a.truth)
    right_a, right_b = ((p.predicted[0] == p.truth).all(axis=1) for p in (a, b))
    assert interval(a, "subset-accuracy", seed=0) == wilson(int(right_a.sum()), 50)
    only_a, only_b = int((right_a & ~right_b).sum()), int((right_b & ~right_a).sum())
    assert difference(a, b, "subset-accuracy", seed=0).p == mcnemar_exact(only_a, only_b)


@pytest.mark.parametrize("grouped", [False, True])
@pytest.mark.parametrize("seeds", [1, 2])
@pytest.mark.parametrize("metric", SWAPPED)
def test_p_equals_swapping_and_scoring_anew(metric, seeds, grouped):
    """Random swaps of whole answers done the plain way; would break if a swap moved the wrong sums."""
    n, tosses = 40, 500
    groups = np.arange(n, dtype=np.int32) // 2 if grouped else None
    rng = np.random.default_rng(seeds)
    a = some(metric, rng, n=n, seeds=seeds, groups=groups)
    worse = {"skill": 0.75} if metric in SETS else {"noise": 1.15}
    b = some(metric, rng, n=n, seeds=seeds, groups=groups, truth=a.truth, **worse)
    if seeds == 2 and metric in ("rmse", "r2"):
        metric = "r2"  # which is linear in the mean over seeds, as the test of rmse is
    observed = abs(score(a, metric) - score(b, metric))
    hits = 0
    for _ in range(tosses):
        turn = rng.random(n // 2).repeat(2) < 0.5 if grouped else rng.random(n) < 0.5
        parts = []
        for one, other in ((a, b), (b, a)):
            said, scores = one.predicted.copy(), None
            said[:, turn] = other.predicted[:, turn]
            if one.scores is not None:
                scores = one.scores.copy()
                scores[:, turn] = other.scores[:, turn]
            parts.append(Predictions(one.truth, said, scores, one.labels, groups, one.task))
        hits += abs(score(parts[0], metric) - score(parts[1], metric)) >= observed - 1e-9
    plain = hits / tosses
    ours = paired_permutation(a, b, metric, replicates=10_000, seed=1)
    assert ours == pytest.approx(plain, abs=4 * sqrt(max(plain * (1 - plain), 0.01) / tosses))


@pytest.mark.parametrize("case", ["plain", "seeds", "groups"])
@pytest.mark.parametrize("metric", REFERENCE)
def test_a_pair_has_the_same_figures_whoever_else_is_compared(metric, case):
    rng = np.random.default_rng(9)
    options = {"seeds": 2 if case == "seeds" else 1}
    options["groups"] = np.arange(50, dtype=np.int32) % 15 if case == "groups" else None
    first = some(metric, rng, **options)
    three = [first, *(some(metric, rng, truth=first.truth, **options) for _ in range(2))]
    how = {"seed": 1, "replicates": 200, "permutations": 200}
    pairs = compare_pairs(three, metric, **how)
    assert [(p.i, p.j) for p in pairs] == list(combinations(range(3), 2))
    for pair in pairs:
        alone = difference(three[pair.i], three[pair.j], metric, **how)
        assert (pair.delta, pair.low, pair.high) == pytest.approx(
            (alone.delta, alone.low, alone.high), abs=1e-12
        )
        assert pair.p == pytest.approx(alone.p)


@pytest.mark.parametrize("metric", ["pearson", "spearman"])
def test_a_correlation_is_the_same_on_any_scale(metric):
    """One method answers in stars, another in cents: rescaled predictions are the same method, p = 1."""
    rng = np.random.default_rng(4)
    a = some_numbers(rng)
    b = some_numbers(rng, truth=a.truth, noise=2.0)
    cents = Predictions(a.truth, 100 * b.predicted - 7, None, (), None, "regression")
    plain = difference(a, b, metric, seed=0, replicates=300)
    scaled = difference(a, cents, metric, seed=0, replicates=300)
    assert (plain.delta, plain.low, plain.p) == pytest.approx((scaled.delta, scaled.low, scaled.p))
    assert difference(b, cents, metric, seed=0, replicates=300).p == 1.0


@pytest.mark.parametrize(
    ("metric", "n", "least"), [("pearson", 60, 0.915), ("pearson", 250, 0.93), ("rmse", 150, 0.92)]
)
def test_intervals_of_numbers_hold_the_truth(metric, n, least):
    """400 samples of normal numbers with correlation .7 and errors of 1: coverage near 95 %."""
    rng = np.random.default_rng(n)
    held, true = 0, 0.7 if metric == "pearson" else 1.0
    for run in range(400):
        y = rng.normal(size=n)
        said = (
            0.7 * y + sqrt(1 - 0.49) * rng.normal(size=n)
            if metric == "pearson"
            else y + rng.normal(size=n)
        )
        p = Predictions(y, said[None], None, (), None, "regression")
        low, high = bootstrap(p, metric, replicates=400, seed=run)
        held += low <= true <= high
    assert least <= held / 400 <= 0.98


@pytest.mark.parametrize("metric", ["pearson", "rmse", "spearman"])
def test_equal_methods_are_rarely_told_apart(metric):
    """Two methods with errors of one size: p < .05 in at most 5 % of 400 sets, and two standard errors."""
    rng = np.random.default_rng(8)
    found = 0
    for run in range(400):
        y = rng.normal(size=80)
        pair = [
            Predictions(y, (y + rng.normal(size=80))[None], None, (), None, "regression")
            for _ in range(2)
        ]
        found += difference(*pair, metric, seed=run, replicates=300, permutations=300).p < 0.05
    assert 0.01 <= found / 400 <= 0.05 + 2 * sqrt(0.05 * 0.95 / 400)


def test_equal_methods_are_rarely_told_apart_by_their_sets():
    """The same for micro F1 of four labels."""
    rng = np.random.default_rng(8)
    found = 0
    for run in range(300):
        a = some_sets(rng, n=80)
        b = some_sets(rng, n=80, truth=a.truth)
        found += paired_permutation(a, b, "micro-f1", replicates=400, seed=run) < 0.05
    assert 0.01 <= found / 300 <= 0.05 + 2 * sqrt(0.05 * 0.95 / 300)
