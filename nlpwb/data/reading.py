"""From a source as the user names it to documents: the one entry for everything that reads a corpus.

    reader = open_corpus("reviews.csv.gz", ReadOptions())
    for document in reader: ...                      # one at a time; the file is never held
    corpus = read_corpus("reviews.csv.gz", ReadOptions())

Opening looks at the first bytes only: it settles format, header and columns, and says in ``notes`` what it guessed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

from nlpwb.data.badrows import BadRows
from nlpwb.data.builtin import find_builtin, is_builtin
from nlpwb.data.corpus import Corpus, Document, ReadOptions
from nlpwb.data.encodings import codec_name
from nlpwb.data.fingerprint import of_folder, of_source
from nlpwb.data.folders import plan_folder
from nlpwb.data.oneperline import plan_fasttext, plan_json, plan_plain, plan_whole
from nlpwb.data.parquet import plan_parquet
from nlpwb.data.plan import Plan
from nlpwb.data.sniffing import FORMATS, guess_format
from nlpwb.data.sources import Source
from nlpwb.data.tabular import plan_table
from nlpwb.data.textstream import head_text
from nlpwb.errors import InputError, UsageError, nearest

PAIR_FORMATS = ("csv", "tsv", "jsonl", "parquet", "text")
"""Formats whose documents can be two texts; of plain text a tab stands between them."""


class Reader:
    """The documents of one source; iterating reads them one by one. Of a file it can be done again, of a pipe once.

    ``name`` is the source's name, ``format`` what it was taken for, ``columns`` where in a table the documents stand (None for
    what is no table), ``labelled`` and ``grouped`` what every document has, ``pairs`` whether it is two texts, ``notes`` what
    was guessed. ``skipped`` counts the bad rows of the last iteration. ``fingerprint()`` names what was read, for a pipe only
    once all of it was.
    """

    def __init__(
        self,
        name: str,
        plan: Plan,
        *,
        shown: str,
        skip_bad_rows: bool,
        fingerprint: Callable[[], str],
        pairs: bool = False,
    ) -> None:
        self.name = name
        self.format = plan.format
        self.columns = plan.columns
        self.labelled = plan.labelled
        self.grouped = plan.grouped
        self.notes = plan.notes
        self.pairs = pairs
        self.fingerprint = fingerprint
        self._plan = plan
        self._shown = shown
        self._bad = BadRows(shown, skip=skip_bad_rows)

    @property
    def skipped(self) -> int:
        """Bad rows left out so far; it stays 0 unless the options say to skip them."""
        return self._bad.count

    def skipped_note(self) -> str | None:
        """Which rows were left out and why, in words; None where all were read."""
        return self._bad.note()

    def __iter__(self) -> Iterator[Document]:
        self._bad = BadRows(self._shown, skip=self._bad.skip)
        found = False
        for document in self._plan.documents(self._bad):
            found = True
            yield document
        if not found:
            left_out = self._bad.note()
            raise InputError(
                f"{self._shown}: {left_out}, and nothing is left" if left_out else self._plan.empty
            )


def open_corpus(source: str, options: ReadOptions, *, running: bool = False) -> Reader:
    """A reader of the documents of ``source``: a path, ``-`` for standard input, or a built-in name such as ``sample:reviews``.

    Args:
        running: what is found to be plain text is one document to the last character, line breaks at its end included.

    Raises InputError where the source is missing, empty, not text, in another encoding, or lacks a column that was asked for;
    UsageError where an option has no meaning.
    """
    codec_name(options.encoding)
    if options.input_format is not None and options.input_format not in FORMATS:
        raise UsageError(
            f"--input-format {options.input_format!r} is not known; {nearest(options.input_format, FORMATS)}"
        )
    if is_builtin(source):
        builtin = find_builtin(source)
        reader = open_corpus(str(builtin.path()), builtin.options(options), running=running)
        reader.name = source
        return reader
    path = None if source == "-" else Path(source)
    if path is not None and path.is_dir():
        _refuse_pairs(source, "a folder", options)
        return Reader(
            path.resolve().name,
            plan_folder(path, options),
            shown=source,
            skip_bad_rows=options.skip_bad_rows,
            fingerprint=lambda: of_folder(path, options),
        )
    opened = Source(path)
    plan = _plan_file(opened, options, running=running)
    if plan.format not in PAIR_FORMATS or options.per_file:
        _refuse_pairs(opened.name, plan.format, options)
    if running and plan.format == "text":
        options = dataclasses.replace(options, per_file=True)
    return Reader(
        path.name if path else opened.name,
        plan,
        shown=opened.name,
        skip_bad_rows=options.skip_bad_rows,
        fingerprint=lambda: of_source(opened, options),
        pairs=options.pairs,
    )


def _refuse_pairs(name: str, kind: str, options: ReadOptions) -> None:
    if options.pairs:
        raise InputError(
            f"{name} is {kind}, and pairs of texts are two columns of a table; give CSV, TSV or JSONL"
        )


def read_corpus(source: str, options: ReadOptions) -> Corpus:
    """All documents of ``source`` in memory, column by column; raises what ``open_corpus`` and reading raise."""
    return collect(open_corpus(source, options))


def collect(reader: Reader) -> Corpus:
    """All documents of a reader in memory."""
    documents = list(reader)
    skipped = reader.skipped_note()
    return Corpus(
        name=reader.name,
        texts=[document.text for document in documents],
        labels=[document.label or "" for document in documents] if reader.labelled else None,
        groups=[document.group or "" for document in documents] if reader.grouped else None,
        rows=[document.row for document in documents],
        notes=reader.notes + ((skipped,) if skipped else ()),
        skipped=reader.skipped,
        fingerprint=reader.fingerprint(),
        pairs=reader.pairs,
    )


def _plan_file(source: Source, options: ReadOptions, *, running: bool) -> Plan:
    head = source.head()
    if not head.data:
        raise InputError(f"{source.name} is empty; a corpus needs at least one document")
    if options.input_format == "parquet" or head.data.startswith(b"PAR1"):
        return plan_parquet(source, options)
    text = head_text(
        source.name, head, encoding=options.encoding, skip_bad_rows=options.skip_bad_rows
    )
    if options.per_file:
        return plan_whole(source, options, running=running)
    form = guess_format(
        text, suffix=source.suffix, complete=head.complete, wanted=options.input_format
    )
    if form.name in ("csv", "tsv"):
        return plan_table(source, options, form, head=text, complete=head.complete)
    if form.name == "jsonl":
        return plan_json(source, options, form, head=text, complete=head.complete)
    if form.name == "fasttext":
        return plan_fasttext(source, options, form)
    if form.name == "parquet":
        raise InputError(f"{source.name} is not a Parquet file; --input-format names its format")
    if running:
        return plan_whole(source, options, running=True)
    return plan_plain(source, options, form)
