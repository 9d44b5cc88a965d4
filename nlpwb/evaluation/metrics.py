"""How good predicted labels are: six metrics, each vectorised over weighted copies of one test set.

The confusion metrics need no more of a confusion matrix than its diagonal and its two margins (:class:`Margins`), which is
what makes thousands of resampled copies cheap. All figures agree with scikit-learn's functions of the same names
(``zero_division=0``); a label that occurs neither as truth nor as prediction has no part in a macro average.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.integer[Any]]

EPSILON = float(np.finfo(np.float64).eps)  # probabilities are clipped to EPSILON .. 1 - EPSILON
ROC_ROWS = 32  # rows of weights handled together: each document's stand side by side in memory


class Margins(NamedTuple):
    """Per label: how much was right, how much carries the label, how much was given it; each (..., K)."""

    hits: Floats
    true: Floats
    predicted: Floats


def confusion(truth: Ints, predicted: Ints, *, labels: int) -> Floats:
    """The confusion matrix (K, K), rows true, columns predicted, of two label vectors (n,)."""
    cells = truth.astype(np.int64) * labels + predicted
    return np.bincount(cells, minlength=labels**2).reshape(labels, labels).astype(np.float64)


def margins(C: Floats) -> Margins:
    """Diagonal, row sums and column sums of confusion matrices (..., K, K)."""
    return Margins(np.diagonal(C, axis1=-2, axis2=-1), C.sum(axis=-1), C.sum(axis=-2))


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    """Their quotient, and 0 where the denominator is 0."""
    zero = denominator == 0
    quotient: Floats = np.where(zero, 0.0, numerator / np.where(zero, 1.0, denominator))
    return quotient


def _accuracy(m: Margins) -> Floats:
    return _ratio(m.hits.sum(axis=-1), m.true.sum(axis=-1))


def _micro_f1(m: Margins) -> Floats:
    """F1 of all labels' counts together; of single labels it would be the accuracy."""
    return _ratio(2 * m.hits.sum(axis=-1), (m.true + m.predicted).sum(axis=-1))


def _macro_f1(m: Margins) -> Floats:
    either = m.true + m.predicted
    occurring = np.count_nonzero(either, axis=-1)
    return _ratio(_ratio(2 * m.hits, either).sum(axis=-1), np.asarray(occurring, dtype=np.float64))


def _weighted_f1(m: Margins) -> Floats:
    f1 = _ratio(2 * m.hits, m.true + m.predicted)
    return _ratio((f1 * m.true).sum(axis=-1), m.true.sum(axis=-1))


def _mcc(m: Margins) -> Floats:
    """Matthews correlation for K labels (Gorodkin 2004, equation 8), 0 where truth or predictions do not vary."""
    n = m.true.sum(axis=-1)
    covariance = m.hits.sum(axis=-1) * n - (m.true * m.predicted).sum(axis=-1)
    spread_true = n**2 - (m.true**2).sum(axis=-1)
    spread_predicted = n**2 - (m.predicted**2).sum(axis=-1)
    # Rounding of float weights may leave a spread a hair below zero.
    product = np.maximum(spread_true, 0.0) * np.maximum(spread_predicted, 0.0)
    return _ratio(covariance, np.sqrt(product))


MARGIN_METRICS: Mapping[str, Callable[[Margins], Floats]] = {
    "accuracy": _accuracy,
    "micro-f1": _micro_f1,
    "macro-f1": _macro_f1,
    "weighted-f1": _weighted_f1,
    "mcc": _mcc,
}


def accuracy(C: Floats) -> Floats:
    """Share of documents with the right label; C (..., K, K) -> (...)."""
    return _accuracy(margins(C))


def macro_f1(C: Floats) -> Floats:
    """Mean F1 over the labels that occur as truth or as prediction; C (..., K, K) -> (...)."""
    return _macro_f1(margins(C))


