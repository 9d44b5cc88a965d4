"""Every metric equals scikit-learn's, with and without weights."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

from nlpwb.errors import UsageError
from nlpwb.evaluation import metrics
from nlpwb.tasks import METRICS, TASKS, default_metric, metric_info, metrics_of

from .cases import labelled, random_predictions

CONFUSION = {
    "accuracy": (metrics.accuracy, reference.accuracy_score, {}),
    "macro-f1": (metrics.macro_f1, reference.f1_score, {"average": "macro", "zero_division": 0}),
    "weighted-f1": (
        metrics.weighted_f1,
        reference.f1_score,
        {"average": "weighted", "zero_division": 0},
    ),
    "mcc": (metrics.mcc, reference.matthews_corrcoef, {}),
}


def weighted_confusion(truth, predicted, weights, K):
    C = np.zeros((K, K))
    np.add.at(C, (truth, predicted), weights)
    return C


@pytest.mark.parametrize("name", CONFUSION)
@given(case=labelled())
@settings(max_examples=60, deadline=None)
def test_a_confusion_metric_equals_scikit_learns(name, case):
    """Would break on labels that never occur, on labels predicted only, and on a single label."""
    ours, theirs, options = CONFUSION[name]
    truth, predicted, weights, K = case
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = theirs(truth, predicted, **options)
        weighted = theirs(truth, predicted, sample_weight=weights, **options)
    assert ours(metrics.confusion(truth, predicted, labels=K)) == pytest.approx(expected, abs=1e-9)
    C = weighted_confusion(truth, predicted, weights, K)
    assert ours(C) == pytest.approx(weighted, abs=1e-9)


@pytest.mark.parametrize("name", CONFUSION)
def test_a_stack_of_matrices_gives_a_stack_of_scores(name):
    """Would break if a sum ran over a wrong axis."""
    ours = CONFUSION[name][0]
    C = np.random.default_rng(0).integers(0, 9, (2, 5, 4, 4)).astype(float)
    stacked = ours(C)
    assert stacked.shape == (2, 5)
    assert stacked[1, 3] == ours(C[1, 3])


def test_values_that_can_be_computed_by_head():
    """Three right of four; label 0 has F1 1/2·2/(1/2+1) = 2/3, label 1 has 2·2/(3+2) = 4/5."""
    C = np.array([[1.0, 1.0], [0.0, 2.0]])
    assert metrics.accuracy(C) == 0.75
    assert metrics.macro_f1(C) == pytest.approx((2 / 3 + 4 / 5) / 2)
    assert metrics.mcc(C) == pytest.approx(1 / np.sqrt(3))
    assert metrics.mcc(np.array([[0.0, 2.0], [0.0, 3.0]])) == 0.0  # constant predictions


@st.composite
def scored(draw):
    K = draw(st.integers(2, 4))
    n = draw(st.integers(K + 1, 25))
    rest = draw(st.lists(st.integers(0, K - 1), min_size=n - K, max_size=n - K))
    truth = np.array([*range(K), *rest])
    rows = st.lists(st.integers(0, 6), min_size=K, max_size=K)  # few values, so that ties occur
    raw = np.array(draw(st.lists(rows, min_size=n, max_size=n)), dtype=float)
    total = raw.sum(axis=1, keepdims=True)
    p = np.where(total > 0, raw / np.where(total > 0, total, 1), 1 / K)
    weights = st.lists(st.integers(1, 40).map(lambda w: w / 8), min_size=n, max_size=n)
    return truth, p, np.array([draw(weights), draw(weights)])


@given(scored())
@settings(max_examples=80, deadline=None)
def test_log_loss_equals_scikit_learns(case):
    """Probabilities of exactly 0 and 1 occur: the clipping must be theirs too."""
    truth, p, weights = case
    labels = range(p.shape[1])
    expected = [reference.log_loss(truth, p, labels=labels, sample_weight=w) for w in weights]
    assert metrics.log_loss(truth, p, weights=weights) == pytest.approx(expected, rel=1e-9)


@given(scored())
@settings(max_examples=80, deadline=None)
def test_roc_auc_equals_scikit_learns(case):
    """Ties, weights, two labels and one-vs-rest."""
    truth, p, weights = case
    if p.shape[1] == 2:
        expected = [reference.roc_auc_score(truth, p[:, 1], sample_weight=w) for w in weights]
    else:
        expected = [
            reference.roc_auc_score(truth, p, multi_class="ovr", average="macro", sample_weight=w)
            for w in weights
        ]
    assert metrics.roc_auc(truth, p, weights=weights) == pytest.approx(expected, abs=1e-9)


def test_roc_auc_is_the_share_of_pairs_won():
    """Positives 2 and 3 against negatives 1 and 2: three wins and a tie of four pairs."""
    truth = np.array([0, 0, 1, 1])
    score = np.array([1.0, 2.0, 2.0, 3.0])
    scores = np.stack([-score, score], axis=1)
    assert metrics.roc_auc(truth, scores, weights=np.ones((1, 4))) == pytest.approx([3.5 / 4])


def test_roc_auc_leaves_out_labels_that_do_not_split_the_documents():
    """A replicate that lost a label averages over the others; one that lost all but one has no area."""
    p = random_predictions(np.random.default_rng(1), n=30, K=3, with_scores=True)
    truth, scores = p.truth, p.scores[0]
    without_two = (truth != 2).astype(float)
    only_one = (truth == 1).astype(float)
    area, undefined = metrics.roc_auc(truth, scores, weights=np.array([without_two, only_one]))
    kept = truth != 2
    binary = [reference.roc_auc_score(truth[kept] == k, scores[kept, k]) for k in (0, 1)]
    assert area == pytest.approx(np.mean(binary))
    assert np.isnan(undefined)


def test_more_rows_than_one_block_keep_their_order():
    """Rows of weights are handled in blocks; a slip at a block's end would shift them."""
    rng = np.random.default_rng(2)
    p = random_predictions(rng, n=20, K=2, with_scores=True)
    weights = rng.random((2 * metrics.ROC_ROWS + 3, 20))
    together = metrics.roc_auc(p.truth, p.scores[0], weights=weights)
    one_by_one = [metrics.roc_auc(p.truth, p.scores[0], weights=w[None])[0] for w in weights]
    assert together == pytest.approx(one_by_one)


