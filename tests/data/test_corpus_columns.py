"""Headers and columns: as asked, else guessed and said."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlpwb.data.corpus import Columns, ReadOptions
from nlpwb.data.reading import open_corpus
from nlpwb.data.sniffing import has_header
from nlpwb.errors import InputError, UsageError

from .helpers import write


@pytest.mark.parametrize(
    ("header", "text", "label"),
    [
        ("text,label", "text", "label"),
        ("Review,Sentiment", "Review", "Sentiment"),
        ("label,sentence", "sentence", "label"),
        ("clean_text,airline_sentiment", "clean_text", "airline_sentiment"),
        ("title,text,class", "text", "class"),
        ("label,sentiment,text", "text", "label"),
        ("text_a,label", "text_a", "label"),
    ],
)
def test_usual_names_are_recognised_and_the_guess_is_said(
    tmp_path: Path, header: str, text: str, label: str
) -> None:
    names = header.split(",")
    rows = [
        ",".join({label: f"L{i % 2}"}.get(n, f"words of row {i} in {n}") for n in names)
        for i in range(20)
    ]
    path = write(tmp_path / "a.csv", "\n".join([header, *rows, ""]))
    reader = open_corpus(path, ReadOptions())
    assert reader.columns == Columns((text,), label, None)
    assert reader.notes == (
        "its first row is a header (guessed)",
        f"text column: {text} (guessed)",
        f"label column: {label} (guessed)",
    )


def test_without_usual_names_the_longest_column_is_the_text_and_few_values_the_label(
    tmp_path: Path,
) -> None:
    """An identifier, unique in each row, is no label."""
    rows = [f"{i},words and words {i},{'good' if i % 3 else 'bad'}" for i in range(30)]
    path = write(tmp_path / "a.csv", "\n".join(["nr,says,verdict", *rows, ""]))
    assert open_corpus(path, ReadOptions()).columns == Columns(("says",), "verdict", None)


def test_of_two_long_columns_the_first_is_the_text(tmp_path: Path) -> None:
    """A sentence and its translation."""
    rows = [f"Good morning number {i}\tGuten Morgen, liebe Nummer {i}" for i in range(12)]
    path = write(tmp_path / "a.tsv", "\n".join(["source\ttarget", *rows, ""]))
    reader = open_corpus(path, ReadOptions())
    assert reader.columns == Columns(("source",), None, None)
    assert (
        "no label column found, so the documents are unlabelled (--label names one)" in reader.notes
    )


def test_a_name_is_not_enough_where_the_column_is_free_text(tmp_path: Path) -> None:
    """A column called `class` with another sentence in every row is no label."""
    rows = [f"text {i},a class of its own {i}" for i in range(20)]
    path = write(tmp_path / "a.csv", "\n".join(["text,class", *rows, ""]))
    assert open_corpus(path, ReadOptions()).columns == Columns(("text",), None, None)


def test_a_column_called_label_is_the_label_even_where_each_row_has_another(tmp_path: Path) -> None:
    """77 intents in the first 80 rows."""
    rows = [f"text {i},intent {i}" for i in range(20)]
    path = write(tmp_path / "a.csv", "\n".join(["text,label", *rows, ""]))
    assert open_corpus(path, ReadOptions()).columns == Columns(("text",), "label", None)


def test_measured_values_are_no_labels_and_whole_stars_are(tmp_path: Path) -> None:
    """A similarity of 3.94 repeats in a small file, and is no class for that."""
    rows = [f"text {i}\t{i % 5}.25\t{i % 5}" for i in range(40)]
    names = "\n".join(["text\tscore\trating", *rows, ""])
    path = write(tmp_path / "a.tsv", names)
    assert open_corpus(path, ReadOptions()).columns == Columns(("text",), "rating", None)
    path = write(tmp_path / "b.tsv", names.replace("rating", "measure").replace("\t0\n", "\t0.5\n"))
    assert open_corpus(path, ReadOptions()).columns == Columns(("text",), None, None)


def test_two_labels_that_do_equally_well_must_be_told_apart_by_the_user(tmp_path: Path) -> None:
    rows = [f"text {i},{i % 2},{i % 3}" for i in range(30)]
    path = write(tmp_path / "a.csv", "\n".join(["text,topic,sentiment", *rows, ""]))
    with pytest.raises(InputError) as error:
        open_corpus(path, ReadOptions())
    assert str(error.value) == (
        f"{path}: the label could be any of the columns sentiment, topic; --label names the one you mean"
    )
    assert open_corpus(path, ReadOptions(label="topic")).columns == Columns(
        ("text",), "topic", None
    )
    assert open_corpus(path, ReadOptions(labelled=False)).columns == Columns(("text",), None, None)


def test_a_label_that_is_needed_and_not_there_is_an_error(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "id,text\n1,one\n2,two\n")
    with pytest.raises(
        InputError, match="no column looks like a label among id, text; --label names it"
    ):
        open_corpus(path, ReadOptions(labelled=True))


def test_an_unknown_column_is_an_error_that_names_those_there_are(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "text,label\none,x\ntwo,y\n")
    for option, words in (("text", "--text"), ("label", "--label"), ("group", "--group-col")):
        with pytest.raises(InputError) as error:
            open_corpus(path, ReadOptions(**{option: "stars"}))  # type: ignore[arg-type]
        assert str(error.value) == f"{path} has no column 'stars' ({words}); there are: text, label"


def test_an_unknown_number_is_an_error_that_says_how_many_there_are(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tsv", "1\tone\n2\ttwo\n")
    with pytest.raises(
        InputError,
        match=r"has no column '3' \(--label\); it has no header, its columns are numbered 1 to 2",
    ):
        open_corpus(path, ReadOptions(label="3"))


def test_one_column_cannot_be_text_and_label(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "text,label\none,x\n")
    with pytest.raises(UsageError, match="--label 'text' is the text column as well; name another"):
        open_corpus(path, ReadOptions(text="text", label="text"))


@pytest.mark.parametrize(
    ("rows", "is_header"),
    [
        ([["text", "label"], ["a", "b"]], True),
        ([["3", "Fears for pension", "Unions say"], ["4", "The race", "Space"]], False),
        ([["Guten Tag", "OTHER", "OTHER"], ["Pfui", "OFFENSE", "ABUSE"]], False),
        ([["word1", "word2", "mean"], ["gem", "jewel", "3.94"]], True),
        ([["verdict", "says"], ["good", "a long text about a thing, longer than any name"]], True),
        ([["good", "great"], ["bad", "poor"]], False),
        ([["", "text"], ["0", "one"]], True),
        ([["neg", "this one is short"], ["neg", "and so is this one"]], False),
    ],
)
def test_a_header_is_told_from_a_first_row(rows: list[list[str]], is_header: bool) -> None:
    assert has_header(rows, asked=[]) == is_header


def test_a_name_that_was_asked_for_makes_its_row_a_header() -> None:
    assert has_header([["good", "great"], ["bad", "poor"]], asked=["great"])
