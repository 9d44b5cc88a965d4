"""What a method is to the rest of the program: four small protocols, and the state in which a fitted one is kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from nlpwb.options import Json

Matrix = sp.csr_matrix | NDArray[np.float32]
"""Documents in rows: sparse CSR float64 or int32, or dense float32."""


@dataclass(frozen=True)
class State:
    """All that a fitted method is: arrays, lists of strings, and small facts. No object of any library."""

    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)
    lists: dict[str, list[str]] = field(default_factory=dict)
    facts: dict[str, Json] = field(default_factory=dict)


class Representation(Protocol):
    """Texts to rows of numbers."""

    @property
    def dimensions(self) -> int:
        """Number of columns."""

    @classmethod
    def fit(
        cls, config: Any, texts: Sequence[str], *, seed: int, threads: int
    ) -> tuple[Self, Matrix]:
        """Fit on training texts; returns the fitted method and the matrix of those texts."""

    def transform(self, texts: Sequence[str], *, threads: int) -> Matrix:
        """The matrix of new texts."""

    def unknown_share(self, texts: Iterable[str]) -> float | None:
        """Share of the tokens for which it has nothing, 0 to 1; None where nothing can be unknown."""

    def state(self) -> State:
        """All that :meth:`from_state` needs."""

    @classmethod
    def from_state(cls, config: Any, state: State) -> Self:
        """The fitted method again."""


class Reducer(Protocol):
    """Rows of numbers to shorter rows."""

    @property
    def dimensions(self) -> int:
        """Number of columns it gives."""

    @classmethod
    def fit(cls, config: Any, matrix: Matrix, *, seed: int) -> tuple[Self, Matrix]:
        """Fit on the training matrix; returns the fitted reducer and the reduced matrix."""

    def transform(self, matrix: Matrix) -> Matrix:
        """Reduce new rows."""

    def state(self) -> State:
        """All that :meth:`from_state` needs."""

    @classmethod
    def from_state(cls, config: Any, state: State) -> Self:
        """The fitted reducer again."""


class Head(Protocol):
    """Rows of numbers to a score for each label."""

    @property
    def probabilistic(self) -> bool:
        """Whether the scores are probabilities."""

    @classmethod
    def fit(
        cls, config: Any, matrix: Matrix, targets: NDArray[np.int64], *, labels: int, seed: int
    ) -> Self:
        """Fit on rows and their label numbers, int64 (n,), each in 0 … labels - 1."""

    def scores(self, matrix: Matrix) -> NDArray[np.float64]:
        """Scores, float64 (n, labels): the highest wins."""

    def state(self) -> State:
        """All that :meth:`from_state` needs."""

    @classmethod
    def from_state(cls, config: Any, state: State) -> Self:
        """The fitted head again."""


class TextClassifier(Protocol):
    """Texts to a score for each label, without a matrix in between."""

    @property
    def probabilistic(self) -> bool:
        """Whether the scores are probabilities."""

    @classmethod
    def fit(
        cls,
        config: Any,
        texts: Sequence[str],
        targets: NDArray[np.int64],
        *,
        labels: int,
        seed: int,
        threads: int,
    ) -> Self:
        """Fit on texts and their label numbers."""

    def scores(self, texts: Sequence[str], *, threads: int) -> NDArray[np.float64]:
        """Scores, float64 (n, labels): the highest wins."""

    def state(self) -> State:
        """All that :meth:`from_state` needs."""

    @classmethod
    def from_state(cls, config: Any, state: State) -> Self:
        """The fitted method again."""
