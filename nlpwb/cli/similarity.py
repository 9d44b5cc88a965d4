"""``nlpwb similarity``: how well cosines of texts agree with what people say of pairs of them."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nlpwb.cli import options
from nlpwb.report.numbers import decimals, difference, interval, score, seconds
from nlpwb.report.sink import Column, Row, Sink, check_place

if TYPE_CHECKING:
    from nlpwb.workflows.sentences.similarity import Similarities

SHARE, CORRELATION = "accuracy", "spearman"
"""How a figure is shown: as a share, without the zero before the point; a difference as one of correlations."""


def similarity(
    pairs: Annotated[
        str,
        typer.Argument(
            help="Two texts a row, and a score where there is one: TSV, CSV, JSONL, or - for standard input.",
            metavar="FILE",
            show_default=False,
        ),
    ],
    base: Annotated[
        list[str] | None,
        typer.Option(
            "--base",
            help="A base (`nlpwb bases`), or a spec such as pretrained:base=minilm,pooling=cls; other representations are "
            "fitted on these texts (repeatable).  [default: minilm]",
            metavar="BASE",
        ),
    ] = None,
    model: Annotated[
        list[Path] | None,
        typer.Option(
            "--model", help="A folder that `nlpwb train` made (repeatable).", metavar="MODEL"
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            help="Each pair with its cosine: .tsv, .csv, .json, .jsonl or .md.",
            metavar="FILE",
        ),
    ] = None,
    text: Annotated[
        str | None,
        typer.Option(
            "--text", help="The two columns of texts, by name or by number: 6,7.", metavar="COL,COL"
        ),
    ] = None,
    label: Annotated[
        str | None, typer.Option("--label", help="Column of the scores.", metavar="COL")
    ] = None,
    encoding: options.Encoding = "utf-8",
    input_format: options.InputFormat = None,
    header: options.Header = None,
    skip_bad_rows: options.SkipBadRows = False,
    format: options.Format = "auto",
    out: options.Out = None,
    seed: options.Seed = 0,
    device: options.Device = "auto",
    threads: options.Threads = None,
    cache_dir: options.CacheDir = None,
    no_cache: options.NoCache = False,
    offline: options.Offline = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Judge vectors of texts by pairs that people scored: Spearman's correlation; without scores, print the cosines."""
    from nlpwb.workflows.sentences.similarity import judge_encoders

    sink = options.make_sink(format, out, quiet, verbose)
    if output is not None:
        check_place(output, option="-o")
    cosines = None if output is None else Sink(out=str(output), quiet=quiet)
    options.go_offline(offline)
    reading = options.read_options(
        text=text,
        label=label,
        encoding=encoding,
        input_format=input_format,
        header=header,
        skip_bad_rows=skip_bad_rows,
    )
    with options.open_cache(cache_dir, no_cache, sink) as cache:
        found = judge_encoders(
            pairs,
            reading,
            bases=base or (),
            models=model or (),
            cache=cache,
            device=device,
            threads=threads or options.processors(),
            seed=seed,
            note=sink.note,
            warn=sink.warn,
        )
    if cosines is not None:
        _show_pairs(cosines, found)
    if found.results:
        _show_results(sink, found)
    elif cosines is None:
        _show_pairs(sink, found)


def _show_results(sink: Sink, found: Similarities) -> None:
    several = len(found.results) > 1
    rows = []
    for one in found.results:
        row: dict[str, Any] = dataclasses.asdict(one)
        row["interval"] = row["difference"] = None
        if one.low is not None and one.high is not None:
            row["interval"] = interval(one.low, one.high, SHARE)
        if one.delta is not None and one.delta_low is not None and one.delta_high is not None:
            row["difference"] = difference(one.delta, one.delta_low, one.delta_high, CORRELATION)
        elif one is found.results[0]:
            row["difference"] = ""
        rows.append(row)
    after = [
        "Spearman's correlation of the cosines with the scores, and its 95 % interval (bootstrap over pairs)."
    ]
    if several:
        after.append("Those that share a letter cannot be told apart (paired bootstrap, Holm).")
    if found.why is not None:
        after.append(f"! {found.why}.")
        if sink.format not in ("table", "md"):
            sink.warn(found.why)
    sink.table(
        rows,
        [
            Column("encoder", "encoder", keep=True, wrap_at=":,/"),
            Column("spearman", "spearman", right=True, keep=True, show=lambda x: score(x, SHARE)),
            Column("low", "low", table=False),
            Column("high", "high", table=False),
            Column("interval", "95 % interval", right=True, keep=True, machine=False),
            Column("letters", "≈", keep=True, table=several),
            Column("delta", "Δ", table=False),
            Column("delta_low", "Δ low", table=False),
            Column("delta_high", "Δ high", table=False),
            Column("difference", "Δ best", right=True, machine=False, table=several),
            Column("pearson", "pearson", right=True, show=lambda x: score(x, SHARE)),
            Column("seconds", "encoded in", right=True, show=seconds),
            Column("dimensions", "dimensions", right=True),
            Column("pairs", "pairs", right=True),
        ],
        before=[
            f"{found.pairs.name}   {len(found.pairs):,} pairs   scores of column {found.pairs.column}"
        ],
        after=after,
    )


def _show_pairs(sink: Sink, found: Similarities) -> None:
    """Every pair with its cosine; of several encoders a column for each, under its name."""
    pairs = found.pairs
    keys = {name: "cosine" if len(found.cosines) == 1 else name for name in found.cosines}
    rows: list[Row] = [
        {
            "row": row,
            **{keys[name]: float(values[place]) for name, values in found.cosines.items()},
            "score": pairs.scores[place] if pairs.scores is not None else None,
            "first": pairs.first[place],
            "second": pairs.second[place],
        }
        for place, row in enumerate(pairs.rows)
    ]
    shown = [
        Column(key, key, right=True, keep=True, show=decimals, wrap_at=":,/")
        for key in keys.values()
    ]
    if pairs.scores is not None:
        shown.append(Column("score", "score", right=True))
    sink.table(
        rows,
        [
            Column("row", "row", right=True),
            *shown,
            Column("first", "first", keep=True, wrap=True),
            Column("second", "second", keep=True, wrap=True),
        ],
    )
