"""Texts and targets to a fine-tuned network: the base, its new head, what of it learns, and the loop."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np  # noqa: TID253  only functions import this module
import torch  # noqa: TID253
from numpy.typing import NDArray  # noqa: TID253
from safetensors.torch import save  # noqa: TID253

from nlpwb.errors import InputError, MethodError, UsageError
from nlpwb.files import put_whole
from nlpwb.methods.finetuning.adapters import adapters_of, written_adapters
from nlpwb.methods.finetuning.concat_head import ConcatHead
from nlpwb.methods.finetuning.configurations import Architecture
from nlpwb.methods.finetuning.families import FAMILIES
from nlpwb.methods.finetuning.heads import Pooling
from nlpwb.methods.finetuning.lora import merge
from nlpwb.methods.finetuning.network import (
    FinetunedNetwork,
    HeadOnVectors,
    choose_trained,
    epochs_of,
    learning_rate_of,
    schedule_of,
    shares,
)
from nlpwb.methods.finetuning.pairs import PairTokens
from nlpwb.methods.finetuning.tagging import TaggingNetwork
from nlpwb.methods.finetuning.tensors import written
from nlpwb.methods.finetuning.wrapped import WrappedBody
from nlpwb.methods.networks.tokens import EncodedTexts
from nlpwb.specs import Part
from nlpwb.tasks import Task
from nlpwb.training.device import choose_setting
from nlpwb.training.optimizers import Group, groups_of
from nlpwb.workflows.networks.conditions import Conditions, Made
from nlpwb.workflows.networks.following import in_memory, percent
from nlpwb.workflows.networks.run import Run
from nlpwb.workflows.networks.tasks import Shape, shape_of, tuning_part
from nlpwb.workflows.pretrained.classifier import PROBLEMS, FinetunedClassifier, text_head
from nlpwb.workflows.pretrained.contrastive import tune_by_contrast
from nlpwb.workflows.pretrained.encoding import Manner, encode
from nlpwb.workflows.pretrained.groups import gradual_groups
from nlpwb.workflows.pretrained.memory import TextVectors, vectors_identity
from nlpwb.workflows.pretrained.opening import NO_TOKEN, Base, open_base

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
    pairs: bool = False,
) -> FinetunedClassifier:
    """Train what the strategy of ``part`` names, and a head.

    ``targets`` as :func:`nlpwb.workflows.networks.fitting.fit_network`; ``labels`` are the names of the outputs.
    ``pairs``: every text is two (:mod:`nlpwb.text.pairs`), which the base reads as its family reads pairs.

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
    if pairs and config.strategy == "contrastive":
        raise MethodError(
            "strategy=contrastive makes vectors of single texts, and these documents are pairs; write another strategy"
        )
    config.check_base(own=False)
    base = open_base(config.base, max_tokens=config.max_tokens)
    check_adapter(conditions.adapter, base)
    encoded = _read(base, texts, pairs=pairs)
    if encoded.total == 0:
        raise MethodError(NO_TOKEN)
    if encoded.cut:
        note(
            f"{percent(encoded.cut / len(encoded))} of the documents were cut at {base.tokens.longest:,} tokens (max_tokens)"
        )
    shape = shape_of(task, outputs, base.architecture.dim, targets)
    architecture = dataclasses.replace(
        base.architecture, task="text", labels=tuple(labels) or (NUMBER,), problem=PROBLEMS[task]
    )
    if config.strategy == "contrastive":
        with in_memory():
            network, made = tune_by_contrast(
                part,
                base,
                encoded,
                targets,
                task=task,
                outputs=outputs,
                seed=seed,
                setting=setting,
                conditions=conditions,
            )
        _, every = shares(network)
        learns = every if made.steps else shares(network.head)[1]
        made = made.weighed(learns, every)
        return _classifier(part, base, network, shape, architecture, made, encoded, conditions)
    tuning = None
    if config.patience > 0:
        tuning, why_none = tuning_part(task, targets, share=config.tuning, seed=seed)
        if tuning is None:
            note(f"no tuning part ({why_none}): training takes all {config.epochs} epochs")
    torch.manual_seed(seed)
    network = _network(base, config, outputs, pairs=pairs)
    choose_trained(network.body, config)
    learns, every = shares(network)
    note(
        f"{learns:,} of {every:,} weights learn ({percent(learns / every)}); strategy={config.strategy}"
    )
    settled = dataclasses.replace(
        config,
        learning_rate=learning_rate_of(config, dim=base.architecture.dim),
        epochs=epochs_of(config),
        schedule=schedule_of(config),
    )
    run = Run(
        part,
        settled,
        conditions,
        setting,
        task,
        groups=lambda model: _groups(model, settled),
    )
    with in_memory():
        if config.strategy == "frozen":
            made = _train_head(
                run, config, network, base, texts, encoded, shape, targets, tuning, seed=seed
            )
        else:
            made = run.train(network, encoded, shape, targets, tuning, seed=seed)
    if conditions.adapter is not None:
        write_adapter(conditions.adapter, network, base, config, note=note)
        if not _is_of_family(network, base):
            usual = base.architecture.family.text_head.pooling
            note(
                f"the last layer stands on the {network.pooling} of the tokens, where the family's class has {usual}; "
                f"with --set pooling={usual} peft reads the adapter as it is"
            )
    merge(network)
    if task == "regression":
        shape = _says_values(network, shape)
    made = made.weighed(learns, every)
    return _classifier(part, base, network, shape, architecture, made, encoded, conditions)


