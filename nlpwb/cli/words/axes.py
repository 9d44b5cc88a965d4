"""``nlpwb words axes`` and ``nlpwb words vector``: where a word lies, by named axes and by numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nlpwb.cli import options
from nlpwb.cli.words import asking
from nlpwb.errors import UsageError
from nlpwb.report.numbers import decimals
from nlpwb.report.sink import Column, Row

if TYPE_CHECKING:
    from nlpwb.workflows.words.leaning import Axis, Leaning, Numbers

TAKEN = ("word", "rank", "note")
"""Names that no axis can have: the other fields of a row, and the one by which a batch tells questions apart."""
_SHOWN = 6  # numbers of a vector that a table shows


def axes(
    vectors: asking.Vectors,
    words: Annotated[
        list[str],
        typer.Argument(
            help="Words, or - for standard input, a word a line.",
            metavar="WORD…",
            show_default=False,
        ),
    ],
    axis: Annotated[
        list[str],
        typer.Option(
            "--axis",
            help="A name, and words that stand for it (repeatable).",
            metavar="NAME=WORD,WORD…",
            show_default=False,
        ),
    ],
    least: Annotated[
        float,
        typer.Option(
            "--least",
            help="A word leans to an axis from this many standard deviations above the usual cosine.",
            min=0,
        ),
    ] = 2.0,
    format: options.Format = "auto",
    out: options.Out = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Print how far words lean to axes that you name: shares of what lies above the usual cosine."""
    from nlpwb.workflows.words.asking import lines_of_stdin, open_vectors
    from nlpwb.workflows.words.leaning import leanings, parse_axis

    sink = options.make_sink(format, out, quiet, verbose)
    batch = asking.is_batch(words)
    if not batch:
        asking.reject_dash(words)
    named = [parse_axis(text) for text in axis]
    columns = _axis_columns([one.name for one in named])
    asked = open_vectors(vectors, batch=batch)
    typed = lines_of_stdin() if batch else words
    rows = (_axis_row(row, named) for row in leanings(asked, named, typed, least=least))
    answered = f"{named[0].name}_cosine"
    if batch:
        asking.print_batch(sink, rows, columns, answered=answered)
        return
    after = []
    if len(named) > 1:
        after = [
            "Shares of the standard deviations by which a cosine lies above that of a usual word; "
            f"–: less than {least:g} for every axis."
        ]
    asking.print_answers(sink, rows, columns, answered=answered, after=after)


def _axis_columns(names: list[str]) -> list[Column]:
    """A share, a cosine and a distance for each axis; of one axis alone the share would always be 1."""
    several = len(names) > 1
    columns = [Column("word", "word", keep=True)]
    if several:
        columns += [Column(name, name, right=True, keep=True, show=_share) for name in names]
    keys = list(TAKEN)
    for name in names:
        cosine, above = f"{name}_cosine", f"{name}_above"
        keys += [name, cosine, above]
        columns += [
            Column(cosine, f"cosine with {name}", True, show=decimals, table=not several),
            Column(above, "above usual (sd)", True, show=_deviations, table=not several),
        ]
    columns.append(Column("note", "note", wrap=True, table=False))
    for key in keys:
        if keys.count(key) > 1:
            raise UsageError(
                f"--axis: the name {key} is taken or given twice; give each axis a name of its own"
            )
    return columns


def _axis_row(leaning: Leaning, axes: list[Axis]) -> Row:
    row: dict[str, Any] = {"word": leaning.word, "note": leaning.note}
    for axis, share, cosine, above in zip(
        axes, leaning.shares, leaning.cosines, leaning.above, strict=True
    ):
        row[axis.name] = share
        row[f"{axis.name}_cosine"] = cosine
        row[f"{axis.name}_above"] = above
    return row


def _share(value: float) -> str:
    return f"{value:.2f}"


def _deviations(value: float) -> str:
    return f"{value:+.1f}".replace("-", "−")


def vector(
    vectors: asking.Vectors,
    words: Annotated[
        list[str],
        typer.Argument(
            help="Words, or - for standard input, a word a line.",
            metavar="WORD…",
            show_default=False,
        ),
    ],
    format: options.Format = "auto",
    out: options.Out = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Print the numbers of words: TSV and CSV have a column for each, JSON a list."""
    from nlpwb.workflows.words.asking import lines_of_stdin, open_vectors
    from nlpwb.workflows.words.leaning import numbers as run

    sink = options.make_sink(format, out, quiet, verbose)
    batch = asking.is_batch(words)
    if not batch:
        asking.reject_dash(words)
    asked = open_vectors(vectors, batch=batch)
    found = run(asked, lines_of_stdin() if batch else words)
    if sink.format in ("tsv", "csv"):
        dimensions = [f"d{number}" for number in range(1, asked.vectors.dimensions + 1)]
        rows = _spread(found, dimensions)
        columns = [Column("word", "word"), *(Column(name, name) for name in dimensions)]
        answered = "d1"
    else:
        rows = map(vars, found)
        columns = [
            Column("word", "word", keep=True),
            Column("vector", "vector", keep=True, show=_first_numbers),
            Column("norm", "length", right=True),
            Column("source", "from"),
            Column("note", "note", wrap=True, table=False),
        ]
        answered = "vector"
    if batch:
        asking.print_batch(sink, rows, columns, answered=answered)
    else:
        asking.print_answers(sink, rows, columns, answered=answered)


def _spread(found: Iterator[Numbers], dimensions: list[str]) -> Iterator[Row]:
    missing = (None,) * len(dimensions)
    for entry in found:
        values = entry.vector if entry.vector is not None else missing
        yield {"word": entry.word, "note": entry.note, **dict(zip(dimensions, values, strict=True))}


def _first_numbers(vector: tuple[float, ...]) -> str:
    first = " ".join(f"{value:.3f}".replace("-", "−") for value in vector[:_SHOWN])
    return first if len(vector) <= _SHOWN else f"{first} … ({len(vector):,})"
