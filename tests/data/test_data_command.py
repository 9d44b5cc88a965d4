"""`nlpwb data` as a user types it: what is printed, and how it ends."""

from __future__ import annotations

import io
import json
import sys
import types
from pathlib import Path

import pytest

from nlpwb.cli import data
from nlpwb.errors import NlpwbError

from .helpers import write

CSV = "text,label\nfine book,good\ndull book,bad\nfine film,good\ndull film,bad\nso so,good\nno no,bad\n"


def run(*words: str) -> int:
    """The exit code of `nlpwb data WORDS`; errors of ours are raised, as main sees them."""
    try:
        data.app(list(words), standalone_mode=True)
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def test_list_prints_names_and_terms(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list", "--format", "json") == 0
    entries = {entry["name"]: entry for entry in json.loads(capsys.readouterr().out)}
    assert set(entries["gensim:lee"]) == {"name", "kind", "size", "contents", "terms"}


def test_check_ends_with_1_for_errors_and_with_strict_for_warnings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sound = write(tmp_path / "a.csv", CSV)
    one_label = write(tmp_path / "b.csv", "text,label\none,x\ntwo,x\n")
    assert run("check", sound) == 0
    assert run("check", sound, "--strict") == 1  # labels of three rows each
    assert run("check", one_label) == 1
    assert (
        "all rows have the label 'x', so there is nothing to tell apart" in capsys.readouterr().out
    )


def test_check_prints_the_same_fields_in_every_format(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """TSV in a pipe; JSON with the report around its findings."""
    path = write(tmp_path / "a.csv", CSV)
    run("check", path)
    header, first, *_ = capsys.readouterr().out.splitlines()
    assert header == "severity\tpart\tmessage\texamples\tcode\tcount\tshare"
    assert first == (
        "warning\ttrain\t6 rows are of labels with fewer than 10 rows (100.0 %): 'bad', 'good'\t"
        "[2, 3, 4, 5, 6]\tlabel-with-few-rows\t6\t1.0"
    )
    run("check", path, "--format", "json")
    report = json.loads(capsys.readouterr().out)
    assert (report["corpus"], report["documents"], report["worst"]) == ("a.csv", 6, "warning")
    assert set(report["findings"][0]) == set(header.split("\t"))


def test_describe_prints_fields_and_values(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "a.csv", CSV)
    run("describe", path)
    lines = capsys.readouterr().out.splitlines()
    assert lines[:4] == [
        "field\tvalue",
        "documents\t6",
        "label bad\t3 (50.0%)",
        "label good\t3 (50.0%)",
    ]
    run("describe", path, "--format", "json")
    assert json.loads(capsys.readouterr().out)["characters"]["maximum"] == 9


def test_split_writes_the_parts_and_prints_where(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "a.csv", CSV)
    out = tmp_path / "parts"
    assert run("split", path, "-o", str(out), "--test-size", "0.34") == 0
    assert capsys.readouterr().out == (
        f"split\tpart\tdocuments\tpath\nholdout\ttrain\t4\t{out}/train.csv\nholdout\ttest\t2\t{out}/test.csv\n"
    )
    assert (out / "split.json").is_file()


def test_convert_writes_a_file_or_standard_output(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "a.csv", CSV)
    assert run("convert", path, "-o", str(tmp_path / "b.ft")) == 0
    assert (
        capsys.readouterr().out
        == f"path\tformat\tdocuments\tskipped\n{tmp_path}/b.ft\tfasttext\t6\t0\n"
    )
    assert (tmp_path / "b.ft").read_text().startswith("__label__good fine book\n")
    assert run("convert", path, "-o", "-", "--to", "tsv") == 0
    assert capsys.readouterr().out.startswith("text\tlabel\nfine book\tgood\n")


def test_convert_reads_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stdin = types.SimpleNamespace(buffer=io.BytesIO(b"one\ntwo\n"), isatty=lambda: False)
    monkeypatch.setattr(sys, "stdin", stdin)
    run("convert", "-", "-o", "-", "--to", "jsonl")
    assert capsys.readouterr().out == '{"text": "one"}\n{"text": "two"}\n'


def test_standard_output_needs_a_format(tmp_path: Path) -> None:
    with pytest.raises(NlpwbError) as error:
        run("convert", write(tmp_path / "a.csv", CSV), "-o", "-")
    assert str(error.value) == "--output - needs --to: one of csv, tsv, jsonl, fasttext, text"
    assert error.value.exit_code == 2


def test_reading_options_reach_the_reader(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each is of use to somebody, and an option that is dropped on the way does nothing in silence."""
    path = write(tmp_path / "a.csv", "caf\xe9;x;g\nbad\nth\xe9;y;h\n".encode("latin-1"))
    options = (
        "--text",
        "1",
        "--label",
        "2",
        "--group-col",
        "3",
        "--encoding",
        "latin-1",
        "--no-header",
    )
    options += ("--input-format", "csv", "--skip-bad-rows")
    assert run("convert", path, "-o", "-", "--to", "csv", *options) == 0
    assert capsys.readouterr().out == "text,label,group\ncafé,x,g\nthé,y,h\n"
    text = write(tmp_path / "a.txt", "one\ntwo\n")
    run("convert", text, "-o", "-", "--to", "jsonl", "--per-file")
    assert capsys.readouterr().out == '{"text": "one\\ntwo"}\n'
