"""Columns side by side for people: aligned by terminal cells, within a width.

Where the width is too small, flexible columns are wrapped first; then the right-hand columns leave, and it is said.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from nlpwb.report.columns import Column, Table
from nlpwb.report.style import BOLD, DIM, YELLOW, paint

MARGIN = 2  # cells before the first column, and between columns
INDENT = 2  # cells before the continuation of a wrapped spec
PROSE = 24  # a prose column is wrapped to this width before another column leaves
SPEC = 32  # a spec that cannot be broken is cut beyond this
NARROWEST = 12


def layout(
    table: Table,
    *,
    width: int,
    before: Sequence[str] = (),
    after: Sequence[str | Table] = (),
    colour: bool = False,
) -> str:
    """Lines, a table, more lines and tables, in ``width`` terminal cells.

    Lines of ``after`` that begin with ``! `` are warnings.
    """
    lines = [line for text in before for line in wrap(text, width)]
    if before:
        lines.append("")
    body, left_out = aligned(table, width, colour=colour)
    lines += body
    if after or left_out:
        lines.append("")
    for part in after:
        if isinstance(part, Table):
            nested, lost = aligned(part, width, colour=colour)
            lines += [*nested, ""]
            lines += [*_said(lost, width), ""] if lost else []
        elif part.startswith("! "):
            warning = wrap(part, width, indent=2)
            lines += [paint(line, YELLOW, on=colour) for line in warning]
        else:
            lines += wrap(part, width)
    return "\n".join([*lines, *_said(left_out, width)]) + "\n"


def aligned(table: Table, width: int, *, colour: bool = False) -> tuple[list[str], list[str]]:
    """The lines of a table, and the headers of the columns for which there is no room."""
    from rich.cells import cell_len

    columns = table.shown
    cells = [[column.cell(row) for column in columns] for row in table.rows]
    widths, kept = _widths(columns, cells, width)
    pieces = [
        [
            _broken(columns[i], line[i], widths[i]) if columns[i].flexible else [line[i]]
            for i in kept
        ]
        for line in cells
    ]
    for place, i in enumerate(
        kept
    ):  # wrapped lines may all be shorter than they were allowed to be
        texts = [columns[i].header, *(text for piece in pieces for text in piece[place])]
        widths[i] = max(cell_len(text) for text in texts)

    def put(texts: Sequence[str]) -> str:
        padded = []
        for i, text in zip(kept, texts, strict=True):
            gap = " " * (widths[i] - cell_len(text))
            padded.append(gap + text if columns[i].right else text + gap)
        return (" " * MARGIN + (" " * MARGIN).join(padded)).rstrip()

    lines = [paint(put([columns[i].header for i in kept]), DIM, on=colour)]
    for row, piece in zip(table.rows, pieces, strict=True):
        bold = colour and table.strong(row)
        for depth in range(max(len(texts) for texts in piece)):
            line = put([texts[depth] if depth < len(texts) else "" for texts in piece])
            lines.append(paint(line, BOLD, on=bold))
    left_out = [column.header or column.key for i, column in enumerate(columns) if i not in kept]
    return lines, left_out


def wrap(text: str, width: int, *, after: str = "", indent: int = 0) -> list[str]:
    """A text in lines of at most ``width`` terminal cells, broken at spaces, or after the characters of ``after``.

    What cannot be broken there is cut, a long spec behind a comma. An indented text keeps its indent; further lines are
    indented by ``indent`` more. A line of phrases with three spaces between them is broken between phrases.
    """
    from rich.cells import cell_len

    body = text.lstrip(" ")
    first = text[: len(text) - len(body)]
    further = first + " " * indent
    if cell_len(text) <= width:
        return [text.rstrip()]
    lines: list[str] = []
    line = first
    for piece in _pieces(body, after):
        if cell_len((line + piece).rstrip()) > width and line.strip():
            lines.append(line.rstrip())
            line = further
        while cell_len((line + piece).rstrip()) > width:
            if (
                line and cell_len(line + piece[0]) > width
            ):  # not even a wide character has room behind the indent
                line = ""
            room = _fitting(piece, max(1, width - cell_len(line)))
            room = piece.rfind(",", 0, room) + 1 or room
            lines.append(line + piece[:room])
            line, piece = further, piece[room:]
        line += piece
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


def beginning(text: str, width: int) -> str:
    """A text, or as much of it as has room in ``width`` terminal cells, with an ellipsis behind it."""
    from rich.cells import cell_len

    if cell_len(text) <= width:
        return text
    kept = text[: _fitting(text, width - 1)]
    while cell_len(kept) > width - 1:  # a wide character that stood alone
        kept = kept[:-1]
    return f"{kept.rstrip()}…"


def _pieces(text: str, after: str) -> list[str]:
    if after:
        ends = re.escape(after)
        return re.findall(f"[^{ends}]*[{ends}]|[^{ends}]+", text)
    return re.findall(r".+?(?: {3,}|$)" if "   " in text else r"[^ ]+ *", text)


def _fitting(text: str, room: int) -> int:
    """How many characters of a text fit into some cells; one at least."""
    from rich.cells import cell_len

    taken = 1
    while taken < len(text) and cell_len(text[: taken + 1]) <= room:
        taken += 1
    return taken


def _broken(column: Column, text: str, width: int) -> list[str]:
    return wrap(text, width, after=column.wrap_at, indent=INDENT if column.wrap_at else 0) or [""]


def _widths(
    columns: Sequence[Column], cells: Sequence[Sequence[str]], width: int
) -> tuple[list[int], list[int]]:
    """The width of each column, and which of them there is room for."""
    from rich.cells import cell_len

    natural = [
        max([cell_len(column.header), *(cell_len(line[i]) for line in cells)])
        for i, column in enumerate(columns)
    ]
    widths = [
        _least(column, natural[i], [line[i] for line in cells]) for i, column in enumerate(columns)
    ]
    kept = list(range(len(columns)))

    def spare() -> int:
        return width - sum(widths[i] + MARGIN for i in kept)

    while spare() < 0:
        leaving = [i for i in kept if not columns[i].keep]
        if not leaving:
            break
        kept.remove(leaving[-1])
    flexible = sorted(
        (i for i in kept if columns[i].flexible), key=lambda i: natural[i] - widths[i]
    )
    for i in reversed(flexible):  # still too wide: whatever can be cut is
        widths[i] -= min(max(0, -spare()), max(0, widths[i] - NARROWEST))
    for place, i in enumerate(flexible):  # equal shares of what is left, to the least needy first
        share = max(0, spare()) // (len(flexible) - place)
        widths[i] += min(share, natural[i] - widths[i])
    return widths, kept


def _least(column: Column, natural: int, texts: Sequence[str]) -> int:
    """The width below which another column leaves instead."""
    from rich.cells import cell_len

    if column.wrap:
        return min(natural, PROSE)
    if not column.wrap_at:
        return natural
    longest = cell_len(column.header)
    for text in texts:
        for place, piece in enumerate(_pieces(text, column.wrap_at)):
            longest = max(longest, cell_len(piece) + (INDENT if place else 0))
    return min(natural, longest, SPEC)


def _said(left_out: Sequence[str], width: int) -> list[str]:
    if not left_out:
        return []
    return wrap(
        f"{width} columns of text leave no room for: {', '.join(left_out)} "
        "(--format tsv or json has every field)",
        width,
    )
