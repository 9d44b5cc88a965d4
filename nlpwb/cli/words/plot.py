"""``nlpwb words plot``: a map of words, as a picture, a page, or a table of coordinates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

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
from nlpwb.report.sink import Column

if TYPE_CHECKING:
    from nlpwb.workflows.words.leaning import Axis


def plot(
    vectors: Vectors,
    words: Words = None,
    top: Annotated[
        int | None, typer.Option(help="The most frequent words.", min=1, show_default=False)
    ] = None,
    around: Around = None,
    k: Neighbours = None,
    output: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            help="Draw into this file: .png, .svg, or .html, one page that needs no network; "
            "coordinates are printed too where --out or --format asks for them.",
            metavar="FILE",
        ),
    ] = None,
    projection: options.Projection = "pca",
    theme: options.Theme = "light",
    colour_by: Annotated[
        str,
        typer.Option(
            "--colour-by",
            help="cluster (k-means in all dimensions), axis or none; auto: axis where --axis is given, else cluster.",
            callback=options.among("--colour-by", ("auto", "cluster", "axis", "none")),
            metavar="NAME",
        ),
    ] = "auto",
    clusters: Clusters = "auto",
    axis: Annotated[
        list[str] | None,
        typer.Option(
            "--axis",
            help="fruit=banana,pear: a direction that words may lean to; twice at least.",
            metavar="NAME=WORDS",
            show_default=False,
        ),
    ] = None,
    format: options.Format = "auto",
    out: options.Out = None,
    seed: options.Seed = 0,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Draw words as a map; without -o, print its coordinates."""
    from nlpwb.report.maps import check_map, write_map
    from nlpwb.workflows.words.plotting import MOST_CLUSTERS, Style, map_words

    sink = options.make_sink(format, out, quiet, verbose)
    if output is not None:
        check_map(output, option="-o")
    axes = _axes(axis or [])
    picture = map_words(
        vectors,
        wanted_words(words, top, around=around, neighbours=k),
        Style(
            projection=projection,
            colour_by=("axis" if axes else "cluster") if colour_by == "auto" else colour_by,
            clusters=number_of_clusters(clusters, most=MOST_CLUSTERS),
            axes=axes,
        ),
        seed=seed,
        warn=sink.warn,
    )
    if output is not None:
        sink.note(write_map(picture, output, theme=theme, option="-o"))
        if out is None and format == "auto":
            return
    by_axis = bool(axes)
    sink.table(
        [
            {
                "word": mark.text,
                "x": mark.x,
                "y": mark.y,
                "cluster": mark.group + 1 if mark.group is not None else None,
                "axis": picture.groups[mark.group] if by_axis and mark.group is not None else None,
                "count": mark.count,
            }
            for mark in picture.marks
        ],
        [
            Column("word", "word", keep=True),
            Column("x", "x", right=True, keep=True),
            Column("y", "y", right=True, keep=True),
            Column("axis", "axis") if by_axis else Column("cluster", "cluster", right=True),
            Column("count", "count", right=True),
        ],
        before=["   ".join([picture.title, *picture.facts])],
        after=picture.notes,
    )


def _axes(given: list[str]) -> list[Axis]:
    """The axes that words may lean to: none, or two to eight."""
    from nlpwb.workflows.words.leaning import parse_axis

    axes = [parse_axis(text) for text in given]
    names = [axis.name for axis in axes]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"--axis {name} is given twice; put its words into one")
    if len(axes) == 1:
        raise UsageError("--axis is given once; words lean to one of two axes at least")
    if len(axes) > 8:
        raise UsageError(
            f"--axis is given {len(axes)} times; eight are the most that can be told apart"
        )
    return axes
