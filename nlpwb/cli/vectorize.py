"""``nlpwb vectorize``: a corpus to a sparse matrix, or to the terms that tell its labels apart."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from nlpwb.cli import options
from nlpwb.cli.train import SpecArgument
from nlpwb.errors import UsageError
from nlpwb.report.sink import Column


def vectorize(
    spec: SpecArgument,
    corpus: options.Corpus,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", help="The matrix, as scipy.sparse.load_npz reads it.", metavar="X.npz"
        ),
    ] = None,
    top: Annotated[
        int, typer.Option(help="Print this many of the strongest terms of every label.", min=0)
    ] = 0,
    text: options.Text = None,
    label: options.Label = None,
    encoding: options.Encoding = "utf-8",
    input_format: options.InputFormat = None,
    header: options.Header = None,
    skip_bad_rows: options.SkipBadRows = False,
    per_file: options.PerFile = False,
    format: options.Format = "auto",
    out: options.Out = None,
    threads: options.Threads = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Write a corpus as a matrix of counts or weights; vocabulary and labels stand beside it."""
    from nlpwb.report.comparison import size
    from nlpwb.specs import parse_spec
    from nlpwb.workflows.vectorizing import vectorize as run

    sink = options.make_sink(format, out, quiet, verbose)
    if output is None and not top:
        raise UsageError("vectorize has nothing to do; give -o X.npz, or --top 20, or both")
    written, strongest = run(
        parse_spec(spec),
        corpus,
        options.read_options(
            text=text,
            label=label,
            encoding=encoding,
            input_format=input_format,
            header=header,
            skip_bad_rows=skip_bad_rows,
            per_file=per_file,
        ),
        output,
        top=top,
        seed=0,
        threads=threads or options.processors(),
        note=sink.note,
    )
    if top:
        if written is not None:
            sink.note(f"{written.matrix}: {written.documents:,} × {written.columns:,}")
        sink.table(
            [dataclasses.asdict(term) for term in strongest],
            [
                Column("label", "label", keep=True),
                Column("rank", "rank", right=True),
                Column("term", "term", keep=True),
                Column("weight", "weight", right=True, show=lambda value: f"{value:.4f}"),
                Column("documents", "documents", right=True),
            ],
        )
        return
    assert written is not None
    sink.table(
        [dataclasses.asdict(written)],
        [
            Column("matrix", "matrix", keep=True),
            Column("documents", "documents", right=True),
            Column("columns", "columns", right=True),
            Column("entries", "entries", right=True),
            Column("bytes", "size", right=True, show=size),
            Column("vocabulary", "vocabulary"),
            Column("labels", "labels"),
        ],
    )
