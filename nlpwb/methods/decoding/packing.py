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

    A network that multiplies by a matrix of its own keeping has a method ``packed_head(dtype)``, a context of the same kind.
    For inference: gradients do not pass, and weights that change in the meantime do not count.
    """
    replaced: list[nn.Module] = []
    with contextlib.ExitStack() as stack:
        try:
            for module in network.modules():
                if isinstance(module, nn.Linear) and module.weight.numel() >= LEAST_WEIGHTS:
                    product = packed_product(module.weight, module.bias, dtype)
                    if product is not None:
                        module.forward = product  # type: ignore[method-assign,assignment]
                        replaced.append(module)
            head: Any = getattr(network, "packed_head", None)
            if head is not None:
                stack.enter_context(head(dtype))
            yield
        finally:
            for module in replaced:
                del module.forward
