"""Parquet files, batch by batch; needs the extra ``nlpwb[parquet]``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from nlpwb.data.badrows import BadRows, flaw
from nlpwb.data.columns import choose_columns
from nlpwb.data.corpus import Document, ReadOptions
from nlpwb.data.plan import Plan, joined
from nlpwb.data.sources import Source
from nlpwb.data.targets import array_set, marked_set
from nlpwb.data.two_texts import joined_pair
from nlpwb.errors import InputError

_BATCH = 1024


class ParquetTable:
    """The columns of a Parquet file and its rows as text. Raises InputError where it, or pyarrow, cannot be read."""

    def __init__(self, path: Path) -> None:
        try:
            import pyarrow
            import pyarrow.parquet
        except ImportError:
            raise InputError(
                f"{path} is a Parquet file, which needs pyarrow: pip install 'nlpwb[parquet]'"
            ) from None
        self._path = path
        self._damage: tuple[type[Exception], ...] = (pyarrow.ArrowException, OSError)
        try:
            self._file = pyarrow.parquet.ParquetFile(path)
        except self._damage as error:
            raise self._broken(error) from None
        self.names: list[str] = list(self._file.schema_arrow.names)

    def rows(self, columns: Sequence[str]) -> Iterator[tuple[int, list[str | None]]]:
        """Number from 1 and the values of these columns, row by row, with null as None; one batch is held at a time."""
        number = 0
        batches = self._file.iter_batches(batch_size=_BATCH, columns=list(dict.fromkeys(columns)))
        while True:
            try:
                batch = next(batches, None)
            except self._damage as error:
                raise self._broken(error) from None
            if batch is None:
                return
            values = [
                [_text(value) for value in batch.column(name).to_pylist()] for name in columns
            ]
            for row in zip(*values, strict=True):
                number += 1
                yield number, list(row)

    def _broken(self, error: Exception) -> InputError:
        reason = str(error).splitlines()[0]
        return InputError(f"{self._path} is not a whole Parquet file ({reason}); fetch it again")


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def plan_parquet(source: Source, options: ReadOptions) -> Plan:
    """How to read a Parquet file."""
    if source.path is None or not source.reopens:
        raise InputError(
            f"{source.name} holds Parquet, which is not read from a pipe; name the file"
        )
    table = ParquetTable(source.path)
    rows = [row for _, row in zip(range(1000), table.rows(table.names), strict=False)]
    sample = [[value or "" for value in values] for _, values in rows]
    columns, guesses = choose_columns(table.names, sample, options, name=source.name)
    of_label = columns.marks or ((columns.label,) if columns.label is not None else ())
    of_group = (columns.group,) if columns.group is not None else ()
    several = bool(columns.marks) or options.task == "multilabel"
    texts, labels = len(columns.text), len(of_label)

    def documents(bad: BadRows) -> Iterator[Document]:
        for number, values in table.rows([*columns.text, *of_label, *of_group]):
            sure = values[:texts] + values[texts + labels :] if several else values
            if None in sure:
                bad(number, "a value is null")
                continue
            found = [value or "" for value in values]
            wrong = next(filter(None, map(flaw, found)), None)
            if wrong is None and not all(value and value.strip() for value in sure[texts:]):
                wrong = "its label or group is empty"
            label = found[texts] if of_label else None
            if wrong is None and several and label is not None:
                try:
                    cells = zip(columns.marks, found[texts:], strict=False)
                    label = marked_set(cells) if columns.marks else array_set(label)
                except InputError as error:
                    wrong = str(error)
            text = ""
            if wrong is None:
                try:
                    pair = columns.pair
                    text = (
                        joined_pair(columns.text, found[:texts]) if pair else joined(found[:texts])
                    )
                except InputError as error:
                    wrong = str(error)
            if wrong:
                bad(number, wrong)
                continue
            group = found[-1] if of_group else None
            yield Document(text, label, group, number)

    return Plan(
        format="parquet",
        notes=guesses,
        columns=columns,
        labelled=columns.label is not None,
        grouped=columns.group is not None,
        documents=documents,
        empty=f"{source.name} holds no rows; a corpus needs at least one document",
    )
