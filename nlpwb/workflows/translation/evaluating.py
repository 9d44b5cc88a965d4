"""A translator, judged on pairs: BLEU and chrF of its translations, and how likely the true ones are to it."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlpwb.data.pairs import Pairs
from nlpwb.workflows.translation.search import Search

if TYPE_CHECKING:
    from nlpwb.workflows.translation.translating import Translation


@dataclass(frozen=True)
class TranslationFigure:
    """A metric with its interval of 95 %; ``signature`` is sacrebleu's word for how it is computed, if it is sacrebleu's."""

    metric: str
    score: float
    low: float
    high: float
    signature: str = ""


@dataclass(frozen=True)
class TranslationFigures:
    """How well a model translates.

    BLEU and chrF lie between 0 and 100 and compare all models; the perplexity is that of a token of the target given the true
    ones before it, and compares models of the same tokens. ``cut`` counts sources whose ends were not read, ``open``
    translations that were cut at the most tokens; ``seconds`` are those of translating.
    """

    model: str
    method: str
    corpus: str
    pairs: int
    figures: list[TranslationFigure]
    nats_per_token: float
    tokens: int
    vocabulary: int
    tokenizer: str
    search: Search
    cut: int
    open: int
    copied: int
    seconds: float
    translations: list[str]

    @property
    def bleu(self) -> TranslationFigure:
        """The first of the figures."""
        return self.figures[0]

    def document(self) -> dict[str, Any]:
        """All of it but the translations, as JSON has it."""
        found = dataclasses.asdict(self)
        del found["translations"]
        return found


def evaluate_translator(
    folder: Path,
    pairs: Pairs,
    *,
    search: Search | None = None,
    seed: int,
    device: str = "auto",
    precision: str = "float32",
    threads: int = 1,
    note: Callable[[str], None] = lambda _: None,
) -> TranslationFigures:
    """Translate the sources of pairs and hold the translations against their targets.

    Intervals are of a bootstrap over pairs (Koehn 2004).

    Raises:
        ModelError: no sound translator stands there.
        MethodError: a single pair does not fit into memory.
    """
    import numpy as np

    from nlpwb.evaluation.bleu import bleu, bleu_counts, chrf, chrf_counts, signatures
    from nlpwb.evaluation.ratios import Estimate, Figure, interval_of, ratio
    from nlpwb.workflows.translation.folder import load_translator
    from nlpwb.workflows.translation.translating import translate_all

    translator = load_translator(folder, device=device, precision=precision)
    for line in pairs.notes:
        note(line)
    wanted = search or Search()
    started = time.perf_counter()
    found = translate_all(translator, pairs.sources, wanted, threads=threads)
    seconds = time.perf_counter() - started
    said = [one.text for one in found]
    scores = translator.score(pairs.sources, pairs.targets, threads=threads)

    def estimate(units: Any, figure: Figure) -> Estimate:
        return interval_of(
            np.asarray(units, dtype=np.float64)[None], figure, running=False, seed=seed
        )

    signed = signatures()
    nats = estimate(np.stack([scores.nats, scores.tokens], axis=-1), ratio)
    judged = [
        ("BLEU", estimate(bleu_counts(said, pairs.targets), bleu), signed["bleu"]),
        ("chrF", estimate(chrf_counts(said, pairs.targets), chrf), signed["chrf"]),
    ]
    # of a single pair the ends are no numbers, and stay so: max(nan, 0) is nan, max(0, nan) is not
    figures = [
        TranslationFigure(name, one.value, max(one.low, 0.0), min(one.high, 100.0), signature)
        for name, one, signature in judged
    ]
    figures.append(
        TranslationFigure("perplexity", _exp(nats.value), _exp(nats.low), _exp(nats.high))
    )
    _say(found, note)
    return TranslationFigures(
        model=str(folder),
        method=str(translator.part),
        corpus=pairs.name,
        pairs=len(pairs),
        figures=figures,
        nats_per_token=nats.value,
        tokens=int(scores.tokens.sum()),
        vocabulary=translator.target_tokens.vocabulary,
        tokenizer=translator.target_tokens.spec,
        search=wanted,
        cut=sum(one.cut for one in found),
        open=sum(not one.ended for one in found),
        copied=sum(len(one.copied) for one in found),
        seconds=seconds,
        translations=said,
    )


def _exp(nats: float) -> float:
    return math.exp(min(nats, 700.0))


def _say(found: list[Translation], note: Callable[[str], None]) -> None:
    cut, unended = sum(one.cut for one in found), sum(not one.ended for one in found)
    if cut:
        note(
            f"{cut:,} sources were longer than the model's max_tokens, and their ends were not read"
        )
    if unended:
        note(f"{unended:,} translations reached the most tokens before the model ended them")
