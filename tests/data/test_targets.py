"""Sets of labels and numbers in every format, what is guessed from label cells, and the sentences for bad ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpwb.data.corpus import ReadOptions
from nlpwb.data.fingerprint import fingerprint
from nlpwb.data.reading import open_corpus, read_corpus
from nlpwb.data.targets import (
    check_varied,
    guess_task,
    label_set,
    number,
    numbers_of,
    set_names,
    written_set,
)
from nlpwb.errors import InputError, UsageError

from .helpers import write


def cells(source: str, **options: Any) -> list[str | None]:
    return [document.label for document in open_corpus(source, ReadOptions(**options))]


labels = st.text(st.characters(exclude_characters=";"), min_size=1).map(str.strip).filter(bool)


@given(st.sets(labels, max_size=5))
def test_a_set_is_read_as_it_was_written(names: set[str]) -> None:
    assert label_set(written_set(names)) == names


def test_a_label_with_a_semicolon_cannot_stand_in_a_set() -> None:
    with pytest.raises(InputError, match="'a;b' holds a ';', which parts labels"):
        written_set(["a;b"])


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        *(("4", 4), (" -0.5 ", -0.5), (".5", 0.5), ("1e3", 1000)),
        *((cell, None) for cell in ("4,5", "", "nan", "inf", "1_000", "1e999", "٣", "4 %")),
    ],
)
def test_a_number_is_written_with_a_point(cell: str, value: float | None) -> None:
    assert number(cell) == value


def test_a_cell_that_is_no_number_is_named_with_its_line() -> None:
    with pytest.raises(InputError, match=r"c\.csv, line 7: its label 'good' is no number; --task"):
        numbers_of(["1.5", "good"], [6, 7], name="c.csv")
    with pytest.raises(InputError, match="with a point, not a comma"):
        numbers_of(["4,5"], [2], name="c.csv")


def test_columns_of_0_and_1_are_a_set_of_labels(tmp_path: Path) -> None:
    """``--label a;b``: the names of the columns are the labels; true and yes count, nothing is no."""
    path = write(
        tmp_path / "c.csv",
        "text,toxic,rude,kind\none,1,0,9\ntwo,true,Yes,9\nthree,,no,9\nfour,0.0,1.0,9\n",
    )
    assert cells(path, label="toxic;rude") == ["toxic", "toxic;rude", "", "rude"]
    assert cells(path, label="2; 3") == ["toxic", "toxic;rude", "", "rude"]
    reader = open_corpus(path, ReadOptions(label="toxic;rude"))
    assert reader.columns is not None
    assert reader.columns.marks == ("toxic", "rude")
    assert reader.columns.text == ("text",)


def test_another_mark_than_0_and_1_is_an_error_with_its_line(tmp_path: Path) -> None:
    path = write(tmp_path / "c.csv", "text,toxic,rude\none,1,0\ntwo,maybe,1\n")
    with pytest.raises(
        InputError, match=r"line 3: its label column toxic holds 'maybe' where 0 or"
    ):
        cells(path, label="toxic;rude")
    assert cells(path, label="toxic;rude", skip_bad_rows=True) == ["toxic"]
    with pytest.raises(InputError, match="has no column 'rood'"):
        cells(path, label="toxic;rood")
    with pytest.raises(UsageError, match="'rude' is the text column as well"):
        cells(path, label="toxic;rude", text="rude")


def test_a_column_whose_name_holds_a_semicolon_is_that_column(tmp_path: Path) -> None:
    path = write(tmp_path / "c.csv", 'text,"a;b"\none,x\ntwo,y\n')
    assert cells(path, label="a;b") == ["x", "y"]


def test_an_empty_cell_is_no_label_for_sets_alone(tmp_path: Path) -> None:
    path = write(tmp_path / "c.tsv", "text\tlabel\none\ta;b\ntwo\t\n")
    assert cells(path, task="multilabel") == ["a;b", ""]
    with pytest.raises(InputError, match="line 3: its label"):
        cells(path)


def test_jsonl_holds_sets_as_arrays(tmp_path: Path) -> None:
    rows = [["a", "b"], [], None, "c;d"]
    path = write(
        tmp_path / "c.jsonl",
        "".join(json.dumps({"text": f"t{i}", "label": row}) + "\n" for i, row in enumerate(rows)),
    )
    assert cells(path, task="multilabel") == ["a;b", "", "", "c;d"]
    with pytest.raises(InputError, match="'label' is an array, not one label; --task multilabel"):
        cells(path)
    marks = write(tmp_path / "m.jsonl", '{"text": "x", "p": true, "q": 0}\n{"text": "y", "q": 1}\n')
    assert cells(marks, label="p;q") == ["p", "q"]


def test_fasttext_lines_may_have_several_labels(tmp_path: Path) -> None:
    path = write(
        tmp_path / "c.ft",
        "__label__a __label__b good day\n__label__b bad\n__label__a x\nnone at all\n",
    )
    options = {"input_format": "fasttext", "task": "multilabel"}
    found = list(open_corpus(path, ReadOptions(**options)))
    assert [(d.label, d.text) for d in found] == [
        ("a;b", "good day"), ("b", "bad"), ("a", "x"), ("", "none at all")
    ]  # fmt: skip


def test_parquet_holds_sets_as_lists_and_as_columns(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "c.parquet"
    table = {"text": ["x", "y"], "label": [["a", "b"], []], "p": [True, None], "q": [0, 1]}
    parquet.write_table(pyarrow.table(table), path)
    assert cells(str(path), label="label", task="multilabel") == ["a;b", ""]
    assert cells(str(path), label="p;q") == ["p", "q"]


def test_a_column_of_numbers_is_found_for_regression(tmp_path: Path) -> None:
    """By its usual name, or because it is the only one; ids do not count."""
    rows = "".join(f"{i},some text {i},{i / 7:.2f},{i % 3}\n" for i in range(30))
    path = write(tmp_path / "c.csv", "id,text,score,fold\n" + rows)
    assert cells(path, task="regression")[1] == "0.14"
    path = write(
        tmp_path / "d.csv", "id,text,price\n" + "".join(f"{i},t{i},{i}.5\n" for i in range(9))
    )
    assert cells(path, task="regression")[2] == "2.5"
    path = write(
        tmp_path / "e.csv", "text,price,weight\n" + "".join(f"t{i},{i},{i}\n" for i in range(9))
    )
    with pytest.raises(InputError, match="could be any of the columns price, weight; --label"):
        cells(path, task="regression")


def test_what_was_read_before_there_were_tasks_keeps_its_fingerprint(tmp_path: Path) -> None:
    """Else every kept plan would be made anew; with a task the same bytes may be other documents."""
    path = write(tmp_path / "c.csv", "text,label\nx,a\n")
    plain = fingerprint(path, ReadOptions())
    assert plain == read_corpus(path, ReadOptions()).fingerprint
    assert plain != fingerprint(path, ReadOptions(task="multilabel"))


SETS = ["a", "b", "a;b", "b;c", "c", "a;c", "a;b;c"] * 5


@pytest.mark.parametrize(
    ("found", "task"),
    [
        (["good", "bad"] * 20, "classify"),
        (["1", "2", "3", "4", "5"] * 20, "classify"),  # stars
        ([str(i % 40) for i in range(400)], "classify"),  # numbered labels
        (["arts; crafts", "science; technology"] * 20, "classify"),  # names with a semicolon
        (SETS, "multilabel"),
        (["a"] * 200 + SETS, "classify"),  # hardly any sets
        ([f"{i / 7:.3f}" for i in range(100)], "regression"),
        ([f"{i / 7:.3f}" for i in range(19)], "classify"),
        ([*(f"{i / 7:.3f}" for i in range(99)), "good"], "classify"),
    ],
)
def test_the_task_is_guessed_from_the_cells(found: list[str], task: str) -> None:
    guess, sentence = guess_task(found)
    assert guess == task
    assert (sentence is None) == (task == "classify")
    if sentence is not None:
        assert f"task: {task} (guessed: " in sentence
        assert "--task classify" in sentence


@pytest.mark.parametrize(
    ("task", "found", "sentence"),
    [
        (
            "regression",
            ["3", "3.0"],
            "all 2 rows have the number 3, so there is nothing to predict",
        ),
        ("multilabel", ["", " ; "], "no row has a label"),
        ("multilabel", ["a", "", "a"], "has one label only, 'a'; several labels .* two or more"),
        ("classify", ["a", "a"], "has one label only, 'a'; a comparison needs two or more"),
    ],
)
def test_cells_that_teach_nothing_are_refused(task: Any, found: list[str], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        check_varied(task, found, list(range(len(found))), name="c.csv")


def test_the_names_of_sets_are_sorted() -> None:
    assert set_names(["b;a", "", "c"]) == ["a", "b", "c"]
