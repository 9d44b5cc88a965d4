"""``nlpwb words drift``: which words moved between two files of word vectors."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from nlpwb.cli import options
from nlpwb.errors import UsageError
from nlpwb.report.numbers import decimals
from nlpwb.report.sink import Column, Table


def drift(
    a: Annotated[
        Path, typer.Argument(help="Word vectors: before.", metavar="A", show_default=False)
    ],
    b: Annotated[
        Path, typer.Argument(help="Word vectors: after.", metavar="B", show_default=False)
    ],
    words: Annotated[
        str | None,
        typer.Option(
            help="Judge these alone, apart by commas; @FILE: a word a line.", metavar="WORDS"
        ),
    ] = None,
    top: Annotated[
        int | None,
        typer.Option(
            help="Judge this many of the most frequent shared words; 10000 where none are named.",
            min=1,
            show_default=False,
        ),
    ] = None,
    k: Annotated[int, typer.Option("-k", help="Neighbours that are compared.", min=1)] = 10,
    min_count: Annotated[
        int, typer.Option(help="Leave out words that either file counts less often.", min=0)
    ] = 0,
    by: Annotated[
        str,
        typer.Option(
            help="What orders the words: neighbors or cosine.",
            callback=options.among("--by", ("neighbors", "cosine")),
            metavar="ORDER",
        ),
    ] = "neighbors",
    show: Annotated[
        int, typer.Option(help="Words in a table; the other formats have all.", min=1)
    ] = 20,
    format: options.Format = "auto",
    out: options.Out = None,
    seed: options.Seed = 0,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Say which words moved between two corpora, or two trainings: the most moved first."""
    from nlpwb.workflows.words.drift import drift as run

    sink = options.make_sink(format, out, quiet, verbose)
    if words is not None and top is not None:
        raise UsageError("--words and --top contradict each other; give one")
    found = run(
        a,
        b,
        words=words,
        top=top or 10_000,
        k=k,
        min_count=min_count,
        order=by,
        seed=seed,
        warn=sink.warn,
    )

    def some(names: list[str]) -> str:
        return ", ".join(names[:5])

    rows = [dataclasses.asdict(word) for word in found.words]
    counted = any(row["count_a"] is not None or row["count_b"] is not None for row in rows)
    before = [
        f"{found.a} → {found.b}   {found.judged:,} of {found.shared:,} shared words   "
        f"{found.k} neighbours",
        f"neighbours kept (mean Jaccard): {decimals(found.jaccard)}, 95 % interval over words "
        f"{decimals(found.low)} to {decimals(found.high)}   mean cosine after alignment: "
        f"{decimals(found.cosine)}",
    ]
    after: list[str | Table] = []
    if found.bands:
        after += [
            "By frequency, for rare words move between any two trainings:",
            Table(
                [dataclasses.asdict(band) for band in found.bands],
                [
                    Column("first", "from word", right=True),
                    Column("last", "to word", right=True),
                    Column("jaccard", "Jaccard", right=True, show=decimals),
                    Column("cosine", "cosine", right=True, show=decimals),
                ],
            ),
        ]
    after.append(
        "Two trainings on one text show what is noise; a word has moved if it stands out against "
        "those of its frequency (--min-count leaves rare ones out)."
    )
    if sink.format in ("tsv", "csv", "jsonl"):
        sink.note(before[1])  # their rows are words, and the figures of the whole have no place
    sink.table(
        rows[:show],
        [
            Column("word", "word", keep=True),
            Column("jaccard", "Jaccard", right=True, keep=True, show=decimals),
            Column("cosine", "cosine", right=True, keep=True, show=decimals),
            Column("count_a", "count A", right=True, table=counted),
            Column("count_b", "count B", right=True, table=counted),
            Column("gained", "gained", wrap=True, show=some),
            Column("lost", "lost", wrap=True, show=some),
        ],
        before=before,
        after=after,
        records=rows,
        document=found.document(),
    )
