"""Pairs out of tables, JSON Lines and two files; every flaw with its line."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from nlpwb.data.pair_columns import PairOptions
from nlpwb.data.pairs import Pairs, part_of, read_aligned, read_pairs
from nlpwb.errors import InputError, UsageError


def read(folder: Path, name: str, content: str, **options: object) -> Pairs:
    """What a file of this content gives."""
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return read_pairs(str(path), PairOptions(**options))  # type: ignore[arg-type]


def aligned(folder: Path, source: str, target: str, **options: object) -> Pairs:
    """What two files of this content give."""
    (folder / "a.en").write_text(source, encoding="utf-8")
    (folder / "a.de").write_text(target, encoding="utf-8")
    names = str(folder / "a.en"), str(folder / "a.de")
    return read_aligned(*names, PairOptions(**options))  # type: ignore[arg-type]


def test_sample_pairs_are_read() -> None:
    """The built-in sample must give what `nlpwb data list` says of it."""
    pairs = read_pairs("sample:pairs", PairOptions())
    assert (pairs.name, len(pairs), pairs.skipped) == ("sample:pairs", 420, 0)
    assert (pairs.sources[0], pairs.targets[0], pairs.rows[0]) == (
        "The house is very old.",
        "Das Haus ist sehr alt.",
        2,
    )


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.tsv", "source\ttarget\nyes\tja\nno\tnein\n"),
        ("a.tsv", "target\tsource\nja\tyes\nnein\tno\n"),
        ("a.tsv", "en\tde\nyes\tja\nno\tnein\n"),
        ("a.tsv", "yes\tja\nno\tnein\n"),
        ("a.csv", "id,src,tgt\n1,yes,ja\n2,no,nein\n"),
        ("a.csv", "translation,text\nja,yes\nnein,no\n"),
        ("a.jsonl", '{"source": "yes", "target": "ja"}\n{"source": "no", "target": "nein"}\n'),
        ("a.jsonl", '{"de": "ja", "en": "yes", "n": 1}\n{"de": "nein", "en": "no", "n": 2}\n'),
    ],
)
def test_columns_are_guessed_and_said(tmp_path: Path, name: str, content: str) -> None:
    """Usual names come first, then two languages, then the only two columns; a guess must be told."""
    pairs = read(tmp_path, name, content)
    found = list(zip(pairs.sources, pairs.targets, strict=True))
    wanted = [("yes", "ja"), ("no", "nein")]
    assert found == ([(b, a) for a, b in wanted] if content.startswith('{"de') else wanted)
    assert sum("(guessed)" in note for note in pairs.notes if "column:" in note) == 2


def test_columns_that_are_asked_for_are_taken(tmp_path: Path) -> None:
    """--source-col and --target-col win over every guess, by name or by number."""
    content = "source\ttarget\tother\na\tb\tc\nd\te\tf\n"
    by_name = read(tmp_path, "a.tsv", content, source="other", target="source")
    by_number = read(tmp_path, "a.tsv", content, source="3", target="1")
    assert (by_name.sources, by_name.targets) == (["c", "f"], ["a", "d"])
    assert (by_number.sources, by_number.targets) == (["c", "f"], ["a", "d"])


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.tsv", "source\ttarget\nyes\tja\nno\t\n", r"line 3: its target \(target\) is missing"),
        ("a.tsv", "source\ttarget\nyes\tja\nno\n", r"line 3: its target \(target\) is missing"),
        ("a.tsv", "source\ttarget\n \tja\n", r"line 2: its source \(source\) is missing"),
        ("a.tsv", "source\ttarget\nyes\tja\tx\n", "line 2: 3 fields where the first row has 2"),
        ("a.csv", 'source,target\nyes,ja\n"no,nein\n', "line 3: a quoted field opens here"),
        ("a.jsonl", '{"source": "a", "target": "b"}\n{"source": "c"}\n', r"line 2: its target"),
        (
            "a.jsonl",
            '{"source": "a", "target": null}\n',
            r"line 1: its target \(target\) is missing",
        ),
        ("a.jsonl", '{"source": "a", "target": [1]}\n', "line 1: its field 'target' is an array"),
        ("a.jsonl", '{"source": "a", "target": "b"}\nno\n', "line 2: it is not JSON"),
        ("a.tsv", "a\tb\tc\nd\te\tf\n", "--source-col and --target-col name them"),
        ("a.tsv", "", "is empty"),
        ("a.tsv", "source\ttarget\n", "holds no pairs"),
        ("a.txt", "one\ntwo\n", "has no two columns"),
    ],
)
def test_flaws_are_told_with_their_line(tmp_path: Path, name: str, content: str, said: str) -> None:
    """Whoever mends a file needs the line and what is wrong there."""
    with pytest.raises(InputError, match=said):
        read(tmp_path, name, content)


def test_bad_rows_are_left_out_where_asked(tmp_path: Path) -> None:
    """--skip-bad-rows goes on, counts and says what was left out."""
    content = "source\ttarget\nyes\tja\nno\t\nwe\twir\n"
    pairs = read(tmp_path, "a.tsv", content, skip_bad_rows=True)
    assert (pairs.sources, pairs.rows, pairs.skipped) == (["yes", "we"], [2, 4], 1)
    assert any("1 bad row left out (line 3" in note for note in pairs.notes)


def test_unknown_columns_and_formats_are_refused(tmp_path: Path) -> None:
    """A misspelt column offers the nearest; what is no table of pairs is no format here."""
    content = "source\ttarget\nyes\tja\n"
    with pytest.raises(InputError, match="no column 'sorce'"):
        read(tmp_path, "a.tsv", content, source="sorce")
    with pytest.raises(UsageError, match="pairs are read from csv, tsv, jsonl"):
        read(tmp_path, "a.tsv", content, input_format="fasttext")
    with pytest.raises(InputError, match="holds no pairs; sample:pairs does"):
        read_pairs("sample:reviews", PairOptions())


def test_two_files_run_side_by_side(tmp_path: Path) -> None:
    """Line i belongs to line i, in compressed files, too; lines that are empty in both are none."""
    pairs = aligned(tmp_path, "yes\n\nno\n", "ja\n\nnein\n")
    assert (pairs.sources, pairs.targets, pairs.rows) == (["yes", "no"], ["ja", "nein"], [1, 3])
    for name in ("a.en", "a.de"):
        with gzip.open(tmp_path / f"{name}.gz", "wb") as file:
            file.write((tmp_path / name).read_bytes())
    zipped = read_aligned(str(tmp_path / "a.en.gz"), str(tmp_path / "a.de.gz"), PairOptions())
    assert (zipped.sources, zipped.targets) == (pairs.sources, pairs.targets)
    assert zipped.fingerprint == pairs.fingerprint


def test_files_of_unequal_length_give_both_counts(tmp_path: Path) -> None:
    """Nobody can tell which line is missing, so both counts are said."""
    with pytest.raises(InputError, match=r"a\.en has 3 lines and .*a\.de has 2"):
        aligned(tmp_path, "a\nb\nc\n", "d\ne\n")


def test_a_line_without_partner_is_told(tmp_path: Path) -> None:
    """An empty line across from a text is a missing target, with its line."""
    with pytest.raises(InputError, match=r"line 2: its target .* is missing"):
        aligned(tmp_path, "a\nb\n", "c\n\n")


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """The way out of a wrong path is a check of the path."""
    with pytest.raises(InputError, match="no such file"):
        read_aligned(str(tmp_path / "x"), str(tmp_path / "y"), PairOptions())


def test_a_part_has_the_rows_that_were_asked_for(tmp_path: Path) -> None:
    """Splits are parts: texts and lines must stay together."""
    pairs = part_of(aligned(tmp_path, "a\nb\nc\n", "d\ne\nf\n"), [2, 0])
    assert (pairs.sources, pairs.targets, pairs.rows) == (["c", "a"], ["f", "d"], [3, 1])
