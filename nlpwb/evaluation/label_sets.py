"""How good predicted sets of labels are: what each document adds to the figures of multi-label classification.

Truth is bool (n, K), predictions are bool (S, n, K) for S seeds. F1 scores are functions of the same margins as those of single
labels (:class:`nlpwb.evaluation.metrics.Margins`). All figures agree with scikit-learn's on the same arrays, but for one
thing: a label that occurs neither as truth nor as prediction has no part in macro F1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nlpwb.evaluation.metrics import Floats, Ints

Sets = NDArray[np.bool_]

_HELD = 1 << 22  # comparisons of two scores in memory at a time


def right_sets(truth: Sets, predicted: Sets) -> Sets:
    """Whether the whole set is right: (n, K), (S, n, K) -> (S, n)."""
    right: Sets = (predicted == truth).all(axis=-1)
    return right


def wrong_labels(truth: Sets, predicted: Sets) -> Ints:
    """How many of the K labels are wrong: (n, K), (S, n, K) -> int64 (S, n)."""
    return np.asarray(np.count_nonzero(predicted != truth, axis=-1), dtype=np.int64)


def set_margins(truth: Sets, predicted: Sets, *, pooled: bool) -> Floats:
    """What each document adds to the margins: (n, K), (S, n, K) -> (n, (1 + 2 S) K); one column for all K where ``pooled``.

    The columns are those of :func:`nlpwb.evaluation.scoring.margin_sums`: the truth, then hits and predictions of each seed.
    """
    parts = [truth]
    for said in predicted:
        parts += [said & truth, said]
    if pooled:
        counts = [np.count_nonzero(part, axis=1) for part in parts]
        return np.stack(counts, axis=1).astype(np.float64)
    return np.concatenate(parts, axis=1).astype(np.float64)


def ranking_precision(truth: Sets, scores: Floats) -> Floats:
    """Label ranking average precision of each document: truth (n, K), scores (n, K) -> (n,).

    The mean, over the true labels, of the share of true labels among those that score as high or higher (Tsoumakas, Katakis
    & Vlahavas 2010, "Mining multi-label data", section 7.1.2); 1 where no label, or every label, is true.
    """
    n, K = truth.shape
    found = np.ones(n)
    step = max(1, _HELD // (K * K))
    for start in range(0, n, step):
        t, s = truth[start : start + step], scores[start : start + step]
        as_high = s[:, None, :] >= s[:, :, None]  # [i, k, j]: label j stands at or before label k
        rank = np.count_nonzero(as_high, axis=2)
        among = np.count_nonzero(as_high & t[:, None, :], axis=2)
        true = np.count_nonzero(t, axis=1)
        some = (true > 0) & (true < K)
        mean = np.where(t, among / rank, 0.0).sum(axis=1) / np.maximum(true, 1)
        found[start : start + step][some] = mean[some]
    return found
