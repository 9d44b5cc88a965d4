"""A field of a row, and how a table shows it."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]

MISSING = "–"
_BREAK = re.compile(r"\s*[^\S ]\s*")


@dataclass(frozen=True)
class Column:
    """A field and how a table shows it.

    ``show`` turns the raw value into a cell; ``keep`` columns never leave a narrow table. Where the width is too small, a
    ``wrap`` column (prose) is broken at spaces and a ``wrap_at`` column (specs) after any of these characters, before a
    column leaves. ``table=False`` fields are only in the machine formats, ``machine=False`` fields only in tables.
    """

    key: str
    header: str
    right: bool = False
    keep: bool = False
    wrap: bool = False
    wrap_at: str = ""
    table: bool = True
    machine: bool = True
    show: Callable[[Any], str] | None = None

    @property
    def flexible(self) -> bool:
        """Whether a cell of this column may take more than one line."""
        return self.wrap or bool(self.wrap_at)

    def cell(self, row: Row) -> str:
        """The text of this field of a row, as a table shows it, in one line; a missing value is a dash."""
        value = row.get(self.key)
        if value is None or (isinstance(value, float) and not math.isfinite(value)):
            return MISSING
        return visible(self.show(value) if self.show is not None else _shown(value))


@dataclass(frozen=True)
class Table:
    """Rows under columns; the rows of which ``strong`` is true stand out on a terminal."""

    rows: Sequence[Row]
    columns: Sequence[Column]
    strong: Callable[[Row], bool] = lambda _: False

    @property
    def shown(self) -> list[Column]:
        """The columns that a person sees."""
        return [column for column in self.columns if column.table]


def one_line(text: str) -> str:
    """White space that holds a tab or a line break becomes one space; nothing else changes."""
    return _BREAK.sub(" ", text)


def visible(text: str) -> str:
    """One line without control characters: a text cannot move the cursor of a terminal that shows it."""
    line = one_line(text)
    if line.isprintable():
        return line
    return "".join("\N{REPLACEMENT CHARACTER}" if _controls(c) else c for c in line)


def _controls(character: str) -> bool:
    # U+FFFE and U+FFFF are no characters: XML, and so SVG, refuses them like control characters.
    return unicodedata.category(character) in ("Cc", "Cs") or character in "\ufffe\uffff"


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, (list, tuple)):
        return ", ".join(str(item) for item in value)
    return str(value)
