"""``nlpwb words index``: an approximate index, for many questions to a large table."""

from __future__ import annotations

from typing import Annotated

import typer

from nlpwb.cli import options
from nlpwb.cli.words import asking
from nlpwb.report.sink import Column


def index(
    vectors: asking.Vectors,
    connectivity: Annotated[
        int, typer.Option(help="Links of a word: more find more, and take room.", min=2, max=512)
    ] = 16,
    expansion_add: Annotated[
        int,
        typer.Option(help="Words looked at to place one: more find more, and take time.", min=1),
    ] = 128,
    expansion_search: Annotated[
        int, typer.Option(help="Words looked at to answer: more find more, and take time.", min=1)
    ] = 128,
    format: options.Format = "auto",
    out: options.Out = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Make an index for `words neighbors --index`, and say how much of the exact answer it finds."""
    from nlpwb.report.numbers import decimals, seconds, size
    from nlpwb.workflows.words.indexing import make_index

    sink = options.make_sink(format, out, quiet, verbose)
    made = make_index(
        vectors,
        connectivity=connectivity,
        expansion_add=expansion_add,
        expansion_search=expansion_search,
    )
    sink.table(
        [vars(made)],
        [
            Column("index", "index", keep=True),
            Column("words", "words", right=True),
            Column("bytes", "size", right=True, show=size),
            Column("seconds", "made in", right=True, keep=True, show=seconds),
            Column("recall", "recall@10", right=True, keep=True, show=decimals),
            Column("sampled", "sampled", right=True),
            Column("connectivity", "connectivity", table=False),
            Column("expansion_add", "expansion_add", table=False),
            Column("expansion_search", "expansion_search", table=False),
        ],
    )
