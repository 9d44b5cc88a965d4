"""What ``nlpwb attend`` prints: tables and sums for people, every weight for programs."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from nlpwb.report.arithmetic import arithmetic_lines, term_columns, term_row
from nlpwb.report.attention import shaded_table, shown, sum_lines, sum_of
from nlpwb.report.columns import Column, Row, Table
from nlpwb.report.layout import wrap
from nlpwb.report.numbers import decimals
from nlpwb.report.style import BOLD, has_colour, paint

if TYPE_CHECKING:
    from nlpwb.report.sink import Sink
    from nlpwb.workflows.looking.arithmetic import Arithmetic
    from nlpwb.workflows.looking.attention import Attended
    from nlpwb.workflows.looking.choosing import Shown
    from nlpwb.workflows.looking.looked import Answers

SUMS = 12
"""Sums that are printed of one text; ``--word`` asks for others."""
COLUMNS = [
    Column("text", "text", right=True),
    Column("kind", "kind"),
    Column("layer", "layer", right=True),
    Column("head", "head"),
    Column("query_place", "query place", right=True),
    Column("query", "query"),
    Column("key_place", "key place", right=True),
    Column("key", "key"),
    Column("weight", "weight", right=True, show=decimals),
]


def print_attention(sink: Sink, found: Sequence[Shown]) -> None:
    """Print texts in the sink's format."""
    if sink.format == "table":
        colour = sink.out is None and has_colour(sys.stdout)
        sink.write("\n".join(_lines(found, width=width_of(sink), colour=colour)) + "\n")
    elif sink.format == "md":
        before, tables = _markdown(found)
        first = tables[0]
        assert isinstance(first, Table)
        sink.table(first.rows, first.columns, before=before, after=tables[1:])
    else:
        rows = list(weight_rows(found))
        sink.table(rows, COLUMNS, document=[document(one) for one in found])


def width_of(sink: Sink) -> int:
    """The cells of a line: those of the terminal, and never fewer than 40."""
    return max(
        40, sink.width if sink.out is not None else shutil.get_terminal_size((80, 24)).columns
    )


def weight_rows(found: Sequence[Shown]) -> Iterator[Row]:
    """A row for each weight; a mean of heads is the head ``mean``, and a rollout has the kind's name with it."""
    for number, one in enumerate(found, start=1):
        for view in one.views:
            kind = f"{view.kind}-rollout" if view.how == "rollout" else view.kind
            head = view.head if view.head is not None else ("mean" if view.heads > 1 else 1)
            for row in one.rows_of(view):
                for key, weight in enumerate(view.weights[row].tolist()):
                    yield {
                        "text": number,
                        "kind": kind,
                        "layer": view.layer,
                        "head": head,
                        "query_place": row + 1,
                        "query": view.queries[row],
                        "key_place": key + 1,
                        "key": view.keys[key],
                        "weight": weight,
                    }


def document(one: Shown) -> dict[str, Any]:
    """A text as JSON has it."""
    attended = one.attended
    found: dict[str, Any] = {
        "model": attended.model,
        "method": attended.method,
        "text": attended.text,
        "tokens": list(attended.sides.source.tokens),
        "cut": attended.sides.source.cut,
        "words": attended.words,
        "answers": answer_rows(attended.answers),
        "maps": [
            {
                "kind": view.kind,
                "layer": view.layer,
                "head": view.head,
                "heads": view.heads,
                "how": view.how,
                "queries": [view.queries[row] for row in one.rows_of(view)],
                "keys": list(view.keys),
                "weights": [view.weights[row].tolist() for row in one.rows_of(view)],
            }
            for view in one.views
        ],
    }
    if attended.sides.target is not None:
        found["target"] = list(attended.sides.target.tokens)
    if one.arithmetics:
        found["arithmetic"] = [arithmetic_document(made) for made in one.arithmetics]
    return found


def arithmetic_document(made: Arithmetic) -> dict[str, Any]:
    """The arithmetic of a word as JSON has it."""
    import dataclasses

    return dataclasses.asdict(made)


