"""Matrices laid out for products with a few rows, as writing token by token needs them.

A token costs reading every weight once. With torch 2.13 on a processor, ``linear`` reads a row-major float32 matrix at half the
memory's rate when it meets one row, and far below it when it meets sixteen; oneDNN's own block layout brings the rate nearly to
the memory's, and bfloat16 halves what is read.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

LEAST_WEIGHTS = 1 << 18
"""Smaller matrices stay in the processor's cache, and another layout gains nothing."""
TYPICAL_ROWS = 16
"""The layout is the one that suits so many rows; it suited a single row as well as that for one."""

Product = Callable[[Tensor], Tensor]


def packed_product(weight: Tensor, bias: Tensor | None, dtype: torch.dtype) -> Product | None:
    """``x ↦ x Wᵀ + b`` from a copy of W in oneDNN's layout, computed and returned in ``dtype``; None where it cannot be had.

    Args:
        weight: (n, d), on the processor.
        bias: (n,).
        dtype: float32 or bfloat16.
    """
    # private names of torch, as its own compiler calls them: a version without them computes as always
    library = getattr(torch.ops, "mkldnn", None)
    mkldnn: Any = torch.backends.mkldnn
    if not (weight.is_cpu and mkldnn.is_available() and library is not None):
        return None
    try:
        product = library._linear_pointwise.default
        layout = library._reorder_linear_weight.default(
            weight.detach().to(dtype).contiguous(), TYPICAL_ROWS
        )
        offset = None if bias is None else bias.detach().to(dtype)
        product(torch.zeros(1, weight.shape[1], dtype=dtype), layout, offset, "none", [], "")
    except (AttributeError, RuntimeError):
        return None

    def multiply(x: Tensor) -> Tensor:
        found: Tensor = product(x.to(dtype), layout, offset, "none", [], "")
        return found

    return multiply


@contextlib.contextmanager
def packed(network: nn.Module, dtype: torch.dtype) -> Iterator[None]:
    """Within the context the large linear layers of a network compute from packed copies of their weights, in ``dtype``.

    So does the output layer of a language model, whose ``head()`` gives its weights and whose ``logits`` applies them. For
    inference: gradients do not pass, and weights that change in the meantime do not count.
    """
    replaced: list[tuple[nn.Module, str]] = []

    def replace(module: nn.Module, name: str, weight: Tensor, bias: Tensor | None) -> None:
        if weight.numel() < LEAST_WEIGHTS:
            return
        product = packed_product(weight, bias, dtype)
        if product is not None:
            setattr(module, name, product)  # of the instance: the class keeps its method
            replaced.append((module, name))

    try:
        for module in network.modules():
            if isinstance(module, nn.Linear):
                replace(module, "forward", module.weight, module.bias)
        head: Any = getattr(network, "head", None)
        if head is not None and not isinstance(head, nn.Module):
            replace(network, "logits", *head())
        yield
    finally:
        for module, name in replaced:
            delattr(module, name)
