"""``nlpwb words neighbors``: the words nearest to a word."""

from __future__ import annotations

from typing import Annotated

import typer

from nlpwb.cli import options
from nlpwb.cli.words import asking
from nlpwb.errors import UsageError
from nlpwb.report.numbers import decimals
from nlpwb.report.sink import Column


def neighbors(
    vectors: asking.Vectors,
    words: Annotated[
        list[str],
        typer.Argument(
            help="Words, or - for standard input, a word a line.",
            metavar="WORD…",
            show_default=False,
        ),
    ],
    k: asking.Nearest = 10,
    restrict_vocab: asking.Restrict = None,
    index: Annotated[
        bool,
        typer.Option("--index", help="Ask the index of `words index`, which may miss some words."),
    ] = False,
    format: options.Format = "auto",
    out: options.Out = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Print the words whose vectors have the greatest cosine with that of a word, nearest first."""
    from nlpwb.workflows.words.asking import lines_of_stdin, open_vectors
    from nlpwb.workflows.words.indexing import open_index
    from nlpwb.workflows.words.questions import neighbors as run

    sink = options.make_sink(format, out, quiet, verbose)
    batch = asking.is_batch(words)
    if not batch:
        asking.reject_dash(words)
    if index and restrict_vocab is not None:
        raise UsageError("--index searches all words; leave out --restrict-vocab, or --index")
    asked = open_vectors(vectors, batch=batch)
    queries = lines_of_stdin() if batch else words
    graph = open_index(vectors) if index else None
    rows = map(vars, run(asked, queries, k=k, restrict=restrict_vocab, index=graph))
    columns = [
        Column("query", "query", keep=True, table=batch or len(words) > 1),
        Column("rank", "rank", right=True),
        Column("word", "word", keep=True),
        Column("cosine", "cosine", right=True, keep=True, show=decimals),
        Column("count", "count", right=True, table=asked.vectors.counts is not None),
        Column("note", "note", wrap=True, table=False),
    ]
    said = f"index, recall@10 {decimals(graph.facts.recall)}" if graph else None
    if said is not None and (batch or sink.format not in ("table", "md")):
        sink.note(said)
    if batch:
        asking.print_batch(sink, rows, columns, answered="word")
        return
    searched = asking.searched(asked, restrict_vocab)
    if said is not None:
        searched += f"   {said}"
    before = [f"nearest to {', '.join(words)}   {searched}"]
    asking.print_answers(sink, rows, columns, answered="word", before=before)
