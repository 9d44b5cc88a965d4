"""The step size as a function of the step: pure functions to a factor of the largest step size, 0 to 1.

Each takes ``step``, the steps already done (0 for the first), ``steps``, those of the whole training, and ``warmup``, the share
of these in which the factor rises from near 0 to 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

ONECYCLE_START, ONECYCLE_END = 1 / 25, 1 / 10_000
SLANTED_END = 1 / 32


def constant(step: int, steps: int, warmup: float) -> float:
    """1 after the warm-up."""
    return _rise(step, steps, warmup)


def linear(step: int, steps: int, warmup: float) -> float:
    """Up to 1, then down to 0 on straight lines."""
    rise = _rise(step, steps, warmup)
    return rise if rise < 1 else 1 - _past(step, steps, warmup)


def cosine(step: int, steps: int, warmup: float) -> float:
    """Up to 1 on a line, then down to 0 on half a cosine (Loshchilov & Hutter 2017, equation 5, without restarts)."""
    rise = _rise(step, steps, warmup)
    return rise if rise < 1 else (1 + math.cos(math.pi * _past(step, steps, warmup))) / 2


def slanted(step: int, steps: int, warmup: float) -> float:
    """A short way up and a long way down, between 1/32 and 1 (Howard & Ruder 2018, equation 3; there ``warmup`` is cut_frac).

    Equation 3 goes down by 1 / (cut (1 / cut_frac - 1)) a step, which is 1 / (steps - cut) where nothing is rounded; where
    steps are few, and ``cut`` loses much to rounding, it would end below zero, and this does not.
    """
    cut = math.floor(warmup * steps)
    share = step / cut if step < cut else 1 - _past(step, steps, warmup)
    return SLANTED_END + (1 - SLANTED_END) * share


def onecycle(step: int, steps: int, warmup: float) -> float:
    """Half a cosine up from 1/25 to 1, another down to 1/10,000 (Smith & Topin 2018; the phases of torch's OneCycleLR)."""
    cut = warmup * steps
    if step < cut:
        return _between(ONECYCLE_START, 1.0, step / cut)
    return _between(1.0, ONECYCLE_END, _past(step, steps, warmup))


def invsqrt(step: int, steps: int, warmup: float) -> float:
    """Up to 1 on a line, then down with the square root of the step (Vaswani et al. 2017, equation 3, its peak being 1)."""
    cut = max(1.0, warmup * steps)
    return min((step + 1) / cut, math.sqrt(cut / (step + 1)))


SCHEDULES: Mapping[str, Callable[[int, int, float], float]] = {
    "constant": constant,
    "linear": linear,
    "cosine": cosine,
    "slanted": slanted,
    "onecycle": onecycle,
    "invsqrt": invsqrt,
}


def _rise(step: int, steps: int, warmup: float) -> float:
    """(step + 1) / (steps of the warm-up), at most 1: the first step moves something."""
    cut = warmup * steps
    return 1.0 if step + 1 >= cut else (step + 1) / cut


def _past(step: int, steps: int, warmup: float) -> float:
    """The share of the steps behind the warm-up that are done, 0 to 1; a step of size 0 is not among them."""
    cut = math.floor(warmup * steps)
    return min(1.0, max(0.0, (step - cut) / max(1, steps - cut)))


def _between(start: float, end: float, share: float) -> float:
    """Half a cosine from ``start`` to ``end``."""
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2