def answer_rows(answers: Answers, *, most: int = 10) -> list[dict[str, Any]]:
    """What a model says as JSON has it: all labels, or the likeliest tokens."""
    order = sorted(range(len(answers.values)), key=lambda place: -answers.values[place])
    kept = order[:most] if answers.what == "next" else range(len(order))
    return [
        {
            "name": answers.names[n],
            ("value" if answers.what == "value" else "probability"): answers.values[n],
        }
        for n in kept
    ]


VECTORS = "a vector for each token"
"""What comes of a text where no layer on top of a network says more."""


def answer_words(attended: Attended) -> str:
    """What the model says, in a few words: ``positive .517``; of a translator what it writes."""
    answers, target = attended.answers, attended.sides.target
    if target is not None:
        return repr(" ".join(target.text.split()))
    if answers.what == "value":
        return f"{answers.values[0]:.4g}"
    if answers.what == "vector":
        return VECTORS
    order = sorted(range(len(answers.values)), key=lambda place: -answers.values[place])
    said = "next " if answers.what == "next" else ""
    return said + ", ".join(
        f"{shown(answers.names[place])} {decimals(answers.values[place])}" for place in order[:3]
    )


def _lines(found: Sequence[Shown], *, width: int, colour: bool) -> Iterator[str]:
    for place, one in enumerate(found):
        if place:
            yield ""
        attended = one.attended
        yield from wrap(
            paint(f"{attended.method} → {answer_words(attended)}", BOLD, on=colour), width
        )
        for view in one.views:
            rows = one.rows_of(view)
            yield ""
            unit = "words" if attended.words else "tokens"
            yield from wrap(
                f"{view.title}; {len(view.keys)} {unit if len(view.keys) != 1 else unit[:-1]}, each row sums to 1",
                width,
            )
            yield from shaded_table(view, width=width, colour=colour, rows=rows)
            if one.arithmetics:
                continue
            yield ""
            yield from sum_lines(view, width=width, rows=rows[:SUMS])
            if len(rows) > SUMS:
                yield f"  … {len(rows) - SUMS} more; --word WORD shows its sum"
        for made in one.arithmetics:
            yield ""
            yield from arithmetic_lines(made, width=width)
        yield from _notes(one, width)


def _notes(one: Shown, width: int) -> Iterator[str]:
    attended, notes = one.attended, []
    if any(view.kind == "cross" for view in one.views):
        notes.append("A row is what is written at its place, a column what is read of the source.")
    if attended.words:
        notes.append(
            "Pieces are joined to words: what is read of a word is the sum over its pieces, "
            "what a word reads is the mean over them."
        )
    source = attended.sides.source
    if source.cut:
        notes.append(
            f"The text was cut after {len(source):,} tokens, which is all that the model reads."
        )
    for note in notes:
        yield ""
        yield from wrap(note, width)


def _markdown(found: Sequence[Shown]) -> tuple[list[str], list[str | Table]]:
    """The lines above the first table, and all tables with the sums below each."""
    before: list[str] = []
    parts: list[str | Table] = []
    for one in found:
        for view in one.views:
            head = f"{one.attended.method}: {view.title}"
            (parts if parts else before).append(head)
            columns = [Column("query", "")]
            columns += [
                Column(f"k{n}", shown(key), right=True, show=_weight)
                for n, key in enumerate(view.keys)
            ]
            rows = [
                {
                    "query": shown(view.queries[row]),
                    **{f"k{n}": w for n, w in enumerate(view.weights[row].tolist())},
                }
                for row in one.rows_of(view)
            ]
            parts.append(Table(rows, columns))
            parts += [sum_of(view, row) for row in one.rows_of(view)]
        for made in one.arithmetics:
            parts.append(made.title)
            parts.append(Table([term_row(term) for term in made.terms], term_columns(made)))
    return before, parts


def _weight(value: float) -> str:
    return f"{value:.2f}"
