"""A saved split stands for the same rows, in whatever order they come back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nlpwb.data.saved_splits import load_split, save_split
from nlpwb.data.splits import folds, holdout
from nlpwb.errors import InputError

from .helpers import corpus, write

C = corpus([f"t{i % 18}" for i in range(20)], ["x", "y"] * 10, ["g"] * 20)
PLAIN = corpus(C.texts, C.labels)


def test_a_split_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    """Two pairs of rows are equal in text and label; they are not lost on the way."""
    splits = folds(PLAIN, k=3, repeats=2, seed=0)
    save_split(tmp_path / "s.json", PLAIN, splits)
    assert load_split(tmp_path / "s.json", PLAIN) == splits


def test_rows_are_found_in_another_order(tmp_path: Path) -> None:
    split = holdout(PLAIN, test_size=0.3, seed=0)
    save_split(tmp_path / "s.json", PLAIN, [split])
    assert PLAIN.labels is not None
    turned = corpus(PLAIN.texts[::-1], PLAIN.labels[::-1])
    (found,) = load_split(tmp_path / "s.json", turned)
    assert sorted(turned.texts[i] for i in found.test) == sorted(PLAIN.texts[i] for i in split.test)
    assert sorted([*found.train, *found.test]) == list(range(20))


def test_rows_stand_as_hashes_and_no_text_leaks(tmp_path: Path) -> None:
    save_split(tmp_path / "s.json", PLAIN, [holdout(PLAIN, test_size=0.3, seed=0)])
    content = json.loads((tmp_path / "s.json").read_text())
    assert content["format"] == "nlpwb split 1"
    assert len(content["rows"]) == 20
    assert all(len(key) == 32 for key in content["rows"])


def test_a_changed_corpus_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    save_split(path, PLAIN, [holdout(PLAIN, test_size=0.3, seed=0)])
    changed = corpus(["other", *PLAIN.texts[1:]], PLAIN.labels)
    with pytest.raises(InputError) as error:
        load_split(path, changed)
    assert str(error.value) == (
        f"{path} finds only 19 of its 20 rows in c, which has changed since or is read with other options; "
        "make the split anew with `nlpwb data split`"
    )
    grown = corpus([*PLAIN.texts, "more"], [*(PLAIN.labels or []), "x"])
    with pytest.raises(InputError) as error:
        load_split(path, grown)
    assert str(error.value) == (
        f"c holds rows that {path} does not know (1, the first on line 21); make the split anew with `nlpwb data split`"
    )


def test_a_relabelled_row_is_another_row(tmp_path: Path) -> None:
    save_split(tmp_path / "s.json", PLAIN, [holdout(PLAIN, test_size=0.3, seed=0)])
    relabelled = corpus(PLAIN.texts, ["y", *(PLAIN.labels or [])[1:]])
    with pytest.raises(InputError, match="finds only 19 of its 20 rows in c"):
        load_split(tmp_path / "s.json", relabelled)


@pytest.mark.parametrize(
    "content",
    [
        "not json",
        "[]",
        '{"format": "another"}',
        '{"format": "nlpwb split 1", "rows": ["a"], "splits": [{"name": "s", "train": [0], "test": [0]}]}',
        '{"format": "nlpwb split 1", "rows": ["a"], "splits": [{"name": "s", "train": [0], "test": [1]}]}',
        '{"format": "nlpwb split 1", "rows": ["a"], "splits": [{"name": "s", "train": ["0"], "test": []}]}',
        '{"format": "nlpwb split 1", "rows": ["a"], "splits": ["s"]}',
    ],
)
def test_what_is_no_split_is_refused(tmp_path: Path, content: str) -> None:
    """A part that names no row, or one row twice, would make numbers that nobody can trust."""
    path = write(tmp_path / "s.json", content)
    with pytest.raises(
        InputError, match="is not a split that nlpwb has saved; `nlpwb data split` makes one"
    ):
        load_split(Path(path), PLAIN)


def test_a_missing_split_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        load_split(tmp_path / "s.json", PLAIN)
