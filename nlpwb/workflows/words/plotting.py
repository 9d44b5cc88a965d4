"""Words as points of a plane, coloured by cluster or by the axis that they lean to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nlpwb.errors import InputError, UsageError
from nlpwb.vectors.files import read_vectors
from nlpwb.vectors.picture import Mark, Picture
from nlpwb.workflows.words.asking import Asked
from nlpwb.workflows.words.choosing import Chosen, Wanted, choose, nearest_words
from nlpwb.workflows.words.clustering import grouped
from nlpwb.workflows.words.leaning import Axis, leanings

if TYPE_CHECKING:
    from nlpwb.vectors.projection import Projected
    from nlpwb.vectors.table import WordVectors

MOST = 5_000
"""Points of a map: more take minutes, and show a cloud."""
NEAR = 10
MOST_CLUSTERS = 8
LEAST_CLUSTERED = 6


@dataclass(frozen=True)
class Style:
    """How words are laid out and coloured. ``colour_by``: cluster, axis or none; ``axes``: what words may lean to."""

    projection: str = "pca"
    colour_by: str = "cluster"
    clusters: int | None = None
    axes: Sequence[Axis] = ()


def map_words(
    source: Path,
    wanted: Wanted,
    style: Style,
    *,
    seed: int,
    warn: Callable[[str], None],
) -> Picture:
    """Project the words that were asked for into a plane, with their neighbours in the whole table.

    Raises:
        InputError: fewer than three words, or more than a map can hold.
        UsageError: colours by axis without axes, or axes without these colours.
    """
    from nlpwb.vectors.projection import LEAST, project

    if (style.colour_by == "axis") != bool(style.axes):
        raise UsageError(
            "--colour-by axis needs --axis NAME=word,word, twice at least, and --axis needs --colour-by axis"
        )
    if style.clusters is not None and style.colour_by != "cluster":
        raise UsageError("--clusters has no effect without --colour-by cluster; leave one out")
    if wanted.top is not None and wanted.top > MOST:
        raise InputError(
            f"--top {wanted.top}: a map of more than {MOST:,} words is a cloud; take {MOST:,} at most"
        )
    table = read_vectors(source)
    chosen = choose(table, source.name or str(source), wanted, least=LEAST, warn=warn)
    n = len(chosen.words)
    if n > MOST:
        raise InputError(f"a map of {n:,} words is a cloud; take {MOST:,} at most")
    places = project(chosen.units, style.projection, seed=seed)
    groups, names, said = _groups(table, source.name or str(source), chosen, style, seed=seed)
    near = nearest_words(table, chosen.units, k=NEAR, without=chosen.words)
    marks = [
        Mark(
            text=word,
            x=float(x),
            y=float(y),
            group=groups[i] if groups is not None else None,
            count=chosen.counts[i],
            near=tuple(near[i]),
        )
        for i, (word, (x, y)) in enumerate(zip(chosen.words, places.places, strict=True))
    ]
    return Picture(
        title=_title(source, wanted),
        facts=[f"{n:,} words", *projection_facts(places, seed=seed), *said],
        notes=projection_notes(places),
        marks=marks,
        groups=names,
        named_groups=style.colour_by == "axis",
        axes=axis_names(places),
    )


def projection_facts(places: Projected, *, seed: int) -> list[str]:
    """How the plane was made, in phrases."""
    if places.shares is not None:
        return [f"two principal components, {percent(sum(places.shares))} of the variance"]
    return [f"t-SNE, perplexity {places.perplexity:.0f}", f"seed {seed}"]


def projection_notes(places: Projected) -> list[str]:
    """How the plane may be read."""
    if places.shares is not None:
        return [
            f"The plane shows {percent(sum(places.shares))} of how the vectors differ: what is near here may be far apart, "
            "and what is far here is."
        ]
    return [
        "t-SNE keeps neighbours together; distances between groups, their sizes and the axes mean nothing."
    ]


def axis_names(places: Projected) -> tuple[str, str] | None:
    """The names of the axes where these mean something."""
    if places.shares is None:
        return None
    one, two = places.shares
    return (
        f"first component, {percent(one, 1)} of the variance",
        f"second component, {percent(two, 1)}",
    )


def percent(share: float, decimals: int = 0) -> str:
    """A share of 1 as people read it."""
    return f"{100 * share:.{decimals}f} %"


def _title(source: Path, wanted: Wanted) -> str:
    if wanted.around is not None:
        return f"{source}: around {wanted.around}"
    if wanted.top is not None:
        return f"{source}: the most frequent words"
    return str(source)


def _groups(
    table: WordVectors, source: str, chosen: Chosen, style: Style, *, seed: int
) -> tuple[Sequence[int | None] | None, list[str], list[str]]:
    """The group of each word, the names of the groups, and what is to be said of them."""
    n = len(chosen.words)
    if style.axes:
        groups, lost = _leanings(table, source, chosen, style.axes)
        said = "colours: the axis each word leans to"
        if lost:
            said += f", {lost} {'leans' if lost == 1 else 'lean'} to none"
        return groups, [axis.name for axis in style.axes], [said]
    if style.colour_by != "cluster" or (style.clusters is None and n < LEAST_CLUSTERED):
        return None, [], []
    if style.clusters is not None and style.clusters >= n:
        raise InputError(
            f"--clusters {style.clusters}: there are {n} words; ask for {n - 1} at most"
        )
    labels, _ = grouped(
        chosen.units, None, clusters=style.clusters, seed=seed, most=min(MOST_CLUSTERS, n - 1)
    )
    count = int(labels.max()) + 1
    names = [f"cluster {number + 1}" for number in range(count)]
    return (
        labels.tolist(),
        names,
        [f"colours: {count} clusters in all {table.dimensions} dimensions"],
    )


def _leanings(
    table: WordVectors, source: str, chosen: Chosen, axes: Sequence[Axis]
) -> tuple[list[int | None], int]:
    """The axis to which each word leans most, as ``words axes`` has it, and how many lean to none."""
    from nlpwb.vectors.axes import LEAST

    asked = Asked(source, table, batch=False)
    groups: list[int | None] = []
    for leaning in leanings(asked, axes, chosen.words, least=LEAST):
        shares = [-1.0 if share is None else share for share in leaning.shares]
        groups.append(shares.index(max(shares)) if max(shares) > 0 else None)
    return groups, groups.count(None)
