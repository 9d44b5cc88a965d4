"""Low-rank additions to the matrices of a network that stays as it is (Hu et al. 2022, ICLR, equation 3).

h = W x + (α / r) B A x: W (o, d) stands still, A (r, d) begins at random and B (o, r) at zero, so that nothing changes before the
first step. Merged, W + (α / r) B A is an ordinary matrix, and costs nothing when texts are labelled.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from nlpwb.methods.transformer.blocks import EncoderBlock

_OF_PACKED = {"query": 0, "key": 1, "value": 2}


class Addition(nn.Module):
    """B and A of one matrix of ``outputs`` rows, or of the part of a larger one that begins at row ``start``."""

    def __init__(
        self, inputs: int, outputs: int, *, rank: int, alpha: float, start: int = 0
    ) -> None:
        super().__init__()
        self.start, self.outputs = start, outputs
        self.scale = alpha / rank
        self.down = nn.Parameter(torch.empty(rank, inputs))
        self.up = nn.Parameter(torch.zeros(outputs, rank))
        nn.init.kaiming_uniform_(self.down, a=math.sqrt(5))

    def forward(self, x: Tensor) -> Tensor:
        """(…, inputs) to (…, outputs)."""
        return functional.linear(functional.linear(x, self.down), self.up) * self.scale

    def product(self) -> Tensor:
        """(α / r) B A, (outputs, inputs)."""
        return self.scale * (self.up @ self.down)


class WidenedLinear(nn.Module):
    """A layer that stands still, and what is added to it; stands in the place of the layer.

    Args:
        inner: the layer, whose weights are no longer trained.
        additions: by name, each to some of its rows.
    """

    def __init__(self, inner: nn.Linear, additions: dict[str, Addition]) -> None:
        super().__init__()
        self.inner = inner
        self.additions = nn.ModuleDict(additions)
        for parameter in inner.parameters():
            parameter.requires_grad_(False)

    @property
    def in_features(self) -> int:
        """Of the layer."""
        return self.inner.in_features

    @property
    def weight(self) -> Tensor:
        """Of the layer, for whoever asks in which numbers it computes."""
        return self.inner.weight

    @property
    def bias(self) -> Tensor | None:
        """Of the layer."""
        return self.inner.bias

    def forward(self, x: Tensor) -> Tensor:
        """As the layer, and the additions on their rows."""
        y: Tensor = self.inner(x)
        for part in self.additions.values():
            addition = cast(Addition, part)
            more = addition(x)
            if addition.outputs == y.shape[-1]:
                y = y + more
            else:
                before = addition.start
                behind = y.shape[-1] - before - addition.outputs
                y = y + functional.pad(more, (before, behind))
        return y

    @torch.no_grad()
    def merged(self) -> nn.Linear:
        """The layer with its additions in its own matrix."""
        for part in self.additions.values():
            addition = cast(Addition, part)
            rows = slice(addition.start, addition.start + addition.outputs)
            self.inner.weight[rows] += addition.product()
        for parameter in self.inner.parameters():
            parameter.requires_grad_(True)
        return self.inner


def widen(blocks: Iterable[nn.Module], targets: Iterable[str], *, rank: int, alpha: float) -> None:
    """Put additions beside the named matrices of every block; ``config.TARGETS`` names them."""
    wanted = list(targets)
    for module in blocks:
        block = cast(EncoderBlock, module)
        attention, dim = block.attention, block.attention.output.in_features
        packed = {
            name: Addition(dim, dim, rank=rank, alpha=alpha, start=dim * _OF_PACKED[name])
            for name in wanted
            if name in _OF_PACKED
        }
        if packed:
            attention.packed = WidenedLinear(attention.packed, packed)  # type: ignore[assignment]
        holders = {
            "output": (attention, "output"),
            "inner": (block.feed_forward, "inner"),
            "back": (block.feed_forward, "output"),
        }
        for name, (holder, attribute) in holders.items():
            if name in wanted:
                layer = cast(nn.Linear, getattr(holder, attribute))
                addition = Addition(layer.in_features, layer.out_features, rank=rank, alpha=alpha)
                setattr(holder, attribute, WidenedLinear(layer, {name: addition}))


def merge(network: nn.Module) -> None:
    """Put plain layers, with what was added to them, back in their places."""
    for holder, name, layer in list(_widened(network)):
        setattr(holder, name, layer.merged())


def _widened(network: nn.Module) -> Iterator[tuple[nn.Module, str, WidenedLinear]]:
    for holder in network.modules():
        for name, child in holder.named_children():
            if isinstance(child, WidenedLinear):
                yield holder, name, child
