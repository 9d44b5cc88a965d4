"""``nlpwb words similarity`` and ``nlpwb words odd``: how near words are to each other."""

from __future__ import annotations

from typing import Annotated

import typer

from nlpwb.cli import options
from nlpwb.cli.words import asking
from nlpwb.errors import UsageError
from nlpwb.report.numbers import decimals
from nlpwb.report.sink import Column


def similarity(
    vectors: asking.Vectors,
    words: Annotated[
        list[str],
        typer.Argument(
            help="Two words, or - for standard input, two words a line.",
            metavar="A B",
            show_default=False,
        ),
    ],
    format: options.Format = "auto",
    out: options.Out = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Print the cosine of two words."""
    from nlpwb.workflows.words.asking import lines_of_stdin, open_vectors
    from nlpwb.workflows.words.questions import similarities as run

    sink = options.make_sink(format, out, quiet, verbose)
    batch = asking.is_batch(words)
    if not batch:
        asking.reject_dash(words)
        if len(words) != 2:
            raise UsageError(f"similarity needs two words, got {len(words)}")
    asked = open_vectors(vectors, batch=batch)
    pairs = map(asking.fields, lines_of_stdin()) if batch else [words]
    rows = map(vars, run(asked, pairs))
    columns = [
        Column("a", "a", keep=True),
        Column("b", "b", keep=True),
        Column("cosine", "cosine", right=True, keep=True, show=decimals),
        Column("note", "note", wrap=True, table=False),
    ]
    if batch:
        asking.print_batch(sink, rows, columns, answered="cosine")
    else:
        asking.print_answers(sink, rows, columns, answered="cosine")


def odd(
    vectors: asking.Vectors,
    words: Annotated[
        list[str],
        typer.Argument(
            help="Three words or more, or - for standard input, a question a line.",
            metavar="WORD…",
            show_default=False,
        ),
    ],
    format: options.Format = "auto",
    out: options.Out = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Print which word is least like the others: the one farthest from the mean of all."""
    from nlpwb.workflows.words.asking import lines_of_stdin, open_vectors
    from nlpwb.workflows.words.questions import odd_ones as run

    sink = options.make_sink(format, out, quiet, verbose)
    batch = asking.is_batch(words)
    if not batch:
        asking.reject_dash(words)
        if len(words) < 3:
            raise UsageError(f"odd needs three words at least, got {len(words)}")
    asked = open_vectors(vectors, batch=batch)
    questions = map(asking.fields, lines_of_stdin()) if batch else [words]
    rows = map(vars, run(asked, questions))
    columns = [
        Column("question", "question", keep=True, table=batch),
        Column("rank", "rank", right=True, table=False),
        Column("word", "word", keep=True),
        Column("cosine", "cosine with the mean", right=True, keep=True, show=decimals),
        Column("odd", "", keep=True, show=lambda is_odd: "odd" if is_odd else ""),
        Column("note", "note", wrap=True, table=False),
    ]
    if batch:
        asking.print_batch(sink, rows, columns, answered="word")
    else:
        asking.print_answers(sink, rows, columns, answered="word", strong=lambda row: row["odd"])
