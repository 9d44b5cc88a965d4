"""Texts to a trained language model: tokens, the tuning part, the loop, and what is said of it."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from typing import Any, cast

import numpy as np  # noqa: TID253  only functions import this module
import torch  # noqa: TID253
from numpy.typing import NDArray  # noqa: TID253

from nlpwb.bases.finding import find_base
from nlpwb.catalogue import load
from nlpwb.errors import MethodError
from nlpwb.methods.networks.sequence_tokens import SequenceTokens
from nlpwb.specs import Part
from nlpwb.training.checkpoints import Checkpoints
from nlpwb.training.device import Setting, choose_setting
from nlpwb.training.loop import train
from nlpwb.training.records import Judgement
from nlpwb.training.scoring import token_nats
from nlpwb.training.sequence_losses import StreamLoss
from nlpwb.training.streams import StreamBatches
from nlpwb.workflows.language.checkpoint import open_checkpoint
from nlpwb.workflows.language.mixing import MANY, STREAMS, mix
from nlpwb.workflows.language.model import NGRAMS, LanguageModel, Learned, row_of
from nlpwb.workflows.language.texts import Texts, split_at
from nlpwb.workflows.networks.conditions import Conditions, Made
from nlpwb.workflows.networks.following import follow, in_memory, recipe_of

TRAINING_VERSION = 2
"""Rises when the same config on the same texts begins to train something else: old checkpoints are then left alone."""
TUNED_BY = "nats per token"
LEAST_TUNING = 200
"""Tuning tokens below this would stop training by chance."""
MOST_TUNING = 1 << 18
"""Bytes: more would cost more time than they tell."""
Ids = NDArray[np.int32]


def fit_language_model(
    part: Part, texts: Texts, *, seed: int, threads: int, conditions: Conditions
) -> LanguageModel:
    """Train the language model that ``part`` names.

    With the same texts, seed, threads and precision the weights are the same to the bit, however often training was
    interrupted, as long as ``conditions.checkpoints`` is the same folder. The end of the texts, ``tuning`` of their bytes and
    not more than :data:`MOST_TUNING`, says when training should end, and is not trained on; without ``patience`` all of them are.

    Raises:
        MethodError: nothing can be learned from these texts, or the loss exploded; the sentence says what to try.
        UsageError: a device or a precision that is not there.
        TrainingInterrupted: Ctrl-C; what was learnt is kept in ``conditions.checkpoints``.
    """
    config, note = part.config, conditions.note
    counted = part.entry.family == NGRAMS
    tuning = None
    if not counted and config.patience > 0:
        trained, tuning = divided(texts, config, note)
    else:
        trained = texts
    opened = None
    if getattr(config, "base", None) is not None:
        opened = open_checkpoint(find_base(config.base).folder)
        tokens = cast(SequenceTokens, opened.tokens)
    else:
        tokens = SequenceTokens.fit(
            config.tokenizer,
            trained.pieces,
            vocab_size=config.vocab_size,
            min_count=config.min_count,
        )
    row, _ = row_of(tokens, trained)
    note(f"{len(row) - 1:,} tokens ({tokens.spec}) of {tokens.vocabulary:,} in the vocabulary")
    if counted:
        counts = load(part.entry.code).fit(config, row, tokens.vocabulary, threads=threads)
        return LanguageModel(part, tokens, counts, seed=seed, learned=Learned(len(row) - 1))
    held = None
    if tuning is not None:
        held, _ = row_of(tokens, tuning)
        if len(held) <= LEAST_TUNING:
            note(
                f"no tuning part ({len(held) - 1} tokens are too few to tune on): training takes all {config.epochs} "
                "epochs"
            )
            row, held = row_of(tokens, texts)[0], None
    setting = choose_setting(conditions.device, conditions.precision, threads)
    for line in setting.notes:
        note(line)
    torch.manual_seed(seed)
    with in_memory():
        network: torch.nn.Module = (
            load(part.entry.code).build(config, vocabulary=tokens.vocabulary)
            if opened is None
            else opened.network
        )
        before = None
        if opened is not None and held is not None:
            before = _judge(held, setting)(network).value
            note(
                f"before training: perplexity {math.exp(min(before, 700.0)):,.2f} on the tuning part"
            )
        made = _train(part, network, row, held, setting=setting, seed=seed, conditions=conditions)
    network.eval()
    mixture = mixed = None
    if config.ngrams:
        mixture, mixed = mix(network, row, held, config, tokens=tokens, setting=setting, note=note)
    density = None
    if tuning is not None and held is not None:
        density = (len(held) - 1) / sum(tuning.bytes_of)
    learned = Learned(len(row) - 1, density, made, before, mixed)
    return LanguageModel(
        part,
        tokens,
        network,
        device=conditions.device,
        seed=seed,
        learned=learned,
        architecture=None if opened is None else opened.architecture,
        mixture=mixture,
    )


def divided(texts: Texts, config: Any, note: Callable[[str], None]) -> tuple[Texts, Texts | None]:
    """The training text and its end, the tuning part; ``config`` has ``tuning``, a share, and ``epochs``."""
    if len(texts) < 2:
        note(
            f"no tuning part (there is a single document): training takes all {config.epochs} epochs"
        )
        return texts, None
    return split_at(texts, min(config.tuning, MOST_TUNING / sum(texts.bytes_of)))


def _train(
    part: Part,
    network: torch.nn.Module,
    row: Ids,
    held: Ids | None,
    *,
    setting: Setting,
    seed: int,
    conditions: Conditions,
) -> Made:
    """Move the weights until it is done; returns how it went."""
    config: Any = part.config.settled(getattr(network, "places", None))
    if len(row) < 2:
        raise MethodError("the training texts hold no token; check the file and its text column")
    data = StreamBatches(
        row,
        rows=config.batch,
        length=config.window,
        carried=config.carried,
        epochs=config.epochs,
        steps=config.steps,
        together=config.accumulate,
        seed=seed,
    )
    recipe = recipe_of(config, epochs=data.rounds)
    checkpoints = None
    if conditions.checkpoints is not None:
        identity = _identity(part, row, held, setting=setting, seed=seed)
        checkpoints = Checkpoints(conditions.checkpoints, identity)
    records = train(
        network,
        data,
        StreamLoss(carried=config.carried, smoothing=config.label_smoothing),
        recipe,
        seed=seed,
        setting=setting,
        judge=None if held is None else _judge(held, setting),
        checkpoints=checkpoints,
    )
    return follow(
        records, conditions, epochs=recipe.epochs, patience=recipe.patience, tuned_by=TUNED_BY
    )


def _judge(held: Ids, setting: Setting) -> Callable[[torch.nn.Module], Judgement]:
    def judge(network: torch.nn.Module) -> Judgement:
        window = getattr(network, "trained_context", None)
        # weights are compared with each other here: of many tokens, windows side by side tell as much in a third of the time
        quick = len(held) > MANY
        nats_of = token_nats(
            network,
            held,
            setting,
            stride=window if quick else None,
            streams=STREAMS if quick else 1,
        )
        nats = float(nats_of[1:].mean(dtype=np.float64))
        figures = {TUNED_BY: nats, "perplexity": float(np.exp(min(nats, 700.0)))}
        return Judgement(nats, False, figures)

    return judge


def _identity(
    part: Part, row: Ids, held: Ids | None, *, setting: Setting, seed: int
) -> dict[str, Any]:
    """All that decides the weights: a checkpoint of anything else is none of ours."""
    digest = hashlib.sha256()
    for array in (row, held if held is not None else row[:0]):
        digest.update(np.ascontiguousarray(array).tobytes() + b"|")
    return {
        "version": TRAINING_VERSION,
        "method": part.identity(),
        "data": digest.hexdigest(),
        "seed": seed,
        "device": setting.device.type,
        "precision": setting.precision,
        "threads": setting.threads,
        "torch": torch.__version__,
    }
