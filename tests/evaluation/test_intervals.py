"""Intervals against statsmodels and scipy; their coverage is in test_calibration.py."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics as reference
from statsmodels.stats.proportion import proportion_confint

from nlpwb.errors import InputError, UsageError
from nlpwb.evaluation.intervals import bootstrap, interval, nadeau_bengio, wilson
from nlpwb.evaluation.resampling import drawn_weights, joint_bootstrap_scores
from nlpwb.evaluation.scoring import replicate_scores, score

from .cases import predictions, random_predictions


@given(st.integers(1, 5000), st.data(), st.sampled_from([0.8, 0.95, 0.99]))
@settings(max_examples=100, deadline=None)
def test_wilson_equals_statsmodels(n, data, confidence):
    successes = data.draw(st.integers(0, n))
    expected = proportion_confint(successes, n, alpha=1 - confidence, method="wilson")
    assert wilson(successes, n, confidence=confidence) == pytest.approx(expected, abs=1e-12)


def test_wilson_ends_at_0_and_1_exactly():
    assert wilson(0, 10).low == 0.0
    assert wilson(10, 10).high == 1.0
    assert wilson(10, 10).low == pytest.approx(10 / (10 + 1.959964**2))


def test_the_interval_of_a_plain_accuracy_is_wilsons():
    p = predictions([0, 0, 1, 1], [0, 0, 1, 0])
    assert interval(p, "accuracy", seed=0) == wilson(3, 4)


@pytest.mark.parametrize("case", ["seeds", "groups", "metric"])
def test_any_other_interval_is_a_bootstrap(case):
    """Wilson knows neither seeds nor groups, and only proportions."""
    rng = np.random.default_rng(0)
    p = random_predictions(
        rng,
        seeds=2 if case == "seeds" else 1,
        groups=np.arange(40) // 2 if case == "groups" else None,
    )
    metric = "mcc" if case == "metric" else "accuracy"
    assert interval(p, metric, seed=3) == bootstrap(p, metric, seed=3)


def of_rows(metric, p, rows):
    """The metric on chosen documents, by scikit-learn."""
    if metric == "log-loss":
        return reference.log_loss(p.truth[rows], p.scores[0, rows], labels=range(3))
    return reference.f1_score(p.truth[rows], p.predicted[0, rows], average="macro", zero_division=0)


@pytest.mark.parametrize(("metric", "n"), [("macro-f1", 300), ("macro-f1", 40), ("log-loss", 60)])
def test_the_bootstrap_equals_scipys_within_monte_carlo_error(metric, n):
    """300 documents take the multinomial over atoms, 40 the drawn documents: the same distribution.

    The ends of 2,000 and of 1,000 replicates differ by some 5 % of the interval's width.
    """
    p = random_predictions(np.random.default_rng(4), n=n, K=3, with_scores=True)
    ours = bootstrap(p, metric, seed=1)
    theirs = stats.bootstrap(
        (np.arange(n),),
        lambda rows: of_rows(metric, p, rows),
        vectorized=False,
        n_resamples=1000,
        method="percentile",
        rng=np.random.default_rng(5),
    ).confidence_interval
    width = theirs.high - theirs.low
    assert ours == pytest.approx((theirs.low, theirs.high), abs=0.12 * width)


def test_the_atoms_and_the_documents_give_one_distribution():
    """The quick way (few atoms) against the plain way (documents drawn one by one)."""
    p = random_predictions(np.random.default_rng(8), n=400, K=3, seeds=1)
    quick = bootstrap(p, "mcc", replicates=20_000, seed=1)
    plain = np.quantile(
        joint_bootstrap_scores([p], "mcc", replicates=20_000, seed=2), [0.025, 0.975]
    )
    assert quick == pytest.approx(plain, abs=0.04 * (quick.high - quick.low))


@pytest.mark.parametrize("metric", ["macro-f1", "log-loss", "roc-auc"])
def test_groups_of_one_document_change_nothing_but_chance(metric):
    p = random_predictions(np.random.default_rng(3), n=120, K=3, with_scores=True)
    alone = predictions(p.truth, p.predicted, scores=p.scores, groups=np.arange(120)[::-1])
    plain, grouped = (bootstrap(x, metric, replicates=8000, seed=5) for x in (p, alone))
    assert grouped == pytest.approx(plain, abs=0.06 * (plain.high - plain.low))


@pytest.mark.parametrize("metric", ["accuracy", "macro-f1", "log-loss", "roc-auc"])
def test_copies_of_documents_in_one_group_make_nothing_surer(metric):
    """Each document four times, its copies one group: the interval must stay that of the documents."""
    p = random_predictions(np.random.default_rng(6), n=100, K=2, with_scores=True)
    copied = predictions(
        np.repeat(p.truth, 4),
        np.repeat(p.predicted, 4, axis=1),
        scores=np.repeat(p.scores, 4, axis=1),
        groups=np.repeat(np.arange(100), 4),
    )
    plain, grouped = (bootstrap(x, metric, replicates=8000, seed=5) for x in (p, copied))
    assert grouped == pytest.approx(plain, abs=0.06 * (plain.high - plain.low))


@pytest.mark.parametrize("metric", ["accuracy", "macro-f1", "log-loss", "roc-auc"])
def test_a_drawn_group_brings_each_of_its_documents(metric):
    """Groups of different sizes, in disorder: the same draws, spelled out document by document, score the same."""
    rng = np.random.default_rng(9)
    groups = rng.permutation(np.repeat([7, 2, 30, 11, 4], [1, 2, 5, 12, 20]))
    p = random_predictions(rng, n=40, K=3, seeds=2, with_scores=True, groups=groups)
    drawn = np.concatenate(list(drawn_weights(5, 70, rng=np.random.default_rng(1))))
    column = {name: i for i, name in enumerate(sorted(set(groups.tolist())))}
    weights = drawn[:, [column[g] for g in groups.tolist()]]
    expected = replicate_scores(p, metric, weights)
    found = joint_bootstrap_scores([p, p], metric, replicates=70, seed=1)
    assert found[0] == pytest.approx(expected, nan_ok=True)
    assert found[1] == pytest.approx(expected, nan_ok=True)


def test_one_group_only_is_refused_with_the_way_out():
    p = predictions([0, 1], [0, 1], groups=[5, 5])
    with pytest.raises(InputError, match="belong to one group"):
        bootstrap(p, "accuracy", seed=0)


def test_the_same_seed_gives_the_same_interval():
    p = random_predictions(np.random.default_rng(0), n=80)
    assert bootstrap(p, "mcc", seed=1) == bootstrap(p, "mcc", seed=1)
    assert bootstrap(p, "mcc", seed=1) != bootstrap(p, "mcc", seed=2)


def test_drawn_weights_come_in_blocks_that_add_up(monkeypatch):
    """Every replicate draws as many units as there are, in however many blocks."""
    monkeypatch.setattr("nlpwb.evaluation.resampling.HELD_AT_ONCE", 100)
    bins = np.array([0, 0, 1, 2, 2, 2])
    blocks = list(drawn_weights(6, 50, rng=np.random.default_rng(0), bins=bins))
    assert len(blocks) > 1
    weights = np.concatenate(blocks)
    assert weights.shape == (50, 3)
    assert (weights.sum(axis=1) == 6).all()
    assert weights.mean(axis=0) == pytest.approx([2, 1, 3], abs=0.6)


def test_nadeau_bengio_by_hand():
    """Scores .6 and .8: mean .7, s² = .02; two folds of 1:1 give se² = (1/2 + 1) .02 and t(1) = 12.706."""
    half = 12.7062047 * np.sqrt(1.5 * 0.02)
    found = nadeau_bengio([0.6, 0.8], test_size=10, train_size=10)
    assert found == pytest.approx((0.7 - half, 0.7 + half))


def test_nadeau_bengio_without_overlap_is_students_interval():
    scores = [0.71, 0.74, 0.69, 0.75, 0.72]
    expected = stats.ttest_1samp(scores, 0).confidence_interval(0.9)
    found = nadeau_bengio(scores, test_size=0, train_size=1, confidence=0.9)
    assert found == pytest.approx((expected.low, expected.high))


@pytest.mark.parametrize(("metric", "bounds"), [("accuracy", (0, 1)), ("mcc", (-1, 1))])
def test_nadeau_bengio_ends_where_the_metric_does(metric, bounds):
    found = nadeau_bengio([0.1, 0.9], test_size=1, train_size=1, metric=metric)
    assert found == bounds


def test_folds_and_metrics_that_say_nothing_are_refused():
    with pytest.raises(InputError, match="two folds at least, got 1"):
        nadeau_bengio([0.6], test_size=1, train_size=1)
    with pytest.raises(UsageError, match="no metric"):
        nadeau_bengio([0.6, 0.7], test_size=1, train_size=1, metric="f7")


def test_a_rare_label_that_some_copies_lose_does_not_spoil_the_interval():
    """One positive document: a third of the copies have none and no area; the rest still have ends."""
    truth = [1] + [0] * 19
    p = predictions(truth, truth, scores=[[0.4, 0.6], *([1 - i / 20, i / 20] for i in range(19))])
    low, high = bootstrap(p, "roc-auc", seed=0)
    assert 0 <= low < score(p, "roc-auc") < high <= 1
