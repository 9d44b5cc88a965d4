"""Linear heads: scikit-learn fits, what is kept is a matrix and a vector.

Dense rows are standardised while fitting (each column to mean 0 and deviation 1 on the training rows), so that a penalty means
the same for embeddings of any scale; the scaling is folded into the coefficients, and prediction stays one product. Sparse rows
are taken as they are, which keeps the figures equal to scikit-learn's. Sets of labels are one fit for each label against the
rest. Numbers are standardised, too, and the scaling is folded back.
"""

from __future__ import annotations

import warnings
from typing import Any, ClassVar, Self

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy import special

from nlpwb.errors import MethodError
from nlpwb.methods.heads.config import LogregConfig, RidgeConfig, SvmConfig
from nlpwb.methods.heads.tuning import choose
from nlpwb.methods.protocol import Matrix, State, Targets, kept_task, task_fact
from nlpwb.options import Json
from nlpwb.tasks import Task

Floats = NDArray[np.float64]


class LinearHead:
    """Scores ``X W' + b``; ``weights`` (1 or labels, columns), ``bias`` (1 or labels,), one row for two labels or a number."""

    probabilistic: ClassVar[bool] = False
    strengths: ClassVar[tuple[float, ...]] = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)

    def __init__(
        self,
        config: Any,
        weights: Floats,
        bias: Floats,
        chosen: float | None,
        task: Task = "classify",
    ) -> None:
        self.config = config
        self.weights = weights
        self.bias = bias
        self.chosen = chosen
        self.task: Task = task

    @staticmethod
    def strength(config: Any) -> float | str:
        """The option that ``auto`` chooses."""
        raise NotImplementedError

    @staticmethod
    def estimator(config: Any, strength: float, *, seed: int, sparse: bool) -> Any:
        """The scikit-learn estimator that tells labels apart."""
        raise NotImplementedError

    @classmethod
    def number_estimator(cls, config: Any, strength: float, *, seed: int, sparse: bool) -> Any:
        """The scikit-learn estimator that predicts numbers."""
        raise NotImplementedError

    @classmethod
    def fit(
        cls,
        config: Any,
        matrix: Matrix,
        targets: Targets,
        *,
        labels: int,
        seed: int,
        task: Task = "classify",
    ) -> Self:
        """Fit; with ``auto`` the strength is chosen on a fifth of the rows first: by accuracy, micro F1 or squared error.

        Raises:
            MethodError: there are fewer than two labels, or too few rows for ``auto`` to choose on, or the head, or an option
                of its, has no meaning for the task.
        """
        del labels
        cls._check(config, targets, task)
        rows, center, scale = _standardized(matrix)

        def fit_with(strength: float, X: Matrix, y: Targets) -> tuple[Floats, Floats]:
            with warnings.catch_warnings():
                # A solver that stops early is no news to a user who cannot see it; its scores are judged all the same.
                warnings.simplefilter("ignore")
                return cls._solved(config, strength, X, y, seed=seed, task=task)

        def quality(strength: float, X: Matrix, y: Targets, X2: Matrix, y2: Targets) -> float:
            weights, bias = fit_with(strength, X, y)
            return _goodness(_affine(X2, weights, bias), y2, task)

        strength = cls.strength(config)
        chosen = None
        if strength == "auto":
            chosen = strength = choose(cls.strengths, quality, rows, targets, seed=seed, task=task)
        weights, bias = fit_with(float(strength), rows, targets)
        if scale is not None and center is not None:
            weights = weights / scale
            bias = bias - weights @ center
        return cls(config, weights, bias, chosen, task)

    @classmethod
    def _check(cls, config: Any, targets: Targets, task: Task) -> None:
        name = cls.__name__.lower()
        if task == "classify" and len(np.unique(targets)) < 2:
            raise MethodError(
                f"{name} tells labels apart, and these rows have fewer than two; "
                "train on documents of two labels or more"
            )
        if task == "regression" and config.class_weight is not None:
            raise MethodError(
                f"{name}:class_weight={config.class_weight} weighs labels, and numbers are to be "
                "predicted; leave it out"
            )

    @classmethod
    def _solved(
        cls, config: Any, strength: float, X: Matrix, y: Targets, *, seed: int, task: Task
    ) -> tuple[Floats, Floats]:
        """Weights (outputs, columns) and bias (outputs,)."""
        sparse = bool(sp.issparse(X))
        if task == "regression":
            mean, deviation = float(y.mean()), float(y.std()) or 1.0
            model = cls.number_estimator(config, strength, seed=seed, sparse=sparse)
            model.fit(X, (y - mean) / deviation)
            weights = deviation * np.atleast_2d(np.asarray(model.coef_, dtype=np.float64))
            return weights, deviation * np.atleast_1d(model.intercept_) + mean
        if task == "classify":
            model = cls.estimator(config, strength, seed=seed, sparse=sparse)
            model.fit(X, y)
            return np.atleast_2d(model.coef_), np.atleast_1d(model.intercept_)
        weights, bias = np.zeros((y.shape[1], X.shape[1])), np.zeros(y.shape[1])
        for k, has in enumerate(y.T):
            if has.any() and not has.all():
                model = cls.estimator(config, strength, seed=seed, sparse=sparse)
                model.fit(X, has)
                weights[k], bias[k] = np.ravel(model.coef_), np.ravel(model.intercept_)[0]
            else:
                # nothing to tell apart: the odds of a label that n rows have or lack, half a row being added to each side
                bias[k] = (1 if has.any() else -1) * np.log(2 * len(has) + 1)
        return weights, bias

    def decision(self, matrix: Matrix) -> Floats:
        """``X W' + b``, float64 (n, 1 or labels)."""
        return _affine(matrix, self.weights, self.bias)

    def scores(self, matrix: Matrix) -> Floats:
        """Decision values, float64 (n, labels); for two labels ``-d`` and ``d``; for a number the number, (n, 1)."""
        decision = self.decision(matrix)
        if self.task == "classify" and decision.shape[1] == 1:
            return np.hstack([-decision, decision])
        return decision

    def state(self) -> State:
        """Weights and bias."""
        facts: dict[str, Json] = {} if self.chosen is None else {"chosen": self.chosen}
        return State(
            arrays={"weights": self.weights, "bias": self.bias},
            facts={**facts, **task_fact(self.task)},
        )

    @classmethod
    def from_state(cls, config: Any, state: State) -> Self:
        """The fitted head again."""
        chosen = state.facts.get("chosen")
        assert chosen is None or isinstance(chosen, float)
        return cls(config, state.arrays["weights"], state.arrays["bias"], chosen, kept_task(state))


