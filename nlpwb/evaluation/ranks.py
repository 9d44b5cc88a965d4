"""Ranks of values in weighted copies of a set, and Spearman's correlation of such ranks: no copy is ever sorted.

Along the ordered values, the rank of a value in a copy is the sum of the weights below it and half its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from nlpwb.evaluation.metrics import Floats, Ints

COPIES_AT_ONCE = 128  # of some hundred values each: what fits into a processor's cache


class Scale:
    """Values (n,) as places on the scale of their L distinct values."""

    def __init__(self, values: Floats) -> None:
        distinct, level = np.unique(values, return_inverse=True)
        self.level: Ints = level.reshape(-1)
        self.order: Ints = np.argsort(self.level, kind="stable")
        self.starts: Ints = np.searchsorted(self.level[self.order], np.arange(len(distinct)))

    def ranks(self, weights: Floats) -> Floats:
        """Midranks (n, b) of the values in copies with these weights (n, b), less their weighted mean."""
        there = weights[self.order]
        if len(self.starts) < len(there):
            there = np.add.reduceat(there, self.starts, axis=0)
        middle = np.cumsum(there, axis=0)
        whole = middle[-1] / 2
        middle -= there / 2
        middle -= whole
        ranks: Floats = middle[self.level]
        return ranks


def rank_correlations(scales: Sequence[Scale], weights: Floats) -> Floats:
    """Correlations of the ranks of the first scale with each of the others, weights (n, b) -> (M, b).

    NaN where a copy is left with one distinct value.
    """
    gold = scales[0].ranks(weights)
    weighted = gold * weights
    spread = np.einsum("ij,ij->j", weighted, gold)
    found = np.empty((len(scales) - 1, weights.shape[1]))
    for row, scale in zip(found, scales[1:], strict=True):
        ranks = scale.ranks(weights)
        together = np.einsum("ij,ij->j", weighted, ranks)
        ranks *= ranks
        product = spread * np.einsum("ij,ij->j", ranks, weights)
        row[:] = np.divide(
            together, np.sqrt(product), out=np.full_like(together, np.nan), where=product > 0
        )
    return found


def spearman_scorer(truth: Floats, predicted: Floats) -> Callable[[Floats], Floats]:
    """Spearman's correlation of truth (n,) with predicted (S, n), the mean over S, as a function of weights (B, n) -> (B,).

    0 where predictions do not vary: a constant orders nothing. NaN where the truth of a copy does not.
    """
    gold = Scale(truth)
    others = [Scale(row) for row in predicted]

    def block(w: Floats) -> Floats:
        correlations = rank_correlations([gold, *others], w)
        if np.isnan(correlations).any():
            ranks = gold.ranks(w)
            varies = np.einsum("ij,ij,ij->j", ranks, ranks, w) > 0
            correlations[np.isnan(correlations) & varies] = 0.0
        mean: Floats = np.clip(correlations, -1.0, 1.0).mean(axis=0)
        return mean

    def score(weights: Floats) -> Floats:
        starts = range(0, len(weights), COPIES_AT_ONCE)
        turned = (np.ascontiguousarray(weights[b : b + COPIES_AT_ONCE].T) for b in starts)
        return np.concatenate([block(w) for w in turned])

    return score
