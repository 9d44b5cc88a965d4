"""Pairs of texts with scores out of tables and JSON Lines; what is guessed is said, and every flaw has its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlpwb.data.corpus import ReadOptions
from nlpwb.data.scored_pairs import ScoredPairs, read_scored_pairs
from nlpwb.errors import InputError, UsageError


def read(folder: Path, name: str, content: str, **options: object) -> ScoredPairs:
    """What a file of this content gives."""
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return read_scored_pairs(str(path), ReadOptions(**options))  # type: ignore[arg-type]


def triples(pairs: ScoredPairs) -> list[tuple[str, str, float]]:
    assert pairs.scores is not None
    return list(zip(pairs.first, pairs.second, pairs.scores, strict=True))


WANTED = [("a cat", "a dog", 2.5), ("a hat", "a cap", 4.0)]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.tsv", "sentence1\tsentence2\tscore\na cat\ta dog\t2.5\na hat\ta cap\t4\n"),
        ("a.tsv", "score\tsentence2\tsentence1\n2.5\ta dog\ta cat\n4\ta cap\ta hat\n"),
        ("a.csv", "id,premise,hypothesis,gold\n1,a cat,a dog,2.5\n2,a hat,a cap,4\n"),
        ("a.csv", "left,right\na cat,a dog\na hat,a cap\n"),
        ("a.tsv", "a cat\ta dog\t2.5\na hat\ta cap\t4\n"),
        ("a.tsv", "1\tx\t2.5\ta cat\ta dog\n2\ty\t4\ta hat\ta cap\n"),
        ("a.jsonl", '{"a": "a cat", "b": "a dog", "score": 2.5}\n'
                    '{"a": "a hat", "b": "a cap", "score": 4}\n'),
    ],
)  # fmt: skip
def test_columns_are_guessed_and_said(tmp_path: Path, name: str, content: str) -> None:
    """Usual names, else what looks like two texts and a number; ids of whole numbers are no scores."""
    pairs = read(tmp_path, name, content)
    assert [(a, b) for a, b in zip(pairs.first, pairs.second, strict=True)] == [
        (a, b) for a, b, _ in WANTED
    ]
    if "left" in content:
        assert pairs.scores is None
        assert "no column of scores found (--label names one)" in pairs.notes
        return
    assert triples(pairs) == WANTED
    assert sum("(guessed)" in note for note in pairs.notes if "column" in note) == 2


def test_columns_that_are_asked_for_are_taken(tmp_path: Path) -> None:
    content = "score\ta\tb\tc\td\n9\tw\tx\ty\t1\n9\tu\tv\tz\t2\n"
    by_name = read(tmp_path, "a.tsv", content, text="c,a", label="d")
    by_number = read(tmp_path, "a.tsv", content, text="4, 2", label="5")
    assert triples(by_name) == triples(by_number) == [("y", "w", 1), ("z", "u", 2)]
    assert by_name.column == by_number.column == "d"


def test_quotes_are_characters_of_tsv_and_fields_behind_the_last_column_are_none(
    tmp_path: Path,
) -> None:
    """STS-B is so: unbalanced quotes, and a licence behind some rows; a reader of CSV loses a fifth of it."""
    content = '1\t2.5\ta "cat\ta dog\n2\t4.5\ta hat\ta "cap\tby X\tfree\n'
    pairs = read(tmp_path, "a.csv", content)
    assert triples(pairs) == [('a "cat', "a dog", 2.5), ("a hat", 'a "cap', 4.5)]
    assert pairs.notes[0].startswith("read as TSV")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.tsv", "a\tb\tscore\nx\ty\tz\n", r"line 2: its score \(score\) is 'z', which is no num"),
        ("a.tsv", "a\tb\tscore\nx\t \t1\n", r"line 2: its text \(b\) is missing"),
        ("a.tsv", "a\tb\tscore\nx\ty\n", "line 2: 2 fields where the header has 3"),
        ("a.tsv", "a\tb\tscore\nx\ty\t1\tz\n", "line 2: 4 fields where the header has 3"),
        ("a.tsv", "x x\ty y\t1\nx x\ty y\n", "line 2: 2 fields where the first row has 3"),
        ("a.jsonl", '{"a": "x", "b": "y"}\n{"a": "x", "b": []}\n', "line 2: .* is an array"),
        ("a.jsonl", '{"a": "x", "b": "y"}\n{"a": "x"}\n', r"line 2: its text \(b\) is missing"),
        ("a.jsonl", "[1]\n", "does not begin with a JSON object|has no columns"),
        ("a.txt", "just words\n", "has no columns"),
        ("a.tsv", "", "is empty"),
        ("a.tsv", "u\tv\tw\nx x\ty y\tz z\n", "which columns hold the two texts cannot be told"),
        ("a.tsv", "x x\ty y\t1\t2\nx x\ty y\t3\t4\n", "the score could be any of the columns 3, 4"),
    ],
)
def test_flaws_are_named_with_their_line(
    tmp_path: Path, name: str, content: str, said: str
) -> None:
    with pytest.raises(InputError, match=said):
        read(tmp_path, name, content)


def test_bad_rows_are_skipped_where_that_is_asked_for(tmp_path: Path) -> None:
    content = "a\tb\tscore\nx\ty\tz\nu\tv\t1\n"
    pairs = read(tmp_path, "a.tsv", content, skip_bad_rows=True)
    assert (triples(pairs), pairs.rows, pairs.skipped) == ([("u", "v", 1)], [3], 1)
    with pytest.raises(InputError, match="nothing is left"):
        read(tmp_path, "a.tsv", "a\tb\tscore\nx\ty\tz\n", skip_bad_rows=True)


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"text": "a"}, UsageError, "--text a names one column, and a pair has two texts"),
        ({"text": "a,b,score"}, UsageError, "names 3 columns"),
        ({"text": "a,a"}, UsageError, "two equal columns"),
        ({"text": "a,x"}, InputError, r"no column 'x' \(--text\)"),
        ({"label": "scroe"}, InputError, "did you mean score?"),
        ({"text": "a,b", "label": "b"}, UsageError, "--label b is a text column as well"),
        ({"input_format": "text"}, UsageError, "pairs are read from csv, tsv, jsonl"),
    ],
)
def test_options_without_meaning(
    tmp_path: Path, options: dict[str, str], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        read(tmp_path, "a.tsv", "a\tb\tscore\nx\ty\t1\n", **options)


def test_columns_without_names_are_told_by_their_numbers(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="it has no header, its columns are numbered 1 to 3"):
        read(tmp_path, "a.tsv", "x x\ty y\t1\nu u\tv v\t2\n", text="1,4")


def test_the_sample_of_pairs() -> None:
    pairs = read_scored_pairs("sample:pairs", ReadOptions())
    assert (len(pairs), pairs.scores, pairs.name) == (420, None, "sample:pairs")
    with pytest.raises(InputError, match="holds no pairs"):
        read_scored_pairs("sample:reviews", ReadOptions())


@pytest.mark.parametrize(("part", "rows"), [("test", 1379), ("dev", 1500), ("train", 5749)])
def test_all_rows_of_stsb_are_read(shared_data: Path, part: str, rows: int) -> None:
    """Tabs, no header, no quoting, 7 to 9 fields; the columns are found without help, too."""
    path = str(shared_data / "stsb" / f"sts-{part}.csv.gz")
    asked = read_scored_pairs(path, ReadOptions(text="6,7", label="5"))
    guessed = read_scored_pairs(path, ReadOptions())
    assert len(asked) == rows
    assert asked.scores is not None
    assert (min(asked.scores), max(asked.scores)) == (0, 5)
    assert triples(asked) == triples(guessed)
