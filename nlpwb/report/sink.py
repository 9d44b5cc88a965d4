"""The one place where results leave the program: rows in, every format out.

Data goes to stdout or ``--out``; notes go to stderr. Field names are the same in every format; numbers are rounded only in
tables (``table`` and ``md``).
"""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlpwb.errors import InputError

FORMATS = ("auto", "table", "tsv", "csv", "json", "jsonl", "md")
_BY_ENDING = {
    ".json": "json",
    ".jsonl": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".md": "md",
    ".txt": "table",
}

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Column:
    """A field and how a table shows it.

    ``show`` turns the raw value into a cell; ``keep`` columns never leave a narrow table; a ``wrap`` column takes the width
    that is left; ``table=False`` fields are only in the machine formats.
    """

    key: str
    header: str
    right: bool = False
    keep: bool = False
    wrap: bool = False
    table: bool = True
    show: Callable[[Any], str] | None = None

    def cell(self, row: Row) -> str:
        """The text of this field of a row, as a table shows it; a missing value is a dash."""
        value = row.get(self.key)
        if value is None:
            return "–"
        if self.show is not None:
            return self.show(value)
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, float):
            return f"{value:.4g}"
        if isinstance(value, int):
            return f"{value:,}"
        if isinstance(value, (list, tuple)):
            return ", ".join(str(item) for item in value)
        return str(value)


