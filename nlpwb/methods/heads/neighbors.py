"""The nearest training documents vote with their labels (Cover & Hart 1967), or their numbers are averaged; exact, in blocks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from nlpwb.errors import MethodError
from nlpwb.methods.heads.config import KnnConfig
from nlpwb.methods.protocol import Matrix, State, Targets, kept_task, task_fact
from nlpwb.tasks import Task

Rows = sp.csr_matrix | NDArray[np.float64]

_BLOCK_VALUES = 8_000_000
_DECIMALS = 12


class Knn:
    """The training rows, sparse or in float32, and their labels, sets of labels or numbers."""

    def __init__(
        self,
        config: KnnConfig,
        rows: Matrix,
        targets: Targets,
        labels: int,
        task: Task = "classify",
    ) -> None:
        self.config = config
        self.rows = rows
        self.targets = targets
        self.labels = labels
        self.task: Task = task

    @property
    def probabilistic(self) -> bool:
        """Whether the scores are shares of votes: not where they are numbers."""
        return self.task != "regression"

    @classmethod
    def fit(
        cls,
        config: KnnConfig,
        matrix: Matrix,
        targets: Targets,
        *,
        labels: int,
        seed: int,
        task: Task = "classify",
    ) -> Self:
        """Keep the rows.

        Raises:
            MethodError: fewer rows than neighbours.
        """
        del seed
        if config.k > matrix.shape[0]:
            raise MethodError(
                f"knn:k={config.k} asks for more neighbours than there are training rows "
                f"({matrix.shape[0]:,}); lower k"
            )
        rows = (
            sp.csr_matrix(matrix, dtype=np.float64)
            if sp.issparse(matrix)
            else np.asarray(matrix, dtype=np.float32)
        )
        return cls(config, rows, targets, labels, task)

    def scores(self, matrix: Matrix) -> NDArray[np.float64]:
        """Shares of the votes for each label, float64 (n, labels); or the mean of the neighbours' numbers, (n, 1)."""
        rows, kept = _prepared(matrix, self.config), _prepared(self.rows, self.config)
        squares = _squares(kept)
        shares = np.zeros((matrix.shape[0], self.labels))
        said = self._said()
        block = max(1, _BLOCK_VALUES // max(1, self.rows.shape[0]))
        for start in range(0, matrix.shape[0], block):
            nearness = self._nearness(rows[start : start + block], kept, squares)
            k = self.config.k
            # of equal nearness the earlier training row votes: a stable sort keeps this true on every machine
            near = np.argsort(-nearness, axis=1, kind="stable")[:, :k]
            votes = np.ones(near.shape)
            if self.config.weights == "distance":
                distance = self._distance(np.take_along_axis(nearness, near, axis=1))
                votes = 1.0 / np.maximum(distance, 1e-12)
            if self.task != "classify":  # there the labels' sums make up the whole
                votes /= votes.sum(axis=1, keepdims=True)
            for label in range(self.labels):
                shares[start : start + len(near), label] = (votes * said(near, label)).sum(axis=1)
        if self.task == "classify":
            shares /= shares.sum(axis=1, keepdims=True)
        return shares if self.task == "regression" else np.minimum(shares, 1.0)

    def _said(self) -> Callable[[NDArray[np.int64], int], NDArray[Any]]:
        """What training rows say about a label: 1 or 0, or of numbers the number."""
        if self.task == "classify":
            return lambda rows, label: self.targets[rows] == label
        columns = self.targets.reshape(len(self.targets), -1)
        return lambda rows, label: columns[rows, label]

    def _nearness(
        self, rows: Rows, kept: Rows, squares: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Cosine, or minus the squared distance: (rows, training rows), dense.

        Rounded far above the noise of a matrix product and far below any difference that means something, so that equal rows
        are equally near in a batch of any size.
        """
        product = rows @ kept.T
        dense = np.asarray(product.todense() if sp.issparse(product) else product, dtype=np.float64)
        if self.config.metric == "cosine":
            return np.round(dense, _DECIMALS)
        unit = float(squares.max(initial=0.0)) or 1.0
        distances = squares[None, :] + _squares(rows)[:, None] - 2 * dense
        return -np.round(distances / unit, _DECIMALS) * unit

    def _distance(self, nearness: NDArray[np.float64]) -> NDArray[np.float64]:
        if self.config.metric == "cosine":
            return np.maximum(0.0, 1.0 - nearness)
        return np.sqrt(np.maximum(0.0, -nearness))

    def state(self) -> State:
        """The rows as arrays."""
        arrays: dict[str, NDArray[Any]] = {"targets": self.targets}
        if sp.issparse(self.rows):
            arrays |= {
                "data": self.rows.data,
                "indices": self.rows.indices,
                "indptr": self.rows.indptr,
            }
        else:
            arrays["rows"] = np.asarray(self.rows)
        return State(
            arrays=arrays,
            facts={
                "labels": self.labels,
                "columns": int(self.rows.shape[1]),
                **task_fact(self.task),
            },
        )

    @classmethod
    def from_state(cls, config: KnnConfig, state: State) -> Self:
        """The fitted head again."""
        arrays = state.arrays
        labels, columns = state.facts["labels"], state.facts["columns"]
        assert isinstance(labels, int)
        assert isinstance(columns, int)
        rows: Matrix
        if "rows" in arrays:
            rows = arrays["rows"]
        else:
            rows = sp.csr_matrix(
                (arrays["data"], arrays["indices"], arrays["indptr"]),
                shape=(len(arrays["indptr"]) - 1, columns),
            )
        return cls(config, rows, arrays["targets"], labels, kept_task(state))


def _prepared(matrix: Matrix, config: KnnConfig) -> Rows:
    """Rows in float64, of length 1 for ``metric=cosine``; 1 - cosine of near rows is lost in float32."""
    if sp.issparse(matrix):
        rows = sp.csr_matrix(matrix, dtype=np.float64)
        if config.metric == "cosine":
            rows = sp.diags(_inverse(np.sqrt(_squares(rows)))) @ rows
        return sp.csr_matrix(rows)
    dense = np.asarray(matrix, dtype=np.float64)
    if config.metric == "cosine":
        dense = dense * _inverse(np.sqrt(_squares(dense)))[:, None]
    return dense


def _squares(matrix: Rows) -> NDArray[np.float64]:
    if sp.issparse(matrix):
        return np.asarray(matrix.multiply(matrix).sum(axis=1), dtype=np.float64).ravel()
    return np.asarray(np.einsum("ij,ij->i", matrix, matrix, dtype=np.float64))


def _inverse(lengths: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1.0 / np.where(lengths == 0, 1.0, lengths))
