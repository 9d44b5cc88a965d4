"""The loss of what writes: nats of each token given those before it, over a vocabulary of any size.

The logits of a batch, B · T · V numbers, are the largest thing that such a network makes: for 8,000 tokens and 2,000 places they
weigh 64 MB in float32, and their softmax and its gradient as much again. So output layer and loss are one function: it takes some
places at a time, and puts the gradient of the logits where they are, so that they are never needed again.
"""

from __future__ import annotations

from typing import Any, Protocol, Self, cast

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional

from nlpwb.training.streams import NOTHING, StreamBatch

CHUNK = 1 << 23
"""Logits that are held at a time, in the precision of the products."""
CACHED = 1 << 18
"""Logits of which a processor takes the softmax at a time: what several passes read should stay in its cache."""


class Carried(Protocol):
    """A network's memory of the text so far, as far as the loss must know it."""

    def detached(self) -> Self:
        """The same without the way back to what made it."""

    def tensors(self) -> dict[str, Tensor]:
        """All that it holds, by name."""


class _LinearCrossEntropy(torch.autograd.Function):
    """Σ -Σ_v q_v log softmax(h E + b)_v, with its gradients computed on the way forward."""

    @staticmethod
    def forward(
        ctx: Any,
        hidden: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        targets: Tensor,
        smoothing: float,
    ) -> Tensor:
        wanted = any(ctx.needs_input_grad[:3])
        d_hidden = torch.empty_like(hidden) if wanted else None
        d_weight = torch.zeros_like(weight, dtype=torch.float32) if wanted else None
        d_bias = (
            torch.zeros_like(bias, dtype=torch.float32) if wanted and bias is not None else None
        )
        low = weight.to(hidden.dtype)
        rows = max(1, CHUNK // len(weight))
        few = max(1, CACHED // len(weight)) if hidden.is_cpu else rows
        total = torch.zeros((), dtype=torch.float32, device=hidden.device)
        for start in range(0, len(hidden), rows):
            part = slice(start, start + rows)
            h = hidden[part]
            products = h @ low.T
            wanted_here = torch.split(targets[part], few)
            for some, y in zip(torch.split(products, few), wanted_here, strict=True):
                logits = some.float()
                if bias is not None:
                    logits += bias
                if not wanted:
                    total += functional.cross_entropy(
                        logits, y, reduction="sum", label_smoothing=smoothing
                    )
                    continue
                nats, gradient = _nats_and_gradient(logits, y, smoothing)
                total += nats
                if d_bias is not None:
                    d_bias += gradient.sum(dim=0)
                some.copy_(gradient)
            if d_hidden is not None and d_weight is not None:
                d_hidden[part] = products @ low
                d_weight += products.T @ h
        ctx.save_for_backward(d_hidden, d_weight, d_bias)
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        parts = [
            None if part is None else part * gradient.to(part.dtype) for part in ctx.saved_tensors
        ]
        return (*parts, None, None)


def _nats_and_gradient(logits: Tensor, targets: Tensor, smoothing: float) -> tuple[Tensor, Tensor]:
    """The sum of the cross-entropies, and its gradient by the logits, float32 (n, V), with one pass of exponentials for both.

    The likeliest token's probability is 1 / Σ_v exp(l_v - max l), so that log Σ_v exp l_v is max l - log max p: exact however
    small the probability of the token that was wanted.
    """
    column = targets.unsqueeze(1)
    gradient = logits.softmax(dim=1)
    normaliser = logits.amax(dim=1) - gradient.amax(dim=1).log()
    nats = normaliser - (1 - smoothing) * logits.gather(1, column).squeeze(1)
    if smoothing:
        nats -= smoothing * logits.mean(dim=1)
        gradient -= smoothing / logits.shape[1]
    gradient.scatter_add_(1, column, logits.new_full(column.shape, smoothing - 1))
    return nats.sum(), gradient


def linear_cross_entropy(
    hidden: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    targets: Tensor,
    *,
    smoothing: float = 0.0,
) -> Tensor:
    """The sum of the cross-entropies of an output layer's answers, a float32 scalar.

    Args:
        hidden: float (n, d); its products are taken in its own type, or in that of autocast.
        weight: float32 (V, d).
        bias: float32 (V,) or None.
        targets: int64 (n,).
        smoothing: share of the truth that is dealt to all tokens (Szegedy et al. 2016, section 7).
    """
    device = hidden.device.type
    if not torch.is_grad_enabled():  # a function of autograd's is not told, and would compute it
        hidden, weight = hidden.detach(), weight.detach()
        bias = None if bias is None else bias.detach()
    if torch.is_autocast_enabled(device):
        hidden = hidden.to(torch.get_autocast_dtype(device))
    with torch.autocast(device, enabled=False):
        total: Tensor = _LinearCrossEntropy.apply(  # type: ignore[no-untyped-call]
            hidden, weight, bias, targets, smoothing
        )
    return total


class StreamLoss:
    """The loop's loss of a language model; it carries the memory from batch to batch where that is wanted.

    The model offers ``hidden(ids, memory) -> (B, T, d), memory``, ``head() -> (weight (V, d), bias (V,) or None)``, and, where
    memory is carried, ``memory_of(tensors)``, which makes it of what :meth:`Carried.tensors` gave.
    """

    def __init__(self, *, carried: bool, smoothing: float = 0.0) -> None:
        self.carried = carried
        self.smoothing = smoothing
        self._memory: Carried | None = None
        self._kept: dict[str, Tensor] | None = None

    def __call__(self, model: nn.Module, batch: StreamBatch) -> tuple[Tensor, int]:
        """Sum of the nats of the wanted tokens, float32, and their number."""
        network = cast(Any, model)
        hidden, memory = network.hidden(batch.ids, self._before(network, batch))
        if self.carried:
            self._memory = cast(Carried, memory).detached()
        weight, bias = network.head()
        hidden, targets = hidden.flatten(0, 1), batch.targets.flatten()
        if batch.tokens < len(targets):
            real = (targets != NOTHING).nonzero().squeeze(1)
            hidden, targets = hidden.index_select(0, real), targets[real]
        total = linear_cross_entropy(hidden, weight, bias, targets, smoothing=self.smoothing)
        return total, batch.tokens

    def _before(self, network: Any, batch: StreamBatch) -> Carried | None:
        kept, self._kept = self._kept, None
        if not self.carried or batch.fresh:
            return None
        if kept is not None:
            self._memory = network.memory_of(kept)
        return self._memory

    def state_dict(self) -> dict[str, Tensor]:
        """What is carried, for a checkpoint."""
        if self._kept is not None:
            return dict(self._kept)
        return {} if self._memory is None else self._memory.tensors()

    def load_state_dict(self, tensors: dict[str, Tensor]) -> None:
        """Go on with what was carried."""
        self._kept = dict(tensors) if tensors else None
