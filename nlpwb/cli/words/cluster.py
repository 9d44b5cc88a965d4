"""``nlpwb words cluster``: words in groups, as a table, a tree or a dendrogram."""

from __future__ import annotations

import dataclasses
import sys
from typing import Annotated

import typer

from nlpwb.cli import options
from nlpwb.cli.words.asking import Vectors
from nlpwb.cli.words.choosing import (
    Around,
    Clusters,
    Neighbours,
    Words,
    number_of_clusters,
    wanted_words,
)
from nlpwb.errors import UsageError
from nlpwb.report.numbers import decimals
from nlpwb.report.sink import Column


def cluster(
    vectors: Vectors,
    words: Words = None,
    top: Annotated[
        int | None,
        typer.Option(
            help="The most frequent words; 1000 where no others are named.",
            min=1,
            show_default=False,
        ),
    ] = None,
    around: Around = None,
    k: Neighbours = None,
    method: Annotated[
        str,
        typer.Option(
            help="kmeans (by direction) or agglomerative (average linkage).",
            callback=options.among("--method", ("kmeans", "agglomerative")),
            metavar="NAME",
        ),
    ] = "kmeans",
    clusters: Clusters = "auto",
    tree: Annotated[
        bool,
        typer.Option(
            "--tree",
            help="Print the tree of --method agglomerative, drawn on a terminal, with its merges in JSON; "
            "other formats have the words alone.",
        ),
    ] = False,
    output: Annotated[
        str | None,
        typer.Option("-o", "--output", help="Draw the dendrogram: .png or .svg.", metavar="FILE"),
    ] = None,
    theme: options.Theme = "light",
    format: options.Format = "auto",
    out: options.Out = None,
    seed: options.Seed = 0,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Put words into groups: their size, the words in their middle, and how well they hold together."""
    from nlpwb.report.dendrogram import check_dendrogram, check_words, plot_dendrogram
    from nlpwb.workflows.words.clustering import SAMPLE
    from nlpwb.workflows.words.clustering import cluster as run

    sink = options.make_sink(format, out, quiet, verbose)
    if method != "agglomerative" and (tree or output is not None):
        option = "--tree" if tree else f"-o {output}"
        raise UsageError(f"{option}: k-means makes no tree; add --method agglomerative")
    if output is not None:
        check_dendrogram(output)
    if words is None and around is None and top is None:
        top = 1000

    def check(count: int) -> None:
        if output is not None:
            check_words(count, output)

    found = run(
        vectors,
        wanted_words(words, top, around=around, neighbours=k),
        method=method,
        clusters=number_of_clusters(clusters),
        seed=seed,
        warn=sink.warn,
        check=check,
    )
    if found.tried:
        tried = ", ".join(f"{count}: {score:.3f}" for count, score in found.tried)
        sampled = method == "kmeans" and len(found.words) > SAMPLE
        on = f", on {SAMPLE:,} of the words" if sampled else ""
        sink.note(
            f"{len(found.clusters)} clusters, by the mean silhouette of each number{on} ({tried})"
        )
    if output is not None:
        assert found.merges is not None
        of = {member.word: member.cluster for member in found.members}
        plot_dendrogram(
            found.words,
            found.merges,
            [of[word] for word in found.words],
            title=found.source,
            path=output,
            theme=theme,
        )
        sink.note(f"{output}: {len(found.members):,} words")
    if tree and sink.format == "table":
        from nlpwb.report.style import has_colour
        from nlpwb.report.word_tree import word_tree

        assert found.tree is not None
        colour = sink.out is None and has_colour(sys.stdout)
        sink.write(word_tree(found.tree, found.words, width=sink.width, colour=colour))
        return

    sink.table(
        [dataclasses.asdict(group) for group in found.clusters],
        [
            Column("word", "word", table=False),
            Column("cluster", "cluster", right=True, keep=True),
            Column("cosine", "cosine", table=False),
            Column("size", "words", right=True, keep=True, machine=False),
            Column("cohesion", "cohesion", right=True, show=decimals, machine=False),
            Column("silhouette", "silhouette", right=True, show=decimals),
            Column("words", "nearest to its centre", wrap=True, machine=False),
            Column("count", "count", table=False),
        ],
        before=[
            f"{found.source}   {len(found.members):,} words   {len(found.clusters)} clusters "
            f"({found.method})   mean silhouette {decimals(found.silhouette)}"
        ],
        records=[dataclasses.asdict(member) for member in found.members],
        document=found.document(tree=tree),
    )
