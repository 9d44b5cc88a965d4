"""A folder: each sub-folder a label, a file a document."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from nlpwb.data.corpus import Document, ReadOptions
from nlpwb.data.reading import open_corpus, read_corpus
from nlpwb.errors import InputError

from .helpers import documents, write


def test_each_sub_folder_is_a_label_and_files_come_in_the_order_of_their_names(
    tmp_path: Path,
) -> None:
    """Files deeper down belong to the sub-folder at the top; hidden ones are none; compressed ones are read."""
    write(tmp_path / "pos/b.txt", "good\n")
    write(tmp_path / "neg/deep/a.txt", "bad\n\nvery\n")
    write(tmp_path / "pos/a.txt.gz", gzip.compress(b"fine"))
    write(tmp_path / "pos/.hidden", "no")
    write(tmp_path / ".git/config", "no")
    reader = open_corpus(str(tmp_path), ReadOptions())
    assert list(reader) == [
        Document("bad\n\nvery", "neg", None, 1),
        Document("fine", "pos", None, 2),
        Document("good", "pos", None, 3),
    ]
    assert reader.notes == ("labels: the names of the 2 sub-folders; each file is a document",)


def test_files_beside_the_sub_folders_are_left_out_and_that_is_said(tmp_path: Path) -> None:
    write(tmp_path / "pos/a.txt", "good")
    write(tmp_path / "README", "about")
    reader = open_corpus(str(tmp_path), ReadOptions())
    assert [d.text for d in reader] == ["good"]
    assert reader.notes[-1] == "left out 1 file beside the sub-folders (README)"


def test_a_folder_of_files_is_unlabelled(tmp_path: Path) -> None:
    write(tmp_path / "b.txt", "two")
    write(tmp_path / "a.txt", "one")
    assert documents(str(tmp_path)) == [
        Document("one", None, None, 1),
        Document("two", None, None, 2),
    ]
    with pytest.raises(
        InputError, match="has no sub-folders, and in a folder the sub-folders are the labels"
    ):
        documents(str(tmp_path), labelled=True)


def test_labels_of_a_folder_can_be_left_out(tmp_path: Path) -> None:
    write(tmp_path / "pos/a.txt", "good")
    write(tmp_path / "c.txt", "more")
    assert documents(str(tmp_path), labelled=False) == [
        Document("more", None, None, 1),
        Document("good", None, None, 2),
    ]


def test_a_folder_without_text_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError) as error:
        read_corpus(str(tmp_path), ReadOptions())
    assert str(error.value) == (
        f"{tmp_path} holds no text files; name a file, or a folder with texts in it"
    )


def test_a_folder_with_tables_asks_for_one_of_them(tmp_path: Path) -> None:
    path = write(tmp_path / "train.csv.gz", b"")
    with pytest.raises(InputError) as error:
        read_corpus(str(tmp_path), ReadOptions())
    assert str(error.value) == (
        f"{tmp_path} holds tables and not one text a file; name one of them, such as {path}"
    )


def test_train_and_test_are_no_labels(tmp_path: Path) -> None:
    """The layout of aclImdb, one level too high."""
    write(tmp_path / "train/pos/a.txt", "good")
    write(tmp_path / "test/pos/a.txt", "good")
    with pytest.raises(
        InputError, match="holds the parts test, train, which are no labels; name one of them"
    ):
        read_corpus(str(tmp_path), ReadOptions())


def test_a_file_that_is_no_text_is_named_or_skipped(tmp_path: Path) -> None:
    write(tmp_path / "pos/a.txt", "good")
    bad = write(tmp_path / "pos/b.txt", b"caf\xe9")
    with pytest.raises(InputError, match=rf"^{bad}, byte 3 \(line 1\): 0xe9 is not UTF-8; "):
        read_corpus(str(tmp_path), ReadOptions())
    corpus = read_corpus(str(tmp_path), ReadOptions(skip_bad_rows=True))
    assert (corpus.texts, corpus.skipped) == (["good"], 1)
    assert corpus.notes[-1].startswith(f"1 bad row left out ({bad}, byte 3")


def test_an_empty_file_is_an_empty_document(tmp_path: Path) -> None:
    """It is for the health check to say so: leaving it out in silence would change the counts."""
    write(tmp_path / "pos/a.txt", "")
    write(tmp_path / "neg/a.txt", "bad")
    assert [d.text for d in documents(str(tmp_path))] == ["bad", ""]


def test_a_folder_that_cannot_be_read_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """os.walk passes such folders over in silence unless told otherwise."""
    write(tmp_path / "pos/a.txt", "good")

    def refuse(path: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(InputError) as error:
        read_corpus(str(tmp_path), ReadOptions())
    assert (
        str(error.value) == f"{tmp_path} cannot be read (permission denied); check its permissions"
    )
