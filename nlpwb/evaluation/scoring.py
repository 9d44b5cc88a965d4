"""The score of one method on n test documents, and on any weighting of them.

All metrics but two (roc-auc and spearman) are functions of sums over documents (:class:`Additive`): label margins for the
confusion metrics, moments for Pearson's correlation, a value a document for the others. Documents that add the same thing are
one *atom*, so 25,000 documents in two classes are four numbers and their counts, and a bootstrap replicate is one row times one
small matrix.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlpwb.errors import InputError, MethodError
from nlpwb.evaluation import numbers
from nlpwb.evaluation.label_sets import ranking_precision, right_sets, set_margins, wrong_labels
from nlpwb.evaluation.metrics import (
    MARGIN_METRICS,
    Floats,
    Ints,
    Margins,
    document_log_loss,
    roc_scorer,
)
from nlpwb.evaluation.ranks import spearman_scorer
from nlpwb.tasks import CORRELATIONS, PROPORTIONS, Task, metric_info, metrics_of

RANKED = ("roc-auc", "spearman")
"""Metrics of an order of the documents, which are no functions of sums over them."""


@dataclass(frozen=True, eq=False)
class Predictions:
    """What one method said about n test documents, with S seeds and K labels.

    ``task`` says what the arrays hold: for ``classify`` ``truth`` int32 (n,) and ``predicted`` int32 (S, n); for ``multilabel``
    bool (n, K) and (S, n, K); for ``regression`` float64 (n,) and (S, n). ``scores`` float64 (S, n, K) or None: probabilities
    for log-loss, any score that rises with the label for roc-auc and lrap; ``labels`` names the K labels, none for numbers;
    ``groups`` int32 (n,) or None: documents of one group (one author, one thread) are not independent and are resampled and
    swapped together.
    """

    truth: NDArray[Any]
    predicted: NDArray[Any]
    scores: Floats | None
    labels: tuple[str, ...]
    groups: Ints | None = None
    task: Task = "classify"

    def __post_init__(self) -> None:
        n, K = len(self.truth), len(self.labels)
        S = len(self.predicted)
        assert n > 0, "no document"
        assert S > 0, "no seed"
        own = (K,) if self.task == "multilabel" else ()
        assert self.truth.shape == (n, *own), self.truth.shape
        assert self.predicted.shape == (S, n, *own), self.predicted.shape
        for values in (self.truth, self.predicted):
            if self.task == "classify":
                assert values.min() >= 0, values.min()
                assert values.max() < K, f"label {values.max()} of {K}"
            elif self.task == "multilabel":
                assert values.dtype == np.bool_, values.dtype
            else:
                assert np.isfinite(values).all(), "a number that is none"
        assert self.scores is None or self.scores.shape == (S, n, K)
        assert self.groups is None or self.groups.shape == (n,)

    @property
    def n(self) -> int:
        """How many test documents."""
        return len(self.truth)

    @property
    def seeds(self) -> int:
        """How many seeds."""
        return len(self.predicted)


@dataclass(frozen=True, eq=False)
class Additive:
    """A metric as a function of sums over documents.

    ``atom`` (n,): which of the A distinct contributions a document makes; ``sums`` (A, m): the contributions;
    ``finish``: weighted sums (..., m) -> scores (...), already averaged over the seeds.
    """

    atom: Ints
    sums: Floats
    finish: Callable[[Floats], Floats]


def distinct_rows(columns: Sequence[Ints]) -> tuple[Ints, Ints]:
    """Number the distinct rows of non-negative integer columns (n,) each.

    Gives the number of each row (n,) and, for each number, the first row that has it (A,).
    """
    n, size = len(columns[0]), 1
    key: Ints = np.zeros(n, dtype=np.int64)
    for column in columns:
        width = int(column.max(initial=0)) + 1
        if size * width > 2**62:
            key = np.unique(key, return_inverse=True)[1].astype(np.int64)
            size = n
        key, size = key * width + column, size * width
    if size > 4 * n + 1024:
        _, earliest, number = np.unique(key, return_index=True, return_inverse=True)
        return number, earliest
    used = np.flatnonzero(np.bincount(key, minlength=size))  # few possible rows: no sort is needed
    number_of = np.zeros(size, dtype=np.int64)
    number_of[used] = np.arange(len(used))
    ids = number_of[key]
    first = np.zeros(len(used), dtype=np.int64)
    first[ids[::-1]] = np.arange(n)[::-1]  # the last to be written is the first row
    return ids, first


def margin_sums(truth: Ints, predicted: Ints, *, labels: int) -> Floats:
    """What each document adds to the margins: truth (n,), predicted (S, n) -> (n, K + 2 S K).

    The columns: K of the truth, then for each seed K of the hits and K of the predictions.
    """
    n, S = len(truth), len(predicted)
    sums = np.zeros((n, 1 + 2 * S, labels))
    documents = np.arange(n)
    sums[documents, 0, truth] = 1
    for s in range(S):
        sums[documents, 1 + 2 * s, truth] = predicted[s] == truth
        sums[documents, 2 + 2 * s, predicted[s]] = 1
    return sums.reshape(n, (1 + 2 * S) * labels)


def margin_finish(metric: str, *, labels: int, seeds: int) -> Callable[[Floats], Floats]:
    """The function from sums in the layout of :func:`margin_sums` to the mean score over the seeds."""
    formula = MARGIN_METRICS[metric]

    def finish(sums: Floats) -> Floats:
        x = sums.reshape(*sums.shape[:-1], 1 + 2 * seeds, labels)
        if seeds == 1:
            return formula(Margins(x[..., 1, :], x[..., 0, :], x[..., 2, :]))
        each = formula(Margins(x[..., 1::2, :], x[..., :1, :], x[..., 2::2, :]))
        mean: Floats = each.mean(axis=-1)
        return mean

    return finish


def right_answers(predictions: Predictions) -> NDArray[np.bool_]:
    """Whether a document's label, or its whole set of labels, is right, bool (S, n)."""
    if predictions.task == "multilabel":
        return right_sets(predictions.truth, predictions.predicted)
    return np.asarray(predictions.predicted == predictions.truth)


