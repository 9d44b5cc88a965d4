"""A folder as a corpus: each sub-folder a label, or text files without labels; a file is a document."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nlpwb.data.badrows import BadRows, flaw
from nlpwb.data.compression import SUFFIXES
from nlpwb.data.corpus import Document, ReadOptions
from nlpwb.data.encodings import mark_length, wrong_byte
from nlpwb.data.plan import Plan, refuse_columns
from nlpwb.data.sources import Source
from nlpwb.data.textstream import head_text
from nlpwb.errors import InputError
from nlpwb.files import unreadable

_TABLES = (".csv", ".tsv", ".tab", ".jsonl", ".ndjson", ".parquet", ".pq")
_PARTS = frozenset(("train", "training", "test", "dev", "val", "valid", "validation"))


@dataclass(frozen=True)
class TextFile:
    """One file of a folder: its path, the path below the folder, and the label that its sub-folder names."""

    path: Path
    below: str
    label: str | None


def text_files(folder: Path, *, labelled: bool | None) -> tuple[list[TextFile], tuple[str, ...]]:
    """The files of a folder in the order of their names, and notes.

    With sub-folders that hold files, each is a label and the files beside them are left out; ``labelled=False`` takes all files
    as they come. Hidden files are none. Raises InputError where there is no file, or where the files are tables.
    """
    files = [TextFile(path, below, None) for path, below in _walk(folder)]
    _check(folder, files)
    inside = [file for file in files if os.sep in file.below]
    if labelled is False or not inside:
        if labelled:
            raise InputError(
                f"{folder} has no sub-folders, and in a folder the sub-folders are the labels; "
                "sort the files into one for each label"
            )
        note = "each file is a document" + ("" if labelled is False else ", without labels")
        return files, (note,)
    labels = sorted({_top(file) for file in inside})
    if len(labels) > 1 and _PARTS.issuperset(label.casefold() for label in labels):
        raise InputError(
            f"{folder} holds the parts {', '.join(labels)}, which are no labels; name one of them, such as "
            f"{folder / labels[0]}"
        )
    notes = [f"labels: the names of the {len(labels)} sub-folders; each file is a document"]
    beside = [file.below for file in files if os.sep not in file.below]
    if beside:
        files_are = "file" if len(beside) == 1 else "files"
        more = "" if len(beside) == 1 else ", …"
        notes.append(
            f"left out {len(beside)} {files_are} beside the sub-folders ({beside[0]}{more})"
        )
    return (
        [TextFile(file.path, file.below, _top(file)) for file in inside],
        tuple(notes),
    )


def folder_documents(
    files: list[TextFile], options: ReadOptions, *, bad: BadRows
) -> Iterator[Document]:
    """One document a file, without the line breaks at its end; ``row`` is the number of the file."""
    for number, file in enumerate(files, 1):
        try:
            text = whole_text(Source(file.path), options)
        except InputError as error:
            bad.refuse(error)
        else:
            yield Document(text, file.label, None, number)


def whole_text(source: Source, options: ReadOptions) -> str:
    """The content of a source as one document: without the line breaks that end it; raises InputError where it is none."""
    return exact_text(source, options).rstrip("\r\n")


def exact_text(source: Source, options: ReadOptions) -> str:
    """The content of a source to the last character; raises InputError where it is no text."""
    head_text(source.name, source.head(), encoding=options.encoding, skip_bad_rows=False)
    data = b"".join(source.blocks())
    start = mark_length(data, options.encoding)
    try:
        text = data[start:].decode(options.encoding)
    except UnicodeDecodeError as error:
        raise wrong_byte(source.name, error, read=len(data), lines=data.count(b"\n")) from None
    wrong = flaw(text)
    if wrong:
        raise InputError(
            f"{source.name}, line {text[: text.find(chr(0))].count(chr(10)) + 1}: {wrong}"
        )
    return text


def plan_folder(folder: Path, options: ReadOptions) -> Plan:
    """How to read a folder."""
    refuse_columns(str(folder), "a folder", options)
    files, notes = text_files(folder, labelled=options.labelled)
    return Plan(
        format="folder",
        notes=notes,
        columns=None,
        labelled=files[0].label is not None,
        grouped=False,
        documents=lambda bad: folder_documents(files, options, bad=bad),
        empty=f"{folder} holds no documents",
    )


def _top(file: TextFile) -> str:
    """The sub-folder in which, at whatever depth, the file lies."""
    return Path(file.below).parts[0]


def _walk(folder: Path) -> Iterator[tuple[Path, str]]:
    """Every file below a folder with its relative path, sorted by that path; hidden ones are skipped."""

    def refuse(error: OSError) -> None:
        raise unreadable(str(error.filename or folder), error) from None

    found = []
    for place, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in names:
            if not name.startswith("."):
                path = Path(place, name)
                found.append((path, str(path.relative_to(folder))))
    return iter(sorted(found, key=lambda pair: pair[1]))


def _check(folder: Path, files: list[TextFile]) -> None:
    if not files:
        raise InputError(f"{folder} holds no text files; name a file, or a folder with texts in it")
    for file in files:
        suffixes = [suffix for suffix in file.path.suffixes if suffix.lower() not in SUFFIXES]
        if suffixes and suffixes[-1].lower() in _TABLES:
            raise InputError(
                f"{folder} holds tables and not one text a file; name one of them, such as {file.path}"
            )
