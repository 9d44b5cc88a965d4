"""Records of formats that keep one document a line: plain text, fastText, JSON Lines."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping

from nlpwb.data.badrows import BadRows
from nlpwb.data.targets import written_set
from nlpwb.errors import InputError, nearest
from nlpwb.tasks import SEPARATOR

LABEL_MARK = "__label__"

_FASTTEXT = re.compile(rf"\s*{LABEL_MARK}(\S+)(?:[ \t](.*))?")


def plain_records(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Each line that holds more than white space, without its line end."""
    for number, line in enumerate(lines, 1):
        if not line.isspace():
            yield number, line.rstrip("\r\n")


def fasttext_records(
    lines: Iterable[str], *, bad: BadRows, several: bool = False
) -> Iterator[tuple[int, str, str]]:
    """Line number, label and text of lines such as ``__label__good A fine book .``; blank lines are none.

    Where ``several`` labels may stand in front of a text, or none, they are given as a set is written.
    """
    for number, line in plain_records(lines):
        if several:
            marks, text = _marks(line)
            yield number, SEPARATOR.join(marks), text
            continue
        match = _FASTTEXT.fullmatch(line)
        if match is None:
            bad(number, f"a fastText line begins with {LABEL_MARK} and a label, this one does not")
        elif (match[2] or "").startswith(LABEL_MARK):
            bad(
                number,
                "it has several labels, and a document takes one (but for --task multilabel)",
            )
        else:
            yield number, match[1], match[2] or ""


def _marks(line: str) -> tuple[list[str], str]:
    """The labels in front of a fastText line, and its text."""
    marks = []
    while match := _FASTTEXT.fullmatch(line):
        marks.append(match[1])
        line = match[2] or ""
    return marks, line.strip(" \t") if not marks else line


def json_records(
    lines: Iterable[str], *, bad: BadRows
) -> Iterator[tuple[int, Mapping[str, object]]]:
    """Line number and object of every line that is not blank; a line that holds no JSON object goes to ``bad``."""
    for number, line in enumerate(lines, 1):
        if line.isspace():
            continue
        try:
            record = json.loads(line.rstrip("\r\n"))
        except json.JSONDecodeError as error:
            bad(number, f"it is not JSON ({error.msg} at character {error.colno})")
            continue
        except RecursionError:
            bad(number, "its JSON is nested too deeply")
            continue
        if isinstance(record, dict):
            yield number, record
        else:
            bad(number, f"it holds {_json_kind(record)} where an object such as {{...}} is due")


def json_text(record: Mapping[str, object], field: str) -> str:
    """A field as text; raises InputError naming the flaw, which the caller joins to the line."""
    value = record.get(field)
    if isinstance(value, str):
        return value
    if field not in record:
        raise InputError(f"it has no field {field!r}; {nearest(field, record)}")
    if isinstance(value, bool) or value is None or isinstance(value, (list, dict)):
        raise InputError(f"its field {field!r} is {_json_kind(value)}, not a text")
    return str(value)


def json_label(record: Mapping[str, object], field: str) -> str:
    """A field as label: numbers and booleans as JSON writes them; raises InputError for anything that is no single value."""
    value = record.get(field)
    if isinstance(value, list):
        raise InputError(
            f"its field {field!r} is an array, not one label; --task multilabel takes sets of labels"
        )
    if isinstance(value, bool):
        return "true" if value else "false"
    return json_text(record, field)


def json_set(record: Mapping[str, object], field: str) -> str:
    """A field as a set of labels: an array of them, null for none, or what :func:`json_label` takes."""
    value = record.get(field)
    if isinstance(value, list):
        if any(isinstance(item, (list, dict)) for item in value):
            raise InputError(f"its field {field!r} holds arrays or objects where labels are due")
        return written_set(str(item) for item in value if item is not None)
    if value is None and field in record:
        return ""
    return json_label(record, field)


def json_mark(record: Mapping[str, object], field: str) -> str:
    """A field that says whether the document has a label: as a table's cell of 0 or 1 says it, null and nothing being 0."""
    return "" if record.get(field) is None else json_label(record, field)


def _json_kind(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a truth value"
    if isinstance(value, str):
        return "a string"
    if isinstance(value, (list, dict)):
        return "an array" if isinstance(value, list) else "an object"
    return "a number"