def _classifier(
    part: Part,
    base: Base,
    network: FinetunedNetwork,
    shape: Shape,
    architecture: Architecture,
    made: Made,
    encoded: EncodedTexts,
    conditions: Conditions,
) -> FinetunedClassifier:
    return FinetunedClassifier(
        part,
        base.tokens,
        network.requires_grad_(True).eval(),
        shape,
        architecture,
        device=conditions.device,
        made=dataclasses.replace(made, cut=encoded.cut),
    )


def check_adapter(folder: Path | None, base: Base) -> None:
    """Refuse to write additions by themselves under names that no table has.

    Raises:
        UsageError: it is asked for.
    """
    if folder is not None and isinstance(base.body, WrappedBody):
        raise UsageError(
            f"--adapter {folder}: additions are written by themselves for {', '.join(FAMILIES)}, and {base.place.name} is of the "
            f"architecture {base.body.family}; leave it out, the model's folder holds all"
        )


def write_adapter(
    folder: Path,
    network: FinetunedNetwork | TaggingNetwork,
    base: Base,
    config: FinetuneConfig,
    *,
    note: Callable[[str], None],
) -> None:
    """Put the additions and the last layers into a folder, as peft reads them, and say how large they are.

    Raises:
        InputError: the folder cannot be written.
    """
    family = base.architecture.family
    found = adapters_of(network.body, family, layers=base.architecture.shape.layers)
    of_words = isinstance(network, TaggingNetwork)
    settings, tensors = written_adapters(
        found,
        written(network.head, family.tokens if of_words else family.text),
        family,
        task="TOKEN_CLS" if of_words else "SEQ_CLS",
        base=base.place.name,
        rank=config.rank,
        alpha=config.alpha,
    )
    try:
        folder.mkdir(exist_ok=True)
        text = json.dumps(settings, indent=2) + "\n"
        put_whole(folder / "adapter_config.json", lambda path: path.write_text(text))
        held = save(tensors, metadata={"format": "pt"})
        put_whole(folder / "adapter_model.safetensors", lambda path: path.write_bytes(held))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"--adapter {folder}: {reason}; choose another place") from None
    size = len(held) + len(text)
    note(
        f"{folder}: the additions and the last layer, {size / 1e6:.1f} MB to ship beside {config.base}"
    )


def _is_of_family(network: FinetunedNetwork, base: Base) -> bool:
    """Whether the last layers are those that the family's class has."""
    usual = base.architecture.family.text_head
    return network.pooling == usual.pooling and network.head.bend == usual.bend


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


def _read(base: Base, texts: Sequence[str], *, pairs: bool) -> EncodedTexts:
    return PairTokens(base.tokens).encode(texts) if pairs else base.tokens.encode(texts)


def _network(base: Base, config: FinetuneConfig, outputs: int, *, pairs: bool) -> FinetunedNetwork:
    pooling: str = config.pooling
    if pooling == "auto":
        pooling = base.architecture.family.text_head.pooling
        if isinstance(base.body, WrappedBody) and base.sentences is not None:
            pooling = base.sentences.pooling
        elif config.strategy == "frozen":
            # a first token says nothing of its text before it was taught to
            pooling = "mean" if base.sentences is None else base.sentences.pooling
    if config.strategy == "gradual":
        concat = ConcatHead(
            base.architecture.dim, outputs, hidden=config.hidden, drop_mult=config.drop_mult
        )
        return FinetunedNetwork(base.body, concat, "concat", pairs=pairs)
    head = text_head(base.architecture, outputs, pooling=pooling, found=base.found)
    return FinetunedNetwork(base.body, head, cast(Pooling, pooling), pairs=pairs)


def _train_head(
    run: Run,
    config: FinetuneConfig,
    network: FinetunedNetwork,
    base: Base,
    texts: Sequence[str],
    encoded: EncodedTexts,
    shape: Shape,
    targets: NDArray[Any],
    tuning: NDArray[np.bool_] | None,
    *,
    seed: int,
) -> Made:
    """Train the head on vectors that the body makes once; what was found of them counts with the seconds that it took."""
    manner = Manner(network.pooling, 1, normalised=False, pairs=network.pairs)
    conditions = run.conditions

    def compute(some: Sequence[str]) -> NDArray[np.float32]:
        whole = len(some) == len(texts)
        of_these = encoded if whole else _read(base, some, pairs=network.pairs)
        return encode(
            network.body,
            of_these,
            manner,
            device=conditions.device,
            precision=conditions.precision,
            threads=run.setting.threads,
        )

    spent = 0.0
    if conditions.cache is None:
        vectors = compute(texts)
    else:
        identity = vectors_identity(config, base, manner, precision=run.setting.precision)
        vectors, spent = TextVectors(conditions.cache, identity).of(texts, compute)
    numbers = np.arange(len(texts), dtype=np.int32)
    rows = EncodedTexts(numbers, numbers.astype(np.int64) + 1, 0, 0, len(texts))
    on_vectors = HeadOnVectors(network.head, torch.from_numpy(vectors))
    made = run.train(on_vectors, rows, shape, targets, tuning, seed=seed)
    return dataclasses.replace(made, earlier_seconds=made.earlier_seconds + spent)


def _groups(model: torch.nn.Module, config: FinetuneConfig) -> list[Group]:
    if isinstance(model, HeadOnVectors):
        return groups_of(model)
    network = cast(FinetunedNetwork, model)
    if config.strategy == "gradual":
        return gradual_groups(network, config)
    return [*groups_of(network.body), *groups_of(network.head, rate=config.head_rate)]
