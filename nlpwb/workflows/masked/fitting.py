"""Texts to an encoder that says hidden tokens: windows, the tuning part, the loop, and what is said of it."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np  # noqa: TID253  only functions import this module
import torch  # noqa: TID253
from numpy.typing import NDArray  # noqa: TID253

from nlpwb.errors import MethodError
from nlpwb.methods.finetuning.masked_config import NEIGHBOURS, MlmConfig, learning_rate_of
from nlpwb.methods.finetuning.neighbours import say_frequencies
from nlpwb.methods.finetuning.tokens import CheckpointTokens
from nlpwb.specs import Part
from nlpwb.text.subword_tokenizer import SubwordTokenizer
from nlpwb.training.checkpoints import Checkpoints
from nlpwb.training.device import Setting, choose_setting
from nlpwb.training.loop import train
from nlpwb.training.masked import MaskedBatches, MaskedFigures, masked_loss, score_masked
from nlpwb.training.masking import Marks, Masking
from nlpwb.training.records import Judgement
from nlpwb.workflows.language.fitting import divided
from nlpwb.workflows.language.texts import Texts
from nlpwb.workflows.masked.beginning import Beginning, begin
from nlpwb.workflows.masked.model import Judged, Learned, MaskedModel
from nlpwb.workflows.networks.conditions import Conditions, Made
from nlpwb.workflows.networks.following import follow, in_memory, recipe_of

TRAINING_VERSION = 1
"""Rises when the same config on the same texts begins to train something else: old checkpoints are then left alone."""
NATS, ACCURACY = "nats per masked token", "masked accuracy"
"""What the tuning part is judged by; the first decides."""
LEAST_TUNING = 200
"""Tuning tokens below this would stop training by chance."""
_ENOUGH = 4000
"""Hidden tokens that a judge asks for where the tuning part has them; a short part is hidden in several ways."""
_MOST_ROUNDS = 8

Ids = NDArray[np.int32]


def fit_masked_model(
    part: Part, texts: Texts, *, seed: int, threads: int, conditions: Conditions
) -> MaskedModel:
    """Train the encoder that ``part`` names.

    With the same texts, seed, threads and precision the weights are the same to the bit, however often training was
    interrupted, as long as ``conditions.checkpoints`` is the same folder. The end of the texts says when training should end,
    as for language models; without ``patience`` all of them are trained on.

    Raises:
        MethodError: nothing can be learned from these texts, or the loss exploded.
        UsageError: a device or a precision that is not there, options that the base does not have.
        InputError, ModelError: a base that is not at hand, or is none.
        TrainingInterrupted: Ctrl-C; what was learnt is kept in ``conditions.checkpoints``.
    """
    config: MlmConfig = part.config
    note = conditions.note
    tuning = None
    trained = texts
    if config.patience > 0:
        trained, tuning = divided(texts, config, note)
    torch.manual_seed(seed)
    with in_memory():
        begun = begin(config, trained.pieces, note)
        model = MaskedModel(
            part,
            begun.tokens,
            begun.network,
            begun.architecture,
            begun.settings,
            begun.sentences,
            device=conditions.device,
            seed=seed,
        )
        row = row_of(begun.tokens, trained, end=model.marks.end)
        note(f"{len(row):,} tokens of {begun.tokens.vocabulary:,} in the vocabulary")
        if not model.marks.is_plain[row].any():
            raise MethodError(
                "the training texts hold no token that could be hidden; check the file and its text column"
            )
        if config.base is None and config.start == NEIGHBOURS:
            counts = np.bincount(row, minlength=begun.tokens.vocabulary)
            say_frequencies(begun.network.top, torch.from_numpy(counts))
        held = None
        if tuning is not None:
            held = row_of(begun.tokens, tuning, end=model.marks.end)
            if len(held) < LEAST_TUNING or not model.marks.is_plain[held].any():
                note(
                    f"no tuning part ({len(held)} tokens are too few to tune on): training takes all {config.epochs} epochs"
                )
                row, held = row_of(begun.tokens, texts, end=model.marks.end), None
        setting = choose_setting(conditions.device, conditions.precision, threads)
        for line in setting.notes:
            note(line)
        learned = _learn(
            part, begun, model.marks, row, held, setting=setting, seed=seed, conditions=conditions
        )
    begun.network.eval()
    model.learned = learned
    return model


def row_of(tokens: CheckpointTokens, texts: Texts, *, end: int) -> Ids:
    """Texts as one row of ids, int32 (n,): documents have the mark ``end`` behind each, a running text has none."""
    cutter = SubwordTokenizer(tokens.inner, name="a checkpoint", spec="")
    tokens.inner.no_truncation()  # a long text is cut into windows, and nothing of it is lost
    parts: list[Ids] = []
    behind = np.array([] if texts.running else [end], dtype=np.int32)
    try:
        for ids in cutter.id_lists(texts.pieces):
            if ids:
                parts += [np.array(ids, dtype=np.int32), behind]
    finally:
        tokens.inner.enable_truncation(tokens.longest)
    return np.concatenate([*parts, np.zeros(0, np.int32)])


def window_of(config: MlmConfig, tokens: CheckpointTokens, longest: int) -> int:
    """The ids of a window, marks included."""
    usual = tokens.longest if config.base is None else min(128, longest)
    return usual if config.context == "auto" else int(config.context)


def _learn(
    part: Part,
    begun: Beginning,
    marks: Marks,
    row: Ids,
    held: Ids | None,
    *,
    setting: Setting,
    seed: int,
    conditions: Conditions,
) -> Learned:
    """Move the weights until it is done; returns how it went."""
    config: MlmConfig = part.config
    length = window_of(config, begun.tokens, begun.architecture.longest)
    masking = Masking(config.masked, config.whole_word)
    data = MaskedBatches(
        row,
        marks=marks,
        masking=masking,
        rows=config.batch,
        length=length,
        epochs=config.epochs,
        steps=config.steps,
        together=config.accumulate,
        seed=seed,
    )
    settled = dataclasses.replace(config, learning_rate=learning_rate_of(config))
    recipe = recipe_of(settled, epochs=data.rounds)
    checkpoints = None
    if conditions.checkpoints is not None:
        identity = _identity(part, row, held, setting=setting, seed=seed)
        checkpoints = Checkpoints(conditions.checkpoints, identity)

    def score(network: torch.nn.Module) -> MaskedFigures:
        assert held is not None, "there is a tuning part"
        hidden = max(1.0, config.masked * len(held))
        return score_masked(
            network,
            held,
            setting,
            marks=marks,
            masking=masking,
            length=length,
            rows=config.batch,
            rounds=int(min(_MOST_ROUNDS, max(1, -(-_ENOUGH // hidden)))),
        )

    before = None
    if held is not None and begun.said:
        before = judged(score(begun.network))
        conditions.note(
            f"before training: {before.accuracy:.3f} of the tuning part's hidden tokens are right, {before.nats:.3f} nats each"
        )
    records = train(
        begun.network,
        data,
        masked_loss,
        recipe,
        seed=seed,
        setting=setting,
        judge=None if held is None else _judge(score),
        checkpoints=checkpoints,
    )
    made: Made = follow(
        records,
        conditions,
        epochs=recipe.epochs,
        patience=recipe.patience,
        tuned_by=NATS,
        shown=(ACCURACY, NATS),
    )
    if held is None:
        return Learned(len(row), made)
    return Learned(len(row), made, judged(score(begun.network)), before, commonest(held, marks))


def judged(figures: MaskedFigures) -> Judged:
    """The two figures of all windows."""
    return Judged(figures.accuracy, figures.nats_per_token)


def commonest(row: NDArray[Any], marks: Marks) -> float:
    """The share of a row's plain tokens that are its most frequent one: what always saying one word would get."""
    plain = row[marks.is_plain[row]]
    return float(np.bincount(plain).max() / len(plain)) if len(plain) else 0.0


def _judge(
    score: Callable[[torch.nn.Module], MaskedFigures],
) -> Callable[[torch.nn.Module], Judgement]:
    def judge(network: torch.nn.Module) -> Judgement:
        found = score(network)
        nats = found.nats_per_token
        return Judgement(nats, False, {NATS: nats, ACCURACY: found.accuracy, "loss": nats})

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
