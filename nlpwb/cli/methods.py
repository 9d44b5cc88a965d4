"""``nlpwb methods``: what there is, and the options of each."""

from __future__ import annotations

from typing import Annotated

import typer

from nlpwb.catalogue import CATALOGUE, find, load
from nlpwb.cli import options
from nlpwb.options import OptionInfo, option_table
from nlpwb.report.sink import Column

_LIST = (
    Column("name", "name", keep=True),
    Column("role", "role"),
    Column("family", "family"),
    Column("summary", "what it is", wrap=True),
    Column("source", "source", wrap=True, table=False),
)
_OPTIONS = (
    Column("option", "option", keep=True),
    Column("default", "default"),
    Column("range", "values", keep=True, wrap_at=" "),
    Column("help", "what it does", keep=True, wrap=True),
    Column("search", "searched", table=False),
)


def methods(
    name: Annotated[
        str | None,
        typer.Argument(
            help="One method: its options, defaults and source.",
            autocompletion=lambda: list(CATALOGUE),
            show_default=False,
        ),
    ] = None,
    format: options.Format = "auto",
    out: options.Out = None,
    quiet: options.Quiet = False,
) -> None:
    """List the methods, or the options of one."""
    sink = options.make_sink(format, out, quiet)
    if name is None:
        rows = [
            {column.key: getattr(entry, column.key) for column in _LIST}
            for entry in CATALOGUE.values()
        ]
        sink.table(
            rows,
            _LIST,
            after=["A spec is method[:option=value,…][+lsa][+head]: tfidf:ngrams=1-2+svm"],
        )
        return
    entry = find(name)
    rows = [
        {
            "option": info.name,
            "default": info.usual,
            "range": info.range,
            "help": info.help,
            "search": _search(info),
        }
        for info in option_table(load(entry.config)).values()
    ]
    sink.table(
        rows,
        _OPTIONS,
        before=[
            f"{entry.name} ({entry.role}, {entry.family}): {entry.summary}",
            f"Source: {entry.source}",
        ],
        document={**{column.key: getattr(entry, column.key) for column in _LIST}, "options": rows},
    )


def _search(info: OptionInfo) -> str | None:
    """Where ``compare --search`` draws the option from, None where it leaves it alone."""
    if not info.search:
        return None
    return " | ".join(info.search) if isinstance(info.search, tuple) else str(info.search)
