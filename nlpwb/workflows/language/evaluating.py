"""A language model, judged on texts: bits per byte and perplexity, with intervals over blocks of running text."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nlpwb.data.corpus import ReadOptions
from nlpwb.workflows.language.texts import read_texts


@dataclass(frozen=True)
class LanguageFigures:
    """How well a model foretells texts.

    Bits per byte compare models of any tokens, perplexity those of the same tokens alone. The intervals are of 95 %.
    ``lossless``: whether its tokens hold all of the text; where they do not, what was lost was not foretold. ``window``: tokens
    that were seen at once, None where there is no limit. ``unknown``: tokens that the vocabulary does not have.
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
    blocks: int
    seconds: float


def evaluate_language_model(
    folder: Path,
    source: str,
    options: ReadOptions,
    *,
    window: int | None,
    seed: int,
    device: str,
    precision: str,
    threads: int,
    note: Callable[[str], None],
) -> LanguageFigures:
    """Score a language model on texts.

    Args:
        window: tokens that a network of limited sight sees at once; None: as many as it was trained on.

    Raises:
        ModelError: no language model stands there.
        InputError: the texts cannot be read.
        UsageError: the window is one that the model cannot see.
    """
    import time

    from nlpwb.evaluation.ratios import interval_of_ratio
    from nlpwb.workflows.language.blocks import blocks_of
    from nlpwb.workflows.language.model import load_language_model

    model = load_language_model(folder, device=device, precision=precision)
    texts = read_texts(source, options)
    for line in texts.notes:
        note(line)
    started = time.perf_counter()
    scores = model.score(texts, threads=threads, window=window)
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
        window=window or model.trained_context,
        blocks=len(sums.nats),
        seconds=seconds,
    )
