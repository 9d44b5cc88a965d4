"""Choosing a penalty's strength on a part of the training rows, never on a test row."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from nlpwb.errors import MethodError
from nlpwb.methods.protocol import Matrix

Targets = NDArray[np.int64]
Judge = Callable[[float, Matrix, Targets, Matrix, Targets], float]


def choose(
    values: Sequence[float], judge: Judge, matrix: Matrix, targets: Targets, *, seed: int
) -> float:
    """The value that ``judge`` scores highest when fitted on four fifths of the rows and judged on the rest.

    The parts are stratified by label; of equal scores the earlier value wins.

    Raises:
        MethodError: a label has too few rows to stand in both parts.
    """
    tuning = tuning_rows(targets, seed=seed)
    rest = ~tuning
    X, y, X2, y2 = matrix[rest], targets[rest], matrix[tuning], targets[tuning]
    scored = [(judge(value, X, y, X2, y2), -place) for place, value in enumerate(values)]
    return values[-max(scored)[1]]


def tuning_rows(targets: Targets, *, seed: int, share: float = 0.2) -> NDArray[np.bool_]:
    """A stratified random fifth of the rows, at least one of every label: bool (n,)."""
    generator = np.random.default_rng(seed)
    chosen = np.zeros(len(targets), dtype=bool)
    for label in np.unique(targets):
        rows = np.flatnonzero(targets == label)
        if len(rows) < 2:
            raise MethodError(
                "auto needs at least two training rows of every label to choose on; "
                "give a number instead, such as C=1"
            )
        taken = max(1, round(share * len(rows)))
        chosen[generator.permutation(rows)[:taken]] = True
    return chosen
