"""The most frequent label, whatever the text: a method that does not beat it has learned nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nlpwb.methods.baselines.config import MajorityConfig
from nlpwb.methods.protocol import State


class Majority:
    """The training labels' shares, float64 (labels,)."""

    probabilistic = True

    def __init__(self, config: MajorityConfig, shares: NDArray[np.float64]) -> None:
        self.config = config
        self.shares = shares

    @classmethod
    def fit(
        cls,
        config: MajorityConfig,
        texts: Sequence[str],
        targets: NDArray[np.int64],
        *,
        labels: int,
        seed: int,
        threads: int,
    ) -> Self:
        """Count the labels."""
        del texts, seed, threads
        counts = np.bincount(targets, minlength=labels)
        return cls(config, counts / counts.sum())

    def scores(self, texts: Sequence[str], *, threads: int) -> NDArray[np.float64]:
        """The same shares for every text, float64 (n, labels); of equal labels the first wins."""
        del threads
        return np.tile(self.shares, (len(texts), 1))

    def state(self) -> State:
        """The shares."""
        return State(arrays={"shares": self.shares})

    @classmethod
    def from_state(cls, config: MajorityConfig, state: State) -> Self:
        """The fitted method again."""
        return cls(config, state.arrays["shares"])
