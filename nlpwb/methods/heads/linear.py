"""Linear heads: scikit-learn fits, what is kept is a matrix and a vector.

Dense rows are standardised while fitting (each column to mean 0 and deviation 1 on the training rows), so that a penalty means
the same for embeddings of any scale; the scaling is folded into the coefficients, and prediction stays one product. Sparse rows
are taken as they are, which keeps the figures equal to scikit-learn's.
"""

from __future__ import annotations

import warnings
from typing import Any, ClassVar, Self

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from nlpwb.errors import MethodError
from nlpwb.methods.heads.config import LogregConfig, RidgeConfig, SvmConfig
from nlpwb.methods.heads.tuning import choose
from nlpwb.methods.protocol import Matrix, State
from nlpwb.options import Json

Floats = NDArray[np.float64]
Targets = NDArray[np.int64]


class LinearHead:
    """Scores ``X W' + b``; ``weights`` (1 or labels, columns), ``bias`` (1 or labels,), one row where there are two labels."""

    probabilistic: ClassVar[bool] = False
    strengths: ClassVar[tuple[float, ...]] = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)

    def __init__(self, config: Any, weights: Floats, bias: Floats, chosen: float | None) -> None:
        self.config = config
        self.weights = weights
        self.bias = bias
        self.chosen = chosen

    @staticmethod
    def strength(config: Any) -> float | str:
        """The option that ``auto`` chooses."""
        raise NotImplementedError

    @staticmethod
    def estimator(config: Any, strength: float, *, seed: int, sparse: bool) -> Any:
        """The scikit-learn estimator that fits."""
        raise NotImplementedError

    @classmethod
    def fit(cls, config: Any, matrix: Matrix, targets: Targets, *, labels: int, seed: int) -> Self:
        """Fit; with ``auto`` the strength is chosen on a fifth of the rows first.

        Raises:
            MethodError: there are fewer than two labels, or too few rows for ``auto`` to choose on.
        """
        del labels
        if len(np.unique(targets)) < 2:
            raise MethodError(
                f"{cls.__name__.lower()} tells labels apart, and these rows have fewer than two; "
                "train on documents of two labels or more"
            )
        rows, center, scale = _standardized(matrix)

        def fit_with(strength: float, X: Matrix, y: Targets) -> tuple[Floats, Floats]:
            model = cls.estimator(config, strength, seed=seed, sparse=bool(sp.issparse(X)))
            with warnings.catch_warnings():
                # A solver that stops early is no news to a user who cannot see it; its scores are judged all the same.
                warnings.simplefilter("ignore")
                model.fit(X, y)
            return np.atleast_2d(model.coef_), np.atleast_1d(model.intercept_)

        def correct(strength: float, X: Matrix, y: Targets, X2: Matrix, y2: Targets) -> float:
            weights, bias = fit_with(strength, X, y)
            return float(np.mean(_labels(_affine(X2, weights, bias)) == y2))

        strength = cls.strength(config)
        chosen = None
        if strength == "auto":
            chosen = strength = choose(cls.strengths, correct, rows, targets, seed=seed)
        weights, bias = fit_with(float(strength), rows, targets)
        if scale is not None and center is not None:
            weights = weights / scale
            bias = bias - weights @ center
        return cls(config, weights, bias, chosen)

    def decision(self, matrix: Matrix) -> Floats:
        """``X W' + b``, float64 (n, 1 or labels)."""
        return _affine(matrix, self.weights, self.bias)

    def scores(self, matrix: Matrix) -> Floats:
        """Decision values, float64 (n, labels); for two labels ``-d`` and ``d``."""
        decision = self.decision(matrix)
        return np.hstack([-decision, decision]) if decision.shape[1] == 1 else decision

    def state(self) -> State:
        """Weights and bias."""
        facts: dict[str, Json] = {} if self.chosen is None else {"chosen": self.chosen}
        return State(arrays={"weights": self.weights, "bias": self.bias}, facts=facts)

    @classmethod
    def from_state(cls, config: Any, state: State) -> Self:
        """The fitted head again."""
        chosen = state.facts.get("chosen")
        assert chosen is None or isinstance(chosen, float)
        return cls(config, state.arrays["weights"], state.arrays["bias"], chosen)


class Logreg(LinearHead):
    """Multinomial logistic regression, L2 penalty, L-BFGS."""

    probabilistic = True

    @staticmethod
    def strength(config: LogregConfig) -> float | str:
        """C."""
        return config.C

    @staticmethod
    def estimator(config: LogregConfig, strength: float, *, seed: int, sparse: bool) -> Any:
        """``LogisticRegression``."""
        from sklearn.linear_model import LogisticRegression

        del seed, sparse
        return LogisticRegression(
            C=strength, class_weight=config.class_weight, max_iter=config.max_iter
        )

    def scores(self, matrix: Matrix) -> Floats:
        """Probabilities: the softmax of the decision, or the logistic function for two labels."""
        decision = self.decision(matrix)
        if decision.shape[1] == 1:
            decision = np.hstack([np.zeros_like(decision), decision])
        return softmax(decision)


class Svm(LinearHead):
    """One linear SVM a label against the rest (liblinear)."""

    @staticmethod
    def strength(config: SvmConfig) -> float | str:
        """C."""
        return config.C

    @staticmethod
    def estimator(config: SvmConfig, strength: float, *, seed: int, sparse: bool) -> Any:
        """``LinearSVC``."""
        from sklearn.svm import LinearSVC

        del sparse
        return LinearSVC(
            C=strength,
            class_weight=config.class_weight,
            max_iter=config.max_iter,
            random_state=seed,
        )


class Ridge(LinearHead):
    """Least squares on targets of -1 and +1."""

    @staticmethod
    def strength(config: RidgeConfig) -> float | str:
        """alpha."""
        return config.alpha

    @staticmethod
    def estimator(config: RidgeConfig, strength: float, *, seed: int, sparse: bool) -> Any:
        """``RidgeClassifier``; the conjugate gradient solver keeps sparse rows sparse."""
        from sklearn.linear_model import RidgeClassifier

        return RidgeClassifier(
            alpha=strength,
            class_weight=config.class_weight,
            solver="sparse_cg" if sparse else "auto",
            random_state=seed,
        )


def softmax(scores: Floats) -> Floats:
    """``exp(s) / sum exp(s)`` along the last axis, shifted so that nothing overflows."""
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))


def _affine(matrix: Matrix, weights: Floats, bias: Floats) -> Floats:
    return np.asarray(matrix @ weights.T, dtype=np.float64) + bias


def _labels(decision: Floats) -> Targets:
    if decision.shape[1] == 1:
        return (decision[:, 0] > 0).astype(np.int64)
    return np.asarray(decision.argmax(axis=1), dtype=np.int64)


def _standardized(matrix: Matrix) -> tuple[Matrix, Floats | None, Floats | None]:
    if sp.issparse(matrix):
        # scikit-learn's solvers work in float64; converting once serves every fit
        return sp.csr_matrix(matrix, dtype=np.float64), None, None
    dense = np.asarray(matrix, dtype=np.float64)
    center, scale = dense.mean(axis=0), dense.std(axis=0)
    scale[scale == 0] = 1.0
    return (dense - center) / scale, center, scale
