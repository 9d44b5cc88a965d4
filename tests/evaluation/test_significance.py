"""Tests and intervals of differences against statsmodels and scipy; their calibration is in test_calibration.py."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

from nlpwb.errors import InputError, UsageError
from nlpwb.evaluation.scoring import score
from nlpwb.evaluation.significance import (
    bonett_price,
    compare_folds,
    compare_pairs,
    corrected_t,
    difference,
    holm,
    mcnemar_exact,
    paired_permutation,
)
from nlpwb.tasks import metrics_of

from .cases import predictions, random_predictions

METRICS = metrics_of("classify")


@given(st.integers(0, 400), st.integers(0, 400))
@settings(deadline=None)
def test_mcnemar_equals_statsmodels(b, c):
    expected = mcnemar([[7, b], [c, 9]], exact=True).pvalue
    assert mcnemar_exact(b, c) == pytest.approx(expected, rel=1e-9)


def test_mcnemar_by_head():
    """Five against none: 2 / 2^5."""
    assert mcnemar_exact(5, 0) == pytest.approx(1 / 16)
    assert mcnemar_exact(0, 0) == 1.0
    assert mcnemar_exact(4, 4) == 1.0


@given(st.lists(st.integers(0, 20).map(lambda i: i / 20), min_size=1, max_size=30))
@settings(max_examples=20, deadline=None)
def test_holm_equals_statsmodels(p_values):
    """Ties, zeros and ones among them. (Few examples: statsmodels collects garbage on every call.)"""
    expected = multipletests(p_values, method="holm")[1]
    assert holm(p_values) == pytest.approx(expected, abs=1e-15)


def test_holm_by_head():
    assert holm([0.01, 0.04, 0.03]).tolist() == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.9, 0.8]).tolist() == [1.0, 1.0]
    assert holm([]).tolist() == []


def test_bonett_price_by_hand():
    """b = 9, c = 1 of 98: (10 - 2)/100 ± 1.96 sqrt((.12 - .0064)/100)."""
    half = 1.959964 * np.sqrt((0.12 - 0.08**2) / 100)
    low, high = bonett_price(9, 1, n=98)
    assert (low, high) == pytest.approx((0.08 - half, 0.08 + half))


def test_corrected_t_without_overlap_is_the_paired_t_test():
    rng = np.random.default_rng(0)
    x, y = rng.random(10), rng.random(10)
    expected = stats.ttest_rel(x, y).pvalue
    assert corrected_t(x - y, test_size=0, train_size=1) == pytest.approx(expected)


def test_corrected_t_by_hand():
    """.01, .03: mean .02, s² = .0002, se² = (1/2 + 1/4) s²; t(1) = .02/se, p = 1 - 2 atan(t)/π."""
    t = 0.02 / np.sqrt(0.75 * 0.0002)
    p = corrected_t([0.01, 0.03], test_size=20, train_size=80)
    assert p == pytest.approx(1 - 2 * np.arctan(t) / np.pi)


def test_folds_without_variance_have_their_limits():
    """.9 - .8 and .8 - .7 differ by rounding alone: that is one number, not a tiny variance."""
    assert corrected_t([0.0, 0.0, 0.0], test_size=1, train_size=4) == 1.0
    assert corrected_t([0.9 - 0.8, 0.8 - 0.7, 0.1], test_size=1, train_size=4) == 0.0
    with pytest.raises(InputError, match="two folds at least"):
        corrected_t([0.1], test_size=1, train_size=4)


def test_folds_are_compared_in_pairs():
    rng = np.random.default_rng(1)
    scores = np.array([[0.8], [0.5], [0.79]]) + rng.normal(0, 0.02, (3, 10))
    pairs = compare_folds(scores, test_size=10, train_size=90)
    assert [(p.i, p.j) for p in pairs] == [(0, 1), (0, 2), (1, 2)]
    for pair in pairs:
        d = scores[pair.i] - scores[pair.j]
        assert pair.p == pytest.approx(corrected_t(d, test_size=10, train_size=90))
        assert pair.delta == pytest.approx(d.mean())
        assert (pair.low + pair.high) / 2 == pytest.approx(pair.delta)
        assert (pair.p < 0.05) == (pair.low > 0 or pair.high < 0)
    assert [p.p_holm for p in pairs] == pytest.approx(holm([p.p for p in pairs]).tolist())
    assert pairs[1].p > 0.05 > pairs[0].p_holm


def methods(M, *, n=60, K=3, seeds=1, groups=None):
    rng = np.random.default_rng(M)
    first = random_predictions(rng, n=n, K=K, seeds=seeds, with_scores=True, groups=groups)
    options = {"n": n, "K": K, "seeds": seeds, "with_scores": True, "groups": groups}
    rest = [
        random_predictions(rng, skill=0.5 + m / 20, truth=first.truth, **options)
        for m in range(1, M)
    ]
    return [first, *rest]


def test_accuracy_of_one_seed_takes_mcnemar_and_bonett_price():
    a, b = methods(2)
    right_a, right_b = (p.predicted[0] == p.truth for p in (a, b))
    only_a, only_b = (right_a & ~right_b).sum(), (right_b & ~right_a).sum()
    found = difference(a, b, "accuracy", seed=0)
    assert found.p == mcnemar_exact(only_a, only_b)
    assert (found.low, found.high) == tuple(bonett_price(only_a, only_b, n=60))
    assert found.delta == pytest.approx(score(a, "accuracy") - score(b, "accuracy"))


@pytest.mark.parametrize("metric", METRICS)
def test_other_differences_take_the_permutation_and_the_paired_bootstrap(metric):
    """The interval against scipy's paired bootstrap, within Monte-Carlo error."""
    a, b = methods(2, seeds=2)
    found = difference(a, b, metric, seed=3, permutations=500)
    assert found.p == paired_permutation(a, b, metric, replicates=500, seed=3)

    def delta(rows):
        x, y = (
            predictions(p.truth[rows], p.predicted[:, rows], scores=p.scores[:, rows])
            for p in (a, b)
        )
        return score(x, metric) - score(y, metric)

    assert found.delta == pytest.approx(delta(np.arange(60)))
    theirs = stats.bootstrap(
        (np.arange(60),),
        delta,
        vectorized=False,
        n_resamples=700,
        method="percentile",
        rng=np.random.default_rng(0),
    ).confidence_interval
    width = theirs.high - theirs.low
    assert (found.low, found.high) == pytest.approx(tuple(theirs), abs=0.15 * width)


