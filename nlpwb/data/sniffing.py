"""Which format the first lines of a source are in, and whether a table has a header.

The extension decides where it is a format's own, but tables are named after each other so often (tab-separated ``.csv``, ``.txt``
with columns) that the content has the last word between them.
"""

from __future__ import annotations

import contextlib
import csv
import io
import itertools
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from nlpwb.data.cells import is_number
from nlpwb.data.columns import (
    LABEL_NAMES,
    LAST_LABEL_NAMES,
    SURE_LABEL_NAMES,
    TEXT_NAMES,
    last_word,
)
from nlpwb.data.lines import LABEL_MARK

FORMATS = ("csv", "tsv", "jsonl", "text", "fasttext", "parquet")
SAMPLE_ROWS = 1000

_BY_SUFFIX = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".ft": "fasttext",
    ".fasttext": "fasttext",
}
_TEXT_SUFFIXES = (".txt", ".text", ".cor")

# Names that make a first row a header.
_USUAL = frozenset(
    (*TEXT_NAMES, *SURE_LABEL_NAMES, *LABEL_NAMES, *LAST_LABEL_NAMES, "id", "_id", "idx", "index", "group", "user",
     "author", "date", "split", "name", "fine", "title", "headline", "summary", "source")
)  # fmt: skip


@dataclass(frozen=True)
class Format:
    """A format's name, for CSV its delimiter, and a remark where it is not what the name of the file suggests."""

    name: str
    delimiter: str = ","
    remark: str | None = None


def guess_format(head: str, *, suffix: str, complete: bool, wanted: str | None) -> Format:
    """The format of a source from its first characters and its extension; ``wanted`` is the user's word, if any."""
    lines = _whole_lines(head, complete)
    if wanted == "csv":
        return Format("csv", _delimiter(lines))
    if wanted:
        return Format(wanted)
    named = _BY_SUFFIX.get(suffix)
    if named == "csv":
        delimiter = _delimiter(lines)
        if delimiter == "\t":
            return Format("tsv", remark="read as TSV: its fields are parted by tabs, not by commas")
        remark = f"fields are parted by {delimiter!r}" if delimiter != "," else None
        return Format("csv", delimiter, remark)
    if named:
        return Format(named)
    if lines and all(line.lstrip().startswith(LABEL_MARK) for line in lines):
        return Format("fasttext", remark="read as fastText: every line begins with __label__")
    if _tab_columns(lines):
        return Format("tsv", remark="read as TSV: all lines have the same number of tabs")
    if suffix in _TEXT_SUFFIXES:
        return Format("text")
    if lines and _is_object(lines[0], whole=complete or len(lines) > 1):
        return Format("jsonl", remark="read as JSONL: its first line is a JSON object")
    named_columns = _named_columns(head, complete=complete)
    if named_columns:
        return named_columns
    return Format("text", remark="read as plain text: a document a line")


def table_sample(head: str, *, form: Format, complete: bool) -> tuple[list[list[str]], bool]:
    """The first records of a table, and whether they are whole: a cut one stands there only when it is the first."""
    if form.name == "tsv":
        rows = [line.rstrip("\r").split("\t") for line in head.split("\n") if line.strip("\r")]
        whole = complete or head.endswith("\n")
    else:
        reader = csv.reader(io.StringIO(head, newline=""), delimiter=form.delimiter)
        rows = []
        with contextlib.suppress(csv.Error):  # said with its line when the rows are read
            rows.extend(row for row in itertools.islice(reader, SAMPLE_ROWS + 1) if row)
        whole = complete or len(rows) > SAMPLE_ROWS
    if not whole and len(rows) > 1:
        rows.pop()
        whole = True
    return rows[: SAMPLE_ROWS + 1], whole


def has_header(rows: Sequence[Sequence[str]], *, asked: Sequence[str]) -> bool:
    """Whether the first row names the columns; ``asked`` are the column names that the user gave.

    It does when it holds a name that was asked for, or a usual one; it does not when a cell repeats, is a number or reads like
    prose. In between, a column that is numeric below a word, or much longer below short words, tells.
    """
    first = rows[0]
    cells = [cell.strip() for cell in first]
    if any(name in cells for name in asked):
        return True
    named = [cell for cell in cells if cell]
    if len(set(named)) < len(named) or len(named) < len(cells) - 1 or not named:
        return False
    if any(is_number(cell) for cell in named):
        return False
    if any(cell.casefold() in _USUAL for cell in named):
        return True
    if any(len(cell) > 40 or len(cell.split()) > 3 for cell in named):
        return False
    # clean_text is a name; "Guten Tag" ends in a usual one as well, and is none
    if any(last_word(cell) in _USUAL for cell in named if len(cell.split()) == 1):
        return True
    rest = [row for row in rows[1:] if len(row) == len(first)]
    if not rest:
        return False
    for place, cell in enumerate(cells):
        column = [row[place] for row in rest]
        if all(is_number(value) for value in column):
            return True
        if cell in column:
            return False
    longest = max(sum(len(row[place]) for row in rest) / len(rest) for place in range(len(cells)))
    return longest > 4 * max(len(cell) for cell in cells)


def _whole_lines(head: str, complete: bool) -> list[str]:
    """The lines that are not blank, without the last one where it may be cut."""
    lines = head.split("\n")
    if not complete and len(lines) > 1:
        lines.pop()
    return [line.rstrip("\r") for line in lines if not line.isspace() and line]


def _delimiter(lines: Sequence[str]) -> str:
    """Comma, unless the first line has none and tabs or semicolons stand in every record's place."""
    if not lines:
        return ","
    if "\t" in lines[0] and (_tab_columns(lines) or _mostly_tabs(lines)):
        return "\t"
    if "," not in lines[0] and ";" in lines[0]:
        return ";"
    return ","


def _mostly_tabs(lines: Sequence[str]) -> bool:
    """Whether nearly every line has a tab or more, and the first as many as most."""
    counts = [line.count("\t") for line in lines]
    return sum(count >= counts[0] > 0 for count in counts) >= 0.9 * len(counts)


def _tab_columns(lines: Sequence[str]) -> bool:
    """Whether the lines are rows of one width, parted by tabs; a line alone must name columns."""
    counts = {line.count("\t") for line in lines}
    if len(counts) != 1 or 0 in counts:
        return False
    return len(lines) > 1 or any(cell.casefold() in _USUAL for cell in lines[0].split("\t"))


def _is_object(line: str, *, whole: bool) -> bool:
    if not line.lstrip().startswith("{"):
        return False
    if not whole:  # a line longer than the head
        return re.match(r'\s*\{\s*"', line) is not None
    try:
        return isinstance(json.loads(line), dict)
    except (json.JSONDecodeError, RecursionError):
        return False


def _named_columns(head: str, *, complete: bool) -> Format | None:
    """CSV whose first line names columns, a usual one of a text or label among them, above rows of the same width."""
    usual = {*TEXT_NAMES, *LABEL_NAMES, *SURE_LABEL_NAMES}
    for delimiter in ",;":
        form = Format("csv", delimiter, "read as CSV: its first line names columns")
        rows, _ = table_sample(head, form=form, complete=complete)
        cells = [cell.strip().casefold() for cell in rows[0]] if rows else []
        if (
            len(rows) > 1
            and len(cells) > 1
            and len(set(cells)) == len(cells)
            and all(re.fullmatch(r"[\w .-]{0,40}", cell) for cell in cells)
            and usual.intersection(cells)
            and sum(len(row) == len(cells) for row in rows) >= 0.9 * len(rows)
        ):
            return form
    return None
