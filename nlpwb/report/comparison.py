"""A comparison as people read it: the table, the lines around it, and the rows of the machine formats."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

from nlpwb.records import Comparison, Protocol, Result
from nlpwb.report.sink import Column, Row, Sink

_SHARES = ("accuracy", "macro-f1", "weighted-f1", "roc-auc")


def show_comparison(sink: Sink, comparison: Comparison) -> None:
    """Print a comparison in the sink's format."""
    columns = result_columns(comparison)
    sink.table(
        [_row(result) for result in comparison.results],
        columns,
        before=[headline(comparison.protocol)],
        after=[*_curve_lines(comparison), *closing_lines(comparison)],
        document=comparison.document(),
    )


def result_columns(comparison: Comparison) -> tuple[Column, ...]:
    """The table's columns; those that would be empty are left to the machine formats."""
    protocol = comparison.protocol
    header = {"macro-f1": "macro F1", "weighted-f1": "weighted F1", "mcc": "MCC"}.get(
        protocol.metric, protocol.metric.replace("-", " ")
    )
    metric = protocol.metric

    def there(name: str) -> bool:
        return any(getattr(result, name) is not None for result in comparison.results)

    return (
        Column("method", "method", keep=True),
        Column("score", header, right=True, keep=True, show=lambda value: score(value, metric)),
        Column("interval", "95 % interval", right=True, keep=True),
        Column("letters", "≈", keep=True),
        Column("difference", "Δ best", right=True),
        Column("fit_seconds", "fit", right=True, show=seconds),
        Column("docs_per_second", "docs/s", right=True, show=count),
        Column("peak_mib", "peak", right=True, show=lambda value: f"{value:,.0f} MiB"),
        Column("bytes", "size", right=True, show=size),
        Column("dimensions", "dims", right=True, show=count, table=there("dimensions")),
        Column("oov_rate", "OOV", right=True, show=percent, table=there("oov_rate")),
        Column(
            "seed_sd",
            "± seeds",
            right=True,
            show=lambda value: score(value, metric),
            table=there("seed_sd"),
        ),
        *(
            Column(name, name, table=False)
            for name in ("low", "high", "delta", "delta_low", "delta_high", "budget", "chosen")
        ),
        Column("error", "failed", wrap=True, table=there("error")),
    )


def headline(protocol: Protocol) -> str:
    """What was compared on, in one line."""
    if protocol.split == "folds":
        repeats = f" × {protocol.repeats}" if (protocol.repeats or 1) > 1 else ""
        rows = f"{protocol.rows:,} documents, {protocol.folds} folds{repeats}"
    else:
        rows = f"{protocol.train_rows:,} training + {protocol.test_rows:,} test documents"
    words = [protocol.corpus, rows, f"{len(protocol.labels)} labels", protocol.metric]
    if protocol.groups is not None:
        words.append(f"{protocol.groups:,} groups")
    seeds = protocol.seeds
    words.append(f"seed {seeds[0]}" if len(seeds) == 1 else f"seeds {seeds[0]} to {seeds[-1]}")
    return "   ".join(words)


def closing_lines(comparison: Comparison) -> list[str]:
    """The answer, what ``auto`` chose, how it was judged, and every warning."""
    lines = []
    if comparison.answer is not None:
        lines.append(comparison.answer.text)
    for result in comparison.results:
        if result.chosen:
            chosen = ", ".join(f"{name}={value:g}" for name, value in result.chosen.items())
            lines.append(f"{result.method}: auto chose {chosen} on a part of the training rows.")
    if comparison.results:
        protocol = comparison.protocol
        lines.append(
            f"Methods that share a letter cannot be told apart ({protocol.significance}; "
            f"intervals: {protocol.interval})."
        )
    lines += [f"! {text}" for text in comparison.warnings]
    return lines


def _row(result: Result) -> Row:
    row: dict[str, Any] = dataclasses.asdict(result)
    row["interval"] = row["difference"] = None
    if result.low is not None and result.high is not None:
        row["interval"] = f"{_bare(result.low)} to {_bare(result.high)}"
    if result.delta is not None and result.delta_low is not None and result.delta_high is not None:
        half = (result.delta_high - result.delta_low) / 2
        row["difference"] = f"{_signed(100 * result.delta)} ± {100 * half:.1f}"
    elif result.score is not None:
        row["difference"] = ""
    return row


def _curve_lines(comparison: Comparison) -> list[str]:
    """The learning curve as a small table of its own: a line a method, a column a budget."""
    if not comparison.curve:
        return []
    budgets: list[int | None] = [*comparison.protocol.budgets, None]
    methods = list(dict.fromkeys(result.method for result in comparison.results))
    cells = {
        (result.method, result.budget): result
        for result in comparison.curve
        if result.score is not None
    }
    heads = [f"{n:,}" if n is not None else "all" for n in budgets]
    width = max(len(method) for method in methods)
    lines = ["By training rows (letters tell methods apart inside a column):", ""]
    lines.append("  " + " " * width + "".join(f"  {head:>12}" for head in heads))
    for method in methods:
        shown = []
        for budget in budgets:
            result = cells.get((method, budget))
            text = "–"
            if result is not None and result.score is not None:
                text = f"{score(result.score, comparison.protocol.metric)} {result.letters:<3}"
            shown.append(f"  {text:>12}")
        lines.append("  " + method.ljust(width) + "".join(shown))
    return [*lines, ""]


def score(value: float, metric: str) -> str:
    """A score with four places; shares without their leading zero."""
    return _bare(value, 4) if metric in _SHARES else f"{value:.4f}"


def _bare(value: float, places: int = 3) -> str:
    text = f"{value:.{places}f}"
    return text[1:] if text.startswith("0.") else text


def _signed(value: float) -> str:
    return f"{value:+.1f}".replace("-", "−")


def seconds(value: float) -> str:
    """A time: tenths under a minute, then minutes."""
    if value < 0.95:
        return f"{value:.2f} s"
    return f"{value:.1f} s" if value < 60 else f"{value / 60:,.1f} min"


def count(value: float) -> str:
    """A count with at most two or three figures that matter."""
    if value >= 100:
        digits = 1 - math.floor(math.log10(value))
        return f"{round(value, digits):,.0f}"
    return f"{value:,.0f}"


def size(value: float) -> str:
    """Bytes in decimal units, as disks are sold."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6)):
        if value >= scale:
            return f"{value / scale:,.1f} {unit}"
    return f"{value / 1e3:,.1f} kB"


def percent(value: float) -> str:
    """A share in percent."""
    return f"{100 * value:.1f} %"
