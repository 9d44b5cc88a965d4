"""``nlpwb words train``: a corpus to word vectors."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from nlpwb.cli import options
from nlpwb.cli.train import SpecArgument
from nlpwb.errors import UsageError
from nlpwb.report.sink import Column

DEVICES = ("cpu", "cuda")


def train(
    spec: SpecArgument,
    corpus: options.Corpus,
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            help="A folder, or a file by its ending: .bin, .vec, .txt or .glove, each with .gz too.",
            metavar="VECTORS",
            show_default=False,
        ),
    ],
    deterministic: Annotated[
        bool,
        typer.Option("--deterministic", help="One thread: the same bytes for the same seed."),
    ] = False,
    device: Annotated[
        str,
        typer.Option(
            "--device",
            help="cpu: compiled loops, a thread a processor; cuda: batches on a GPU, by torch.",
            callback=options.among("--device", DEVICES),
            autocompletion=lambda: list(DEVICES),
            metavar="NAME",
        ),
    ] = "cpu",
    text: options.Text = None,
    encoding: options.Encoding = "utf-8",
    input_format: options.InputFormat = None,
    header: options.Header = None,
    skip_bad_rows: options.SkipBadRows = False,
    per_file: options.PerFile = False,
    format: options.Format = "auto",
    out: options.Out = None,
    seed: options.Seed = 0,
    threads: options.Threads = None,
    cache_dir: options.CacheDir = None,
    no_cache: options.NoCache = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Train word vectors: skipgram, cbow, fasttext, glove or ppmi. A document is a context: no window crosses its end."""
    from nlpwb.report.comparison import size
    from nlpwb.report.training_line import training_line, words_line
    from nlpwb.specs import parse_spec
    from nlpwb.workflows.words.training import train_words

    sink = options.make_sink(format, out, quiet, verbose)
    if deterministic and threads not in (None, 1):
        raise UsageError(
            f"--deterministic trains in one thread, and --threads {threads} asks for more; give one of the two"
        )
    if deterministic and device != "cpu":
        raise UsageError(
            f"--deterministic trains on a processor, and sums on {device} come in any order; leave one of the two out"
        )
    reading = options.read_options(
        text=text,
        encoding=encoding,
        input_format=input_format,
        header=header,
        skip_bad_rows=skip_bad_rows,
        per_file=per_file,
    )
    with (
        options.open_cache(cache_dir, no_cache, sink) as cache,
        training_line(words_line, quiet=quiet) as line,
    ):
        trained = train_words(
            parse_spec(spec),
            corpus,
            dataclasses.replace(reading, labelled=False),
            output,
            seed=seed,
            threads=1 if deterministic else threads or options.processors(),
            device=device,
            cache=cache,
            note=line.above(sink.note),
            progress=line.show,
        )
    sink.table(
        [dataclasses.asdict(trained)],
        [
            Column("vectors", "written to", keep=True),
            Column("method", "method", wrap_at=",+"),
            Column("documents", "documents", right=True),
            Column("tokens", "tokens", right=True),
            Column("occurrences", "occurrences", table=False),
            Column("words", "words", right=True, keep=True),
            Column("dimensions", "dim", right=True),
            Column("epochs", "epochs", right=True, table=False),
            Column("resumed", "resumed", right=True, table=False),
            Column("loss", "loss", right=True, show=lambda value: f"{value:.3f}"),
            Column("seconds", "trained in", right=True, show=lambda value: f"{value:.1f} s"),
            Column("words_per_second", "words/s", right=True, show=lambda value: f"{value:,.0f}"),
            Column("bytes", "size", right=True, show=size),
        ],
    )
