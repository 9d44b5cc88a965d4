"""A line of the speed table, and how the table is printed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    what: str
    ours: str
    peer: str
    ratio: str
    target: str
    met: bool


def print_rows(rows: Iterable[Row]) -> int:
    """Print rows as Markdown, each as soon as it is known; returns 1 where a target is missed."""
    print("| what | ours | peer | ratio | target | met |")
    print("| --- | --- | --- | --- | --- | --- |")
    missed = 0
    for row in rows:
        missed += not row.met
        said = "yes" if row.met else "NO"
        print(
            f"| {row.what} | {row.ours} | {row.peer} | {row.ratio} | {row.target} | {said} |",
            flush=True,
        )
    return int(missed > 0)
