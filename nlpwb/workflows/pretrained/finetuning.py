"""Texts and targets to a fine-tuned network: the base, its new head, what of it learns, and the loop."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import torch  # noqa: TID253
from numpy.typing import NDArray  # noqa: TID253

from nlpwb.methods.finetuning.heads import Pooling
from nlpwb.methods.finetuning.lora import merge
from nlpwb.methods.finetuning.network import (
    FinetunedNetwork,
    choose_trained,
    learning_rate_of,
    shares,
)
from nlpwb.specs import Part
from nlpwb.tasks import Task
from nlpwb.training.device import choose_setting
from nlpwb.training.optimizers import Group, groups_of
from nlpwb.workflows.networks.conditions import Conditions
from nlpwb.workflows.networks.following import in_memory, percent
from nlpwb.workflows.networks.run import Run
from nlpwb.workflows.networks.tasks import Shape, shape_of, tuning_part
from nlpwb.workflows.pretrained.classifier import PROBLEMS, FinetunedClassifier, text_head
from nlpwb.workflows.pretrained.opening import Base, open_base

if TYPE_CHECKING:
    from nlpwb.methods.finetuning.config import FinetuneConfig

NUMBER = "LABEL_0"
"""What the field's libraries call the only output of a network that says numbers."""


def finetune(
    part: Part,
    texts: Sequence[str],
    targets: NDArray[Any],
    *,
    task: Task,
    labels: Sequence[str],
    outputs: int,
    seed: int,
    threads: int,
    conditions: Conditions,
) -> FinetunedClassifier:
    """Train what the strategy of ``part`` names, and a head.

    ``targets`` as :func:`nlpwb.workflows.networks.fitting.fit_network`; ``labels`` are the names of the outputs.

    Raises:
        UsageError: a base's name without meaning, a device or a precision that is not there.
        InputError: a base that is not at hand.
        ModelError: a folder that is no checkpoint.
        MethodError: the loss exploded, or memory did not suffice.
        TrainingInterrupted: Ctrl-C; what was learnt is kept in ``conditions.checkpoints``.
    """
    config: FinetuneConfig = part.config
    note = conditions.note
    setting = choose_setting(conditions.device, conditions.precision, threads)
    for line in setting.notes:
        note(line)
    base = open_base(config.base, max_tokens=config.max_tokens)
    encoded = base.tokens.encode(texts)
    if encoded.cut:
        note(
            f"{percent(encoded.cut / len(encoded))} of the documents were cut at {base.tokens.longest:,} tokens (max_tokens)"
        )
    shape = shape_of(task, outputs, base.architecture.dim, targets)
    tuning = None
    if config.patience > 0:
        tuning, why_none = tuning_part(task, targets, share=config.tuning, seed=seed)
        if tuning is None:
            note(f"no tuning part ({why_none}): training takes all {config.epochs} epochs")
    torch.manual_seed(seed)
    network = _network(base, config, outputs)
    choose_trained(network, config)
    learns, every = shares(network)
    note(
        f"{learns:,} of {every:,} weights learn ({percent(learns / every)}); strategy={config.strategy}"
    )
    rate = learning_rate_of(config, dim=base.architecture.dim)
    with in_memory():
        made = Run(
            part,
            dataclasses.replace(config, learning_rate=rate),
            conditions,
            setting,
            task,
            groups=lambda model: _groups(cast(FinetunedNetwork, model), config),
        ).train(network, encoded, shape, targets, tuning, seed=seed)
    merge(network)
    if task == "regression":
        shape = _says_values(network, shape)
    network.requires_grad_(True).eval()
    architecture = dataclasses.replace(
        base.architecture, task="text", labels=tuple(labels) or (NUMBER,), problem=PROBLEMS[task]
    )
    return FinetunedClassifier(
        part,
        base.tokens,
        network,
        shape,
        architecture,
        device=conditions.device,
        made=dataclasses.replace(made, cut=encoded.cut),
    )


def _says_values(network: FinetunedNetwork, shape: Shape) -> Shape:
    """Mean and deviation go into the last layer, so that whoever loads it gets the number itself."""
    layer = network.head.output
    bias: torch.Tensor | None = layer.bias
    if bias is None:
        return shape
    with torch.no_grad():
        layer.weight *= shape.deviation
        bias.mul_(shape.deviation).add_(shape.mean)
    return dataclasses.replace(shape, mean=0.0, deviation=1.0)


def _network(base: Base, config: FinetuneConfig, outputs: int) -> FinetunedNetwork:
    pooling: str = config.pooling
    if pooling == "auto":
        family = base.architecture.family
        pooling = family.text_head.pooling if base.sentences is None else base.sentences.pooling
    head = text_head(base.architecture, outputs, pooling=pooling, found=base.found)
    return FinetunedNetwork(base.body, head, cast(Pooling, pooling))


def _groups(network: FinetunedNetwork, config: FinetuneConfig) -> list[Group]:
    return [*groups_of(network.body), *groups_of(network.head, rate=config.head_rate)]
