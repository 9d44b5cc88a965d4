"""Documents into files: CSV, TSV, JSON Lines, fastText and plain text, compressed by the extension.

What a format cannot hold is refused with the row, instead of being written as something else: a line break inside a TSV field, a
label in a plain text, an empty text where blank lines are no documents.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from nlpwb.data.compression import SUFFIXES, compressed
from nlpwb.data.corpus import Document
from nlpwb.data.lines import LABEL_MARK
from nlpwb.data.whole_file import whole_file
from nlpwb.errors import InputError, UsageError, nearest

WRITTEN_FORMATS = ("csv", "tsv", "jsonl", "fasttext", "text")

_BY_SUFFIX = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".ft": "fasttext",
    ".fasttext": "fasttext",
    ".txt": "text",
}
_PAIR = ("source", "target")
_SPACES = str.maketrans("\t\n\r", "   ")
_BLOCK = 1 << 16  # characters


@dataclass(frozen=True)
class WriteOptions:
    """``to`` is the format where the extension does not tell; ``labelled`` and ``grouped`` say what every document has.

    ``replace_breaks`` writes a space for each tab and line break that the format cannot hold; ``texts_only`` leaves labels and
    groups out. ``pairs``: a document is a source with a target, which stands where labels do.
    """

    to: str | None = None
    labelled: bool = False
    grouped: bool = False
    replace_breaks: bool = False
    texts_only: bool = False
    pairs: bool = False


def format_of(path: str, to: str | None) -> str:
    """The format in which a file of this name is written; raises UsageError where neither its extension nor ``to`` tells."""
    if to is not None:
        if to not in WRITTEN_FORMATS:
            raise UsageError(
                f"--to {to!r} is not a format to write; {nearest(to, WRITTEN_FORMATS)}"
            )
        return to
    suffixes = [s for s in Path(path).suffixes if s.lower() not in SUFFIXES]
    form = _BY_SUFFIX.get(suffixes[-1].lower()) if suffixes else None
    if form is None:
        raise UsageError(
            f"{path}: the extension does not say which format to write; use one of "
            f"{', '.join(_BY_SUFFIX)}, or --to {'|'.join(WRITTEN_FORMATS)}"
        )
    return form


def write_documents(documents: Iterable[Document], path: Path, options: WriteOptions) -> int:
    """Write documents, whole or not at all, one at a time, and return how many they were.

    Raises InputError naming the row where the format cannot hold one, and where the file cannot be written.
    """
    count = 0

    def counted() -> Iterator[Document]:
        nonlocal count
        for document in documents:
            count += 1
            yield document

    form = format_of(str(path), options.to)
    blocks: Iterable[bytes] = (
        text.encode("utf-8") for text in text_blocks(counted(), form, options)
    )
    kind = SUFFIXES.get(path.suffix.lower())
    with whole_file(path) as file:
        for block in compressed(blocks, kind) if kind else blocks:
            file.write(block)
    return count


def text_blocks(documents: Iterable[Document], form: str, options: WriteOptions) -> Iterator[str]:
    """The documents in a format, in pieces of some 65,000 characters."""
    labelled = options.labelled and not options.texts_only
    grouped = options.grouped and not options.texts_only
    if labelled and form == "text":
        raise InputError(
            "plain text holds no labels; --texts-only leaves them out, or write CSV, TSV, JSONL or fastText"
        )
    if grouped and form in ("text", "fasttext"):
        raise InputError(
            f"{form} holds no groups; leave --group-col out, or write CSV, TSV or JSONL"
        )
    if form == "fasttext" and not labelled:
        raise InputError(
            "fastText holds a label in each line, and there are none; write CSV, TSV, JSONL or text"
        )
    fields = ["text"] + ["label"] * labelled + ["group"] * grouped
    if options.pairs:
        fields = list(_PAIR)
    line: Callable[[Document], str] = {
        "csv": _csv_line, "tsv": _tsv_line, "jsonl": _json_line, "fasttext": _fasttext_line, "text": _text_line,
    }[form](fields, options.replace_breaks)  # fmt: skip
    piece = [_header(form, fields)]
    size = 0
    first = True
    for document in documents:
        written = line(document)
        if first and form == "text" and written.startswith("\ufeff"):
            piece.append("\ufeff")  # a reader takes one for the byte order mark
        first = False
        piece.append(written)
        size += len(written)
        if size >= _BLOCK:
            yield "".join(piece)
            piece.clear()
            size = 0
    yield "".join(piece)


def _header(form: str, fields: list[str]) -> str:
    return {"csv": ",".join(fields) + "\n", "tsv": "\t".join(fields) + "\n"}.get(form, "")


def _values(document: Document, fields: list[str]) -> list[str]:
    values = {"text": document.text, "label": document.label, "group": document.group}
    values |= dict(zip(_PAIR, (document.text, document.label), strict=True))
    return [values[field] or "" for field in fields]


def _csv_line(fields: list[str], _replace: bool) -> Callable[[Document], str]:
    def quoted(value: str) -> str:
        if value and not value.isspace() and not any(char in value for char in ',"\r\n'):
            return value
        return '"' + value.replace('"', '""') + '"'

    return lambda document: ",".join(map(quoted, _values(document, fields))) + "\n"


def _tsv_line(fields: list[str], replace: bool) -> Callable[[Document], str]:
    def line(document: Document) -> str:
        values = [_unbroken(value, document, replace) for value in _values(document, fields)]
        if len(values) == 1 and not values[0]:
            raise _lost(document, "is empty, which TSV of one column cannot tell from no row")
        return "\t".join(values) + "\n"

    return line


def _json_line(fields: list[str], _replace: bool) -> Callable[[Document], str]:
    def line(document: Document) -> str:
        record = dict(zip(fields, _values(document, fields), strict=True))
        return json.dumps(record, ensure_ascii=False) + "\n"

    return line


def _fasttext_line(_fields: list[str], replace: bool) -> Callable[[Document], str]:
    def line(document: Document) -> str:
        label = document.label or ""
        if len(label.split()) != 1 or label != label.strip():
            raise _lost(
                document, f"has the label {label!r}, and fastText takes no spaces in labels"
            )
        text = _unbroken(document.text, document, replace)
        if text.startswith(LABEL_MARK):
            raise _lost(
                document, f"begins with {LABEL_MARK}, which fastText takes for a second label"
            )
        return f"{LABEL_MARK}{label} {text}\n"

    return line


def _text_line(_fields: list[str], replace: bool) -> Callable[[Document], str]:
    def line(document: Document) -> str:
        text = _unbroken(document.text, document, replace)
        if not text or text.isspace():
            raise _lost(document, "is empty, and in plain text a blank line is no document")
        if text.lstrip().startswith(LABEL_MARK):
            raise _lost(document, f"begins with {LABEL_MARK}, and would be read back as fastText")
        return text + "\n"

    return line


def _unbroken(value: str, document: Document, replace: bool) -> str:
    """The value without tabs and line breaks: as it is, or with spaces for them where that was asked for."""
    if not any(char in value for char in "\t\n\r"):
        return value
    if replace:
        return value.translate(_SPACES)
    raise _lost(
        document,
        "holds a tab or a line break, which this format cannot keep (--replace-breaks writes spaces)",
    )


def _lost(document: Document, what: str) -> InputError:
    return InputError(
        f"the document of line {document.row} {what}; write CSV or JSONL, which hold everything"
    )
