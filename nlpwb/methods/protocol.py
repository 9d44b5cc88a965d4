"""What a method is to the rest of the program: four small protocols, and the state in which a fitted one is kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from nlpwb.options import Json
from nlpwb.tasks import TASKS, Task

Matrix = sp.csr_matrix | NDArray[np.float32]
"""Documents in rows: sparse CSR float64 or int32, or dense float32."""
Targets = NDArray[Any]
"""What is learned. ``classify``: label numbers, int64 (n,). ``multilabel``: bool (n, labels). ``regression``: float64 (n,)."""


@dataclass(frozen=True)
class State:
    """All that a fitted method is: arrays, lists of strings, and small facts. No object of any library."""

    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)
    lists: dict[str, list[str]] = field(default_factory=dict)
    facts: dict[str, Json] = field(default_factory=dict)


def kept_task(state: State) -> Task:
    """The task that a state was fitted for; ``classify`` where it says nothing."""
    task = state.facts.get("task", "classify")
    assert task in TASKS, task
    return task


def task_fact(task: Task) -> dict[str, Json]:
    """The fact by which :func:`kept_task` knows; none for ``classify``, so that its states stay as they always were."""
    return {} if task == "classify" else {"task": task}


@dataclass(frozen=True)
class Unknown:
    """``unknown`` of ``total`` tokens; counts of several texts add up."""

    unknown: int = 0
    total: int = 0

    def __add__(self, other: Unknown) -> Unknown:
        return Unknown(self.unknown + other.unknown, self.total + other.total)

    @property
    def share(self) -> float | None:
        """0 to 1; None where there is no token."""
        return self.unknown / self.total if self.total else None


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

    def unknown_tokens(self, texts: Iterable[str]) -> Unknown:
        """How many tokens there are, and for how many it has nothing; of no tokens where nothing can be unknown."""

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
    """Rows of numbers to a score for each label, or to a number."""

    @property
    def probabilistic(self) -> bool:
        """Whether the scores are probabilities."""

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
        """Fit on rows and what is to be said of them; ``labels`` is 1 for a number.

        Raises:
            MethodError: it cannot be fitted on these, or for this task at all.
        """

    def scores(self, matrix: Matrix) -> NDArray[np.float64]:
        """Scores, float64 (n, labels).

        ``classify``: the highest wins. ``multilabel``: a label is said above 0.5 where scores are probabilities, above 0
        where they are not. ``regression``: the number itself, (n, 1).
        """

    def state(self) -> State:
        """All that :meth:`from_state` needs."""

    @classmethod
    def from_state(cls, config: Any, state: State) -> Self:
        """The fitted head again."""


class TextClassifier(Protocol):
    """Texts to a score for each label, or to a number, without a matrix in between."""

    @property
    def probabilistic(self) -> bool:
        """Whether the scores are probabilities."""

    @classmethod
    def fit(
        cls,
        config: Any,
        texts: Sequence[str],
        targets: Targets,
        *,
        labels: int,
        seed: int,
        threads: int,
        task: Task = "classify",
    ) -> Self:
        """Fit on texts and what is to be said of them, as :meth:`Head.fit`."""

    def scores(self, texts: Sequence[str], *, threads: int) -> NDArray[np.float64]:
        """Scores, float64 (n, labels), as :meth:`Head.scores`."""

    def state(self) -> State:
        """All that :meth:`from_state` needs."""

    @classmethod
    def from_state(cls, config: Any, state: State) -> Self:
        """The fitted method again."""
