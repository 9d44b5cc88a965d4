"""What opening a source settles: its format, and the function that gives its documents."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from nlpwb.data.badrows import BadRows
from nlpwb.data.corpus import Columns, Document, ReadOptions
from nlpwb.errors import InputError

Documents = Callable[[BadRows], Iterator[Document]]


@dataclass(frozen=True)
class Plan:
    """How one source will be read. ``empty`` is the sentence for when it turns out to hold no documents."""

    format: str
    notes: tuple[str, ...]
    columns: Columns | None
    labelled: bool
    grouped: bool
    documents: Documents
    empty: str


def undecodable(options: ReadOptions) -> str:
    """What to do with a byte that is not in the encoding: stop there, or let it through, to be counted with its row."""
    return "surrogateescape" if options.skip_bad_rows else "strict"


def joined(parts: Iterable[str]) -> str:
    """The text of several columns: those that are not empty, parted by a space."""
    return " ".join(part for part in parts if part)


def refuse_columns(name: str, kind: str, options: ReadOptions) -> None:
    """Raise InputError where columns were asked for of what has none."""
    for option, value in (
        ("--text", options.text),
        ("--label", options.label),
        ("--group-col", options.group),
    ):
        if value is not None:
            raise InputError(
                f"{name} is {kind} and has no columns, so {option} {value} means nothing; "
                "leave it out, or say --input-format csv, tsv or jsonl"
            )
