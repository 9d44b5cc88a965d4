"""CSV and TSV as documents: header, columns, and a check of every row."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterable, Iterator

from nlpwb.data.badrows import BadRows, flaw
from nlpwb.data.columns import choose_columns
from nlpwb.data.corpus import Columns, Document, ReadOptions
from nlpwb.data.plan import Plan, joined, undecodable
from nlpwb.data.sniffing import Format, has_header, table_sample
from nlpwb.data.sources import Source, TextBytes
from nlpwb.data.tables import Record, csv_records, even_records, tsv_records
from nlpwb.data.targets import marked_set
from nlpwb.data.textstream import open_text
from nlpwb.data.two_texts import joined_pair, names_columns
from nlpwb.errors import InputError
from nlpwb.tasks import SEPARATOR


def plan_table(
    source: Source, options: ReadOptions, form: Format, *, head: str, complete: bool
) -> Plan:
    """How to read a CSV or TSV file whose first characters are ``head``."""
    sample, whole = table_sample(head, form=form, complete=complete)
    if not whole and source.reopens:  # a first row longer than the head
        with _open_records(source, options, form, BadRows(source.name, skip=True)) as (records, _):
            sample = [fields for _, fields in itertools.islice(records, 2)]
    if not sample:
        raise InputError(f"{source.name} holds no rows; a corpus needs at least one document")
    notes = [form.remark] if form.remark else []
    header = options.header
    if header is None:
        header = _has_header(sample, options)
        notes.append("its first row is a header (guessed)" if header else "no header (guessed)")
    width = len(sample[0])
    names = [str(number) for number in range(1, width + 1)]
    if header:
        names = [cell.strip() or number for cell, number in zip(sample[0], names, strict=True)]
        sample = sample[1:]
    empty = (
        f"{source.name} holds a header ({', '.join(names)}) and no rows; "
        "a corpus needs at least one document"
    )
    if header and not sample and complete:
        raise InputError(empty)
    even = [row for row in sample if len(row) == width]
    columns, guesses = choose_columns(names, even, options, name=source.name)

    def documents(bad: BadRows) -> Iterator[Document]:
        with _open_records(source, options, form, bad) as (records, stream):
            if header:
                next(records, None)
            elif options.pairs and form.name == "tsv":
                # without names for them, fields behind the last column say nothing and are no mistake either
                records = ((line, fields[:width]) for line, fields in records)
            model = "the header" if header else "the first row"
            rows = even_records(records, width=width, model=model, bad=bad)
            empty_is_none = options.task == "multilabel"
            yield from _documents(
                rows, columns, names, stream=stream, bad=bad, empty_is_none=empty_is_none
            )

    return Plan(
        format=form.name,
        notes=(*notes, *guesses),
        columns=columns,
        labelled=columns.label is not None,
        grouped=columns.group is not None,
        documents=documents,
        empty=empty,
    )


@contextlib.contextmanager
def _open_records(
    source: Source, options: ReadOptions, form: Format, bad: BadRows
) -> Iterator[tuple[Iterator[Record], TextBytes]]:
    """The records of the table, its header among them, and the counters of the bytes that they come from."""
    with open_text(
        source,
        encoding=options.encoding,
        newline="" if form.name == "csv" else "\n",
        undecodable=undecodable(options),
    ) as (text, stream):
        if form.name == "csv":
            yield csv_records(text, delimiter=form.delimiter, bad=bad), stream
        else:
            yield tsv_records(text), stream


def _documents(
    records: Iterable[Record],
    columns: Columns,
    names: list[str],
    *,
    stream: TextBytes,
    bad: BadRows,
    empty_is_none: bool,
) -> Iterator[Document]:
    text_at = [names.index(name) for name in columns.text]
    marks_at = [(name, names.index(name)) for name in columns.marks]
    label_at = names.index(columns.label) if columns.label is not None and not marks_at else None
    group_at = names.index(columns.group) if columns.group is not None else None
    only = text_at[0] if len(text_at) == 1 else None
    label: str | None = None
    group: str | None = None
    sets_seen = False
    for number, fields in records:
        # looked for only where a NUL was seen, or where undecodable bytes are let through to here
        wrong = next(filter(None, map(flaw, fields)), None) if stream.has_nul or bad.skip else None
        if wrong is None and label_at is not None:
            label = fields[label_at]
            if not label.strip() and not empty_is_none:
                wrong = f"its label ({columns.label}) is empty"
                if sets_seen:
                    wrong += " (--task multilabel takes that as no label)"
            sets_seen = sets_seen or SEPARATOR in label
        if wrong is None and marks_at:
            try:
                label = marked_set((name, fields[place]) for name, place in marks_at)
            except InputError as error:
                wrong = str(error)
        if wrong is None and group_at is not None:
            group = fields[group_at]
            wrong = None if group.strip() else f"its group ({columns.group}) is empty"
        if wrong is not None:
            bad(number, wrong)
            continue
        if columns.pair:
            try:
                text = joined_pair(columns.text, [fields[place] for place in text_at])
            except InputError as error:
                bad(number, str(error))
                continue
        else:
            text = fields[only] if only is not None else joined(fields[place] for place in text_at)
        yield Document(text, label, group, number)


def _has_header(sample: list[list[str]], options: ReadOptions) -> bool:
    """Of pairs the usual names of two texts tell; where nothing else is in the row, nothing else tells."""
    if not options.pairs:
        return has_header(sample, asked=_asked(options))
    if names_columns(sample[0]):
        return True
    if len(sample[0]) == 2 and options.labelled is False:
        return any(name in sample[0] for name in _asked(options))
    return has_header(sample, asked=_asked(options))


def _asked(options: ReadOptions) -> list[str]:
    """Every word that the user gave as the name of a column; a number names a column with or without a header."""
    asked = [name for name in (options.text, options.label, options.group) if name]
    asked += [word.strip() for word in (options.text or "").split(",")]
    asked += [word.strip() for word in (options.label or "").split(SEPARATOR)]
    return [name for name in asked if name and not name.isdigit()]
