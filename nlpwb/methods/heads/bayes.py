"""Naive Bayes on counts or weights that are not negative (Manning et al. 2008, chapter 13; Rennie et al. 2003)."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from nlpwb.methods.heads.config import NbConfig
from nlpwb.methods.heads.linear import softmax
from nlpwb.methods.protocol import Matrix, State

Floats = NDArray[np.float64]


class Nb:
    """A log weight for every label and term, float64 (labels, columns), and a log prior, float64 (labels,)."""

    probabilistic = True

    def __init__(self, config: NbConfig, weights: Floats, prior: Floats) -> None:
        self.config = config
        self.weights = weights
        self.prior = prior

    @classmethod
    def fit(
        cls,
        config: NbConfig,
        matrix: Matrix,
        targets: NDArray[np.int64],
        *,
        labels: int,
        seed: int,
    ) -> Self:
        """Count terms by label and smooth."""
        del seed
        onehot = sp.csr_matrix(
            (np.ones(len(targets)), (targets, np.arange(len(targets)))),
            shape=(labels, len(targets)),
        )
        counts = sp.csr_matrix(onehot @ sp.csr_matrix(matrix, dtype=np.float64)).toarray()
        if config.variant == "complement":
            weights = complement_weights(counts, config.alpha)
            prior = np.zeros(labels)
        else:
            weights = multinomial_weights(counts, config.alpha)
            frequency = np.bincount(targets, minlength=labels)
            prior = (
                np.log(frequency / frequency.sum())
                if config.fit_prior
                else np.full(labels, -np.log(labels))
            )
        return cls(config, weights, prior)

    def scores(self, matrix: Matrix) -> Floats:
        """Probabilities, float64 (n, labels)."""
        return softmax(np.asarray(matrix @ self.weights.T, dtype=np.float64) + self.prior)

    def state(self) -> State:
        """Weights and prior."""
        return State(arrays={"weights": self.weights, "prior": self.prior})

    @classmethod
    def from_state(cls, config: Any, state: State) -> Self:
        """The fitted head again."""
        return cls(config, state.arrays["weights"], state.arrays["prior"])


def multinomial_weights(counts: Floats, alpha: float) -> Floats:
    """``ln((count + alpha) / (total + alpha * columns))`` (Manning et al. 2008, equation 13.7)."""
    smoothed = counts + alpha
    return np.asarray(np.log(smoothed) - np.log(smoothed.sum(axis=1, keepdims=True)))


def complement_weights(counts: Floats, alpha: float) -> Floats:
    """Minus the log weights of all other labels together (Rennie et al. 2003, section 3.1)."""
    others = counts.sum(axis=0, keepdims=True) + alpha - counts
    return np.asarray(-np.log(others / others.sum(axis=1, keepdims=True)))
