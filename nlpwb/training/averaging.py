"""The exponential moving average of weights: smoother than any of them (Polyak & Juditsky 1992; Izmailov et al. 2018)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor


class Average:
    """A second copy of the weights that follows them: a <- d a + (1 - d) w after each step.

    d grows to ``decay`` as (1 + step) / (10 + step), so that the first weights, which are random, are soon forgotten. A step
    passes over all weights, be their gradients sparse or not.
    """

    def __init__(self, parameters: Sequence[Tensor], decay: float) -> None:
        self._weights = [parameter.detach() for parameter in parameters]
        self.weights = [weight.clone() for weight in self._weights]
        self._decay = decay
        self.apart = True
        """Whether the model has its own weights, and no exchange is under way: only then can a training be saved."""

    def follow(self, step: int) -> None:
        """Take in the weights after ``step`` steps."""
        decay = min(self._decay, (1 + step) / (10 + step))
        torch._foreach_lerp_(self.weights, self._weights, 1 - decay)

    @contextlib.contextmanager
    def in_place(self) -> Iterator[None]:
        """The model has the average as its weights within the context."""
        self.exchange()
        try:
            yield
        finally:
            self.exchange()

    def exchange(self) -> None:
        """The model gets the average, and this the model's weights."""
        back, self.apart = not self.apart, False
        for mine, its in zip(self.weights, self._weights, strict=True):
            held = its.clone()
            its.copy_(mine)
            mine.copy_(held)
        self.apart = back
