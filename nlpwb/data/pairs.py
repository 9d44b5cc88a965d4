"""Pairs of texts, a source and its target: from a table of two columns, JSON Lines, or two files that run side by side.

pairs = read_pairs("pairs.tsv", PairOptions())
pairs = read_aligned("train.de.gz", "train.en.gz", PairOptions())
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nlpwb.data.badrows import BadRows, flaw
from nlpwb.data.builtin import find_builtin, is_builtin
from nlpwb.data.encodings import codec_name
from nlpwb.data.lines import json_records, json_text
from nlpwb.data.pair_columns import PairOptions, is_header, pair_columns
from nlpwb.data.sniffing import Format, guess_format, table_sample
from nlpwb.data.sources import Source
from nlpwb.data.tables import Record, csv_records, even_records, tsv_records
from nlpwb.data.textstream import head_text, open_text
from nlpwb.errors import InputError, UsageError, nearest

FORMATS = ("csv", "tsv", "jsonl")


@dataclass(frozen=True)
class Pairs:
    """All pairs of one origin; ``sources``, ``targets`` and ``rows`` (lines from 1) are equally long.

    ``notes`` says what was guessed or left out, ``skipped`` counts bad rows, ``fingerprint`` names the texts.
    """

    name: str
    sources: list[str]
    targets: list[str]
    rows: list[int]
    notes: tuple[str, ...]
    skipped: int
    fingerprint: str

    def __len__(self) -> int:
        return len(self.sources)


def part_of(pairs: Pairs, rows: Sequence[int]) -> Pairs:
    """Some of the pairs as pairs of their own."""
    return replace(
        pairs,
        sources=[pairs.sources[row] for row in rows],
        targets=[pairs.targets[row] for row in rows],
        rows=[pairs.rows[row] for row in rows],
    )


def read_pairs(origin: str, options: PairOptions) -> Pairs:
    """All pairs of a CSV, TSV or JSONL file, of ``-`` (standard input), or of ``sample:pairs``.

    Raises:
        InputError: the file is missing, empty or not text; a column is missing or cannot be told; a row has no source or no
            target (with its line).
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
        found = read_pairs(str(builtin.path()), replace(options, encoding=builtin.encoding))
        return replace(found, name=origin)
    path = None if origin == "-" else Path(origin)
    if path is not None and path.is_dir():
        raise InputError(f"{origin} is a folder, and pairs are read from a file; name the file")
    opened = Source(path)
    return _collected(path.name if path else opened.name, *_from_file(opened, options))


def read_aligned(source: str, target: str, options: PairOptions) -> Pairs:
    """Line i of one file with line i of the other; lines that are empty in both are none.

    Raises:
        InputError: a file cannot be read, they are not equally long (both counts are said), or a line has no partner.
    """
    codec_name(options.encoding)
    opened = []
    for name in (source, target):
        path = None if name == "-" else Path(name)
        if path is not None and path.is_dir():
            raise InputError(f"{name} is a folder; name a file with a text on each line")
        opened.append(Source(path))
    if source == target == "-":
        raise UsageError("--source - and --target -: standard input can be read once; name a file")
    name = f"{Path(source).name} and {Path(target).name}"
    sources, targets = (_lines(one, options) for one in opened)
    if len(sources) != len(targets):
        raise InputError(
            f"{source} has {len(sources):,} lines and {target} has {len(targets):,}: line i of one is the translation of "
            "line i of the other; give files of equal length"
        )
    bad = BadRows(f"{source} and {target}", skip=options.skip_bad_rows)
    rows = (
        (number, *both)
        for number, both in enumerate(zip(sources, targets, strict=True), 1)
        if any(map(str.strip, both))
    )
    return _collected(name, _checked(rows, bad, source=source, target=target), bad, [])


Row = tuple[int, str, str]


def _collected(name: str, rows: Iterable[Row], bad: BadRows, notes: Sequence[str]) -> Pairs:
    numbers, sources, targets = [], [], []
    digest = hashlib.sha256()
    for number, source, target in rows:
        numbers.append(number)
        sources.append(source)
        targets.append(target)
        for text in (source, target):
            digest.update(text.encode("utf-8", "surrogatepass") + b"\0")
    if not sources:
        left_out = bad.note()
        raise InputError(
            f"{name}: {left_out}, and nothing is left" if left_out else f"{name} holds no pairs"
        )
    said = bad.note()
    return Pairs(
        name=name,
        sources=sources,
        targets=targets,
        rows=numbers,
        notes=(*notes, *([said] if said else [])),
        skipped=bad.count,
        fingerprint=f"sha256:{digest.hexdigest()}",
    )


def _checked(rows: Iterable[Row], bad: BadRows, *, source: str, target: str) -> Iterator[Row]:
    """The pairs that have both texts, and texts fit to be read; the others go to ``bad``."""
    for number, read, written in rows:
        wrong = flaw(read) or flaw(written)
        if wrong is None and not read.strip():
            wrong = f"its source ({source}) is missing"
        if wrong is None and not written.strip():
            wrong = f"its target ({target}) is missing"
        if wrong is not None:
            bad(number, wrong)
        else:
            yield number, read, written


