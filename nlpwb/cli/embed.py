"""``nlpwb embed``: what a model's last layer sees of every text, to a file or as a map."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from nlpwb.cli import options
from nlpwb.cli.of_model import Model
from nlpwb.errors import UsageError


def embed(
    model: Model,
    corpus: options.Corpus,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Where the vectors go.", metavar="PATH")
    ] = None,
    plot: Annotated[
        str | None,
        typer.Option(
            "--plot",
            help="Draw a map of the documents, coloured by label: .png, .svg, or one .html page.",
            metavar="FILE",
        ),
    ] = None,
    projection: options.Projection = "pca",
    theme: options.Theme = "light",
    text: options.Text = None,
    label: options.Label = None,
    encoding: options.Encoding = "utf-8",
    input_format: options.InputFormat = None,
    header: options.Header = None,
    skip_bad_rows: options.SkipBadRows = False,
    seed: options.Seed = 0,
    device: options.Device = "auto",
    precision: options.Precision = "float32",
    threads: options.Threads = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Write what a model's head sees of every text: .npy where it is dense, .npz where it is sparse; or draw it."""
    from nlpwb.report.maps import check_map, write_map
    from nlpwb.workflows.document_map import map_documents
    from nlpwb.workflows.prediction import embed as run
    from nlpwb.workflows.prediction import write_embedded

    sink = options.make_sink("auto", None, quiet, verbose)
    if output is None and plot is None:
        raise UsageError("embed has nothing to do; give -o E.npy, or --plot map.png, or both")
    if label is not None and plot is None:
        raise UsageError("--label: labels only colour the map; add --plot map.png")
    if (projection, theme) != ("pca", "light") and plot is None:
        raise UsageError("--projection and --theme concern the map; add --plot map.png")
    if plot is not None:
        check_map(plot, option="--plot")
    reading = options.read_options(
        text=text,
        label=label,
        encoding=encoding,
        input_format=input_format,
        header=header,
        skip_bad_rows=skip_bad_rows,
    )
    embedded = run(
        model,
        corpus,
        reading if plot is not None else dataclasses.replace(reading, labelled=False),
        device=device,
        precision=precision,
        threads=threads or options.processors(),
        note=sink.note,
    )
    if output is not None:
        write_embedded(embedded, output)
        documents, dimensions = embedded.matrix.shape
        sink.note(f"{output}: {documents:,} documents, {dimensions:,} dimensions")
    if plot is not None:
        picture = map_documents(embedded, projection=projection, seed=seed, warn=sink.warn)
        sink.note(write_map(picture, plot, theme=theme, option="--plot"))
