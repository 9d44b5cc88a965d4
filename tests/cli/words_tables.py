"""Word vectors on disk for tests of the command line."""

from __future__ import annotations

from pathlib import Path

from nlpwb.vectors.folder import write_folder
from nlpwb.vectors.table import WordVectors
from tests.vectors.planted import grouped_table, turned, with_rows


def planted(folder: Path) -> None:
    """``a``: three groups of twelve words; ``b``: turned, and fruit5 went to the tools; ``few``: three of its words."""
    a = grouped_table()
    b = turned(with_rows(a, {"fruit5": "tool3"}), factor=2.0)
    few = WordVectors(list(a.words[:3]), a.vectors[:3])
    for name, table in (("a", a), ("b", b), ("few", few)):
        write_folder(folder / name, table, {"method": "planted", "lowercase": True})
