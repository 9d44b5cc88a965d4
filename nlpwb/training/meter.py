"""How a training goes: losses read from the device a few times a second, their mean, their speed; what has exploded."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from nlpwb.training.faults import exploded

SMOOTHING = 0.98
EXPLODED = 100.0
"""Times the first loss (or 1, where that is smaller) at which the smoothed loss is taken to have left all bounds."""
_SPEED_SECONDS = 3.0
_SHORTEST, _LONGEST, _SHARE = 0.1, 1.0, 0.01


class Meter:
    """Collects the steps' losses. They stay on the device until :meth:`read`, since reading a number makes it wait."""

    def __init__(self, *, steps: int, precision: str) -> None:
        self.steps = steps
        self.precision = precision
        self.seconds_before = 0.0
        self._started = time.perf_counter()
        self._pending: list[tuple[Tensor, int]] = []
        self._lengths: list[Tensor] = []
        self._rates: list[float] = []
        self._smoothed = 0.0
        self._weight = 0.0
        self._first = math.nan
        self._sum = 0.0
        self._items = 0
        self._tokens = 0
        self._speed = 0.0
        self._spoke = self._started
        self._next = 0.0

    @property
    def seconds(self) -> float:
        """Seconds of training in all, those before an interruption included."""
        return self.seconds_before + time.perf_counter() - self._started

    @property
    def loss(self) -> float:
        """The smoothed loss of a step; NaN before the first."""
        return self._smoothed / self._weight if self._weight else math.nan

    @property
    def epoch_loss(self) -> float:
        """The mean over the items of the epoch so far."""
        return self._sum / self._items if self._items else math.nan

    @property
    def waiting(self) -> bool:
        """Whether steps were added since the last :meth:`read`."""
        return bool(self._pending)

    def add(self, total: Tensor, items: int, length: Tensor | None, rate: float) -> None:
        """A step was made: its loss, summed over its items; its gradient's length; its step size."""
        self._pending.append((total, items))
        self._rates.append(rate)
        if length is not None:
            self._lengths.append(length)

    def count(self, tokens: int) -> None:
        """Tokens that were trained on."""
        self._tokens += tokens

    def read(self, step: int) -> None:
        """Take in what was collected up to ``step`` steps.

        Raises:
            MethodError: a loss or gradient that is not finite, or a loss that has exploded.
        """
        if not self._pending:
            return
        pending, lengths, rates = self._pending, self._lengths, self._rates
        self._pending, self._lengths, self._rates = [], [], []
        totals = torch.stack([total for total, _ in pending]).tolist()
        norms = torch.stack(lengths).tolist() if lengths else [0.0] * len(pending)
        first = step - len(pending) + 1
        for place, (total, (_, items), norm) in enumerate(zip(totals, pending, norms, strict=True)):
            value = total / max(1, items)
            if math.isnan(self._first):
                self._first = value
            self._smoothed = SMOOTHING * self._smoothed + (1 - SMOOTHING) * value
            self._weight = SMOOTHING * self._weight + (1 - SMOOTHING)
            self._sum += total
            self._items += items
            sign = ""
            if not math.isfinite(value):
                sign = f"the loss is {value}"
            elif not math.isfinite(norm):
                sign = "the gradient is not finite"
            elif self.loss > EXPLODED * max(1.0, self._first):
                sign = f"the loss has risen from {self._first:.3g} to {self.loss:.3g}"
            if sign:
                raise exploded(
                    sign,
                    step=first + place,
                    steps=self.steps,
                    rate=rates[place],
                    precision=self.precision,
                )

    def new_epoch(self) -> None:
        """Begin the mean of an epoch anew."""
        self._sum, self._items = 0.0, 0

    def due(self, now: float) -> bool:
        """Whether it is time to tell: ten times a second at first, once a second later."""
        return now >= self._next

    def speed(self, now: float) -> float:
        """Tokens a second over about the last three seconds; counts from here anew."""
        passed = now - self._spoke
        if passed > 0:
            share = 1.0 if self._speed == 0 else min(1.0, passed / _SPEED_SECONDS)
            self._speed += share * (self._tokens / passed - self._speed)
        self._tokens, self._spoke = 0, now
        elapsed = now - self._started
        self._next = now + min(_LONGEST, max(_SHORTEST, _SHARE * elapsed))
        return self._speed

    def left(self, step: int, begun: int, now: float) -> float:
        """Seconds that the steps still to be made would take, as long as those since step ``begun``."""
        made = step - begun
        return (self.steps - step) * (now - self._started) / made if made else math.nan

    def facts(self) -> dict[str, Any]:
        """What a checkpoint keeps of it."""
        return {
            "seconds": self.seconds,
            "smoothed": self._smoothed,
            "weight": self._weight,
            "first": self._first,
            "sum": self._sum,
            "items": self._items,
        }

    def restore(self, facts: Mapping[str, Any]) -> None:
        """Go on from a checkpoint."""
        self.seconds_before = facts["seconds"]
        self._smoothed, self._weight = facts["smoothed"], facts["weight"]
        self._first, self._sum, self._items = facts["first"], facts["sum"], facts["items"]
