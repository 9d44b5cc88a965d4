"""Matrices laid out for products with a few rows, as writing token by token needs them.

A token costs reading every weight once; bfloat16 halves what is read.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from nlpwb.methods.networks.packing import packed_product

LEAST_WEIGHTS = 1 << 18
"""Smaller matrices stay in the processor's cache, and another layout gains nothing."""


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
