"""Pairs of texts with a score that people gave them, where they gave one: from CSV, TSV and JSON Lines.

pairs = read_scored_pairs("sts-test.csv.gz", ReadOptions(text="6,7", label="5"))
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from nlpwb.data.badrows import BadRows, flaw
from nlpwb.data.builtin import find_builtin, is_builtin
from nlpwb.data.corpus import ReadOptions
from nlpwb.data.encodings import codec_name
from nlpwb.data.lines import json_records, json_text
from nlpwb.data.plan import undecodable
from nlpwb.data.scored_columns import ScoredColumns, choose_scored_columns
from nlpwb.data.sniffing import Format, guess_format, has_header, table_sample
from nlpwb.data.sources import Source
from nlpwb.data.tables import Record, csv_records, even_records, tsv_records
from nlpwb.data.targets import number
from nlpwb.data.textstream import head_text, open_text
from nlpwb.data.two_texts import names_columns
from nlpwb.errors import InputError, UsageError, nearest

FORMATS = ("csv", "tsv", "jsonl")


@dataclass(frozen=True)
class ScoredPairs:
    """All pairs of one source; ``first``, ``second``, ``rows`` (lines from 1) and ``scores``, if any, are equally long.

    ``column`` is that of the scores. ``notes`` says what was guessed or left out, ``skipped`` counts bad rows.
    """

    name: str
    first: list[str]
    second: list[str]
    scores: list[float] | None
    rows: list[int]
    column: str | None
    notes: tuple[str, ...]
    skipped: int

    def __len__(self) -> int:
        return len(self.first)


Row = tuple[int, str, str, str]
"""A line, two texts, and the cell of the score, empty where there is no such column."""


def read_scored_pairs(origin: str, options: ReadOptions) -> ScoredPairs:
    """All pairs of a file, of ``-`` (standard input), or of a built-in corpus of pairs.

    Of ``options`` ``text`` names the two columns, parted by a comma, and ``label`` that of the scores.

    Raises:
        InputError: the file is missing, empty or not text; a column is missing or cannot be told; a row lacks a text, or its
            score is no number (with its line).
        UsageError: an option without meaning.
    """
    codec_name(options.encoding)
    if options.input_format is not None and options.input_format not in FORMATS:
        raise UsageError(
            f"--input-format {options.input_format!r}: pairs are read from {', '.join(FORMATS)}; "
            f"{nearest(options.input_format, FORMATS)}"
        )
    if is_builtin(origin):
        builtin = find_builtin(origin)
        if builtin.kind != "pairs":
            raise InputError(f"{origin} holds no pairs; sample:pairs does")
        found = read_scored_pairs(str(builtin.path()), replace(options, encoding=builtin.encoding))
        return replace(found, name=origin)
    path = None if origin == "-" else Path(origin)
    if path is not None and path.is_dir():
        raise InputError(f"{origin} is a folder, and pairs are read from a file; name the file")
    source = Source(path)
    head = source.head()
    if not head.data:
        raise InputError(f"{source.name} is empty; pairs are rows of two texts")
    text = head_text(
        source.name, head, encoding=options.encoding, skip_bad_rows=options.skip_bad_rows
    )
    form = guess_format(
        text, suffix=source.suffix, complete=head.complete, wanted=options.input_format
    )
    bad = BadRows(source.name, skip=options.skip_bad_rows)
    notes = [form.remark] if form.remark else []
    if form.name not in FORMATS:
        raise InputError(
            f"{source.name} has no columns; give TSV, CSV or JSONL with two texts in each row"
        )
    plan = _plan_json if form.name == "jsonl" else _plan_table
    rows, columns = plan(source, options, form, text, head.complete, bad, notes)
    found = _collected(source.name, rows, columns, bad, notes)
    return replace(found, name=path.name if path else source.name)


def _collected(
    name: str, rows: Iterable[Row], columns: ScoredColumns, bad: BadRows, notes: list[str]
) -> ScoredPairs:
    found: list[tuple[int, str, str, float]] = []
    for line, first, second, cell in rows:
        wrong = flaw(first) or flaw(second)
        for text, column in ((first, columns.first), (second, columns.second)):
            if wrong is None and not text.strip():
                wrong = f"its text ({column}) is missing"
        score = number(cell)
        if wrong is None and columns.score is not None and score is None:
            wrong = f"its score ({columns.score}) is {cell!r}, which is no number"
        if wrong is not None:
            bad(line, wrong)
        else:
            found.append((line, first, second, score or 0.0))
    said = bad.note()
    if not found:
        raise InputError(
            f"{name}: {said}, and nothing is left" if said else f"{name} holds no pairs"
        )
    return ScoredPairs(
        name=name,
        first=[row[1] for row in found],
        second=[row[2] for row in found],
        scores=[row[3] for row in found] if columns.score is not None else None,
        rows=[row[0] for row in found],
        column=columns.score,
        notes=(*notes, *([said] if said else [])),
        skipped=bad.count,
    )


def _plan_table(
    source: Source,
    options: ReadOptions,
    form: Format,
    head: str,
    complete: bool,
    bad: BadRows,
    notes: list[str],
) -> tuple[Iterator[Row], ScoredColumns]:
    sample, _ = table_sample(head, form=form, complete=complete)
    if not sample:
        raise InputError(f"{source.name} holds no rows; pairs are rows of two texts")
    header = options.header
    if header is None:
        asked = [*(options.text or "").split(","), options.label or ""]
        header = names_columns(sample[0]) or has_header(
            sample, asked=[word.strip() for word in asked if word.strip() and not word.isdigit()]
        )
        notes.append("its first row is a header (guessed)" if header else "no header (guessed)")
    width = len(sample[0])
    names = [str(place) for place in range(1, width + 1)]
    if header:
        names = [cell.strip() or place for cell, place in zip(sample[0], names, strict=True)]
        sample = sample[1:]
    even = [row for row in sample if len(row) >= width]
    columns, guesses = choose_scored_columns(names, even, options, name=source.name)
    notes += guesses
    wanted = (columns.first, columns.second, columns.score)
    places = [names.index(column) if column is not None else None for column in wanted]

    def rows() -> Iterator[Row]:
        newline = "" if form.name == "csv" else "\n"
        with open_text(
            source, encoding=options.encoding, newline=newline, undecodable=undecodable(options)
        ) as (text, _):
            records: Iterator[Record] = (
                csv_records(text, delimiter=form.delimiter, bad=bad)
                if form.name == "csv"
                else tsv_records(text)
            )
            if header:
                next(records, None)
            elif form.name == "tsv":
                # without names for them, fields behind the last column say nothing and are no mistake either
                records = ((line, fields[:width]) for line, fields in records)
            model = "the header" if header else "the first row"
            for line, fields in even_records(records, width=width, model=model, bad=bad):
                first, second, score = (fields[at] if at is not None else "" for at in places)
                yield line, first, second, score

    return rows(), columns


def _plan_json(
    source: Source,
    options: ReadOptions,
    form: Format,
    head: str,
    complete: bool,
    bad: BadRows,
    notes: list[str],
) -> tuple[Iterator[Row], ScoredColumns]:
    del form
    lines = head.split("\n")
    if not complete and len(lines) > 1:
        lines.pop()
    ignored = BadRows(source.name, skip=True)  # what is wrong is said when the row is read
    sample = [record for _, record in itertools.islice(json_records(lines, bad=ignored), 100)]
    names = list(dict.fromkeys(name for record in sample for name in record))
    if not names:
        raise InputError(
            f"{source.name} does not begin with a JSON object on one line; JSONL holds one {{...}} a line"
        )
    cells = [[_cell(record, name) for name in names] for record in sample]
    columns, guesses = choose_scored_columns(names, cells, options, name=source.name)
    notes += guesses

    def rows() -> Iterator[Row]:
        with open_text(
            source, encoding=options.encoding, newline="\n", undecodable=undecodable(options)
        ) as (text, _):
            for line, record in json_records(text, bad=bad):
                score = "" if columns.score is None else _cell(record, columns.score)
                try:
                    first, second = (
                        "" if record.get(field) is None else json_text(record, field)
                        for field in (columns.first, columns.second)
                    )
                except InputError as error:
                    bad(line, str(error))
                else:
                    yield line, first, second, score

    return rows(), columns


def _cell(record: Mapping[str, object], name: str) -> str:
    """A field as a table would hold it; what is nested or missing is empty."""
    value = record.get(name)
    return "" if value is None or isinstance(value, (list, dict)) else str(value)
