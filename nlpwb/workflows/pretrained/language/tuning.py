"""A language model of ours goes on learning on the texts that are to be labelled (Howard & Ruder 2018, section 3.2).

What it becomes depends on the model, the texts and few options, and on no label, seed or budget: it is kept in the cache, and
whoever needs the same finds it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np  # noqa: TID253  only functions import this module
import torch  # noqa: TID253
from numpy.typing import NDArray  # noqa: TID253
from safetensors.torch import load_file, save_file  # noqa: TID253

from nlpwb.cache.store import Cache, Key
from nlpwb.methods.finetuning.config import FinetuneConfig
from nlpwb.methods.finetuning.gradual import parts_of
from nlpwb.training.checkpoints import Checkpoints
from nlpwb.training.device import Setting
from nlpwb.training.loop import train
from nlpwb.training.optimizers import Group, groups_of
from nlpwb.training.records import Ended, EpochEnd, Record
from nlpwb.training.sequence_losses import StreamLoss
from nlpwb.training.streams import StreamBatches
from nlpwb.training.weights import tensors_of
from nlpwb.workflows.language.model import row_of
from nlpwb.workflows.language.texts import Texts
from nlpwb.workflows.networks.conditions import Conditions
from nlpwb.workflows.networks.following import follow, recipe_of
from nlpwb.workflows.pretrained.language.opening import LanguageBase

KIND = "tuned-language-model"
VERSION = 1
"""Rises when the same options on the same texts begin to make another model."""
BETAS = (0.7, 0.99)
"""Adam's decays, section 4.1."""
MOST_EPOCHS, ENOUGH_TOKENS = 15, 2_000_000
"""Of ``lm_epochs=auto``: the passes that the paper takes over few texts, and the tokens that are read where there are many."""
_WEIGHTS = "weights.safetensors"
_SEED = 0


def epochs_for(tokens: int, config: FinetuneConfig) -> int:
    """The passes over so many tokens."""
    if config.lm_epochs != "auto":
        return int(config.lm_epochs)
    return min(MOST_EPOCHS, max(1, round(ENOUGH_TOKENS / tokens)))


def tune(
    base: LanguageBase,
    model: str,
    texts: Texts,
    config: FinetuneConfig,
    *,
    setting: Setting,
    conditions: Conditions,
) -> float:
    """Move the weights of ``base`` to where the texts lead them; returns the seconds that were spent on it before.

    Args:
        model: the hash of what stands in the folder of the base.

    Raises:
        TrainingInterrupted: Ctrl-C; what was learnt is kept in the cache, or in ``conditions.checkpoints``.
    """
    row, _ = row_of(base.tokens, texts)
    epochs = epochs_for(len(row) - 1, config)
    if epochs == 0:
        return 0.0
    cache = conditions.cache
    if cache is None and conditions.checkpoints is not None:
        cache = Cache(conditions.checkpoints / "language")
    identity = {
        "version": VERSION,
        "model": model,
        "texts": hashlib.sha256(np.ascontiguousarray(row).tobytes()).hexdigest(),
        "epochs": epochs,
        "rate": config.lm_rate,
        "decay": config.decay,
        "warmup": config.warmup,
        "device": setting.device.type,
        "precision": setting.precision,
        "torch": torch.__version__,
    }
    what = f"{base.part.name} on {len(texts):,} texts without labels, {len(row) - 1:,} tokens"

    def learn(place: Path | None) -> float:
        conditions.note(f"tuning the {what}, {epochs} times each")
        started = time.perf_counter()
        made = _train(
            base, row, epochs, config, identity, setting=setting, conditions=conditions, place=place
        )
        return made + time.perf_counter() - started

    if cache is None:
        learn(None)
        return 0.0
    key = Key(KIND, identity)
    fresh: list[float] = []

    def make(folder: Path) -> Mapping[str, Any]:
        seconds = learn(cache.root / "training" / f".{key.digest}")
        fresh.append(seconds)
        tensors = {k: t.cpu().contiguous() for k, t in tensors_of(base.network).items()}
        save_file(tensors, folder / _WEIGHTS)
        return {"summary": what, "fit_seconds": seconds}

    begun = time.perf_counter()
    artifact = cache.get_or_make(key, make)
    shutil.rmtree(cache.root / "training" / f".{key.digest}", ignore_errors=True)
    if fresh:
        return max(0.0, fresh[0] - (time.perf_counter() - begun))
    conditions.note(f"the {what}, was tuned before")
    base.network.load_state_dict(load_file(artifact.path / _WEIGHTS), strict=True)
    return float(artifact.facts["fit_seconds"])


def _train(
    base: LanguageBase,
    row: NDArray[np.int32],
    epochs: int,
    config: FinetuneConfig,
    identity: Mapping[str, Any],
    *,
    setting: Setting,
    conditions: Conditions,
    place: Path | None,
) -> float:
    """Train in place; returns the seconds of runs that were interrupted."""
    own: Any = base.part.config
    data = StreamBatches(
        row,
        rows=own.batch,
        length=own.window,
        carried=own.carried,
        epochs=epochs,
        together=own.accumulate,
        seed=_SEED,
    )
    recipe = dataclasses.replace(
        recipe_of(own, epochs=data.rounds),
        learning_rate=config.lm_rate,
        schedule="slanted",
        warmup=config.warmup,
        betas=BETAS,
        patience=0,
        average=0.0,
    )
    checkpoints = None
    if place is not None:
        place.mkdir(parents=True, exist_ok=True)
        checkpoints = Checkpoints(place, {**identity, "threads": setting.threads})
    base.network.requires_grad_(True)
    records = train(
        base.network,
        data,
        StreamLoss(carried=own.carried),
        recipe,
        seed=_SEED,
        setting=setting,
        checkpoints=checkpoints,
        groups=_groups(base.network, config.decay),
    )
    made = follow(
        _telling(records, conditions.note),
        dataclasses.replace(conditions, checkpoints=place, log=None),
        epochs=recipe.epochs,
        patience=0,
        tuned_by="",
    )
    base.network.eval()
    return made.earlier_seconds


def _groups(network: torch.nn.Module, decay: float) -> list[Group]:
    """The output layer, which is the table of embeddings where these are tied, and each block slower than the one above it."""
    *blocks, tables = parts_of(network)
    inside = {id(parameter) for part in (*blocks, tables) for parameter in part}
    says = [parameter for parameter in network.parameters() if id(parameter) not in inside]
    tied = getattr(network, "output", None) is None
    levels = [[*says, *tables], *blocks] if tied else [says, *blocks, tables]
    return [
        group
        for number, level in enumerate(levels)
        for group in groups_of(network, among=level, rate=decay**-number)
    ]


def _telling(records: Iterator[Record], note: Callable[[str], None]) -> Iterator[Record]:
    """The same, with a word on the first and the last epoch's loss before the last record."""
    losses: list[float] = []
    with contextlib.closing(records) as every:  # type: ignore[type-var]
        for record in every:
            if isinstance(record, EpochEnd):
                losses.append(record.loss)
            elif isinstance(record, Ended) and losses:
                later = f", {losses[-1]:.3f} in the last" if len(losses) > 1 else ""
                note(f"tuned: {losses[0]:.3f} nats per token in the first epoch{later}")
            yield record
