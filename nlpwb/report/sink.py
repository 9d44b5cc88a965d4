"""The one place where results leave the program: rows in, every format out.

Data goes to stdout or ``--out``; notes go to stderr. Field names are the same in every format; numbers are rounded only in
tables (``table`` and ``md``). Colours are for terminals alone.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from nlpwb.errors import InputError
from nlpwb.files import put_whole
from nlpwb.report.columns import Column, Row, Table
from nlpwb.report.style import YELLOW, has_colour, paint

__all__ = ["FORMATS", "Column", "Row", "Sink", "Table", "write_whole"]

FORMATS = ("auto", "table", "tsv", "csv", "json", "jsonl", "md")
STREAMED = ("tsv", "csv", "jsonl")
"""Formats whose rows are printed as they come."""
FILE_WIDTH = 120
_BY_ENDING = {
    ".json": "json",
    ".jsonl": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".md": "md",
    ".txt": "table",
}


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
        if self.out is not None:
            check_place(self.out, option="--out")

    @property
    def width(self) -> int:
        """Columns of text that a table may take."""
        if self.out is not None:
            return FILE_WIDTH
        return shutil.get_terminal_size((100, 24)).columns

    def note(self, text: str) -> None:
        """Say something beside the data: to stderr, unless ``-q``; into a pipe or file only with ``-v``."""
        if not self.quiet and (self.verbose or sys.stderr.isatty()):
            print(text, file=sys.stderr)

    def warn(self, text: str) -> None:
        """Say what the user must know even when stderr is a file; ``-q`` silences it."""
        if not self.quiet:
            print(paint(f"nlpwb: {text}", YELLOW, on=has_colour(sys.stderr)), file=sys.stderr)

    def table(
        self,
        rows: Sequence[Row],
        columns: Sequence[Column],
        *,
        before: Sequence[str] = (),
        after: Sequence[str | Table] = (),
        strong: Callable[[Row], bool] = lambda _: False,
        records: Sequence[Row] | None = None,
        document: Any = None,
    ) -> None:
        """Print rows in the chosen format.

        ``before`` and ``after`` are lines, and further tables, around a table and Markdown only; rows that are ``strong``
        stand out on a terminal. ``records`` are the rows of TSV, CSV and JSON lines where these are more than the table's;
        ``document`` is what JSON prints where that is more than the list of rows.
        """
        if self.format == "table":
            from nlpwb.report.layout import layout

            colour = self.out is None and has_colour(sys.stdout)
            table = Table(rows, columns, strong)
            self.write(layout(table, width=self.width, before=before, after=after, colour=colour))
            return
        from nlpwb.report import machine

        records = rows if records is None else records
        if self.format == "json":
            found = machine.machine_rows(records, columns) if document is None else document
            self.write(machine.as_json(found))
        elif self.format == "jsonl":
            self.write(machine.as_json_lines(records, columns))
        elif self.format == "csv":
            self.write(machine.as_csv(records, columns))
        elif self.format == "tsv":
            self.write(machine.as_tsv(records, columns))
        else:
            self.write(machine.as_markdown(Table(rows, columns), before=before, after=after))

    def stream(self, rows: Iterable[Row], columns: Sequence[Column]) -> None:
        """Print rows as they come, where the format allows it: TSV, CSV and JSON Lines on stdout; otherwise as :meth:`table`."""
        from nlpwb.report import machine

        writers = {"tsv": machine.as_tsv, "csv": machine.as_csv, "jsonl": machine.as_json_lines}
        assert set(writers) == set(STREAMED)
        if self.format not in STREAMED or self.out is not None:
            self.table(list(rows), columns)
            return
        head = writers[self.format]([], columns)
        self.write(head)
        for row in rows:
            self.write(writers[self.format]([row], columns)[len(head) :])

    def write(self, text: str) -> None:
        """Put text that is already in its final form on stdout or into ``--out``, whole."""
        if self.out is not None:
            # A lone surrogate, which only JSON can bring, is written as the escape that it was.
            data = text.encode("utf-8", "backslashreplace")
            write_whole(self.out, lambda path: _put(path, data), option="--out")
            return
        try:
            sys.stdout.write(text)
        except UnicodeEncodeError as error:  # nothing of it was written
            sys.stdout.write(text.encode(error.encoding, "backslashreplace").decode(error.encoding))
        sys.stdout.flush()


def check_place(path: Path, *, option: str) -> None:
    """Refuse a file that cannot be written for its folder's sake, before any work is done for it."""
    if not path.parent.is_dir():
        raise InputError(f"{option} {path}: the folder {path.parent} does not exist; make it first")
    if path.is_dir():
        raise InputError(f"{option} {path}: this is a folder; name a file in it")


def write_whole(path: Path, write: Callable[[Path], None], *, option: str) -> None:
    """Have a file written under a temporary name, then named: it is there whole, or as it was.

    Raises:
        InputError: the place cannot be written; the sentence begins with ``option``.
    """
    check_place(path, option=option)
    try:
        put_whole(path, write)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"{option} {path}: {reason}; choose another place") from None


def _put(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def _resolve(format: str, out: Path | None) -> str:
    if format != "auto":
        return format
    if out is not None:
        return _BY_ENDING.get(out.suffix.lower(), "tsv")
    return "table" if sys.stdout.isatty() else "tsv"
