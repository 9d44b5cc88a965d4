"""What ``train``, ``evaluate`` and ``predict`` do with language models."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlpwb.cli.generate import lines_of, prompts_of
from nlpwb.errors import GateMissed
from nlpwb.report.sink import Column, Sink

if TYPE_CHECKING:
    from nlpwb.data.corpus import ReadOptions
    from nlpwb.specs import Spec
    from nlpwb.workflows.language.evaluating import LanguageFigures
    from nlpwb.workflows.language.training import TrainedLanguageModel
    from nlpwb.workflows.networks.conditions import Conditions


def train(
    spec: Spec,
    corpus: str,
    reading: ReadOptions,
    output: Path,
    *,
    seed: int,
    threads: int,
    conditions: Conditions,
) -> Callable[[Sink], None]:
    """Train a language model; returns what prints what was made."""
    from nlpwb.workflows.language.training import train_language_model

    trained = train_language_model(
        spec.representation,
        corpus,
        reading,
        output,
        seed=seed,
        threads=threads,
        conditions=conditions,
    )
    return functools.partial(_show_trained, trained=trained)


def _show_trained(sink: Sink, trained: TrainedLanguageModel) -> None:
    from nlpwb.report.comparison import count, seconds, size
    from nlpwb.report.numbers import whole

    row = dataclasses.asdict(trained)
    made = row.pop("network") or {}
    begun = trained.before_perplexity is not None
    columns = [
        Column("model", "model", keep=True),
        Column("method", "method", keep=True, wrap_at=",+"),
        Column("tokens", "tokens", right=True, show=whole),
        Column("vocabulary", "vocabulary", right=True, show=whole),
        Column("parameters", "parameters", right=True, show=whole),
        Column("epochs", "epochs", right=True, table=bool(made)),
        Column("steps", "steps", right=True, table=False),
        Column("tuning_nats", "tuning nats/token", right=True, show=figure(4)),
        Column("tuning_bits", "tuning bits/byte", right=True, show=figure(4)),
        Column("before_perplexity", "perplexity before", right=True, show=figure(2), table=begun),
        Column("tuning_perplexity", "after", right=True, show=figure(2), table=begun),
        Column("fit_seconds", "fit", right=True, show=seconds),
        Column("bytes", "size", right=True, show=size),
        Column("resumed", "resumed", right=True, table=bool(made.get("resumed")), show=count),
        Column("device", "device", table=made.get("device", "cpu") != "cpu"),
        Column("precision", "precision", table=False),
        Column("threads", "threads", right=True, table=False),
    ]
    names = ("epochs", "steps", "resumed", "device", "precision", "threads")
    sink.table([row | {name: made.get(name) for name in names}], columns)


def evaluate(
    model: Path,
    corpus: str,
    reading: ReadOptions,
    *,
    sink: Sink,
    window: int | None,
    stride: int | None,
    fail_over: float | None,
    seed: int,
    device: str,
    precision: str,
    threads: int,
) -> None:
    """Print how well a language model foretells texts.

    Raises:
        GateMissed: the upper end of the interval of bits per byte is above ``fail_over``, or there is none.
    """
    from nlpwb.workflows.language.evaluating import evaluate_language_model

    found = evaluate_language_model(
        model,
        corpus,
        reading,
        window=window,
        stride=stride,
        seed=seed,
        device=device,
        precision=precision,
        threads=threads,
        note=sink.note,
    )
    rows = [
        row_of("bits per byte", found.bits_per_byte, (found.low, found.high), found.bytes, "bytes"),
        row_of(
            "perplexity per token",
            found.perplexity,
            (found.perplexity_low, found.perplexity_high),
            found.tokens,
            "tokens",
            digits=2,
        ),
        row_of("nats per token", found.nats_per_token, None, found.tokens, "tokens"),
    ]
    columns = [
        Column("metric", "metric", keep=True),
        Column("score", "score", table=False),
        Column("low", "from", table=False),
        Column("high", "to", table=False),
        Column("shown", "score", right=True, keep=True, machine=False),
        Column("interval", "95 % interval", keep=True, machine=False),
        Column("over", "over", machine=False),
        Column("count", "count", table=False),
        Column("unit", "unit", table=False),
    ]
    sink.table(rows, columns, before=[_headline(found)], document=dataclasses.asdict(found))
    if fail_over is None or found.high <= fail_over:
        return
    if math.isnan(found.high):
        raise GateMissed(
            f"--fail-over {fail_over:g} cannot be judged: {found.bytes:,} bytes of text are too few for an interval; give "
            "more of it"
        )
    raise GateMissed(
        f"--fail-over {fail_over:g} is missed: the upper end of the interval is {found.high:.4f} bits per byte; "
        "more data or another method may help"
    )


def row_of(
    metric: str,
    score: float,
    interval: tuple[float, float] | None,
    count: int,
    unit: str,
    *,
    digits: int = 4,
) -> dict[str, Any]:
    """A figure as numbers, and as a table shows it; where there is too little text, an interval has no ends."""
    shown_as = figure(digits)
    low, high = interval or (None, None)
    shown: str | None = ""
    if low is not None and high is not None:
        shown = None if math.isnan(high) else f"{shown_as(low)} to {shown_as(high)}"
    return {
        "metric": metric,
        "score": score,
        "low": low,
        "high": high,
        "shown": shown_as(score),
        "interval": shown,
        "over": f"{count:,} {unit}",
        "count": count,
        "unit": unit,
    }


def _headline(found: LanguageFigures) -> str:
    sight = ""
    if found.window is not None:
        sight = f", {found.window:,} tokens seen at once, {found.stride:,} of them new"
    blocks = "1 block" if found.blocks == 1 else f"{found.blocks:,} blocks"
    return f"{found.method} on {found.corpus}: {found.tokens:,} tokens ({found.tokenizer}), {blocks} of text{sight}"


def figure(digits: int) -> Any:
    """Shows a number with so many digits behind the point, and a dash for none."""
    return lambda value: "–" if value is None else f"{value:,.{digits}f}"


def predict(
    model: Path,
    texts: list[str],
    *,
    sink: Sink,
    top_k: int,
    device: str,
    precision: str,
    threads: int,
) -> None:
    """Print the likeliest next tokens of each text; ``-`` reads texts from standard input, one a line."""
    from nlpwb.workflows.language.generated import cut_warning
    from nlpwb.workflows.language.model import load_language_model
    from nlpwb.workflows.language.predicting import next_tokens

    loaded = load_language_model(model, device=device, precision=precision)

    def rows() -> Iterator[dict[str, Any]]:
        for number, found in enumerate(
            next_tokens(loaded, prompts(texts), top_k=top_k, threads=threads)
        ):
            if found.cut:
                sink.warn(cut_warning(number, found.cut, loaded.reader.context))
            pairs = zip(found.tokens, found.probabilities, strict=True)
            for rank, (token, probability) in enumerate(pairs, start=1):
                yield {
                    "text": found.text,
                    "rank": rank,
                    "token": token,
                    "probability": probability,
                }

    columns = [
        Column("text", "text", wrap=True),
        Column("rank", "rank", right=True),
        Column("token", "next token", keep=True, show=repr),
        Column("probability", "probability", right=True, show=lambda value: f"{value:.4f}"),
    ]
    sink.stream(rows(), columns)


def prompts(texts: list[str]) -> Iterator[str]:
    """The texts; or, of a single argument that is a file, its lines."""
    if len(texts) == 1 and _is_file(texts[0]):
        with Path(texts[0]).open("rb") as lines:
            yield from lines_of(lines, texts[0])
    else:
        yield from prompts_of(texts, None)


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except (OSError, ValueError):  # too long for a name, or a NUL byte
        return False
