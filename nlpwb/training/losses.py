"""Losses as sums with the number of items, so that batches of any size add up to the same mean.

Each maker returns a function of logits and targets. :func:`supervised` makes of it the loss that the loop takes, for any model
that is called with ids and lengths.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from nlpwb.training.batches import Batch

Pointwise = Callable[[Tensor, Tensor], tuple[Tensor, int]]
"""(logits or values, targets) to (sum of the losses, a float32 scalar; number of items)."""


def cross_entropy(weights: Tensor | None = None, smoothing: float = 0.0) -> Pointwise:
    """-Σ_c q_c log softmax(logits)_c of each item, q being 1 - smoothing on the truth plus smoothing / C on every label.

    The items of label y weigh ``weights[y]``; the sum is divided by items, not by weights, so that an item weighs the same in
    every batch. logits float (n, C), targets int64 (n,), weights float32 (C,). Smoothing: Szegedy et al. 2016, section 7.
    """

    def loss(logits: Tensor, targets: Tensor) -> tuple[Tensor, int]:
        on_device = None if weights is None else weights.to(logits.device)
        if on_device is None or smoothing == 0:
            total = functional.cross_entropy(
                logits.float(), targets, on_device, reduction="sum", label_smoothing=smoothing
            )
        else:  # torch weighs the smoothed part by its own label; here an item has one weight
            each = functional.cross_entropy(
                logits.float(), targets, reduction="none", label_smoothing=smoothing
            )
            total = (each * on_device[targets]).sum()
        return total, len(targets)

    return loss


def binary_cross_entropy(smoothing: float = 0.0) -> Pointwise:
    """The mean over labels of -t log σ(x) - (1 - t) log(1 - σ(x)), for each item; t is drawn to 1/2 by ``smoothing``.

    logits float (n, C), targets (n, C) of 0 and 1 in any type.
    """

    def loss(logits: Tensor, targets: Tensor) -> tuple[Tensor, int]:
        truth = targets.to(torch.float32) * (1 - smoothing) + smoothing / 2
        total = functional.binary_cross_entropy_with_logits(logits.float(), truth, reduction="sum")
        return total / logits.shape[1], len(targets)

    return loss


def mean_squared_error() -> Pointwise:
    """(value - target)², averaged over the outputs of an item. values float (n, outputs), targets (n,) or (n, outputs)."""

    def loss(values: Tensor, targets: Tensor) -> tuple[Tensor, int]:
        truth = targets.to(torch.float32).reshape(len(targets), -1)
        assert truth.shape == values.shape, "an output for each target"
        total = functional.mse_loss(values.float(), truth, reduction="sum")
        return total / values.shape[1], len(targets)

    return loss


def supervised(pointwise: Pointwise) -> Callable[[nn.Module, Batch], tuple[Tensor, int]]:
    """The loop's loss for a model of (ids, lengths) and a batch with targets."""

    def loss(model: nn.Module, batch: Batch) -> tuple[Tensor, int]:
        assert batch.targets is not None, "training needs targets"
        return pointwise(model(batch.ids, batch.lengths), batch.targets)

    return loss
