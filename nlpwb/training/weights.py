"""The tensors of a model: taken out, copied, put back."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn


def tensors_of(model: nn.Module) -> dict[str, Tensor]:
    """Weights and buffers by name; what two names share stands under the first."""
    seen: set[tuple[int, torch.Size]] = set()
    own = {}
    for name, tensor in model.state_dict().items():
        place = (tensor.data_ptr(), tensor.shape)
        if tensor.numel() == 0 or place not in seen:
            own[name] = tensor
            seen.add(place)
    return own


def copies_of(model: nn.Module) -> dict[str, Tensor]:
    """The same on the processor, as no later step moves them."""
    return {name: _copy(tensor) for name, tensor in tensors_of(model).items()}


def copied(kind: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Copies on the processor, named ``kind/name``."""
    return {f"{kind}/{name}": _copy(tensor) for name, tensor in tensors.items()}


def _copy(tensor: Tensor) -> Tensor:
    detached = tensor.detach()
    return detached.to("cpu", copy=True, memory_format=torch.contiguous_format)


@torch.no_grad()
def put(tensors: Mapping[str, Tensor], model: nn.Module) -> None:
    """Give a model these weights and buffers, in place."""
    own = model.state_dict()
    for name, tensor in tensors.items():
        own[name].copy_(tensor)