def _lines(opened: Source, options: PairOptions) -> list[str]:
    head = opened.head()
    if not head.data:
        raise InputError(f"{opened.name} is empty; it should hold a text on each line")
    head_text(opened.name, head, encoding=options.encoding, skip_bad_rows=options.skip_bad_rows)
    undecodable = "surrogateescape" if options.skip_bad_rows else "strict"
    with open_text(opened, encoding=options.encoding, newline="\n", undecodable=undecodable) as (
        text,
        _,
    ):
        return [line.rstrip("\r\n") for line in text]


def _from_file(opened: Source, options: PairOptions) -> tuple[Iterator[Row], BadRows, list[str]]:
    head = opened.head()
    if not head.data:
        raise InputError(f"{opened.name} is empty; pairs are rows of a source and a target")
    text = head_text(
        opened.name, head, encoding=options.encoding, skip_bad_rows=options.skip_bad_rows
    )
    form = guess_format(
        text, suffix=opened.suffix, complete=head.complete, wanted=options.input_format
    )
    bad = BadRows(opened.name, skip=options.skip_bad_rows)
    notes = [form.remark] if form.remark else []
    if form.name == "jsonl":
        return _from_json(opened, options, text, head.complete, bad, notes)
    if form.name not in ("csv", "tsv"):
        raise InputError(
            f"{opened.name} has no two columns; give TSV, CSV or JSONL with a source and a target in each row, or two files "
            "with --source and --target"
        )
    return _from_table(opened, options, form, text, head.complete, bad, notes)


def _from_table(
    opened: Source,
    options: PairOptions,
    form: Format,
    head: str,
    complete: bool,
    bad: BadRows,
    notes: list[str],
) -> tuple[Iterator[Row], BadRows, list[str]]:
    sample, _ = table_sample(head, form=form, complete=complete)
    if not sample:
        raise InputError(f"{opened.name} holds no rows; pairs are rows of a source and a target")
    header = options.header
    if header is None:
        header = is_header([cell.strip() for cell in sample[0]], options)
        notes.append("its first row is a header (guessed)" if header else "no header (guessed)")
    width = len(sample[0])
    names = [str(number) for number in range(1, width + 1)]
    if header:
        names = [cell.strip() or number for cell, number in zip(sample[0], names, strict=True)]
    source, target = pair_columns(names, options, notes, name=opened.name)
    places = names.index(source), names.index(target)

    def rows() -> Iterator[Row]:
        undecodable = "surrogateescape" if options.skip_bad_rows else "strict"
        newline = "" if form.name == "csv" else "\n"
        with open_text(
            opened, encoding=options.encoding, newline=newline, undecodable=undecodable
        ) as (text, _):
            records: Iterator[Record] = (
                csv_records(text, delimiter=form.delimiter, bad=bad)
                if form.name == "csv"
                else tsv_records(text)
            )
            if header:
                next(records, None)
            for number, fields in _wide_enough(records, places, names, width=width, bad=bad):
                yield number, fields[places[0]], fields[places[1]]

    return _checked(rows(), bad, source=source, target=target), bad, notes


def _wide_enough(
    records: Iterable[Record],
    places: tuple[int, int],
    names: Sequence[str],
    *,
    width: int,
    bad: BadRows,
) -> Iterator[Record]:
    """The records with all columns; one that ends before its target says so."""
    for record in records:
        if len(record[1]) <= places[1] and len(record[1]) > places[0]:
            bad(record[0], f"its target ({names[places[1]]}) is missing")
        else:
            yield from even_records([record], width=width, model="the first row", bad=bad)


def _from_json(
    opened: Source,
    options: PairOptions,
    head: str,
    complete: bool,
    bad: BadRows,
    notes: list[str],
) -> tuple[Iterator[Row], BadRows, list[str]]:
    lines = head.split("\n")
    if not complete and len(lines) > 1:
        lines.pop()
    ignored = BadRows(opened.name, skip=True)  # what is wrong is said when the row is read
    sample = [record for _, record in itertools.islice(json_records(lines, bad=ignored), 100)]
    names = list(dict.fromkeys(name for record in sample for name in record))
    if not names:
        raise InputError(
            f"{opened.name} does not begin with a JSON object on one line; JSONL holds one {{...}} a line"
        )
    source, target = pair_columns(names, options, notes, name=opened.name)

    def rows() -> Iterator[Row]:
        undecodable = "surrogateescape" if options.skip_bad_rows else "strict"
        with open_text(
            opened, encoding=options.encoding, newline="\n", undecodable=undecodable
        ) as (text, _):
            for number, record in json_records(text, bad=bad):
                try:
                    yield number, _field(record, source), _field(record, target)
                except InputError as error:
                    bad(number, str(error))

    return _checked(rows(), bad, source=source, target=target), bad, notes


def _field(record: Mapping[str, object], name: str) -> str:
    """A text of an object; null and no such field count as missing."""
    return "" if record.get(name) is None else json_text(record, name)
