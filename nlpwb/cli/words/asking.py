"""What the commands that ask word vectors share: their arguments, and how answers leave, at once or line by line."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nlpwb.errors import InputError, UsageError
from nlpwb.report.sink import Column, Row, Sink

if TYPE_CHECKING:
    from nlpwb.workflows.words.asking import Asked

Vectors = Annotated[
    Path,
    typer.Argument(
        help="Word vectors: a folder of ours, that of a static model, or a file of another program.",
        metavar="VECTORS",
        show_default=False,
    ),
]
Nearest = Annotated[int, typer.Option("-k", help="Answers to each question.", min=1)]
Restrict = Annotated[
    int | None,
    typer.Option(
        "--restrict-vocab",
        help="Search the first N words alone: the most frequent ones, where the file is in this order.",
        metavar="N",
        min=1,
    ),
]
_ROWS = 1000  # rows that are written together, of a batch that is written as it comes
_STREAMED = ("tsv", "csv", "jsonl")


def is_batch(words: Sequence[str]) -> bool:
    """Whether the questions are the lines of standard input: ``-`` is all that was said."""
    return list(words) == ["-"]


def reject_dash(words: Sequence[str]) -> None:
    """Refuse ``-`` among words.

    Raises:
        UsageError: it is there.
    """
    if "-" in words:
        raise UsageError("- stands for standard input and so for all words; give it alone")


def fields(line: str) -> list[str]:
    """The words of a line: apart by tabs where it has any, else by white space."""
    return [word.strip() for word in line.split("\t")] if "\t" in line else line.split()


def searched(asked: Asked, restrict: int | None) -> str:
    """Which words answers are taken from, for the line above a table."""
    words = len(asked.vectors)
    if restrict is None or restrict >= words:
        return f"among the {words:,} words of {asked.name}"
    return f"among the first {restrict:,} of the {words:,} words of {asked.name}"


def print_answers(
    sink: Sink,
    rows: Iterator[Row],
    columns: Sequence[Column],
    *,
    answered: str,
    before: Sequence[str] = (),
    after: Sequence[str] = (),
    strong: Callable[[Row], bool] = lambda _: False,
) -> None:
    """Print the answers to what was typed. Notes are said once; the field ``answered`` is empty where there is no answer.

    Raises:
        InputError: no row has an answer; the sentence is the note of the first.
    """
    found = list(rows)
    if not any(row[answered] is not None for row in found):
        raise InputError(f"{_first(found[0])}: no answer, for {found[0]['note']}")
    notes = list(
        dict.fromkeys(
            row["note"] if row[answered] is not None else f"{_first(row)}: {row['note']}"
            for row in found
            if row["note"]
        )
    )
    if sink.format in ("table", "md"):
        after = [*after, *notes]
    else:
        for note in notes:
            sink.note(note)
    sink.table(found, columns, before=before, after=after, strong=strong)


def print_batch(
    sink: Sink, rows: Iterator[Row], columns: Sequence[Column], *, answered: str
) -> None:
    """Print the answers to the lines of standard input as they come; say at the end how many have none.

    Raises:
        InputError: no line has an answer.
    """
    tally = _Tally(answered)
    watched = tally.watch(rows)
    if sink.format in _STREAMED and sink.out is None:
        _in_parts(sink, watched, columns)
    else:
        found = list(watched)
        noted = any(row["note"] for row in found)
        sink.table(found, [_shown(column, noted) for column in columns])
    if not tally.unanswered:
        return
    first = tally.first + (" …" if tally.unanswered > 1 else "")
    if tally.unanswered == tally.questions:
        raise InputError(f"no line has an answer: {first}")
    has = "has" if tally.unanswered == 1 else "have"
    sink.warn(f"{tally.unanswered:,} of {tally.questions:,} lines {has} no answer: {first}")


class _Tally:
    """Counts questions, and those without an answer, as their rows go by; the rows of a question stand together."""

    def __init__(self, answered: str) -> None:
        self.answered = answered
        self.questions = 0
        self.unanswered = 0
        self.first = ""

    def watch(self, rows: Iterable[Row]) -> Iterator[Row]:
        """The rows as they are."""
        for row in rows:
            # A question has one row without an answer, or rows of which the first is told by its rank.
            if row.get("rank", 1) in (None, 1):
                self.questions += 1
            if row[self.answered] is None:
                self.unanswered += 1
                self.first = self.first or str(row["note"])
            yield row


def _in_parts(sink: Sink, rows: Iterator[Row], columns: Sequence[Column]) -> None:
    """Rows as they come, many at a time: a write for each of 100,000 rows would take longer than the answers."""
    from nlpwb.report import machine

    written = {"tsv": machine.as_tsv, "csv": machine.as_csv, "jsonl": machine.as_json_lines}
    head = written[sink.format]([], columns)
    sink.write(head)
    while part := list(itertools.islice(rows, _ROWS)):
        sink.write(written[sink.format](part, columns)[len(head) :])


def _first(row: Row) -> object:
    """The first field of a row: what was asked."""
    return next(iter(row.values()))


def _shown(column: Column, noted: bool) -> Column:
    from dataclasses import replace

    return replace(column, table=True) if column.key == "note" and noted else column
