"""The score of one method on n test documents, and on any weighting of them.

Five of the six metrics are functions of sums over documents (:class:`Additive`): label margins for the confusion metrics,
the loss for log-loss. Documents that add the same thing are one *atom*, so 25,000 documents in two classes are four numbers
and their counts, and a bootstrap replicate is one row times one small matrix.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from nlpwb.errors import InputError, MethodError
from nlpwb.evaluation.metrics import (
    MARGIN_METRICS,
    METRICS,
    Floats,
    Ints,
    Margins,
    document_log_loss,
    metric_info,
    roc_scorer,
)


@dataclass(frozen=True, eq=False)
class Predictions:
    """What one method said about n test documents, with S seeds and K labels.

    ``truth`` int32 (n,); ``predicted`` int32 (S, n); ``scores`` float64 (S, n, K) or None: probabilities for log-loss, any
    score that rises with the label for roc-auc; ``labels`` names the K labels; ``groups`` int32 (n,) or None: documents of
    one group (one author, one thread) are not independent and are resampled and swapped together.
    """

    truth: Ints
    predicted: Ints
    scores: Floats | None
    labels: tuple[str, ...]
    groups: Ints | None = None

    def __post_init__(self) -> None:
        n, K = len(self.truth), len(self.labels)
        S = len(self.predicted)
        assert n > 0, "no document"
        assert S > 0, "no seed"
        assert self.truth.shape == (n,), self.truth.shape
        assert self.predicted.shape == (S, n), self.predicted.shape
        for labels in (self.truth, self.predicted):
            assert labels.min() >= 0, labels.min()
            assert labels.max() < K, f"label {labels.max()} of {K}"
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


def document_losses(predictions: Predictions) -> Floats:
    """-log p of each document's true label, the mean over the seeds, (n,)."""
    assert predictions.scores is not None
    losses = [document_log_loss(predictions.truth, p) for p in predictions.scores]
    mean: Floats = np.mean(losses, axis=0)
    return mean


def _mean_of_values(sums: Floats) -> Floats:
    mean: Floats = sums[..., 0] / sums[..., 1]
    return mean


def additive(predictions: Predictions, metric: str) -> Additive:
    """The metric (not roc-auc) as a function of sums over the documents of ``predictions``."""
    truth, predicted = predictions.truth, predictions.predicted
    atom: Ints
    if metric == "log-loss":
        values = document_losses(predictions)
        atom = np.arange(predictions.n)
    elif metric == "accuracy":
        right = np.count_nonzero(predicted == truth, axis=0)
        atom, first = distinct_rows([right])
        values = right[first] / predictions.seeds
    else:
        K, S = len(predictions.labels), predictions.seeds
        atom, first = distinct_rows([truth, *predicted])
        sums = margin_sums(truth[first], predicted[:, first], labels=K)
        return Additive(atom, sums, margin_finish(metric, labels=K, seeds=S))
    return Additive(atom, np.stack([values, np.ones_like(values)], axis=1), _mean_of_values)


def check_metric(predictions: Predictions, metric: str) -> None:
    """Refuse a metric that these predictions cannot answer.

    :class:`UsageError` for an unknown metric, :class:`MethodError` where scores are missing, :class:`InputError` where
    roc-auc meets test documents of one label.
    """
    if metric_info(metric).needs == "scores" and predictions.scores is None:
        others = ", ".join(name for name, info in METRICS.items() if info.needs == "labels")
        raise MethodError(
            f"{metric} needs a score for every label and this method predicts labels only; "
            f"choose one of {others}"
        )
    if metric == "roc-auc" and (predictions.truth == predictions.truth[0]).all():
        raise InputError(
            f"roc-auc compares documents of different labels and all {predictions.n} test documents "
            f"carry {predictions.labels[predictions.truth[0]]!r}; test on more labels or choose accuracy"
        )


def roc_scorer_of(predictions: Predictions) -> Callable[[Floats], Floats]:
    """roc-auc, averaged over the seeds, as a function of weights (B, n) -> (B,)."""
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
    return Predictions(
        predictions.truth, predictions.predicted[s : s + 1], scores, predictions.labels
    )


def _score(predictions: Predictions, metric: str) -> float:
    if metric == "roc-auc":
        return float(replicate_scores(predictions, metric, np.ones((1, predictions.n)))[0])
    parts = additive(predictions, metric)
    counts = np.bincount(parts.atom, minlength=len(parts.sums))
    return float(parts.finish(counts @ parts.sums))


def replicate_scores(predictions: Predictions, metric: str, weights: Floats) -> Floats:
    """Scores, averaged over the seeds, of weighted copies of the test set: weights (B, n) -> (B,).

    A weight of 2 counts a document twice, 0 leaves it out. NaN for roc-auc where a row leaves one label. Errors as in
    :func:`check_metric`.
    """
    check_metric(predictions, metric)
    if metric == "roc-auc":
        return roc_scorer_of(predictions)(weights)
    parts = additive(predictions, metric)
    return parts.finish(weights @ parts.sums[parts.atom])
