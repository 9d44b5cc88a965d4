"""Pairs of texts to a trained translator: tokens of both sides, the tuning part, the loop, and what is said of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np  # noqa: TID253  only functions import this module
import torch  # noqa: TID253
from numpy.typing import NDArray  # noqa: TID253

from nlpwb.catalogue import load
from nlpwb.data.pairs import Pairs
from nlpwb.errors import MethodError
from nlpwb.methods.networks.sequence_tokens import WORDS, SequenceTokens
from nlpwb.specs import Part
from nlpwb.training.checkpoints import Checkpoints
from nlpwb.training.device import Setting, choose_setting
from nlpwb.training.loop import train
from nlpwb.training.pairs import PairBatches, Side, pair_loss
from nlpwb.training.records import Judgement
from nlpwb.workflows.networks.conditions import Conditions, Made
from nlpwb.workflows.networks.following import follow, in_memory, percent, recipe_of
from nlpwb.workflows.translation.model import Translator, mean_nats, sides_of

if TYPE_CHECKING:
    from nlpwb.methods.seq2seq.config import TranslatorConfig

TRAINING_VERSION = 1
"""Rises when the same config on the same pairs begins to train something else: old checkpoints are then left alone."""
TUNED_BY = "nats per token"
LEAST_TUNING = 30
"""Tuning pairs below this would stop training by chance."""


@dataclass(frozen=True, eq=False)
class _Data:
    """Encoded pairs, and which of them train and which judge (None: nobody does)."""

    source: Side
    target: Side
    trained: NDArray[np.int64]
    tuning: NDArray[np.int64] | None


def fit_translator(
    part: Part, pairs: Pairs, *, seed: int, threads: int, conditions: Conditions
) -> Translator:
    """Train the encoder-decoder that ``part`` names.

    With the same pairs, seed, threads and precision the weights are the same to the bit, however often training was
    interrupted, as long as ``conditions.checkpoints`` is the same folder.

    Raises:
        MethodError: nothing can be learned from these pairs, or the loss exploded; the sentence says what to try.
        UsageError: a device or a precision that is not there.
        InputError: a file that an option names cannot be read, or the log cannot be written.
        TrainingInterrupted: Ctrl-C; what was learnt is kept in ``conditions.checkpoints``.
    """
    config: TranslatorConfig = part.config
    note = conditions.note
    setting = choose_setting(conditions.device, conditions.precision, threads)
    for line in setting.notes:
        note(line)
    source_tokens, target_tokens = _fit_tokens(config, pairs)
    source, target = sides_of(source_tokens, target_tokens, pairs.sources, pairs.targets)
    _say_tokens(config, source, target, source_tokens, target_tokens, note)
    data = _divided(config, source, target, seed=seed, note=note)
    torch.manual_seed(seed)
    with in_memory():
        network: torch.nn.Module = load(part.entry.code).build(
            config,
            source_vocabulary=source_tokens.vocabulary,
            target_vocabulary=target_tokens.vocabulary,
        )
        made = _train(part, network, data, setting=setting, seed=seed, conditions=conditions)
    network.eval()
    return Translator(
        part,
        source_tokens,
        target_tokens,
        network,
        device=conditions.device,
        seed=seed,
        made=made,
    )


def _fit_tokens(config: TranslatorConfig, pairs: Pairs) -> tuple[SequenceTokens, SequenceTokens]:
    """The tokens of both sides: the same ones, learned from both, or each from its own."""

    def fit(texts: Sequence[str]) -> SequenceTokens:
        return SequenceTokens.fit(
            config.tokenizer,
            texts,
            vocab_size=config.vocab_size,
            min_count=config.min_count,
            # an unknown word is copied from the source, which spelling it in bytes would hide
            fallback=config.tokenizer != WORDS,
        )

    if config.shared:
        tokens = fit([*pairs.sources, *pairs.targets])
        return tokens, tokens
    return fit(pairs.sources), fit(pairs.targets)


def _say_tokens(
    config: TranslatorConfig,
    source: Side,
    target: Side,
    source_tokens: SequenceTokens,
    target_tokens: SequenceTokens,
    note: Callable[[str], None],
) -> None:
    count = len(source.ends)
    rows = f"{source_tokens.vocabulary:,}"
    if not config.shared:
        rows = f"{rows} and {target_tokens.vocabulary:,}"
    note(
        f"{count:,} pairs of {(len(source.ids) - count) / count:.1f} and {(len(target.ids) - 2 * count) / count:.1f} "
        f"tokens ({config.tokenizer}) of {rows} in the vocabulary"
    )


def _divided(
    config: TranslatorConfig,
    source: Side,
    target: Side,
    *,
    seed: int,
    note: Callable[[str], None],
) -> _Data:
    """The pairs that train and those that judge; the longest do neither.

    Raises:
        MethodError: all of them are too long.
    """
    most = config.max_tokens
    fits = (source.lengths - 1 <= most) & (target.lengths - 2 <= most)
    rows = np.flatnonzero(fits)
    if not len(rows):
        raise MethodError(
            f"every pair has a side of more than max_tokens={most} tokens; raise max_tokens, or give shorter texts"
        )
    if len(rows) < len(fits):
        note(
            f"{percent(1 - len(rows) / len(fits))} of the pairs have a side of more than {most:,} tokens (max_tokens) and "
            "are not trained on"
        )
    if config.patience == 0:
        return _Data(source, target, rows, None)
    count = round(config.tuning * len(rows))
    if count < LEAST_TUNING:
        note(
            f"no tuning part ({count} pairs are too few to tune on): training takes all {config.epochs} epochs"
        )
        return _Data(source, target, rows, None)
    shuffled = np.random.default_rng([seed, 1]).permutation(rows)
    return _Data(source, target, np.sort(shuffled[count:]), np.sort(shuffled[:count]))


def _train(
    part: Part,
    network: torch.nn.Module,
    data: _Data,
    *,
    setting: Setting,
    seed: int,
    conditions: Conditions,
) -> Made:
    """Move the weights until it is done; returns how it went."""
    config: TranslatorConfig = part.config
    batches = PairBatches(
        data.source,
        data.target,
        rows=data.trained,
        tokens=config.batch_tokens,
        documents=config.batch_documents,
        seed=seed,
        most=config.steps * config.accumulate or None,
    )
    recipe = recipe_of(config, epochs=batches.rounds(config.epochs))
    checkpoints = None
    if conditions.checkpoints is not None:
        identity = _identity(part, data, setting=setting, seed=seed)
        checkpoints = Checkpoints(conditions.checkpoints, identity)
    records = train(
        network,
        batches,
        pair_loss(config.label_smoothing),
        recipe,
        seed=seed,
        setting=setting,
        judge=None if data.tuning is None else _judge(config, data, setting),
        checkpoints=checkpoints,
    )
    return follow(
        records, conditions, epochs=recipe.epochs, patience=recipe.patience, tuned_by=TUNED_BY
    )


def _judge(
    config: TranslatorConfig, data: _Data, setting: Setting
) -> Callable[[torch.nn.Module], Judgement]:
    """The judge of the loop: nats per token on the tuning pairs, teacher forced."""
    batches = PairBatches(
        data.source,
        data.target,
        rows=data.tuning,
        tokens=config.batch_tokens,
        documents=config.batch_documents,
    )

    def judge(network: torch.nn.Module) -> Judgement:
        nats = mean_nats(network, batches, setting)
        figures = {TUNED_BY: nats, "perplexity": float(np.exp(min(nats, 700.0)))}
        return Judgement(nats, False, figures)

    return judge


def _identity(part: Part, data: _Data, *, setting: Setting, seed: int) -> dict[str, Any]:
    """All that decides the weights: a checkpoint of anything else is none of ours."""
    digest = hashlib.sha256()
    for side in (data.source, data.target):
        digest.update(np.ascontiguousarray(side.ids).tobytes() + b"|" + side.ends.tobytes())
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
