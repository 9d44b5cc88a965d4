"""A comparison without labels as people read it: retrieval, words and cost in a table each, and the lines around them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from nlpwb.evaluation.letters import letters_of
from nlpwb.records_intrinsic import IntrinsicComparison, IntrinsicProtocol, IntrinsicResult
from nlpwb.report.columns import Column, Row, Table
from nlpwb.report.comparison import SPEC_BREAKS
from nlpwb.report.numbers import MINUS, count, difference, mebibytes, percent, seconds, size
from nlpwb.report.sink import Sink

SETS = {"wordsim353": "WordSim-353", "simlex999": "SimLex-999"}
_METHOD = Column("method", "method", keep=True, wrap_at=SPEC_BREAKS)


def show_intrinsic(sink: Sink, comparison: IntrinsicComparison) -> None:
    """Print a comparison in the sink's format; TSV, CSV and JSON lines have one row a method with every field."""
    results = comparison.results
    strong = not_told_from_best(results)
    sink.table(
        [_row(result, comparison.protocol) for result in results],
        result_columns(comparison.protocol),
        before=[headline(comparison.protocol)],
        after=[*words_table(comparison), *cost_table(results), *closing_lines(comparison)],
        strong=lambda row: row["method"] in strong,
        records=[dataclasses.asdict(result) for result in results],
        document=comparison.document(),
    )


def result_columns(protocol: IntrinsicProtocol) -> tuple[Column, ...]:
    """The table of retrieval, and every field of a result in its order for the machine formats."""
    shown: dict[str, Sequence[Column]] = {
        "method": [_METHOD],
        "mrr": [
            Column("mrr", "MRR", right=True, keep=True, show=share),
        ],
        "mrr_high": [Column("mrr_interval", "95 % interval", right=True, keep=True, machine=False)],
        "letters": [Column("letters", "≈", keep=True)],
        "delta_high": [Column("difference", "Δ best", right=True, machine=False)],
    }
    columns: list[Column] = []
    for field in dataclasses.fields(IntrinsicResult):
        here = shown.get(field.name, [])
        if not any(column.machine for column in here):
            columns.append(Column(field.name, field.name, table=False))
        columns += here
    at = f"recall@{protocol.recall_at}"
    return (
        *columns,
        Column("recall_shown", at, right=True, machine=False),
        Column("recall_interval", "95 % interval", right=True, machine=False),
    )


def not_told_from_best(results: Sequence[IntrinsicResult]) -> set[str]:
    """The methods that share a letter with the best, itself among them; ``results`` are best first."""
    scored = [result for result in results if result.letters]
    if not scored:
        return set()
    of_best = set(letters_of(scored[0].letters or ""))
    return {result.method for result in scored if of_best & set(letters_of(result.letters or ""))}


def headline(protocol: IntrinsicProtocol) -> str:
    """What was compared on, in one line."""
    words = [
        protocol.corpus,
        f"{protocol.train_rows:,} training + {protocol.held_out_rows:,} held-out documents",
        "without labels",
        "best MRR first",
        f"seed {protocol.seed}",
    ]
    if protocol.groups is not None:
        words.insert(2, f"{protocol.groups:,} groups")
    return "   ".join(words)


def words_table(comparison: IntrinsicComparison) -> list[str | Table]:
    """What the word vectors of each method know, and whether another training would say so too."""
    results = comparison.results
    rows = [
        {
            "method": result.method,
            **{name: _with_ends(result, name) for name in (*SETS, "analogies")},
            **{name: _with_half(result, name) for name in ("seed_stability", "half_stability")},
        }
        for result in results
        if not result.error
    ]
    titles = {
        **SETS,
        "analogies": "analogies",
        "seed_stability": "seeds",
        "half_stability": "halves",
    }
    there = [name for name in titles if any(row[name] is not None for row in rows)]
    if not there:
        return []
    columns = [_METHOD, *(Column(name, titles[name], right=True) for name in there)]
    return ["Words, each figure with its 95 % interval:", "", Table(rows, columns)]


def cost_table(results: Sequence[IntrinsicResult]) -> list[str | Table]:
    """What each method costs on the whole training part, and what it has nothing for."""
    rows = [dataclasses.asdict(result) for result in results if not result.error]
    if not rows:
        return []
    columns = [
        _METHOD,
        Column("fit_seconds", "fit", right=True, show=seconds),
        Column("docs_per_second", "docs/s", right=True, show=count),
        Column("peak_mib", "peak", right=True, show=mebibytes),
        Column("bytes", "size", right=True, show=size),
        Column("dimensions", "dims", right=True),
        Column("oov_rate", "OOV", right=True, show=percent),
    ]
    return ["Cost, and unknown words of the held-out documents:", "", Table(rows, columns)]


