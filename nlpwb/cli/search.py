"""``nlpwb search``: the documents of an index that are nearest to a question."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from nlpwb.cli import options
from nlpwb.errors import UsageError
from nlpwb.report.numbers import decimals
from nlpwb.report.sink import Column, Row, Sink

_LEAST = 20
"""Cells of a document's text that a table shows, however narrow it is."""
_QUERY = 24
"""Cells of a question, at most, where several are answered."""


def search(
    index: Annotated[
        Path,
        typer.Argument(
            help="A folder that `nlpwb embed BASE CORPUS -o INDEX/` made.",
            metavar="INDEX",
            show_default=False,
        ),
    ],
    queries: Annotated[
        list[str] | None,
        typer.Argument(
            help="Questions, each in quotes; - or none: a line each from standard input.",
            metavar="[QUERY…]",
            show_default=False,
        ),
    ] = None,
    queries_from: Annotated[
        str | None,
        typer.Option("--queries", help="A file of questions, a line each.", metavar="FILE"),
    ] = None,
    top_k: Annotated[
        int, typer.Option("--top-k", "-k", help="Documents for each question.", min=1)
    ] = 10,
    approximate: Annotated[
        bool,
        typer.Option(
            "--approximate",
            help="Walk a graph in place of the whole table, which may miss some; it is made once and kept in INDEX.",
        ),
    ] = False,
    model: Annotated[
        Path | None,
        typer.Option("--model", help="Where the model that made INDEX is now.", metavar="MODEL"),
    ] = None,
    format: options.Format = "auto",
    out: options.Out = None,
    device: options.Device = "auto",
    threads: options.Threads = None,
    offline: options.Offline = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Print the documents whose vectors have the greatest cosine with that of a question, nearest first."""
    from nlpwb.workflows.sentences.searching import check_queries, open_search, read_queries

    sink = options.make_sink(format, out, quiet, verbose)
    asked = queries or []
    if asked and queries_from is not None:
        raise UsageError("--queries and QUERY say the same; give one")
    if "-" in asked and len(asked) > 1:
        raise UsageError("- stands for standard input and so for all questions; give it alone")
    check_queries(asked)
    options.go_offline(offline)
    found = open_search(
        index,
        model=model,
        approximate=approximate,
        device=device,
        threads=threads or options.processors(),
        note=sink.note,
    )
    batch = not asked or asked == ["-"]
    stream = read_queries(queries_from or "-") if batch else iter(asked)
    hits = (vars(hit) for hit in found.answer(stream, k=top_k))
    before = found.title
    if found.graph is not None:
        said = f"graph, recall@10 {decimals(found.graph.facts.recall)}"
        before += f"   {said}"
        if sink.format not in ("table", "md"):
            sink.note(said)
    _show(sink, hits, before=before, several=batch or len(asked) > 1)


def _show(sink: Sink, hits: Iterator[Row], *, before: str, several: bool) -> None:
    first = list(itertools.islice(hits, 1))  # what cannot be read leaves no header behind
    hits = itertools.chain(first, hits)
    numbers = [
        Column("rank", "rank", right=True, keep=True),
        Column("cosine", "cosine", right=True, keep=True, show=decimals),
        Column("row", "row", right=True, keep=True),
    ]
    query, text = Column("query", "query", keep=True, table=several), Column("text", "text")
    if sink.format not in ("table", "md"):
        sink.stream(hits, [query, *numbers, text])
        return
    rows = list(hits)
    if sink.format == "table":
        room = _room(sink.width, rows, several=several)
        query = replace(query, show=lambda value: _beginning(value, _QUERY))
        text = replace(text, keep=True, show=lambda value: _beginning(value, room))
    if not several and rows:
        before = f"nearest to {rows[0]['query']}   {before}"
    sink.table(rows, [query, *numbers, text], before=[before])


def _room(width: int, rows: list[Row], *, several: bool) -> int:
    """Cells that the other columns leave for the text: each takes its width and two cells before it."""
    from rich.cells import cell_len

    taken = (2 + 4) + (2 + 6) + (2 + max([3, *(len(f"{row['row']:,}") for row in rows)])) + 2
    if several:
        taken += 2 + max([5, *(min(_QUERY, cell_len(row["query"])) for row in rows)])
    return max(_LEAST, width - taken)


def _beginning(text: str, room: int) -> str:
    """As much of a text as has room, in one line."""
    from nlpwb.report.layout import beginning

    return beginning(" ".join(text.split()), room)
