"""Documents, corpora, and how a source is to be read: the nouns of this room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from nlpwb.tasks import Task


@dataclass(frozen=True, slots=True)
class Document:
    """One text with, perhaps, a label and a group.

    ``row`` says where it stands: the line, counted from 1, on which its record begins. In a folder it is the number of the
    file in sorted order, in Parquet the number of the record.
    """

    text: str
    label: str | None
    group: str | None
    row: int


@dataclass(frozen=True)
class ReadOptions:
    """How a source is to be read; None means "find out and say so".

    ``text`` names the text column, or several joined by commas, by name or by number from 1. ``labelled`` is True when the
    caller cannot do without labels, False when it does not want them. ``per_file`` makes one document of a whole plain file.
    ``label`` may name several columns of 0 and 1, joined by semicolons. ``task`` is what labels are read for: for
    ``multilabel`` a document may have none, or an array of them; for ``regression`` a column of numbers is looked for.
    ``pairs``: a document is two texts (``nlpwb.text.pairs``), and ``text`` names the two columns.
    """

    text: str | None = None
    label: str | None = None
    group: str | None = None
    encoding: str = "utf-8"
    skip_bad_rows: bool = False
    per_file: bool = False
    header: bool | None = None
    input_format: str | None = None
    labelled: bool | None = None
    task: Task | None = None
    pairs: bool = False


@dataclass(frozen=True)
class Columns:
    """Which columns of a table the documents come from; several text columns are joined by a space, those of a ``pair`` by a tab.

    ``marks`` are columns of 0 and 1, one for each label, that ``label`` names all together.
    """

    text: tuple[str, ...]
    label: str | None
    group: str | None
    marks: tuple[str, ...] = ()
    pair: bool = False


@dataclass(frozen=True)
class Corpus:
    """All documents of one source, column by column: ``texts``, ``labels``, ``groups`` and ``rows`` are equally long.

    ``labels`` and ``groups`` are None where the source has none. ``notes`` says what was guessed, ``skipped`` counts the bad
    rows that were left out, and ``fingerprint`` names the bytes and the reading options that this came from. ``pairs``: every
    text is two (``nlpwb.text.pairs``).
    """

    name: str
    texts: list[str]
    labels: list[str] | None
    groups: list[str] | None
    rows: list[int]
    notes: tuple[str, ...]
    skipped: int
    fingerprint: str
    pairs: bool = False

    def __len__(self) -> int:
        return len(self.texts)


def part_of(corpus: Corpus, rows: Sequence[int]) -> Corpus:
    """Some documents of a corpus as one of their own."""
    if len(rows) == len(corpus):
        return corpus
    labels, groups = corpus.labels, corpus.groups
    return replace(
        corpus,
        texts=[corpus.texts[i] for i in rows],
        labels=[labels[i] for i in rows] if labels is not None else None,
        groups=[groups[i] for i in rows] if groups is not None else None,
        rows=[corpus.rows[i] for i in rows],
    )
