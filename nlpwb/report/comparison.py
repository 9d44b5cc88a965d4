"""A comparison as people read it: the table, the lines around it, and the rows of the machine formats."""

from __future__ import annotations

import dataclasses
from typing import Any

from nlpwb.evaluation.letters import letters_of
from nlpwb.records import Comparison, Protocol, Result
from nlpwb.report.columns import Column, Row, Table
from nlpwb.report.numbers import (
    count,
    difference,
    interval,
    learned,
    mebibytes,
    percent,
    score,
    seconds,
    size,
)
from nlpwb.report.sink import Sink
from nlpwb.tasks import METRICS, POINTS

__all__ = [
    "closing_lines",
    "count",
    "curve_table",
    "failures",
    "headline",
    "not_told_from_best",
    "percent",
    "result_columns",
    "score",
    "seconds",
    "show_comparison",
    "size",
]

SPEC_BREAKS = ",+"


def show_comparison(sink: Sink, comparison: Comparison) -> None:
    """Print a comparison in the sink's format; TSV, CSV and JSON lines have a row for every budget too."""
    protocol = comparison.protocol
    strong = not_told_from_best(comparison.results)
    at_budgets = [result for result in comparison.curve if result.budget is not None]
    sink.table(
        [_row(result, protocol.metric) for result in comparison.results],
        result_columns(comparison),
        before=[headline(protocol)],
        after=[*curve_table(comparison), *closing_lines(comparison)],
        strong=lambda row: row["method"] in strong,
        records=[dataclasses.asdict(result) for result in [*comparison.results, *at_budgets]],
        document=comparison.document(),
    )


def result_columns(comparison: Comparison) -> tuple[Column, ...]:
    """The fields of a result, in the order of :class:`Result`; those that would be empty are not shown to people."""
    metric = comparison.protocol.metric

    def there(name: str) -> bool:
        return any(getattr(result, name) is not None for result in comparison.results)

    def whole(value: float) -> str:
        return f"{value:,}"

    def scored(value: float) -> str:
        return score(value, metric)

    return (
        Column("method", "method", keep=True, wrap_at=SPEC_BREAKS),
        Column("budget", "rows", table=False),
        Column("score", metric_header(metric), right=True, keep=True, show=scored),
        Column("low", "low", table=False),
        Column("high", "high", table=False),
        Column("interval", "95 % interval", right=True, keep=True, machine=False),
        Column("letters", "≈", keep=True),
        Column("delta", "Δ", table=False),
        Column("delta_low", "Δ low", table=False),
        Column("delta_high", "Δ high", table=False),
        Column("difference", "Δ best", right=True, machine=False),
        Column("fit_seconds", "fit", right=True, show=seconds),
        Column("docs_per_second", "docs/s", right=True, show=count),
        Column("peak_mib", "peak", right=True, show=mebibytes),
        Column("bytes", "size", right=True, show=size),
        Column("trained_share", "learned", table=False),
        Column("ship_bytes", "to ship", table=False),
        Column("dimensions", "dims", right=True, show=whole, table=there("dimensions")),
        Column("oov_rate", "OOV", right=True, show=percent, table=there("oov_rate")),
        Column("seed_sd", "± seeds", right=True, show=scored, table=there("seed_sd")),
        Column("chosen", "chosen", table=False),
        Column("searched", "searched", table=False),
        Column("error", "failed", table=False),
    )


def metric_header(metric: str) -> str:
    """The metric as it stands over its column."""
    return METRICS[metric].header if metric in METRICS else metric.replace("-", " ")


def not_told_from_best(results: list[Result]) -> set[str]:
    """The methods that share a letter with the best, itself among them; ``results`` are best first."""
    scored = [result for result in results if result.letters]
    if not scored:
        return set()
    of_best = set(letters_of(scored[0].letters or ""))
    return {result.method for result in scored if of_best & set(letters_of(result.letters or ""))}


def headline(protocol: Protocol) -> str:
    """What was compared on, in one line."""
    return "   ".join([protocol.corpus, *protocol_words(protocol)])


