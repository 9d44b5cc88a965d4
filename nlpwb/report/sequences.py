"""A comparison of language models or of translators as people read it: quality, cost, and the lines around them."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

from nlpwb.evaluation.letters import letters_of
from nlpwb.records_sequences import SequenceComparison, SequenceProtocol, SequenceResult
from nlpwb.report.columns import Column, Row, Table
from nlpwb.report.comparison import SPEC_BREAKS
from nlpwb.report.numbers import MINUS, count, mebibytes, seconds, size
from nlpwb.report.sink import Sink

ASIDE = "†"
"""Marks a figure that cannot be compared with the others."""
_METHOD = Column("method", "method", keep=True, wrap_at=SPEC_BREAKS)
_LETTERS = Column("letters", "≈", keep=True)
_TITLES = {"bits-per-byte": "bits/byte", "bleu": "BLEU"}
_PLACES = {"bits-per-byte": 3, "bleu": 1}


def show_sequences(sink: Sink, comparison: SequenceComparison) -> None:
    """Print a comparison in the sink's format; TSV, CSV and JSON lines have one row a method with every field."""
    results = comparison.results
    strong = not_told_from_best(results)
    sink.table(
        [_row(result, comparison.protocol) for result in results],
        result_columns(comparison),
        before=[headline(comparison.protocol)],
        after=[*cost_table(comparison), *closing_lines(comparison)],
        strong=lambda row: row["method"] in strong,
        records=[dataclasses.asdict(result) for result in results],
        document=comparison.document(),
    )


def result_columns(comparison: SequenceComparison) -> tuple[Column, ...]:
    """The table of quality, and every field of a result in its order for the machine formats."""
    protocol = comparison.protocol
    names = [field.name for field in dataclasses.fields(SequenceResult)]
    there = names.index("letters")
    fields = {name: Column(name, name, table=False) for name in names}

    def shown(key: str, header: str, *, keep: bool = False) -> Column:
        return Column(key, header, right=True, keep=keep, machine=False)

    last = [shown("difference", "Δ best"), shown("perplexity_shown", "perplexity")]
    if protocol.task == "translate":
        last.insert(1, shown("chrf_shown", "chrF"))
    if any(result.wide_context for result in comparison.results):
        last.append(shown("wide_shown", "at 2× context"))
    if len(protocol.seeds) > 1:
        last.append(shown("deviation", "between seeds"))
    return (
        _METHOD,
        *(fields[name] for name in names[1:there]),
        shown("score_shown", _TITLES[protocol.metric], keep=True),
        shown("interval", "95 % interval", keep=True),
        _LETTERS,
        *(fields[name] for name in names[there + 1 :]),
        *last,
    )


def not_told_from_best(results: Sequence[SequenceResult]) -> set[str]:
    """The methods that share a letter with the best, itself among them; ``results`` are best first."""
    scored = [result for result in results if result.letters]
    if not scored:
        return set()
    of_best = set(letters_of(scored[0].letters or ""))
    return {result.method for result in scored if of_best & set(letters_of(result.letters or ""))}


def headline(protocol: SequenceProtocol) -> str:
    """What was compared on, in one line."""
    if protocol.task == "lm":
        parts = f"{size(protocol.train_bytes or 0)} train + {size(protocol.test_bytes or 0)} test"
        best = "fewest bits per byte first"
    else:
        parts = f"{protocol.train_rows:,} training + {protocol.test_rows:,} test pairs"
        best = "best BLEU first"
    seeds = protocol.seeds
    seed = f"seed {seeds[0]}" if len(seeds) == 1 else f"seeds {seeds[0]} to {seeds[-1]}"
    return "   ".join([protocol.corpus, parts, best, seed])


def cost_table(comparison: SequenceComparison) -> list[str | Table]:
    """Tokens and size of each method, and what it costs."""
    rows = [
        {**dataclasses.asdict(result), "tokens": f"{result.tokenizer} ({result.vocabulary or 0:,})"}
        for result in comparison.results
        if not result.error
    ]
    if not rows:
        return []
    lm = comparison.protocol.task == "lm"
    speed = ("tokens_per_second", "tokens/s") if lm else ("sentences_per_second", "sentences/s")
    columns = [
        _METHOD,
        Column("tokens", "tokens (vocabulary)"),
        Column("parameters", "parameters", right=True),
        Column("fit_seconds", "fit", right=True, show=seconds),
        Column(speed[0], speed[1], right=True, show=count),
        Column("peak_mib", "peak", right=True, show=mebibytes),
        Column("bytes", "size", right=True, show=size),
    ]
    return ["Tokens, size and cost:", "", Table(rows, columns)]