class Logreg(LinearHead):
    """Multinomial logistic regression, L2 penalty, L-BFGS; for sets of labels a binary one for each label."""

    probabilistic = True

    @classmethod
    def _check(cls, config: LogregConfig, targets: Targets, task: Task) -> None:
        refuse_numbers("logreg", task)
        super()._check(config, targets, task)

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
        """Probabilities: the softmax of the decision, or the logistic function for two labels and for each label of sets."""
        decision = self.decision(matrix)
        if self.task == "multilabel":
            return logistic(decision)
        if decision.shape[1] == 1:
            decision = np.hstack([np.zeros_like(decision), decision])
        return softmax(decision)


class Svm(LinearHead):
    """One linear SVM a label against the rest (liblinear); for numbers linear support vector regression."""

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

    @classmethod
    def number_estimator(
        cls, config: SvmConfig, strength: float, *, seed: int, sparse: bool
    ) -> Any:
        """``LinearSVR``: absolute errors beyond a tenth of the numbers' deviation."""
        from sklearn.svm import LinearSVR

        del sparse
        return LinearSVR(epsilon=0.1, C=strength, max_iter=config.max_iter, random_state=seed)


class Ridge(LinearHead):
    """Least squares on targets of -1 and +1, or on the numbers themselves."""

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

    @classmethod
    def number_estimator(
        cls, config: RidgeConfig, strength: float, *, seed: int, sparse: bool
    ) -> Any:
        """``Ridge`` regression (Hoerl & Kennard 1970)."""
        from sklearn.linear_model import Ridge as RidgeRegression

        del config
        return RidgeRegression(
            alpha=strength, solver="sparse_cg" if sparse else "auto", random_state=seed
        )


def refuse_numbers(name: str, task: Task) -> None:
    """Raise MethodError where a head that knows labels alone is to predict numbers."""
    if task == "regression":
        raise MethodError(
            f"{name} predicts labels, and numbers are to be predicted; take +ridge, +svm or +knn"
        )


def logistic(scores: Floats) -> Floats:
    """``1 / (1 + exp(-s))``, which nothing overflows."""
    return np.asarray(special.expit(scores), dtype=np.float64)


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


def _goodness(decision: Floats, targets: Targets, task: Task) -> float:
    """What ``auto`` holds strengths against, higher being better: accuracy, micro F1, minus the mean squared error."""
    if task == "regression":
        return -float(np.mean((decision[:, 0] - targets) ** 2))
    if task == "classify":
        return float(np.mean(_labels(decision) == targets))
    said = decision > 0
    both = np.count_nonzero(said) + np.count_nonzero(targets)
    return 2 * np.count_nonzero(said & targets) / both if both else 0.0


def _standardized(matrix: Matrix) -> tuple[Matrix, Floats | None, Floats | None]:
    if sp.issparse(matrix):
        # scikit-learn's solvers work in float64; converting once serves every fit
        return sp.csr_matrix(matrix, dtype=np.float64), None, None
    dense = np.asarray(matrix, dtype=np.float64)
    center, scale = dense.mean(axis=0), dense.std(axis=0)
    scale[scale == 0] = 1.0
    return (dense - center) / scale, center, scale