def protocol_words(protocol: Protocol) -> list[str]:
    """Rows, labels, metric, groups and seeds, a phrase each."""
    if protocol.split == "folds":
        repeats = f" × {protocol.repeats}" if (protocol.repeats or 1) > 1 else ""
        rows = f"{protocol.rows:,} documents, {protocol.folds} folds{repeats}"
    else:
        rows = f"{protocol.train_rows:,} training + {protocol.test_rows:,} test documents"
    predicted = {
        "classify": f"{len(protocol.labels)} labels",
        "multilabel": f"sets of {len(protocol.labels)} labels",
        "regression": "numbers",
    }[protocol.task]
    words = [rows, predicted, protocol.metric]
    if protocol.groups is not None:
        words.append(f"{protocol.groups:,} groups")
    seeds = protocol.seeds
    words.append(f"seed {seeds[0]}" if len(seeds) == 1 else f"seeds {seeds[0]} to {seeds[-1]}")
    return words


def closing_lines(comparison: Comparison) -> list[str]:
    """The answer, what ``auto`` chose, how it was judged, what failed, and every warning."""
    lines = []
    if comparison.answer is not None:
        lines.append(comparison.answer.text)
    for result in comparison.results:
        if result.chosen:
            chosen = ", ".join(f"{name}={value:g}" for name, value in result.chosen.items())
            lines.append(f"{result.method}: auto chose {chosen} on a part of the training rows.")
        if result.trained_share is not None and result.ship_bytes is not None:
            lines.append(
                f"{result.method}: {learned(result.trained_share)} of its weights learned; {size(result.ship_bytes)} to ship "
                "beside the base."
            )
    lines += _search_lines(comparison)
    if sum(result.score is not None for result in comparison.results) > 1:
        protocol = comparison.protocol
        points = "Δ in points; " if protocol.metric in POINTS else ""
        lines.append(
            f"Methods that share a letter cannot be told apart ({protocol.significance}; "
            f"{points}intervals: {protocol.interval})."
        )
    lines += [f"! {text}" for text in [*failures(comparison), *comparison.warnings]]
    return lines


def _search_lines(comparison: Comparison) -> list[str]:
    """What a search chose, a line a method."""
    search = comparison.protocol.search
    if search is None:
        return []
    lines = [
        f"Options were searched on a fifth of the training rows, {search} for each method and training part:"
    ]
    for result in comparison.results:
        if result.searched is not None:
            chosen = ", ".join(f"{name}={value}" for name, value in result.searched.items())
            lines.append(f"  {result.method}: {chosen or 'nothing better than as it stands'}")
    return lines


def failures(comparison: Comparison) -> list[str]:
    """Which methods failed, where and why: a sentence for each method and reason."""
    where: dict[tuple[str, str | None], list[int | None]] = {}
    for result in comparison.failed:
        where.setdefault((result.method, result.error), []).append(result.budget)
    lines = []
    for (method, error), budgets in where.items():
        rows = ", ".join(f"{n:,}" for n in budgets if n is not None)
        place = f" at {rows} training documents" if rows else ""
        if rows and None in budgets:
            place = f", also{place}"
        lines.append(f"{method} failed{place}: {error}")
    return lines


def curve_table(comparison: Comparison) -> list[str | Table]:
    """The learning curve as a table of its own, a line a method, a column a budget; nothing where there is none."""
    if not comparison.curve:
        return []
    metric = comparison.protocol.metric
    rows: dict[str, dict[str, Any]] = {}
    for result in [*comparison.results, *comparison.curve]:
        row = rows.setdefault(result.method, {"method": result.method})
        if result.score is not None:
            budget = "all" if result.budget is None else str(result.budget)
            row[budget] = f"{score(result.score, metric)} {result.letters}"
    columns = [
        Column("method", "method", keep=True, wrap_at=SPEC_BREAKS),
        *(Column(str(n), f"{n:,}") for n in comparison.protocol.budgets),
        Column("all", "all"),
    ]
    return [
        "By training rows (letters tell methods apart inside a column):",
        "",
        Table(list(rows.values()), columns),
    ]


def _row(result: Result, metric: str) -> Row:
    """A result with its interval and its difference to the best in words; the best differs from nothing."""
    row: dict[str, Any] = dataclasses.asdict(result)
    row["interval"] = row["difference"] = None
    if result.low is not None and result.high is not None:
        row["interval"] = interval(result.low, result.high, metric)
    if result.delta is not None and result.delta_low is not None and result.delta_high is not None:
        row["difference"] = difference(result.delta, result.delta_low, result.delta_high, metric)
    elif result.score is not None:
        row["difference"] = ""
    return row
