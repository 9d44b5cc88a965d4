"""Choosing a penalty's strength on a part of the training rows, never on a test row."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from nlpwb.errors import MethodError
from nlpwb.methods.protocol import Matrix, Targets
from nlpwb.tasks import Task

Judge = Callable[[float, Matrix, Targets, Matrix, Targets], float]

_BINS = 10  # of numbers, each with as many rows as the next
_LEAST_IN_BIN = 5


def choose(
    values: Sequence[float],
    judge: Judge,
    matrix: Matrix,
    targets: Targets,
    *,
    seed: int,
    task: Task = "classify",
) -> float:
    """The value that ``judge`` scores highest when fitted on four fifths of the rows and judged on the rest.

    The parts are stratified by label, by sets of labels, or by size of the number; of equal scores the earlier value wins.

    Raises:
        MethodError: a label has too few rows to stand in both parts, or there are too few rows at all.
    """
    tuning = tuning_rows(targets, seed=seed, task=task)
    rest = ~tuning
    X, y, X2, y2 = matrix[rest], targets[rest], matrix[tuning], targets[tuning]
    scored = [(judge(value, X, y, X2, y2), -place) for place, value in enumerate(values)]
    return values[-max(scored)[1]]


def tuning_rows(
    targets: Targets,
    *,
    seed: int,
    share: float = 0.2,
    task: Task = "classify",
    of_every_label: bool = True,
) -> NDArray[np.bool_]:
    """A stratified random fifth of the rows: bool (n,).

    Of single labels at least one row of every label that has two; without ``of_every_label`` those whose share is less than half
    a row stand in training alone. Sets of labels are dealt out from the rarest label to the most frequent,
    each getting its share of the rows that are still free (iterative stratification: Sechidis, Tsoumakas & Vlahavas 2011).
    Numbers are cut into ten parts of equal size, from the smallest to the largest.
    """
    generator = np.random.default_rng(seed)
    if task == "multilabel":
        return _of_sets(targets, generator, share)
    if task == "regression":
        targets = _bins(targets)
    chosen = np.zeros(len(targets), dtype=bool)
    for label in np.unique(targets):
        rows = np.flatnonzero(targets == label)
        least = int(of_every_label and len(rows) > 1)  # a label of one row is needed in training
        chosen[generator.permutation(rows)[: max(least, round(share * len(rows)))]] = True
    if of_every_label and not chosen.any():
        raise MethodError(
            "auto needs at least two training rows "
            + ("of a label " if task == "classify" else "")
            + "to choose on; give a number instead, such as C=1"
        )
    return chosen


def _bins(numbers: Targets) -> NDArray[np.int64]:
    """The part of ten (fewer, of few rows) in which a number stands by size."""
    parts = max(1, min(_BINS, len(numbers) // _LEAST_IN_BIN))
    place = np.empty(len(numbers), dtype=np.int64)
    place[np.argsort(numbers, kind="stable")] = np.arange(len(numbers))
    return place * parts // len(numbers)


def _of_sets(targets: Targets, generator: np.random.Generator, share: float) -> NDArray[np.bool_]:
    n = len(targets)
    if n < 2:
        raise MethodError("auto needs at least two training rows; give a number, such as C=1")
    having = targets.sum(axis=0)
    chosen, free = np.zeros(n, dtype=bool), np.ones(n, dtype=bool)
    order = np.argsort(having, kind="stable")
    columns = [*(targets[:, k] for k in order), ~targets.any(axis=1)]
    for column in columns:
        rows = generator.permutation(np.flatnonzero(free & column))
        wanted = round(share * np.count_nonzero(column)) - np.count_nonzero(chosen & column)
        chosen[rows[: max(0, wanted)]] = True
        free[rows] = False
    if not chosen.any():
        chosen[generator.integers(n)] = True
    return chosen
