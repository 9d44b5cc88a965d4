"""A language model, judged on texts: bits per byte and perplexity, with intervals over blocks of running text."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nlpwb.data.corpus import ReadOptions
from nlpwb.errors import UsageError
from nlpwb.workflows.language.texts import read_texts

if TYPE_CHECKING:
    from nlpwb.workflows.language.model import LanguageModel


@dataclass(frozen=True)
class LanguageFigures:
    """How well a model foretells texts.

    Bits per byte compare models of any tokens, perplexity those of the same tokens alone. The intervals are of 95 %.
    ``lossless``: whether its tokens hold all of the text; where they do not, what was lost was not foretold. ``window``: tokens
    that were seen at once, None where there is no limit; ``stride``: how many of them were new.
    """

    model: str
    method: str
    corpus: str
    documents: int
    bytes: int
    tokens: int
    bits_per_byte: float
    low: float
    high: float
    nats_per_token: float
    perplexity: float
    perplexity_low: float
    perplexity_high: float
    vocabulary: int
    tokenizer: str
    lossless: bool
    window: int | None
    stride: int | None
    blocks: int
    seconds: float


def evaluate_language_model(
    folder: Path,
    source: str,
    options: ReadOptions,
    *,
    window: int | None,
    stride: int | None,
    seed: int,
    device: str,
    precision: str,
    threads: int,
    note: Callable[[str], None],
) -> LanguageFigures:
    """Score a language model on texts.

    Args:
        window: tokens that a network of limited sight sees at once; None: as many as it was trained on.
        stride: how many of them are new to it; None: half.

    Raises:
        ModelError: no language model stands there.
        InputError: the texts cannot be read.
        UsageError: the window is one that the model cannot see.
    """
    from nlpwb.evaluation.ratios import interval_of_ratio
    from nlpwb.workflows.language.blocks import blocks_of
    from nlpwb.workflows.language.model import load_language_model

    model = load_language_model(folder, device=device, precision=precision)
    sight = _sight(model, window, stride, folder)
    texts = read_texts(source, options)
    for line in texts.notes:
        note(line)
    started = time.perf_counter()
    scores = model.score(texts, threads=threads, window=window, stride=stride)
    seconds = time.perf_counter() - started
    sums = blocks_of(scores)
    bits = interval_of_ratio(sums.nats / math.log(2), sums.bytes, seed=seed)
    per_token = interval_of_ratio(sums.nats, sums.tokens, seed=seed)
    if not model.tokens.lossless:
        note(
            f"the tokens of {folder} ({model.tokens.spec}) leave something of a text out, and bits per byte count only "
            "what they hold; byte-bpe, words and char hold all"
        )
    return LanguageFigures(
        model=str(folder),
        method=str(model.part),
        corpus=texts.name,
        documents=1 if texts.running else len(texts),
        bytes=int(scores.bytes.sum()),
        tokens=int(scores.tokens.sum()),
        bits_per_byte=bits.value,
        low=bits.low,
        high=bits.high,
        nats_per_token=per_token.value,
        perplexity=math.exp(per_token.value),
        perplexity_low=math.exp(per_token.low),
        perplexity_high=math.exp(per_token.high),
        vocabulary=model.tokens.vocabulary,
        tokenizer=model.tokens.spec,
        lossless=model.tokens.lossless,
        window=sight,
        stride=None if sight is None else stride or max(1, sight // 2),
        blocks=len(sums.nats),
        seconds=seconds,
    )


def _sight(
    model: LanguageModel, window: int | None, stride: int | None, folder: Path
) -> int | None:
    """The tokens that are seen at once.

    Raises:
        UsageError: more than the model can tell apart, or a stride beyond the window; either of a model that sees all.
    """
    usual, most = model.trained_context, getattr(model.network, "places", None)
    if usual is None and (window is not None or stride is not None):
        given = "--window" if window is not None else "--stride"
        raise UsageError(f"{given}: the model {folder} sees all that came before; leave it out")
    if window is not None and most is not None and window > most:
        raise UsageError(
            f"--window {window}: the model {folder} can tell {most:,} places apart; give at most that many"
        )
    sight = window or usual
    if stride is not None and sight is not None and stride > sight:
        raise UsageError(
            f"--stride {stride} is beyond the window of {sight} tokens; give at most that many"
        )
    return sight