def document_values(predictions: Predictions, metric: str) -> Floats:
    """What each document counts in a metric that is the mean over documents, itself the mean over the seeds, (n,).

    For log-loss, hamming-loss, lrap and mae; for rmse and r2 the squared error, on which these depend.
    """
    truth, predicted = predictions.truth, predictions.predicted
    values: Sequence[Floats] | Floats
    if metric == "hamming-loss":
        values = wrong_labels(truth, predicted) / len(predictions.labels)
    elif metric == "mae":
        values = np.abs(predicted - truth)
    elif metric in ("rmse", "r2"):
        values = numbers.squared_errors(truth, predicted)
    else:
        assert predictions.scores is not None
        of_seed = document_log_loss if metric == "log-loss" else ranking_precision
        values = [of_seed(truth, scores) for scores in predictions.scores]
    mean: Floats = np.mean(values, axis=0)
    return mean


def _mean_of_values(sums: Floats) -> Floats:
    mean: Floats = sums[..., 0] / sums[..., 1]
    return mean


def additive(predictions: Predictions, metric: str) -> Additive:
    """The metric (none of ``RANKED``) as a function of sums over the documents of ``predictions``."""
    truth, predicted = predictions.truth, predictions.predicted
    atom: Ints
    if metric in numbers.FINISH:
        sums = numbers.SUMS[metric](truth, predicted)
        return Additive(np.arange(predictions.n), sums, numbers.FINISH[metric])
    if metric in MARGIN_METRICS and metric not in PROPORTIONS:
        return _margins(predictions, metric)
    if metric in PROPORTIONS:
        right = np.count_nonzero(right_answers(predictions), axis=0)
        atom, first = distinct_rows([right])
        values = right[first] / predictions.seeds
    else:
        values = document_values(predictions, metric)
        atom = np.arange(predictions.n)
    return Additive(atom, np.stack([values, np.ones_like(values)], axis=1), _mean_of_values)


