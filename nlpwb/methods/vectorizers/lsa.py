"""Latent semantic analysis: documents along the strongest directions of their matrix (Deerwester et al. 1990)."""

from __future__ import annotations

from typing import Self

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from nlpwb.errors import MethodError
from nlpwb.methods.protocol import Matrix, State
from nlpwb.methods.vectorizers.config import LsaConfig


class Lsa:
    """The right singular vectors, float32 (dim, columns)."""

    def __init__(self, config: LsaConfig, components: NDArray[np.float32]) -> None:
        self.config = config
        self.components = components

    @property
    def dimensions(self) -> int:
        """Dimensions kept."""
        return int(self.components.shape[0])

    @classmethod
    def fit(cls, config: LsaConfig, matrix: Matrix, *, seed: int) -> tuple[Self, Matrix]:
        """Randomised truncated SVD (Halko et al. 2011), through scikit-learn.

        Raises:
            MethodError: the matrix is smaller than ``dim``.
        """
        from sklearn.utils.extmath import randomized_svd

        smaller = min(matrix.shape)
        if config.dim > smaller:
            raise MethodError(
                f"lsa:dim={config.dim} is more than the matrix of {matrix.shape[0]:,} documents and "
                f"{matrix.shape[1]:,} columns has; give dim={smaller} or less"
            )
        floats = matrix.astype(np.float64) if sp.issparse(matrix) else matrix
        _, _, components = randomized_svd(
            floats, config.dim, n_iter=config.iterations, random_state=seed
        )
        fitted = cls(config, np.ascontiguousarray(components, dtype=np.float32))
        return fitted, fitted.transform(matrix)

    def transform(self, matrix: Matrix) -> Matrix:
        """Dense float32 (documents, dim), each row of length 1 where ``normalize`` says so."""
        reduced = np.asarray(matrix @ self.components.T.astype(np.float64), dtype=np.float32)
        if self.config.normalize:
            lengths = np.linalg.norm(reduced, axis=1, keepdims=True)
            reduced /= np.where(lengths == 0, 1, lengths)
        return reduced

    def state(self) -> State:
        """The components."""
        return State(arrays={"components": self.components})

    @classmethod
    def from_state(cls, config: LsaConfig, state: State) -> Self:
        """The fitted reducer again."""
        return cls(config, state.arrays["components"])
