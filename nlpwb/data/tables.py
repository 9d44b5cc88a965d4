"""Records of CSV and TSV files.

CSV as in RFC 4180: a field in double quotes may hold the delimiter, line breaks and doubled quotes. TSV as its makers write it:
a tab parts two fields, a line feed two records, and a ``"`` is a character like any other.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator

from nlpwb.data.badrows import BadRows

Record = tuple[int, list[str]]

# Characters in one field. The csv module's own limit of 131,072 is shorter than a long article; without any, a quote that is
# never closed would take the whole of a large file into memory.
FIELD_LIMIT = 1 << 28


class _Lines:
    """Lines with their numbers, remembering those of the record under way so that they can be read again."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._again: list[str] = []
        self.record: list[str] = []
        self.number = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._again.pop() if self._again else next(self._lines)
        self.number += 1
        self.record.append(line)
        return line

    def give_back(self) -> None:
        """Read all lines of this record again, apart from its first."""
        self._again.extend(reversed(self.record[1:]))
        self.number -= len(self.record) - 1
        self.record.clear()


def csv_records(lines: Iterable[str], *, delimiter: str, bad: BadRows) -> Iterator[Record]:
    """The records with the line on which each begins; blank lines are none. A record with a stray quote goes to ``bad``.

    After a bad record, reading goes on at the line below the one on which it began, so that one open quote costs one row and
    not the rest of the file.
    """
    csv.field_size_limit(max(csv.field_size_limit(), FIELD_LIMIT))
    numbered = _Lines(lines)
    record = numbered.record
    while True:
        reader = csv.reader(numbered, delimiter=delimiter, strict=True)
        start = numbered.number + 1
        try:
            for fields in reader:
                record.clear()
                if fields:
                    yield start, fields
                start = numbered.number + 1
        except csv.Error as error:
            line, what = _quoting_flaw(record, start, delimiter, str(error))
            bad(line, what)
            numbered.give_back()
        else:
            return


def tsv_records(lines: Iterable[str]) -> Iterator[Record]:
    """The records with their line numbers; a line without any character is none."""
    for number, line in enumerate(lines, 1):
        content = line.rstrip("\r\n")
        if content:
            yield number, content.split("\t")


def even_records(
    records: Iterable[Record], *, width: int, model: str, bad: BadRows
) -> Iterator[Record]:
    """The records with ``width`` fields; others go to ``bad``. ``model`` says whose width that is."""
    for number, fields in records:
        if len(fields) == width:
            yield number, fields
        else:
            count = f"{len(fields)} field" + ("s" if len(fields) != 1 else "")
            bad(number, f"{count} where {model} has {width}")


def _quoting_flaw(record: list[str], start: int, delimiter: str, reason: str) -> tuple[int, str]:
    """The line on which the offending quoted field opens, and what is wrong with it."""
    if "limit" in reason:
        return (
            start,
            f"a field of more than {FIELD_LIMIT:,} characters; perhaps a quote is never closed",
        )
    text = "".join(record)
    line = start + text.count("\n", 0, _offending_field(text, delimiter))
    if "unexpected end" in reason:
        return line, "a quoted field opens here and is never closed"
    end = start + len(record) - 1
    where = "" if end == line else f" (on line {end})"
    return (
        line,
        f"a quoted field opens here and is closed{where} by a quote with text behind it; "
        'a quote inside a field is written twice ("")',
    )


def _offending_field(text: str, delimiter: str) -> int:
    """Where the first field begins that opens with a quote and does not close as it should."""
    end = rf"(?:{re.escape(delimiter)}|\r\n|\r|\n)"
    plain = rf"[^{re.escape(delimiter)}\r\n]*+"
    field = re.compile(rf'(?:"(?:[^"]++|"")*+"|(?!"){plain}){end}')
    position = 0
    while match := field.match(text, position):
        position = match.end()
    return position
