"""A map of words or documents as plain data: what a figure, a page or a table of coordinates shows. Standard library only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Mark:
    """A point: ``text`` is the word, or the beginning of the document; ``group`` its place in the picture's groups.

    ``near``: the nearest words in the original space, with cosines. ``row``: the document's place in its file.
    """

    text: str
    x: float
    y: float
    group: int | None = None
    count: int | None = None
    near: tuple[tuple[str, float], ...] = ()
    row: int | None = None


@dataclass(frozen=True)
class Picture:
    """Marks with a title, phrases that say how it was made, and notes on how it may be read.

    ``groups`` are named in a legend; clusters, which have no names, are only coloured. ``axes`` are the names of the two axes,
    None where they mean nothing. ``labels`` are written beside their marks: words have them, documents do not.
    """

    title: str
    facts: Sequence[str]
    notes: Sequence[str]
    marks: Sequence[Mark]
    groups: Sequence[str] = ()
    named_groups: bool = True
    axes: tuple[str, str] | None = None
    labels: bool = True
    centres: Sequence[tuple[int, float, float]] = ()
    """Groups that stand so clearly apart that their names can be written on the map: number, x, y."""