class Sink:
    """Where one command's results and notes go."""

    def __init__(
        self,
        *,
        format: str = "auto",
        out: str | None = None,
        quiet: bool = False,
        verbose: bool = False,
    ) -> None:
        self.out = None if out in (None, "-") else Path(str(out))
        self.quiet = quiet
        self.verbose = verbose
        self.format = _resolve(format, self.out)
        if self.out is not None and not self.out.parent.is_dir():
            raise InputError(
                f"--out {self.out}: the folder {self.out.parent} does not exist; make it first"
            )

    @property
    def width(self) -> int:
        """Columns of text that a table may take."""
        if self.out is not None:
            return 120
        return shutil.get_terminal_size((100, 24)).columns

    def note(self, text: str) -> None:
        """Say something beside the data: to stderr, unless ``-q``; into a pipe or file only with ``-v``."""
        if not self.quiet and (self.verbose or sys.stderr.isatty()):
            print(text, file=sys.stderr)

    def warn(self, text: str) -> None:
        """Say what the user must know even when stderr is a file; ``-q`` silences it."""
        if not self.quiet:
            print(f"nlpwb: {text}", file=sys.stderr)

    def table(
        self,
        rows: Sequence[Row],
        columns: Sequence[Column],
        *,
        before: Sequence[str] = (),
        after: Sequence[str] = (),
        document: Any = None,
    ) -> None:
        """Print rows in the chosen format.

        ``before`` and ``after`` are lines around a table and Markdown only; ``document`` is what JSON prints where that is
        more than the list of rows.
        """
        fields = [column.key for column in columns]
        plain = [{key: row.get(key) for key in fields} for row in rows]
        if self.format == "json":
            self.write(
                json.dumps(plain if document is None else document, indent=2, ensure_ascii=False)
                + "\n"
            )
        elif self.format == "jsonl":
            self.write("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in plain))
        elif self.format in ("tsv", "csv"):
            self.write(_separated(plain, fields, self.format))
        elif self.format == "md":
            self.write(_markdown(rows, columns, before, after))
        else:
            self.write(_aligned(rows, columns, before, after, self.width))

    def stream(self, rows: Iterable[Row], columns: Sequence[Column]) -> None:
        """Print rows as they come, where the format allows it: TSV, CSV and JSON Lines on stdout; otherwise as :meth:`table`."""
        if self.format not in ("tsv", "csv", "jsonl") or self.out is not None:
            self.table(list(rows), columns)
            return
        fields = [column.key for column in columns]
        if self.format != "jsonl":
            self.write(_separated([], fields, self.format))
        for row in rows:
            plain = {key: row.get(key) for key in fields}
            if self.format == "jsonl":
                self.write(json.dumps(plain, ensure_ascii=False) + "\n")
            else:
                header_and_row = _separated([plain], fields, self.format)
                self.write(header_and_row.partition("\n")[2])

    def write(self, text: str) -> None:
        """Put text that is already in its final form on stdout or into ``--out``, whole."""
        if self.out is None:
            sys.stdout.write(text)
            sys.stdout.flush()
            return
        temporary = self.out.with_name(f".{self.out.name}.{os.getpid()}.part")
        try:
            temporary.write_text(text, encoding="utf-8")
            temporary.replace(self.out)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise InputError(
                f"--out {self.out}: {(error.strerror or str(error)).lower()}; choose another place"
            ) from None


def _resolve(format: str, out: Path | None) -> str:
    if format != "auto":
        return format
    if out is not None:
        return _BY_ENDING.get(out.suffix.lower(), "tsv")
    return "table" if sys.stdout.isatty() else "tsv"


def _separated(rows: Sequence[Row], fields: Sequence[str], format: str) -> str:
    buffer = io.StringIO()
    if format == "csv":
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow(fields)
        writer.writerows([[_plain(row[key]) for key in fields] for row in rows])
        return buffer.getvalue()
    buffer.write("\t".join(fields) + "\n")
    for row in rows:
        cells = (" ".join(_plain(row[key]).split()) for key in fields)
        buffer.write("\t".join(cells) + "\n")
    return buffer.getvalue()


def _plain(value: Any) -> str:
    """A value in TSV and CSV: full precision, nothing for what is missing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple, dict)):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _markdown(
    rows: Sequence[Row], columns: Sequence[Column], before: Sequence[str], after: Sequence[str]
) -> str:
    shown = [column for column in columns if column.table]
    lines = [*before, ""] if before else []
    lines.append("| " + " | ".join(column.header or " " for column in shown) + " |")
    lines.append("|" + "|".join(" ---: " if column.right else " --- " for column in shown) + "|")
    for row in rows:
        cells = [" ".join(column.cell(row).split()).replace("|", "\\|") for column in shown]
        lines.append("| " + " | ".join(cells) + " |")
    if after:
        lines += ["", *after]
    return "\n".join(lines) + "\n"


def _aligned(
    rows: Sequence[Row],
    columns: Sequence[Column],
    before: Sequence[str],
    after: Sequence[str],
    width: int,
) -> str:
    """Columns side by side, two spaces apart; the right-hand ones leave first where the width is too small, and it is said."""
    import textwrap

    from rich.cells import cell_len

    shown = [column for column in columns if column.table]
    cells = [[" ".join(column.cell(row).split()) for column in shown] for row in rows]
    natural = [
        max([cell_len(column.header), *(cell_len(line[i]) for line in cells)])
        for i, column in enumerate(shown)
    ]
    dropped: list[str] = []

    def need(index: int) -> int:
        return min(natural[index], 24) if shown[index].wrap else natural[index]

    kept = list(range(len(shown)))
    while 2 + sum(need(i) + 2 for i in kept) - 2 > width:
        leaving = [i for i in kept if not shown[i].keep]
        if not leaving:
            break
        kept.remove(leaving[-1])
        dropped.append(shown[leaving[-1]].header or shown[leaving[-1]].key)
    rigid = sum(natural[i] + 2 for i in kept if not shown[i].wrap)
    wrapped = [i for i in kept if shown[i].wrap]
    for i in wrapped:
        natural[i] = min(natural[i], max(16, (width - rigid - 2) // len(wrapped) - 2))
    lines = [line for text in before for line in (textwrap.wrap(text, width) or [""])]
    if before:
        lines.append("")

    def put(texts: list[str]) -> str:
        padded = []
        for i, text in zip(kept, texts, strict=True):
            gap = " " * max(0, natural[i] - cell_len(text))
            padded.append(gap + text if shown[i].right else text + gap)
        return ("  " + "  ".join(padded)).rstrip()

    lines.append(put([shown[i].header for i in kept]))
    for line in cells:
        pieces = [
            (textwrap.wrap(line[i], natural[i]) or [""]) if shown[i].wrap else [line[i]]
            for i in kept
        ]
        for depth in range(max(len(piece) for piece in pieces)):
            lines.append(put([piece[depth] if depth < len(piece) else "" for piece in pieces]))
    if after or dropped:
        lines.append("")
    for text in after:
        indent = "    " if text.startswith("  ") else ("  " if text.startswith("! ") else "")
        lines += textwrap.wrap(text, width, subsequent_indent=indent) or [""]
    if dropped:
        lines += textwrap.wrap(
            f"{width} columns of text leave no room for: {', '.join(reversed(dropped))} "
            "(--format tsv or json has every field)",
            width,
        )
    return "\n".join(lines) + "\n"