def closing_lines(comparison: IntrinsicComparison) -> list[str]:
    """The answer, how it was asked and judged, what is covered, what failed, and every warning."""
    protocol = comparison.protocol
    found = [result for result in comparison.results if not result.error]
    lines = [comparison.answer.text] if comparison.answer is not None else []
    if found:
        groups = f" of {protocol.groups:,} groups" if protocol.groups is not None else ""
        lines.append(
            f"Each of {protocol.queries:,} held-out documents{groups} ({protocol.least_units} {protocol.unit} or "
            f"more) is cut in two; its first half asks for its second among all second halves. Guessing gets MRR "
            f"{share(protocol.chance_mrr)}, recall@{protocol.recall_at} {share(protocol.chance_recall)}."
        )
    with_words = [result for result in found if result.analogies_questions is not None]
    if len(found) > 1:
        over = ", of analogies over pairs of words" if with_words else ""
        lines.append(
            f"Methods that share a letter cannot be told apart by MRR ({protocol.significance}; "
            f"intervals by bootstrap{over})."
        )
    if with_words:
        lines += [coverage(with_words, protocol), *stability_words(with_words, protocol)]
    return [*lines, *(f"! {text}" for text in [*failures(comparison), *comparison.warnings])]


def coverage(results: Sequence[IntrinsicResult], protocol: IntrinsicProtocol) -> str:
    """How many pairs and questions the methods' words cover, and which are too few for a figure."""
    phrases = []
    for name, title in SETS.items():
        known = [getattr(result, f"{name}_pairs") or 0 for result in results]
        few = all(getattr(result, name) is None for result in results)
        all_pairs = protocol.similarity_pairs[name]
        phrases.append(f"{title}: {_span(known)} of {all_pairs:,} pairs are covered{_few(few, '')}")
    known = [result.analogies_questions or 0 for result in results]
    few = all(result.analogies is None for result in results)
    phrases.append(
        f"analogies: {_span(known)} of {protocol.analogy_questions:,} questions, among the first "
        f"{protocol.restrict_vocab:,} words{_few(few, f' (below {protocol.least_questions})')}"
    )
    return "; ".join(phrases) + "."


def stability_words(results: Sequence[IntrinsicResult], protocol: IntrinsicProtocol) -> list[str]:
    """What seeds and halves mean."""
    compared = [
        result.half_stability_words for result in results if result.half_stability_words is not None
    ]
    if not compared:  # nothing was trained here, or it failed
        return []
    if max(compared) < 2:
        return [
            f"! {protocol.reference_words:,} words stand {protocol.least_count} times or more in both halves of the "
            "training part: too few to compare their neighbours"
        ]
    a, b = protocol.half_rows
    words, probes = protocol.reference_words, protocol.probe_words
    over = f"the {words:,} words" if probes == words else f"the first {probes:,} of {words:,} words"
    common = protocol.neighbors**2 / max(1, words - 1)  # expected of two random sets
    return [
        f"Seeds, halves: the share (Jaccard) of its {protocol.neighbors} nearest words that a word keeps when seed "
        f"{protocol.second_seed} trains, and between halves of {a:,} and {b:,} documents; over {over} that both "
        f"halves hold {protocol.least_count} times or more. Guessing gets "
        f"{share(common / (2 * protocol.neighbors - common))}."
    ]


def failures(comparison: IntrinsicComparison) -> list[str]:
    """Which methods failed and why, and of which only the stability is missing."""
    lines = []
    for result in comparison.failed:
        if result.error:
            lines.append(f"{result.method} failed: {result.error}")
        else:
            lines.append(f"{result.method}: stability not known; {result.stability_error}")
    return lines


def share(value: float, places: int = 3) -> str:
    """A figure between -1 and 1 without its leading zero.

    >>> share(0.234), share(-0.05, 2)
    ('.234', '−.05')
    """
    text = f"{value:.{places}f}".replace("-", MINUS)
    return text.replace("0.", ".", 1) if abs(value) < 1 and "0." in text[:3] else text


def _row(result: IntrinsicResult, protocol: IntrinsicProtocol) -> Row:
    """A result with its intervals and its difference to the best in words; the best differs from nothing."""
    row: dict[str, Any] = dataclasses.asdict(result)
    row["recall_shown"] = share(result.recall) if result.recall is not None else None
    for name in ("mrr", "recall"):
        low, high = row[f"{name}_low"], row[f"{name}_high"]
        row[f"{name}_interval"] = f"{share(low)} to {share(high)}" if low is not None else None
    row["difference"] = None
    if result.delta is not None and result.delta_low is not None and result.delta_high is not None:
        row["difference"] = difference(
            result.delta, result.delta_low, result.delta_high, protocol.order
        )
    elif result.mrr is not None:
        row["difference"] = ""
    return row


def _with_ends(result: IntrinsicResult, name: str) -> str | None:
    """A figure with its interval; of analogies that for other pairs of words, since questions that share words are not many."""
    of = "analogies_words" if name == "analogies" else name
    value, low, high = (getattr(result, key) for key in (name, f"{of}_low", f"{of}_high"))
    return f"{share(value, 2)} ({share(low, 2)} to {share(high, 2)})" if value is not None else None


def _with_half(result: IntrinsicResult, name: str) -> str | None:
    """A mean over many words, whose interval is all but symmetric."""
    value, low, high = (getattr(result, f"{name}{end}") for end in ("", "_low", "_high"))
    if value is None:
        return None
    if low is None:
        return "same"  # nothing changes it
    return f"{share(value, 2)} ± {share((high - low) / 2, 2)}"


def _span(numbers: Sequence[int]) -> str:
    low, high = min(numbers), max(numbers)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _few(few: bool, limit: str) -> str:
    return f", too few for a figure{limit}" if few else ""
