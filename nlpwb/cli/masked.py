"""What ``train``, ``evaluate`` and ``predict`` do with encoders that say hidden tokens."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlpwb.cli.language import figure, prompts, row_of
from nlpwb.errors import GateMissed
from nlpwb.report.sink import Column, Sink

if TYPE_CHECKING:
    from nlpwb.data.corpus import ReadOptions
    from nlpwb.specs import Spec
    from nlpwb.workflows.masked.evaluating import MaskedEvaluation
    from nlpwb.workflows.masked.training import TrainedMaskedModel
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
    """Train an encoder on text alone; returns what prints what was made."""
    from nlpwb.workflows.masked.training import train_masked_model

    trained = train_masked_model(
        spec.representation,
        corpus,
        reading,
        output,
        seed=seed,
        threads=threads,
        conditions=conditions,
    )
    return functools.partial(_show_trained, trained=trained)


def _show_trained(sink: Sink, trained: TrainedMaskedModel) -> None:
    from nlpwb.report.comparison import count, score, seconds, size
    from nlpwb.report.numbers import whole

    row = dataclasses.asdict(trained)
    made = row.pop("network")

    def share(value: float) -> str:
        return score(value, "accuracy")

    begun = trained.before_accuracy is not None
    columns = [
        Column("model", "model", keep=True),
        Column("method", "method", keep=True, wrap_at=",+"),
        Column("masked_accuracy", "masked accuracy", right=True, show=share),
        Column("nats", "nats/token", right=True, show=figure(4)),
        Column("before_accuracy", "before", right=True, show=share, table=begun),
        Column("before_nats", "nats before", right=True, show=figure(4), table=begun),
        Column("commonest", "one word", right=True, show=share),
        Column("tokens", "tokens", right=True, show=whole),
        Column("vocabulary", "vocabulary", right=True, show=whole),
        Column("parameters", "parameters", right=True, show=whole),
        Column("epochs", "epochs", right=True),
        Column("steps", "steps", right=True, table=False),
        Column("fit_seconds", "fit", right=True, show=seconds),
        Column("bytes", "size", right=True, show=size),
        Column("resumed", "resumed", right=True, table=bool(made["resumed"]), show=count),
        Column("device", "device", table=made["device"] != "cpu"),
        Column("precision", "precision", table=False),
        Column("threads", "threads", right=True, table=False),
    ]
    names = ("epochs", "steps", "resumed", "device", "precision", "threads")
    sink.table([row | {name: made[name] for name in names}], columns)


def evaluate(
    model: Path,
    corpus: str,
    reading: ReadOptions,
    *,
    sink: Sink,
    maskings: int,
    fail_under: float | None,
    seed: int,
    device: str,
    precision: str,
    threads: int,
) -> None:
    """Print how well an encoder says what is hidden in texts.

    Raises:
        GateMissed: the lower end of the interval of masked accuracy is below ``fail_under``, or there is none.
    """
    from nlpwb.workflows.masked.evaluating import evaluate_masked_model

    found = evaluate_masked_model(
        model,
        corpus,
        reading,
        maskings=maskings,
        seed=seed,
        device=device,
        precision=precision,
        threads=threads,
        note=sink.note,
    )
    unit = "hidden tokens"
    rows = [
        row_of("masked accuracy", found.accuracy, (found.low, found.high), found.hidden, unit),
        row_of("always one token", found.commonest, None, found.tokens, "tokens"),
        row_of(
            "pseudo-perplexity",
            found.perplexity,
            (found.perplexity_low, found.perplexity_high),
            found.hidden,
            unit,
            digits=2,
        ),
        row_of(
            "nats per masked token",
            found.nats,
            (found.nats_low, found.nats_high),
            found.hidden,
            unit,
        ),
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
    if fail_under is None or found.low >= fail_under:
        return
    if math.isnan(found.low):
        raise GateMissed(
            f"--fail-under {fail_under:g} cannot be judged: {found.tokens:,} tokens of text are too few for an interval; give "
            "more of it"
        )
    raise GateMissed(
        f"--fail-under {fail_under:g} is missed: the lower end of the interval is {found.low:.4f}; more text or longer "
        "training may help"
    )


def _headline(found: MaskedEvaluation) -> str:
    ways = "one way" if found.maskings == 1 else f"{found.maskings} ways"
    what = "of its words" if found.whole_word else "of its tokens"
    return f"{found.method} on {found.corpus}: {found.masked:.0%} {what} hidden in {ways}, windows of {found.window:,} tokens"


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
    """Print what may stand at each mask of each text; ``-`` reads texts from standard input, one a line."""
    from nlpwb.workflows.masked.filling import fill
    from nlpwb.workflows.masked.model import load_masked_model

    loaded = load_masked_model(model, device=device, precision=precision)

    def rows() -> Iterator[dict[str, Any]]:
        for number, found in enumerate(fill(loaded, prompts(texts), top_k=top_k, threads=threads)):
            if found.cut:
                sink.warn(
                    f"text {number + 1}: {found.cut:,} tokens lie too far from its masks to be read with them"
                )
            pairs = zip(found.tokens, found.probabilities, strict=True)
            for rank, (token, probability) in enumerate(pairs, start=1):
                yield {
                    "text": found.text,
                    "mask": found.mask,
                    "rank": rank,
                    "token": token,
                    "probability": probability,
                }

    columns = [
        Column("text", "text", wrap=True),
        Column("mask", "mask", right=True),
        Column("rank", "rank", right=True),
        Column("token", "filling", keep=True),
        Column("probability", "probability", right=True, show=lambda value: f"{value:.4f}"),
    ]
    found = rows()
    first = list(itertools.islice(found, 1))  # a text without a mask leaves no header behind
    sink.stream(itertools.chain(first, found), columns)