@pytest.mark.parametrize("case", ["plain", "seeds", "groups"])
@pytest.mark.parametrize("metric", METRICS)
def test_a_pair_has_the_same_figures_whoever_else_is_compared(metric, case):
    """Adding a method to a comparison must change nothing about the others but Holm's correction."""
    four = methods(
        4,
        seeds=2 if case == "seeds" else 1,
        groups=np.arange(60) % 20 if case == "groups" else None,
    )
    options = {"seed": 1, "replicates": 300, "permutations": 300}
    pairs = compare_pairs(four, metric, **options)
    assert [(p.i, p.j) for p in pairs] == list(combinations(range(4), 2))
    for pair in pairs:
        alone = difference(four[pair.i], four[pair.j], metric, **options)
        both = (pair.delta, pair.low, pair.high), (alone.delta, alone.low, alone.high)
        assert both[0] == pytest.approx(both[1], abs=1e-12)
        assert pair.p == alone.p
    assert [p.p_holm for p in pairs] == pytest.approx(holm([p.p for p in pairs]).tolist())


def test_one_method_has_no_pairs():
    assert compare_pairs(methods(1), "macro-f1", seed=0) == []
    assert compare_pairs(methods(1), "accuracy", seed=0) == []
    with pytest.raises(UsageError, match="no metric"):
        compare_pairs(methods(1), "f9", seed=0)


def test_one_seed_and_several_seeds_stand_in_one_comparison():
    """The pair with one seed each keeps its exact test; the others are resampled."""
    one, other = methods(2)
    many = methods(2, seeds=3)[1]
    many = predictions(one.truth, many.predicted, scores=many.scores)
    pairs = compare_pairs([one, other, many], "accuracy", seed=0, permutations=200)
    assert pairs[0].p == difference(one, other, "accuracy", seed=5).p
    assert [p.delta for p in pairs[1:]] == pytest.approx(
        [score(m, "accuracy") - score(many, "accuracy") for m in (one, other)]
    )


def test_many_pairs_get_enough_permutations_to_survive_holm():
    """With 10,000 permutations and 600 pairs, 600/10,001 > .05: nothing could ever be found."""
    truth = np.arange(80) % 2
    crowd = [predictions(truth, truth)] * 34 + [predictions(truth, 1 - truth)]
    crowd = [predictions(p.truth, p.predicted.repeat(2, 0)) for p in crowd]
    pairs = compare_pairs(crowd, "macro-f1", seed=0, replicates=10)
    assert len(pairs) == 595
    assert all((p.p_holm < 0.05) == (p.j == 34) for p in pairs)


def test_groups_make_a_difference_less_sure():
    """Fifty documents in five groups that agree are five facts, not fifty."""
    groups = np.repeat(np.arange(5), 10)
    truth = np.tile([0, 1], 25)
    right, wrong = predictions(truth, truth), predictions(truth, 1 - truth)
    assert difference(right, wrong, "accuracy", seed=0).p < 1e-10
    right, wrong = (predictions(truth, p.predicted, groups=groups) for p in (right, wrong))
    assert difference(right, wrong, "accuracy", seed=0).p == pytest.approx(2 / 2**5, abs=0.01)


def test_methods_on_different_documents_cannot_be_compared():
    a, b = predictions([0, 1], [0, 1]), predictions([1, 0], [0, 1])
    with pytest.raises(AssertionError, match="different documents"):
        difference(a, b, "accuracy", seed=0)
