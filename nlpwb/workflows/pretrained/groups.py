"""Gradual unfreezing for the loop: levels of a network as groups of parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch  # noqa: TID253  only functions import this module

from nlpwb.methods.finetuning.gradual import levels_of
from nlpwb.training.optimizers import Group, groups_of

if TYPE_CHECKING:
    from nlpwb.methods.finetuning.config import FinetuneConfig


def gradual_groups(network: torch.nn.Module, config: FinetuneConfig) -> list[Group]:
    """The groups of a network with ``head`` and ``body``, by options whose ``epochs`` is a number."""
    parts: Any = network
    levels = levels_of(
        parts.head,
        parts.body,
        decay=config.decay,
        thaw=config.thaw,
        epochs=int(config.epochs),
        head_rate=config.head_rate,
    )
    return [
        group
        for level in levels
        for group in groups_of(
            network, among=level.parameters, rate=level.rate, begins=level.begins
        )
    ]
