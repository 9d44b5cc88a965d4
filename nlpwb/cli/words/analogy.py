"""``nlpwb words analogy``: king - man + woman."""

from __future__ import annotations

from typing import Annotated, Literal, cast

import typer

from nlpwb.cli import options
from nlpwb.cli.words import asking
from nlpwb.report.numbers import decimals
from nlpwb.report.sink import Column

METHODS = ("3cosadd", "3cosmul")


def analogy(
    vectors: asking.Vectors,
    words: Annotated[
        list[str],
        typer.Argument(
            help="king - man + woman; or man king woman (man is to king as woman is to?); "
            "or - alone for standard input, a question a line, apart by tabs where words have spaces.",
            metavar="WORD [+|- WORD]…",
            show_default=False,
        ),
    ],
    k: asking.Nearest = 10,
    method: Annotated[
        str,
        typer.Option(
            "--method",
            help="3cosadd: the cosine with the sum. 3cosmul: cosines multiplied and divided.",
            callback=options.among("--method", METHODS),
            autocompletion=lambda: list(METHODS),
            metavar="NAME",
        ),
    ] = "3cosadd",
    restrict_vocab: asking.Restrict = None,
    format: options.Format = "auto",
    out: options.Out = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Print the words that answer an analogy, best first; its own words are no answer."""
    from nlpwb.workflows.words.analogies import analogies as run
    from nlpwb.workflows.words.analogies import parse_expression
    from nlpwb.workflows.words.asking import lines_of_stdin, open_vectors

    sink = options.make_sink(format, out, quiet, verbose)
    batch = asking.is_batch(words)
    expression = None if batch else parse_expression(words)
    asked = open_vectors(vectors, batch=batch)
    questions = map(asking.fields, lines_of_stdin()) if batch else [words]
    chosen = cast(Literal["3cosadd", "3cosmul"], method)
    rows = map(vars, run(asked, questions, k=k, method=chosen, restrict=restrict_vocab))
    columns = [
        Column("question", "question", keep=True, table=batch),
        Column("rank", "rank", right=True),
        Column("word", "word", keep=True),
        Column("score", method, right=True, keep=True, show=decimals),
        Column("count", "count", right=True, table=asked.vectors.counts is not None),
        Column("note", "note", wrap=True, table=False),
    ]
    if batch:
        asking.print_batch(sink, rows, columns, answered="word")
        return
    before = [f"{expression}   {asking.searched(asked, restrict_vocab)}"]
    asking.print_answers(sink, rows, columns, answered="word", before=before)
