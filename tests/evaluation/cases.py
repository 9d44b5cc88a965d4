"""Small comparisons for the tests: drawn by hypothesis, or simulated from a known population."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from nlpwb.evaluation.scoring import Predictions


def predictions(truth, predicted, *, scores=None, labels=None, groups=None) -> Predictions:
    """Predictions from plain lists; ``predicted`` of one seed may be a flat list."""
    truth = np.asarray(truth, dtype=np.int32)
    predicted = np.atleast_2d(np.asarray(predicted, dtype=np.int32))
    K = labels or int(max(truth.max(), predicted.max())) + 1
    if scores is not None:
        scores = np.asarray(scores, dtype=np.float64)
        scores = scores[None] if scores.ndim == 2 else scores
        K = scores.shape[2]
    if groups is not None:
        groups = np.asarray(groups, dtype=np.int32)
    return Predictions(truth, predicted, scores, tuple(f"label{k}" for k in range(K)), groups)


def label_vectors(labels: int, n: int):
    return st.lists(st.integers(0, labels - 1), min_size=n, max_size=n).map(np.array)


@st.composite
def labelled(draw, *, max_documents=25, max_labels=5):
    """(truth, predicted, positive weights, K): anything that a confusion metric may meet."""
    K = draw(st.integers(2, max_labels))
    n = draw(st.integers(1, max_documents))
    weights = st.lists(st.integers(1, 40).map(lambda w: w / 8), min_size=n, max_size=n)
    return draw(label_vectors(K, n)), draw(label_vectors(K, n)), np.array(draw(weights)), K


def random_predictions(
    rng, *, n=40, K=3, seeds=1, skill=0.6, with_scores=False, groups=None, truth=None
) -> Predictions:
    """A method that is right with probability ``skill`` and else says any label."""
    if truth is None:
        truth = np.concatenate([np.arange(K), rng.integers(0, K, n - K)])  # every label occurs
    right = rng.random((seeds, n)) < skill
    predicted = np.where(right, truth, rng.integers(0, K, (seeds, n)))
    scores = None
    if with_scores:
        logits = rng.normal(size=(seeds, n, K)).round(1)  # rounded: ties occur
        logits += 1.5 * (np.arange(K) == predicted[..., None])
        scores = np.exp(logits)
        scores /= scores.sum(axis=-1, keepdims=True)
    return predictions(truth, predicted, scores=scores, labels=K, groups=groups)


def correlated_methods(rng, *, M, n, K=2, accuracy=0.8, correlation=0.7, truth=None):
    """M exchangeable methods: equally good, with errors that fall on the same hard documents."""
    truth = rng.integers(0, K, n) if truth is None else truth
    hard = rng.normal(size=n)
    own = rng.normal(size=(M, n))
    strain = np.sqrt(correlation) * hard + np.sqrt(1 - correlation) * own
    threshold = {0.7: 0.5244, 0.8: 0.8416}[accuracy]  # normal quantiles
    tempting = (truth + rng.integers(1, K, n)) % K if K > 2 else 1 - truth
    said = np.where(strain < threshold, truth, tempting)
    return [predictions(truth, said[m], labels=K) for m in range(M)]
