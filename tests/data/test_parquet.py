"""Parquet, where pyarrow is installed, and the sentence where it is not."""

from __future__ import annotations

import io
import sys
import types
from pathlib import Path
from typing import Any

import pytest

from nlpwb.data.corpus import Columns, Document, ReadOptions
from nlpwb.data.reading import open_corpus, read_corpus
from nlpwb.errors import InputError

from .helpers import documents, write

pyarrow = pytest.importorskip("pyarrow", reason="the extra nlpwb[parquet] is not installed")
parquet = pytest.importorskip("pyarrow.parquet")


def table(path: Path, **columns: Any) -> str:
    parquet.write_table(pyarrow.table(columns), path)
    return str(path)


def test_columns_are_guessed_and_numbers_are_labels(tmp_path: Path) -> None:
    path = table(tmp_path / "a.parquet", id=[7, 8], text=["one\ntwo", "drei"], label=[1, 0])
    reader = open_corpus(path, ReadOptions())
    assert reader.columns == Columns(("text",), "label", None)
    assert list(reader) == [Document("one\ntwo", "1", None, 1), Document("drei", "0", None, 2)]


def test_texts_are_joined_and_groups_read(tmp_path: Path) -> None:
    path = table(tmp_path / "a.parquet", a=["x"], b=["y"], ok=[True], who=["ann"])
    assert documents(path, text="a,b", label="ok", group="who") == [
        Document("x y", "true", "ann", 1)
    ]


def test_a_null_is_a_bad_row(tmp_path: Path) -> None:
    path = table(tmp_path / "a.parquet", text=["one", None, "three"], label=["x", "y", "x"])
    with pytest.raises(InputError, match=r"a\.parquet, line 2: a value is null; "):
        documents(path)
    assert [d.row for d in documents(path, skip_bad_rows=True)] == [1, 3]


def test_more_rows_than_a_batch_are_read_in_order(tmp_path: Path) -> None:
    path = table(tmp_path / "a.parquet", text=[f"text {i}" for i in range(5000)])
    assert [d.text for d in documents(path)] == [f"text {i}" for i in range(5000)]


def test_a_damaged_file_and_an_unknown_column_are_errors(tmp_path: Path) -> None:
    path = table(tmp_path / "a.parquet", text=["one"], label=["x"])
    with pytest.raises(
        InputError, match=r"has no column 'body' \(--text\); there are: text, label"
    ):
        read_corpus(path, ReadOptions(text="body"))
    data = Path(path).read_bytes()
    broken = write(tmp_path / "b.parquet", data[: len(data) // 2])
    with pytest.raises(
        InputError, match=r"b\.parquet is not a whole Parquet file \(.+\); fetch it again"
    ):
        read_corpus(broken, ReadOptions())


def test_without_pyarrow_the_command_that_installs_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = table(tmp_path / "a.parquet", text=["one"])
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InputError) as error:
        read_corpus(path, ReadOptions())
    assert str(error.value) == (
        f"{path} is a Parquet file, which needs pyarrow: pip install 'nlpwb[parquet]'"
    )


def test_parquet_is_not_read_from_a_pipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = Path(table(tmp_path / "a.parquet", text=["one"])).read_bytes()
    monkeypatch.setattr(sys, "stdin", types.SimpleNamespace(buffer=io.BytesIO(data)))
    with pytest.raises(
        InputError,
        match="standard input holds Parquet, which is not read from a pipe; name the file",
    ):
        read_corpus("-", ReadOptions())