def closing_lines(comparison: SequenceComparison) -> list[str]:
    """The answer, how it was asked and judged, what stands aside, what failed, and every warning."""
    protocol = comparison.protocol
    found = [result for result in comparison.results if not result.error]
    lines = [comparison.answer.text] if comparison.answer is not None else []
    if found:
        lines.append(asked(protocol))
    compared = [result for result in found if result.letters]
    if len(compared) > 1:
        lines.append(
            f"Methods that share a letter cannot be told apart by {_TITLES[protocol.metric]} ({protocol.significance}); "
            f"intervals by {protocol.interval}. {trainings(protocol)}"
        )
    if found:
        lines.append(
            "Perplexity is per token of a method's own vocabulary: it compares methods of the same tokens alone."
        )
    lines += wide_words(found, protocol)
    aside = [result for result in found if result.letters is None]
    lines += [f"{ASIDE} {text}" for text in aside_words(aside)]
    failed = [f"{result.method} failed: {result.error}" for result in comparison.failed]
    return [*lines, *(f"! {text}" for text in [*failed, *comparison.warnings])]


def asked(protocol: SequenceProtocol) -> str:
    """What the test part is, and into what units it falls."""
    share = f"{100 * (protocol.test_size or 0.0):.3g} %"
    if protocol.task == "lm":
        where = {"end": f"the last {share} of the text, in order", "file": str(protocol.test)}
        kind = "lines" if protocol.running else "documents"
        return (
            f"Test text: {where[protocol.split]}; {protocol.units:,} blocks of whole {kind}, {protocol.unit_bytes:,} bytes "
            "each or a little more. Intervals and tests keep a sixteenth of them together, since neighbours depend on each "
            "other."
        )
    where = {"holdout": f"{share} of the pairs, by lot", "file": str(protocol.test)}
    signature = (protocol.signatures or {}).get("bleu", "")
    return (
        f"Test pairs: {where[protocol.split]}; {protocol.beams} beams, length penalty {protocol.length_penalty:g}. "
        f"BLEU is sacrebleu's ({signature})."
    )


def trainings(protocol: SequenceProtocol) -> str:
    """What intervals say nothing about."""
    seeds = len(protocol.seeds)
    if seeds == 1:
        return "Both are about more text like this, not about other trainings: --seeds 3 shows how far these differ."
    return f"Figures are means over {seeds} trainings; letters and intervals are about more text like this."


def wide_words(found: Sequence[SequenceResult], protocol: SequenceProtocol) -> list[str]:
    """What reading further than in training is."""
    if not any(result.wide_context for result in found):
        return []
    return [
        f"At 2× context: {_TITLES[protocol.metric]} where a network sees twice as many tokens at once as in training; "
        "where it cannot, or has no such limit, there is none."
    ]


def aside_words(aside: Sequence[SequenceResult]) -> list[str]:
    """Which methods foretell less than the text, and why that is no comparison."""
    return [
        f"{result.method}: its tokens ({result.tokenizer}) leave something of a text out, so its bits are those of less than "
        "the text, and it takes no part in the comparison; byte-bpe, words and char hold all."
        for result in aside
        if result.lossless is False
    ]


def _row(result: SequenceResult, protocol: SequenceProtocol) -> Row:
    """A result with its figures in words; the best differs from nothing."""
    places = _PLACES[protocol.metric]
    row: dict[str, Any] = dataclasses.asdict(result)
    if result.score is None:
        return row
    mark = ASIDE if result.letters is None and result.lossless is False else ""
    row["score_shown"] = f"{result.score:.{places}f}{mark}"
    row["interval"] = _ends(result.low, result.high, places)
    row["difference"] = _difference(result, places) if result.letters else None
    row["perplexity_shown"] = _large(result.perplexity)
    row["chrf_shown"] = f"{result.chrf:.1f}" if result.chrf is not None else None
    row["wide_shown"] = f"{result.score_wide:.{places}f}" if result.score_wide is not None else None
    if result.seed_sd is not None:
        row["deviation"] = f"± {result.seed_sd:.{places}f}"
    return row


def _ends(low: float | None, high: float | None, places: int) -> str | None:
    if low is None or high is None or not math.isfinite(low + high):
        return None
    return f"{low:.{places}f} to {high:.{places}f}".replace("-", MINUS)


def _difference(result: SequenceResult, places: int) -> str | None:
    """The difference to the best and half the width of its interval; nothing for the best itself."""
    if result.delta is None or result.delta_low is None or result.delta_high is None:
        return ""
    text = f"{result.delta:+.{places}f}".replace("-", MINUS)
    if not math.isfinite(result.delta_low + result.delta_high):
        return text
    return f"{text} ± {(result.delta_high - result.delta_low) / 2:.{places}f}"


def _large(value: float | None) -> str | None:
    """A perplexity: three figures that matter below a thousand, whole numbers above."""
    if value is None:
        return None
    if value >= 1e6:
        return f"{value:.1e}"
    places = 0 if value >= 1000 else max(0, 2 - int(math.log10(max(value, 1))))
    return f"{value:,.{places}f}"
