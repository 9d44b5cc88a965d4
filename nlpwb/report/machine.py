"""Rows for other programs: TSV, CSV, JSON, JSON lines, and Markdown. Numbers are unrounded in all but the last.

A number that is not finite is missing: JSON has no word for it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from nlpwb.records import finite
from nlpwb.report.columns import Column, Row, Table, one_line


def as_json(value: Any) -> str:
    """One JSON value, indented."""
    return json.dumps(finite(value), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def as_json_lines(rows: Sequence[Row], columns: Sequence[Column]) -> str:
    """An object a row."""
    return "".join(
        json.dumps(finite(fields), ensure_ascii=False, allow_nan=False) + "\n"
        for fields in machine_rows(rows, columns)
    )


def as_csv(rows: Sequence[Row], columns: Sequence[Column]) -> str:
    """Commas, quotes where they are needed, line feeds: RFC 4180 but for the line ends."""
    return _separated(rows, columns, ",", _quoted)


def as_tsv(rows: Sequence[Row], columns: Sequence[Column]) -> str:
    """Tabs between fields, nothing quoted; a tab or line break inside a value becomes a space."""
    return _separated(rows, columns, "\t", one_line)


def machine_rows(rows: Sequence[Row], columns: Sequence[Column]) -> list[dict[str, Any]]:
    """The rows with the fields that other programs get, in the order of the columns."""
    fields = [column.key for column in columns if column.machine]
    return [{key: row.get(key) for key in fields} for row in rows]


def _separated(rows: Sequence[Row], columns: Sequence[Column], comma: str, written: Any) -> str:
    lines = [[column.key for column in columns if column.machine]]
    lines += [[plain(value) for value in row.values()] for row in machine_rows(rows, columns)]
    return "".join(comma.join(map(written, line)) + "\n" for line in lines)


def plain(value: Any) -> str:
    """A value in TSV and CSV: full precision, nothing for what is missing."""
    value = finite(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    return str(value)


def _quoted(text: str) -> str:
    # The csv module leaves a lone carriage return bare, and readers take it for the end of the row.
    if any(c in text for c in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


def as_markdown(table: Table, *, before: Sequence[str], after: Sequence[str | Table]) -> str:
    """Paragraphs and tables, as GitHub reads them."""
    paragraphs = [text.replace("   ", " · ") for text in before]
    paragraphs += [
        _pipes(part) if isinstance(part, Table) else part for part in (table, *after) if part
    ]
    return "\n\n".join(paragraphs) + "\n"


def _pipes(table: Table) -> str:
    shown = table.shown
    lines = [
        "| " + " | ".join(_escaped(column.header) or " " for column in shown) + " |",
        "|" + "|".join(" ---: " if column.right else " --- " for column in shown) + "|",
    ]
    for row in table.rows:
        lines.append("| " + " | ".join(_escaped(column.cell(row)) for column in shown) + " |")
    return "\n".join(lines)


def _escaped(text: str) -> str:
    return text.strip().replace("|", "\\|").replace("<", "&lt;")