def _margins(predictions: Predictions, metric: str) -> Additive:
    truth, predicted, S = predictions.truth, predictions.predicted, predictions.seeds
    if predictions.task == "classify":
        K = len(predictions.labels)
        atom, first = distinct_rows([truth, *predicted])
        sums = margin_sums(truth[first], predicted[:, first], labels=K)
    else:
        sums, K = margins_of_sets(predictions, metric)
        atom, first = distinct_rows(list(sums.T.astype(np.int64)))
        sums = sums[first]
    return Additive(atom, sums, margin_finish(metric, labels=K, seeds=S))


def margins_of_sets(predictions: Predictions, metric: str) -> tuple[Floats, int]:
    """What each document's sets add to the margins that a metric needs, (n, (1 + 2 S) K'), and K': 1 where labels are pooled."""
    pooled = metric == "micro-f1"
    sums = set_margins(predictions.truth, predictions.predicted, pooled=pooled)
    return sums, 1 if pooled else len(predictions.labels)


def check_metric(predictions: Predictions, metric: str) -> None:
    """Refuse a metric that these predictions cannot answer.

    :class:`UsageError` for an unknown metric or one of another task, :class:`MethodError` where scores are missing,
    :class:`InputError` where roc-auc meets test documents of one label, and a correlation or r2 documents of one number.
    """
    info = metric_info(metric, predictions.task)
    if info.needs == "scores" and predictions.scores is None:
        labels_do = metrics_of(predictions.task).items()
        others = ", ".join(name for name, other in labels_do if other.needs == "labels")
        raise MethodError(
            f"{metric} needs a score for every label and this method predicts labels only; "
            f"choose one of {others}"
        )
    first = predictions.truth[0]
    if metric == "roc-auc" and (predictions.truth == first).all():
        raise InputError(
            f"roc-auc compares documents of different labels and all {predictions.n} test documents "
            f"carry {predictions.labels[first]!r}; test on more labels or choose accuracy"
        )
    if metric in (*CORRELATIONS, "r2") and (predictions.truth == first).all():
        raise InputError(
            f"{metric} is undefined where the truth does not vary, and all {predictions.n} test "
            f"documents carry {first:g}; test on more documents, or choose rmse or mae"
        )


def ranked_scorer(predictions: Predictions, metric: str) -> Callable[[Floats], Floats]:
    """A metric of ``RANKED``, averaged over the seeds, as a function of weights (B, n) -> (B,)."""
    if metric == "spearman":
        return spearman_scorer(predictions.truth, predictions.predicted)
    assert predictions.scores is not None
    of_seed = [roc_scorer(predictions.truth, scores) for scores in predictions.scores]

    def mean(weights: Floats) -> Floats:
        areas: Floats = np.mean([area(weights) for area in of_seed], axis=0)
        return areas

    return mean


def score_per_seed(predictions: Predictions, metric: str) -> Floats:
    """The score of each seed, (S,); errors as in :func:`check_metric`."""
    check_metric(predictions, metric)
    per_seed = [_one_seed(predictions, s) for s in range(predictions.seeds)]
    return np.array([_score(one, metric) for one in per_seed])


def score(predictions: Predictions, metric: str) -> float:
    """The score of the method: the mean over its seeds; errors as in :func:`check_metric`."""
    return float(score_per_seed(predictions, metric).mean())


def _one_seed(predictions: Predictions, s: int) -> Predictions:
    scores = None if predictions.scores is None else predictions.scores[s : s + 1]
    return replace(predictions, predicted=predictions.predicted[s : s + 1], scores=scores)


def _score(predictions: Predictions, metric: str) -> float:
    if metric in RANKED:
        return float(replicate_scores(predictions, metric, np.ones((1, predictions.n)))[0])
    parts = additive(predictions, metric)
    counts = np.bincount(parts.atom, minlength=len(parts.sums))
    return float(parts.finish(counts @ parts.sums))


def replicate_scores(predictions: Predictions, metric: str, weights: Floats) -> Floats:
    """Scores, averaged over the seeds, of weighted copies of the test set: weights (B, n) -> (B,).

    A weight of 2 counts a document twice, 0 leaves it out. NaN where a row leaves roc-auc one label, or a correlation or r2
    one number. Errors as in :func:`check_metric`.
    """
    check_metric(predictions, metric)
    if metric in RANKED:
        return ranked_scorer(predictions, metric)(weights)
    parts = additive(predictions, metric)
    return parts.finish(weights @ parts.sums[parts.atom])
