"""ULMFiT (Howard & Ruder 2018): a language model of ours, tuned on the target's texts, then taught to label them, gradually."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch  # noqa: TID253  only functions import this module
from numpy.typing import NDArray  # noqa: TID253

from nlpwb.catalogue import load
from nlpwb.errors import MethodError
from nlpwb.methods.finetuning.concat_head import ConcatHead
from nlpwb.methods.finetuning.config import OWN_BATCH_TOKENS
from nlpwb.methods.finetuning.gradual import parts_of
from nlpwb.methods.finetuning.language import LanguageTextNetwork, regularised
from nlpwb.methods.finetuning.network import schedule_of, shares
from nlpwb.specs import Part
from nlpwb.tasks import Task
from nlpwb.training.device import choose_setting
from nlpwb.training.optimizers import Group, groups_of
from nlpwb.training.weights import tensors_of
from nlpwb.workflows.networks.conditions import Conditions
from nlpwb.workflows.networks.following import in_memory, percent
from nlpwb.workflows.networks.run import Run
from nlpwb.workflows.networks.tasks import shape_of, tuning_part
from nlpwb.workflows.pretrained.groups import gradual_groups
from nlpwb.workflows.pretrained.language.classifier import LanguageClassifier
from nlpwb.workflows.pretrained.language.opening import (
    LanguageBase,
    open_language_base,
    target_texts,
)
from nlpwb.workflows.pretrained.language.tuning import BETAS, tune
from nlpwb.workflows.pretrained.opening import NO_TOKEN

if TYPE_CHECKING:
    from nlpwb.methods.finetuning.config import FinetuneConfig

EPOCHS = 15
RATES = {"gradual": 1e-2, "full": 2e-3}
"""Largest step sizes of ``learning_rate=auto``: the paper's (section 4.1) for its new layers; that of language models here."""


def finetune_language_model(
    part: Part,
    folder: Path,
    texts: Sequence[str],
    targets: NDArray[Any],
    *,
    task: Task,
    outputs: int,
    seed: int,
    threads: int,
    conditions: Conditions,
) -> LanguageClassifier:
    """Tune the language model of ``folder`` on texts, and train it with a head on top of it.

    ``targets`` as :func:`nlpwb.workflows.networks.fitting.fit_network`.

    Raises:
        UsageError: a device or a precision that is not there.
        InputError: the file of ``unlabelled`` cannot be read.
        ModelError: the folder holds a model of another kind, or a damaged one.
        MethodError: the loss exploded, or memory did not suffice.
        TrainingInterrupted: Ctrl-C; what was learnt is kept in ``conditions.checkpoints``, of the language model in the cache.
    """
    config: FinetuneConfig = part.config
    note = conditions.note
    setting = choose_setting(conditions.device, conditions.precision, threads)
    for line in setting.notes:
        note(line)
    base = open_language_base(folder)
    documents = base.documents(config.max_tokens)
    encoded = documents.encode(texts)
    if encoded.total == 0:
        raise MethodError(NO_TOKEN)
    shape = shape_of(task, outputs, base.width, targets)
    settled = _settled(config)
    tuning = None
    if config.patience > 0:
        tuning, why_none = tuning_part(task, targets, share=config.tuning, seed=seed)
        if tuning is None:
            note(f"no tuning part ({why_none}): training takes all {settled.epochs} epochs")
    spent = 0.0
    with in_memory():
        if config.strategy == "gradual" and config.lm_epochs != 0:
            target, notes = target_texts(texts, config.unlabelled)
            for line in notes:
                note(line)
            model = str(part.identity()["options"]["base"])  # type: ignore[index, call-overload]
            spent = tune(base, model, target, config, setting=setting, conditions=conditions)
        if encoded.cut:
            note(
                f"{percent(encoded.cut / len(encoded))} of the documents are cut at {documents.longest:,} tokens (max_tokens)"
            )
        torch.manual_seed(seed)
        network = _network(base, config, outputs)
        learns, every = shares(network)
        note(
            f"{learns:,} of {every:,} weights learn ({percent(learns / every)}); strategy={config.strategy}"
        )
        made = Run(
            part,
            settled,
            conditions,
            setting,
            task,
            groups=lambda model: _groups(model, settled),
            betas=BETAS if config.strategy == "gradual" else None,
            start=_digest(network),
        ).train(network, encoded, shape, targets, tuning, seed=seed)
    network.requires_grad_(True).eval()
    return LanguageClassifier(
        part,
        base.part,
        documents,
        network,
        shape,
        device=conditions.device,
        made=dataclasses.replace(
            made.weighed(learns, every),
            cut=encoded.cut,
            earlier_seconds=made.earlier_seconds + spent,
        ),
    )


def _settled(config: FinetuneConfig) -> FinetuneConfig:
    """The options with numbers in place of ``auto``."""
    rate = RATES[config.strategy] if config.learning_rate == "auto" else config.learning_rate
    return dataclasses.replace(
        config,
        epochs=EPOCHS if config.epochs == "auto" else config.epochs,
        learning_rate=rate,
        schedule=schedule_of(config),
        batch_tokens=config.batch_tokens if config.changes("batch_tokens") else OWN_BATCH_TOKENS,
    )


def _network(base: LanguageBase, config: FinetuneConfig, outputs: int) -> LanguageTextNetwork:
    """The language model with a classifier's dropout, and a new head."""
    own = regularised(base.part.config, config.drop_mult)
    body: torch.nn.Module = load(base.part.entry.code).build(own, vocabulary=base.tokens.vocabulary)
    body.load_state_dict(base.network.state_dict())
    body.requires_grad_(False)
    for part in parts_of(body):
        for parameter in part:
            parameter.requires_grad_(True)
    head = ConcatHead(base.width, outputs, hidden=config.hidden, drop_mult=config.drop_mult)
    return LanguageTextNetwork(body, head, window=config.bptt if base.carried else None)


def _groups(model: torch.nn.Module, config: FinetuneConfig) -> list[Group]:
    assert isinstance(model, LanguageTextNetwork)
    if config.strategy == "gradual":
        return gradual_groups(model, config)
    return [*groups_of(model.body), *groups_of(model.head, rate=config.head_rate)]


def _digest(network: torch.nn.Module) -> str:
    """Of the weights with which it begins."""
    digest = hashlib.sha256()
    for tensor in tensors_of(network).values():
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()
