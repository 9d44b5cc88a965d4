"""``nlpwb embed``: what a base, or a model's last layer, sees of every text, to a file, to an index, or as a map."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nlpwb.cli import options
from nlpwb.cli.of_model import refuse
from nlpwb.errors import UsageError
from nlpwb.report.sink import Sink

if TYPE_CHECKING:
    from nlpwb.workflows.prediction import Embedded


def embed(
    context: typer.Context,
    model: Annotated[
        str,
        typer.Argument(
            help="A folder that `nlpwb train` made, or a base (`nlpwb bases`), or pretrained:base=….",
            metavar="MODEL",
            show_default=False,
        ),
    ],
    corpus: options.Corpus,
    output: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            help="Where the vectors go: .npy, .npz of sparse ones, or a folder for `nlpwb search`.",
            metavar="PATH",
        ),
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
    per_file: options.PerFile = False,
    seed: options.Seed = 0,
    device: options.Device = "auto",
    precision: options.Precision = "float32",
    threads: options.Threads = None,
    cache_dir: options.CacheDir = None,
    no_cache: options.NoCache = False,
    offline: options.Offline = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Write what a base, or a model's head, sees of every text: .npy where it is dense, .npz where it is sparse; or draw it.

    With a folder as PATH it is an index of the documents, which `nlpwb search` asks. What a base makes of a text is kept
    in the cache; its --precision is auto.
    """
    from nlpwb.report.maps import check_map, write_map
    from nlpwb.workflows.document_map import map_documents
    from nlpwb.workflows.prediction import write_embedded

    sink = options.make_sink("auto", None, quiet, verbose)
    folder = _index_folder(output)
    if output is None and plot is None:
        raise UsageError("embed has nothing to do; give -o E.npy, or --plot map.png, or both")
    if label is not None and plot is None:
        raise UsageError("--label: labels only colour the map; add --plot map.png")
    if (projection, theme) != ("pca", "light") and plot is None:
        raise UsageError("--projection and --theme concern the map; add --plot map.png")
    if plot is not None and folder is not None:
        raise UsageError(f"--plot {plot}: an index is not drawn; give -o E.npy, or leave one out")
    if plot is not None:
        check_map(plot, option="--plot")
    options.go_offline(offline)
    reading = options.read_options(
        text=text,
        label=label,
        encoding=encoding,
        input_format=input_format,
        header=header,
        skip_bad_rows=skip_bad_rows,
        per_file=per_file,
    )
    if plot is None:
        reading = dataclasses.replace(reading, labelled=False)
    typed = context.get_parameter_source("precision")
    how: dict[str, Any] = {
        "device": device,
        "precision": precision if typed is not None and typed.name == "COMMANDLINE" else None,
        "threads": threads or options.processors(),
    }
    with options.open_cache(cache_dir, no_cache, sink) as cache:
        if folder is not None:
            from nlpwb.workflows.sentences.embedding import index_corpus

            made = index_corpus(model, corpus, reading, folder, cache=cache, note=sink.note, **how)
            sink.note(
                f"{output}: {made.documents:,} documents, {made.dimensions:,} dimensions; "
                f"`nlpwb search {output} QUERY` asks them"
            )
            return
        embedded = _embedded(context, sink, model, corpus, reading, cache=cache, **how)
    if output is not None:
        write_embedded(embedded, Path(output))
        documents, dimensions = embedded.matrix.shape
        sink.note(f"{output}: {documents:,} documents, {dimensions:,} dimensions")
    if plot is not None:
        picture = map_documents(embedded, projection=projection, seed=seed, warn=sink.warn)
        sink.note(write_map(picture, plot, theme=theme, option="--plot"))


def _index_folder(output: str | None) -> Path | None:
    """The folder of an index, where one was asked for: a name that ends in a slash, or has no ending, or is a folder's."""
    if output is None:
        return None
    path = Path(output)
    return path if output.endswith("/") or not path.suffix or path.is_dir() else None


def _embedded(
    context: typer.Context,
    sink: Sink,
    model: str,
    corpus: str,
    reading: Any,
    *,
    cache: Any,
    device: str,
    precision: str | None,
    threads: int,
) -> Embedded:
    from nlpwb.workflows.prediction import embed as run
    from nlpwb.workflows.sentences.embedding import embed_corpus, opened_base

    opened = opened_base(model, cache=cache, device=device, threads=threads, precision=precision)
    if opened is not None:
        return embed_corpus(opened[0], corpus, reading, note=sink.note)
    refuse(
        context,
        ["cache_dir", "no_cache"],
        "{option} concerns bases, and what a model sees of texts is not kept; leave it out",
    )
    return run(
        Path(model),
        corpus,
        reading,
        device=device,
        precision=precision or "float32",
        threads=threads,
        note=sink.note,
    )
