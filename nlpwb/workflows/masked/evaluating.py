"""An encoder judged on texts: how many hidden tokens it says right, and how surprised it is, with their intervals."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nlpwb.data.corpus import ReadOptions
from nlpwb.errors import InputError
from nlpwb.workflows.language.texts import read_texts

MASKINGS = 4
"""Ways in which a text is hidden, unless something else is said."""


@dataclass(frozen=True)
class MaskedEvaluation:
    """How well a model says hidden tokens. The intervals are of 95 %.

    ``hidden`` tokens were asked for, in ``maskings`` ways together; each of them stood as a mask, none was left to be seen.
    ``commonest`` is the share of the text's most frequent token: what always saying it would get. ``perplexity`` is the
    exponential of the nats: it compares models of the same tokens, masked alike, and is none of a model that writes. A text of
    a single window has no intervals: their ends are NaN.
    """

    model: str
    method: str
    corpus: str
    documents: int
    tokens: int
    hidden: int
    maskings: int
    masked: float
    whole_word: bool
    accuracy: float
    low: float
    high: float
    commonest: float
    nats: float
    nats_low: float
    nats_high: float
    perplexity: float
    perplexity_low: float
    perplexity_high: float
    vocabulary: int
    window: int
    windows: int
    seconds: float


def evaluate_masked_model(
    folder: Path,
    source: str,
    options: ReadOptions,
    *,
    maskings: int,
    seed: int,
    device: str,
    precision: str,
    threads: int,
    note: Callable[[str], None],
) -> MaskedEvaluation:
    """Hide tokens of texts, as many as in training, and ask the model for them.

    Raises:
        ModelError: no encoder with a head for hidden tokens stands there.
        InputError: the texts cannot be read, or hold no token.
    """
    from nlpwb.evaluation.ratios import interval_of_ratio
    from nlpwb.training.device import choose_setting
    from nlpwb.training.masked import score_masked
    from nlpwb.training.masking import Masking
    from nlpwb.workflows.masked.fitting import commonest, row_of, window_of
    from nlpwb.workflows.masked.model import load_masked_model

    model = load_masked_model(folder, device=device, precision=precision)
    texts = read_texts(source, options)
    for line in texts.notes:
        note(line)
    config = model.part.config
    row = row_of(model.tokens, texts, end=model.marks.end)
    if not model.marks.is_plain[row].any():
        raise InputError(f"{texts.name} holds no token that could be hidden; give another text")
    length = window_of(config, model.tokens, model.architecture.longest)
    started = time.perf_counter()
    found = score_masked(
        model.network,
        row,
        choose_setting(device, precision, threads),
        marks=model.marks,
        masking=Masking(config.masked, config.whole_word),
        length=length,
        rounds=maskings,
        seed=seed,
    )
    seconds = time.perf_counter() - started
    right = interval_of_ratio(found.right, found.hidden, seed=seed)
    nats = interval_of_ratio(found.nats, found.hidden, seed=seed)
    return MaskedEvaluation(
        model=str(folder),
        method=str(model.part),
        corpus=texts.name,
        documents=1 if texts.running else len(texts),
        tokens=len(row),
        hidden=int(found.hidden.sum()),
        maskings=maskings,
        masked=config.masked,
        whole_word=config.whole_word,
        accuracy=right.value,
        low=max(
            right.low, 0.0
        ),  # in this order NaN, which is no interval of a single window, stays
        high=min(right.high, 1.0),
        commonest=commonest(row, model.marks),
        nats=nats.value,
        nats_low=nats.low,
        nats_high=nats.high,
        perplexity=math.exp(nats.value),
        perplexity_low=math.exp(nats.low),
        perplexity_high=math.exp(nats.high),
        vocabulary=model.tokens.vocabulary,
        window=length,
        windows=len(found.hidden),
        seconds=seconds,
    )
