"""The most frequent label, or the mean, whatever the text: a method that does not beat it has learned nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nlpwb.methods.baselines.config import MajorityConfig
from nlpwb.methods.protocol import State, Targets, kept_task, task_fact
from nlpwb.tasks import Task


class Majority:
    """The training labels' shares, float64 (labels,); of numbers their mean, (1,)."""

    def __init__(
        self, config: MajorityConfig, shares: NDArray[np.float64], task: Task = "classify"
    ) -> None:
        self.config = config
        self.shares = shares
        self.task: Task = task

    @property
    def probabilistic(self) -> bool:
        """Whether the scores are probabilities: not where they are numbers."""
        return self.task != "regression"

    @classmethod
    def fit(
        cls,
        config: MajorityConfig,
        texts: Sequence[str],
        targets: Targets,
        *,
        labels: int,
        seed: int,
        threads: int,
        task: Task = "classify",
    ) -> Self:
        """Count the labels, or take the mean."""
        del texts, seed, threads
        if task == "classify":
            counts = np.bincount(targets, minlength=labels)
            return cls(config, counts / counts.sum())
        means = np.atleast_1d(targets.mean(axis=0, dtype=np.float64))
        return cls(config, means, task)

    def scores(self, texts: Sequence[str], *, threads: int) -> NDArray[np.float64]:
        """The same shares for every text, float64 (n, labels); of equal labels the first wins."""
        del threads
        return np.tile(self.shares, (len(texts), 1))

    def state(self) -> State:
        """The shares."""
        return State(arrays={"shares": self.shares}, facts=task_fact(self.task))

    @classmethod
    def from_state(cls, config: MajorityConfig, state: State) -> Self:
        """The fitted method again."""
        return cls(config, state.arrays["shares"], kept_task(state))