def test_the_table_of_metrics_says_what_each_needs():
    assert {task: list(metrics_of(task)) for task in TASKS} == {
        "classify": ["accuracy", "macro-f1", "weighted-f1", "mcc", "log-loss", "roc-auc"],
        "multilabel": ["micro-f1", "macro-f1", "subset-accuracy", "hamming-loss", "lrap"],
        "regression": ["pearson", "spearman", "rmse", "mae", "r2"],
    }
    assert [default_metric(task) for task in TASKS] == ["accuracy", "micro-f1", "pearson"]
    assert [m.name for m in METRICS.values() if not m.higher_is_better] == [
        "log-loss", "hamming-loss", "rmse", "mae"
    ]  # fmt: skip
    assert [m.name for m in METRICS.values() if m.needs == "scores"] == [
        "log-loss", "roc-auc", "lrap"
    ]  # fmt: skip


def test_a_metric_of_another_task_is_refused_with_those_of_this_one():
    with pytest.raises(
        UsageError, match="judges one label for each document, and here the task is regression"
    ):
        metric_info("accuracy", "regression")
    assert metric_info("macro-f1", "multilabel") is metric_info("macro-f1", "classify")


def test_a_misspelt_metric_is_refused_with_the_nearest_name():
    with pytest.raises(UsageError, match=r"no metric 'macro_f1'; did you mean macro-f1\?"):
        metric_info("macro_f1")
