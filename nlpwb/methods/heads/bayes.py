"""Naive Bayes on counts or weights that are not negative (Manning et al. 2008, chapter 13; Rennie et al. 2003)."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from nlpwb.methods.heads.config import NbConfig
from nlpwb.methods.heads.linear import logistic, refuse_numbers, softmax
from nlpwb.methods.protocol import Matrix, State, Targets, kept_task, task_fact
from nlpwb.tasks import Task

Floats = NDArray[np.float64]


class Nb:
    """A log weight for every label and term, float64 (labels, columns), and a log prior, float64 (labels,).

    For sets of labels each label is told from the rest: weights and prior are those of the label less those of all documents
    without it.
    """

    probabilistic = True

    def __init__(
        self, config: NbConfig, weights: Floats, prior: Floats, task: Task = "classify"
    ) -> None:
        self.config = config
        self.weights = weights
        self.prior = prior
        self.task: Task = task

    @classmethod
    def fit(
        cls,
        config: NbConfig,
        matrix: Matrix,
        targets: Targets,
        *,
        labels: int,
        seed: int,
        task: Task = "classify",
    ) -> Self:
        """Count terms by label and smooth.

        Raises:
            MethodError: numbers are to be predicted.
        """
        del seed
        refuse_numbers("nb", task)
        rows = sp.csr_matrix(matrix, dtype=np.float64)
        if task == "multilabel":
            return cls(config, *_against_rest(config, rows, targets), task)
        onehot = sp.csr_matrix(
            (np.ones(len(targets)), (targets, np.arange(len(targets)))),
            shape=(labels, len(targets)),
        )
        counts = sp.csr_matrix(onehot @ rows).toarray()
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
        """Probabilities, float64 (n, labels); of sets each label's own."""
        evidence = np.asarray(matrix @ self.weights.T, dtype=np.float64) + self.prior
        return logistic(evidence) if self.task == "multilabel" else softmax(evidence)

    def state(self) -> State:
        """Weights and prior."""
        return State(
            arrays={"weights": self.weights, "prior": self.prior}, facts=task_fact(self.task)
        )

    @classmethod
    def from_state(cls, config: Any, state: State) -> Self:
        """The fitted head again."""
        return cls(config, state.arrays["weights"], state.arrays["prior"], kept_task(state))


def _against_rest(config: NbConfig, rows: sp.csr_matrix, targets: Targets) -> tuple[Floats, Floats]:
    """Log weights and log odds of every label against the rest: targets bool (n, labels).

    Of two labels the complement of one is the other, so that ``complement`` differs in having no prior alone. A label that all
    rows have, or none, has a prior that no evidence moves.
    """
    sets = sp.csr_matrix(targets.T, dtype=np.float64)
    inside = sp.csr_matrix(sets @ rows).toarray()
    whole = np.asarray(rows.sum(axis=0), dtype=np.float64)
    weights = multinomial_weights(inside, config.alpha)
    weights = weights - multinomial_weights(whole - inside, config.alpha)
    having = targets.sum(axis=0).astype(np.float64)
    if config.variant == "multinomial" and config.fit_prior:
        with np.errstate(divide="ignore"):
            return weights, np.log(having) - np.log(len(targets) - having)
    prior = np.zeros(len(having))
    prior[having == 0], prior[having == len(targets)] = -np.inf, np.inf
    return weights, prior


def multinomial_weights(counts: Floats, alpha: float) -> Floats:
    """``ln((count + alpha) / (total + alpha * columns))`` (Manning et al. 2008, equation 13.7)."""
    smoothed = counts + alpha
    return np.asarray(np.log(smoothed) - np.log(smoothed.sum(axis=1, keepdims=True)))


def complement_weights(counts: Floats, alpha: float) -> Floats:
    """Minus the log weights of all other labels together (Rennie et al. 2003, section 3.1)."""
    others = counts.sum(axis=0, keepdims=True) + alpha - counts
    return np.asarray(-np.log(others / others.sum(axis=1, keepdims=True)))