def weighted_f1(C: Floats) -> Floats:
    """Mean F1 weighted by how many documents carry the label; C (..., K, K) -> (...)."""
    return _weighted_f1(margins(C))


def mcc(C: Floats) -> Floats:
    """Matthews correlation coefficient; C (..., K, K) -> (...)."""
    return _mcc(margins(C))


def document_log_loss(truth: Ints, probabilities: Floats) -> Floats:
    """-log p of the true label, natural logarithm: truth (n,), probabilities (n, K) -> (n,)."""
    p = probabilities[np.arange(len(truth)), truth]
    loss: Floats = -np.log(np.clip(p, EPSILON, 1.0 - EPSILON))
    return loss


def log_loss(truth: Ints, probabilities: Floats, *, weights: Floats) -> Floats:
    """Weighted mean of :func:`document_log_loss`: truth (n,), probabilities (n, K), weights (B, n) -> (B,)."""
    return _ratio(weights @ document_log_loss(truth, probabilities), weights.sum(axis=1))


def roc_auc(truth: Ints, scores: Floats, *, weights: Floats) -> Floats:
    """Area under the ROC curve: truth (n,), scores (n, K), weights (B, n) -> (B,).

    Two labels: by the score of the second. More: each label against the rest, averaged over the labels that split the
    documents (scikit-learn's ``multi_class="ovr", average="macro"``). NaN where no label does.
    """
    return roc_scorer(truth, scores)(weights)


def roc_scorer(truth: Ints, scores: Floats) -> Callable[[Floats], Floats]:
    """:func:`roc_auc` as a function of the weights alone, the documents being sorted once."""
    K = scores.shape[1]
    if K == 2:
        return _binary_scorer(truth == 1, scores[:, 1])
    against_rest = [_binary_scorer(truth == k, scores[:, k]) for k in range(K)]

    def macro(weights: Floats) -> Floats:
        areas = np.stack([area(weights) for area in against_rest])
        defined = ~np.isnan(areas)
        count = np.count_nonzero(defined, axis=0)
        total = np.where(defined, areas, 0.0).sum(axis=0)
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)

    return macro


def _binary_scorer(positive: NDArray[np.bool_], score: Floats) -> Callable[[Floats], Floats]:
    """Area under the ROC curve of positive (n,), score (n,) as a function of weights (B, n) -> (B,).

    It is the Mann-Whitney statistic: the share of the weight of (positive, negative) pairs in which the positive document
    scores higher, a tie counting one half (Hanley & McNeil 1982). NaN where a row of weights leaves one side empty.
    """
    falling_in, rising_in = np.flatnonzero(~positive), np.flatnonzero(positive)
    falling_in = falling_in[np.argsort(score[falling_in], kind="stable")]
    rising_in = rising_in[np.argsort(score[rising_in], kind="stable")]  # gathers then run forward
    below = np.searchsorted(score[falling_in], score[rising_in], side="left")
    up_to = np.searchsorted(score[falling_in], score[rising_in], side="right")
    tied = not np.array_equal(below, up_to)

    def block(w: Floats) -> Floats:
        cumulated = np.zeros((len(falling_in) + 1, w.shape[1]))  # negative weight up to a score
        np.cumsum(w[falling_in], axis=0, out=cumulated[1:])
        beaten = cumulated[below]
        if tied:
            beaten = (beaten + cumulated[up_to]) / 2
        w = w[rising_in]
        pairs = w.sum(axis=0) * cumulated[-1]
        won = np.einsum("ib,ib->b", w, beaten)
        return np.where(pairs > 0, won / np.where(pairs > 0, pairs, 1.0), np.nan)

    def area(weights: Floats) -> Floats:
        starts = range(0, len(weights), ROC_ROWS)
        columns = (np.ascontiguousarray(weights[b : b + ROC_ROWS].T) for b in starts)
        return np.concatenate([block(w) for w in columns])

    return area
