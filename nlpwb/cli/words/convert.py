"""``nlpwb words convert``: word vectors from one format into another."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from nlpwb.cli import options
from nlpwb.report.sink import Column

READ = ("word2vec", "word2vec-binary", "glove", "vec", "fasttext", "model2vec", "folder")
WRITTEN = ("word2vec", "word2vec-binary", "glove", "vec", "folder")
ENCODING_ERRORS = ("strict", "replace", "escape")
DUPLICATES = ("refuse", "first")

_CONVERTED = (
    Column("source", "from", wrap_at="/"),
    Column("read", "format"),
    Column("target", "to", keep=True, wrap_at="/"),
    Column("written", "format", keep=True),
    Column("words", "words", right=True, keep=True),
    Column("dimensions", "dimensions", right=True),
    Column("bytes", "bytes", right=True),
    Column("subwords", "subwords"),
    Column("counts", "counts"),
)


def _if_given(option: str, choices: tuple[str, ...]) -> Callable[[str | None], str | None]:
    check = options.among(option, choices)
    return lambda value: None if value is None else check(value)


def convert(
    source: Annotated[
        Path,
        typer.Argument(
            help="Word vectors: a file, a folder of vectors, or the folder of a static model.",
            metavar="A",
            show_default=False,
        ),
    ],
    target: Annotated[
        Path,
        typer.Argument(
            help="What to write: .txt or .bin (word2vec), .vec, .glove, each perhaps .gz; "
            "no ending, or .vectors: a folder.",
            metavar="B",
            show_default=False,
        ),
    ],
    given: Annotated[
        str | None,
        typer.Option(
            "--from",
            help=f"Format of A where its first bytes do not tell: {', '.join(READ)}.",
            callback=_if_given("--from", READ),
            autocompletion=lambda: list(READ),
            metavar="FORMAT",
        ),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            help=f"Format of B where its ending does not tell: {', '.join(WRITTEN)}.",
            callback=_if_given("--to", WRITTEN),
            autocompletion=lambda: list(WRITTEN),
            metavar="FORMAT",
        ),
    ] = None,
    restrict_vocab: Annotated[
        int | None,
        typer.Option(help="Keep the first N words: the most frequent, in most files.", min=1),
    ] = None,
    normalize: Annotated[
        bool, typer.Option("--normalize", help="Divide each vector by its length.")
    ] = False,
    encoding_errors: Annotated[
        str | None,
        typer.Option(
            help="Words that are not UTF-8: strict (refuse), replace, escape (\\x97); escape for fasttext, else strict.",
            callback=_if_given("--encoding-errors", ENCODING_ERRORS),
            metavar="HOW",
            show_default=False,
        ),
    ] = None,
    duplicates: Annotated[
        str,
        typer.Option(
            help="Words that come twice: refuse, or keep the first.",
            callback=options.among("--duplicates", DUPLICATES),
            metavar="HOW",
        ),
    ] = "refuse",
    format: options.Format = "auto",
    out: options.Out = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Write word vectors in another format, a block of rows at a time; every number stays what it is."""
    from nlpwb.workflows.words.conversion import convert as run

    sink = options.make_sink(format, out, quiet, verbose)
    done = run(
        source,
        target,
        given=given,
        to=to,
        limit=restrict_vocab,
        normalize=normalize,
        encoding_errors=encoding_errors,
        duplicates=duplicates,
        warn=sink.warn,
    )
    record = dataclasses.asdict(done)
    sink.table([record], _CONVERTED, document=record)
