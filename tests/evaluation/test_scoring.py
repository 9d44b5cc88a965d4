"""Scores of predictions, and of weighted copies of the test set."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

from nlpwb.errors import InputError, MethodError, UsageError
from nlpwb.evaluation.scoring import (
    additive,
    distinct_rows,
    replicate_scores,
    score,
    score_per_seed,
)
from nlpwb.tasks import metrics_of

from .cases import predictions, random_predictions

METRICS = metrics_of("classify")


def scikit_learn(metric, truth, predicted, p):
    """The metric as scikit-learn computes it, of one seed."""
    if metric == "log-loss":
        return reference.log_loss(truth, p, labels=range(p.shape[1]))
    if metric == "roc-auc":
        y = p[:, 1] if p.shape[1] == 2 else p
        return reference.roc_auc_score(truth, y, multi_class="ovr")
    return {
        "accuracy": reference.accuracy_score,
        "macro-f1": lambda t, y: reference.f1_score(t, y, average="macro", zero_division=0),
        "weighted-f1": lambda t, y: reference.f1_score(t, y, average="weighted", zero_division=0),
        "mcc": reference.matthews_corrcoef,
    }[metric](truth, predicted)


@pytest.mark.parametrize("K", [2, 4])
@pytest.mark.parametrize("metric", METRICS)
def test_a_score_is_scikit_learns_mean_over_the_seeds(metric, K):
    p = random_predictions(np.random.default_rng(K), n=60, K=K, seeds=3, with_scores=True)
    expected = [scikit_learn(metric, p.truth, p.predicted[s], p.scores[s]) for s in range(p.seeds)]
    assert score_per_seed(p, metric) == pytest.approx(expected)
    assert score(p, metric) == pytest.approx(np.mean(expected))


@pytest.mark.parametrize("seeds", [1, 3])
@pytest.mark.parametrize("metric", METRICS)
def test_a_weighted_copy_scores_like_a_test_set_with_repeated_documents(metric, seeds):
    """The engine under every bootstrap: a weight of 2 is the document twice, 0 leaves it out."""
    rng = np.random.default_rng(7)
    p = random_predictions(rng, n=50, K=3, seeds=seeds, with_scores=True)
    weights = rng.multinomial(50, np.full(50, 0.02), size=4)
    weights[:, :3] += 1  # every label keeps a document, which scikit-learn's roc-auc asks for
    expected = []
    for w in weights:
        at = np.repeat(np.arange(50), w)
        each = [
            scikit_learn(metric, p.truth[at], p.predicted[s, at], p.scores[s, at])
            for s in range(seeds)
        ]
        expected.append(np.mean(each))
    assert replicate_scores(p, metric, weights.astype(float)) == pytest.approx(expected)


def test_documents_that_add_the_same_thing_are_one_atom():
    """Two labels and one seed are four atoms, however many documents there are."""
    p = random_predictions(np.random.default_rng(0), n=500, K=2)
    assert additive(p, "macro-f1").sums.shape == (4, 2 + 2 * 2)
    assert additive(p, "accuracy").sums.shape == (2, 2)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_distinct_rows_are_numbered_once_and_point_to_their_first_row(data):
    """Both ways, by counting and by sorting, and columns too wide for one integer key."""
    n = data.draw(st.integers(1, 30))
    high = data.draw(st.sampled_from([1, 3, 1000, 2**40]))
    width = data.draw(st.integers(1, 4))
    column = st.lists(st.integers(0, high), min_size=n, max_size=n)
    columns = [np.array(data.draw(column)) for _ in range(width)]
    ids, first = distinct_rows(columns)
    rows = list(zip(*(c.tolist() for c in columns), strict=True))
    assert len(first) == len(set(rows))
    assert [rows[first[i]] for i in ids] == rows
    assert [rows.index(rows[f]) for f in first] == first.tolist()


def test_a_metric_that_needs_scores_names_those_that_do_not():
    p = predictions([0, 1], [0, 1])
    with pytest.raises(MethodError, match="log-loss needs a score for every label"):
        score(p, "log-loss")
    with pytest.raises(MethodError, match="choose one of accuracy, macro-f1, weighted-f1, mcc"):
        replicate_scores(p, "roc-auc", np.ones((1, 2)))


def test_roc_auc_of_documents_with_one_label_says_so():
    p = predictions([1, 1], [0, 1], scores=[[0.5, 0.5], [0.1, 0.9]])
    with pytest.raises(InputError, match="all 2 test documents carry 'label1'"):
        score(p, "roc-auc")


def test_an_unknown_metric_is_a_usage_error():
    with pytest.raises(UsageError, match=r"did you mean accuracy\?"):
        score(predictions([0, 1], [0, 1]), "acuracy")


def test_predictions_beyond_the_labels_are_a_bug_that_does_not_pass():
    with pytest.raises(AssertionError):
        predictions([0, 1], [0, 2], labels=2)
