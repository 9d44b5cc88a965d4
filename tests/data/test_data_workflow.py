"""The use cases behind `nlpwb data`."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from nlpwb.data.corpus import ReadOptions
from nlpwb.data.pair_columns import PairOptions
from nlpwb.data.pairs import read_pairs
from nlpwb.data.reading import read_corpus
from nlpwb.data.saved_splits import load_split
from nlpwb.data.writing import WriteOptions
from nlpwb.errors import InputError, UsageError
from nlpwb.workflows.data import (
    check_corpus,
    convert_corpus,
    converted,
    describe_corpus,
    list_builtin,
    split_corpus,
)

from .helpers import write

READ = ReadOptions()


def reviews(tmp_path: Path, suffix: str = ".csv") -> str:
    separator = {".csv": ",", ".tsv": "\t"}[suffix]
    lines = [
        f"text{separator}label",
        *(f"review {i}{separator}{'good' if i % 2 else 'bad'}" for i in range(20)),
    ]
    return write(tmp_path / f"a{suffix}", "\n".join(lines) + "\n")


def test_a_split_is_written_as_files_that_hold_all_rows(tmp_path: Path) -> None:
    source = reviews(tmp_path)
    report = split_corpus(source, READ, output=tmp_path / "out", test_size=0.25, seed=1)
    assert [(p.split, p.part, p.documents) for p in report.parts] == [
        ("holdout", "train", 15),
        ("holdout", "test", 5),
    ]
    train, test = (read_corpus(part.path, READ) for part in report.parts)
    whole = read_corpus(source, READ)
    assert Counter([*train.texts, *test.texts]) == Counter(whole.texts)
    (split,) = load_split(Path(report.path), whole)
    assert [whole.texts[i] for i in split.test] == test.texts


def test_the_format_of_the_parts_is_that_of_the_source_unless_named(tmp_path: Path) -> None:
    source = reviews(tmp_path, ".tsv")
    assert split_corpus(source, READ, output=tmp_path / "a").parts[0].path.endswith("train.tsv")
    other = split_corpus(source, READ, output=tmp_path / "b", to="jsonl")
    assert read_corpus(other.parts[1].path, READ).labels is not None
    assert other.parts[1].path.endswith("test.jsonl")


def test_folds_are_written_into_folders(tmp_path: Path) -> None:
    report = split_corpus(reviews(tmp_path), READ, output=tmp_path / "out", k=4, seed=0)
    assert [Path(p.path).relative_to(tmp_path / "out").as_posix() for p in report.parts[:3]] == [
        "fold-1/train.csv",
        "fold-1/test.csv",
        "fold-2/train.csv",
    ]
    tests = [read_corpus(p.path, READ).texts for p in report.parts if p.part == "test"]
    assert sorted(text for texts in tests for text in texts) == sorted(
        read_corpus(str(tmp_path / "a.csv"), READ).texts
    )


def test_a_split_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    """A text with a line break cannot go into TSV: no part of the split is there, nor the folder."""
    path = write(tmp_path / "a.csv", 'text,label\n"one\ntwo",x\nthree,x\nfour,y\nfive,y\n')
    with pytest.raises(InputError, match="holds a tab or a line break"):
        split_corpus(path, READ, output=tmp_path / "out", to="tsv")
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.csv"]


def test_a_folder_that_was_there_keeps_what_it_held(tmp_path: Path) -> None:
    write(tmp_path / "out/mine.txt", "mine")
    split_corpus(reviews(tmp_path), READ, output=tmp_path / "out")
    assert sorted(entry.name for entry in (tmp_path / "out").iterdir()) == [
        "mine.txt",
        "split.json",
        "test.csv",
        "train.csv",
    ]


def test_a_place_that_cannot_be_written_gets_its_sentence(tmp_path: Path) -> None:
    occupied = write(tmp_path / "out", "a file")
    with pytest.raises(
        InputError, match=r"out cannot be written \(file exists\); choose another folder"
    ):
        split_corpus(reviews(tmp_path), READ, output=Path(occupied))


def test_folds_and_a_test_size_contradict_each_other(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--folds and --test-size contradict each other; give one"):
        split_corpus(reviews(tmp_path), READ, output=tmp_path / "out", k=2, test_size=0.5)


def test_a_corpus_is_converted_and_counted(tmp_path: Path) -> None:
    source = reviews(tmp_path)
    report = convert_corpus(source, READ, output=tmp_path / "b.jsonl.gz", write=WriteOptions())
    assert (report.format, report.documents, report.skipped) == ("jsonl", 20, 0)
    before, after = read_corpus(source, READ), read_corpus(report.path, READ)
    assert (before.texts, before.labels) == (after.texts, after.labels)


def test_a_corpus_is_converted_to_standard_output_in_pieces(tmp_path: Path) -> None:
    lines = "".join(converted(reviews(tmp_path), READ, write=WriteOptions(to="jsonl"))).splitlines()
    assert json.loads(lines[0]) == {"text": "review 0", "label": "bad"}
    assert len(lines) == 20


def test_skipped_rows_are_told_after_conversion(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "text,label\none,x\nbad\ntwo,y\n")
    report = convert_corpus(
        path, ReadOptions(skip_bad_rows=True), output=tmp_path / "b.csv", write=WriteOptions()
    )
    assert (report.documents, report.skipped) == (2, 1)
    assert report.notes[-1].startswith("1 bad row left out")


def test_the_check_reads_both_parts_and_knows_scripts_without_spaces(tmp_path: Path) -> None:
    train = write(
        tmp_path / "train.tsv", "label\ttext\n0\t今天天气很好\n1\t我不喜欢\n0\t很好\n1\t不好\n"
    )
    test = write(tmp_path / "test.tsv", "label\ttext\n0\t今天天气很好\n1\t另一个\n")
    report = check_corpus(train, READ, test=test)
    assert (report.documents, report.test_documents, report.worst) == (4, 2, "error")
    codes = [finding.code for finding in report.findings]
    assert codes[0] == "duplicates-across"
    assert codes.count("no-spaces") == 2


def test_the_description_tells_scripts(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", "abc абв\nabc\n")
    assert dict(describe_corpus(path, READ).scripts) == pytest.approx(
        {"Latin": 2 / 3, "Cyrillic": 1 / 3}
    )


def test_built_in_sets_are_listed_with_their_terms() -> None:
    listed = {entry.name: entry for entry in list_builtin()}
    assert listed["sample:reviews"].terms.startswith("Apache-2.0")
    assert listed["gensim:wordsim353"].kind == "similarity"


def test_sets_and_numbers_are_split_and_checked_as_what_they_are(tmp_path):
    """A label of one row stops the split of single labels; a number that stands once is what numbers do."""
    sets = tmp_path / "sets.csv"
    cells = ["a;b" if n % 4 == 0 else ("a" if n % 2 else "") for n in range(80)]
    sets.write_text("text,label\n" + "".join(f"text {n},{c}\n" for n, c in enumerate(cells)))
    read = ReadOptions(task="multilabel")
    report = split_corpus(str(sets), read, output=tmp_path / "sets", task="multilabel")
    assert [part.documents for part in report.parts] == [64, 16]
    test = (tmp_path / "sets" / "test.csv").read_text().splitlines()[1:]
    assert sum(row.endswith(",a;b") for row in test) == 4
    assert check_corpus(str(sets), read, task="multilabel").worst != "error"
    numbers = tmp_path / "numbers.csv"
    numbers.write_text("text,label\n" + "".join(f"text {n},{n / 7:.3f}\n" for n in range(80)))
    report = split_corpus(str(numbers), READ, output=tmp_path / "numbers")
    assert report.notes[-1].startswith("task: regression (guessed")
    found = [
        float(row.split(",")[1])
        for row in (tmp_path / "numbers" / "test.csv").read_text().splitlines()[1:]
    ]
    assert min(found) < 2 < 9 < max(found)
    assert check_corpus(str(numbers), READ).worst == "note"


def test_numbers_that_are_none_are_told_before_a_split_is_written(tmp_path):
    mixed = tmp_path / "mixed.csv"
    mixed.write_text("text,label\n" + "".join(f"text {n},{n or 'none'}\n" for n in range(30)))
    read = ReadOptions(label="label", task="regression")
    with pytest.raises(InputError, match=r"line 2: its label 'none' is no number"):
        split_corpus(str(mixed), read, output=tmp_path / "out", task="regression")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["pairs.tsv", "pairs.csv", "pairs.jsonl"])
def test_pairs_keep_their_targets(tmp_path: Path, name: str) -> None:
    """What is written is read as the same pairs; a format of one text takes the sources."""
    report = convert_corpus(
        "sample:pairs", ReadOptions(), output=tmp_path / name, write=WriteOptions()
    )
    assert (report.documents, report.skipped) == (420, 0)
    ours, theirs = (
        read_pairs(one, PairOptions()) for one in (str(tmp_path / name), "sample:pairs")
    )
    assert (ours.sources, ours.targets) == (theirs.sources, theirs.targets)
    convert_corpus("sample:pairs", ReadOptions(), output=tmp_path / "x.txt", write=WriteOptions())
    lines = (tmp_path / "x.txt").read_text(encoding="utf-8").splitlines()
    assert lines == list(theirs.sources)
