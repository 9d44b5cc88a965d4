"""Fingerprints name content and the way it is read; hashes name rows and texts."""

from __future__ import annotations

import dataclasses
import io
import sys
import types
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpwb.data.corpus import ReadOptions
from nlpwb.data.fingerprint import fingerprint, row_hash, text_hash
from nlpwb.data.reading import open_corpus, read_corpus
from nlpwb.errors import InputError

from .helpers import write

CSV = "text,label\none,x\ntwo,y\n"


def test_equal_bytes_have_equal_fingerprints_whatever_the_name(tmp_path: Path) -> None:
    a = fingerprint(write(tmp_path / "a.csv", CSV), ReadOptions())
    assert a == fingerprint(write(tmp_path / "b.csv", CSV), ReadOptions())
    assert a != fingerprint(write(tmp_path / "c.csv", CSV + "three,x\n"), ReadOptions())
    assert len(a) == 64


def test_the_extension_counts_because_it_says_the_format(tmp_path: Path) -> None:
    a = fingerprint(write(tmp_path / "a.csv", CSV), ReadOptions())
    assert a != fingerprint(write(tmp_path / "a.txt", CSV), ReadOptions())


@pytest.mark.parametrize("field", [field.name for field in dataclasses.fields(ReadOptions)])
def test_every_reading_option_changes_the_fingerprint(tmp_path: Path, field: str) -> None:
    """An option that did not would serve results of another reading from the cache."""
    path = write(tmp_path / "a.csv", CSV)
    value = {"skip_bad_rows": True, "per_file": True, "header": False, "labelled": True}.get(
        field, "latin-1"
    )
    changed = dataclasses.replace(ReadOptions(), **{field: value})
    assert fingerprint(path, changed) != fingerprint(path, ReadOptions())


def test_a_corpus_carries_the_fingerprint_of_its_source(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", CSV)
    assert read_corpus(path, ReadOptions()).fingerprint == fingerprint(path, ReadOptions())


def test_a_folder_has_one_of_names_and_contents(tmp_path: Path) -> None:
    """A renamed file changes labels or order, so it changes the fingerprint; a hidden file is not read and does not."""
    write(tmp_path / "pos/a.txt", "good")
    path = write(tmp_path / "neg/a.txt", "bad")
    before = fingerprint(str(tmp_path), ReadOptions())
    assert read_corpus(str(tmp_path), ReadOptions()).fingerprint == before
    write(tmp_path / "pos/.hidden", "x")
    assert fingerprint(str(tmp_path), ReadOptions()) == before
    write(tmp_path / "neg/a.txt", "worse")
    assert fingerprint(str(tmp_path), ReadOptions()) != before
    write(tmp_path / "neg/a.txt", "bad")
    assert fingerprint(str(tmp_path), ReadOptions()) == before
    Path(path).rename(tmp_path / "neg/b.txt")
    assert fingerprint(str(tmp_path), ReadOptions()) != before


def test_a_pipe_has_its_fingerprint_once_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Equal content through a pipe twice is the same corpus; before, nothing can be said."""
    found = []
    for content in (CSV, CSV, CSV.upper()):
        stdin = types.SimpleNamespace(buffer=io.BytesIO(content.encode()))
        monkeypatch.setattr(sys, "stdin", stdin)
        found.append(read_corpus("-", ReadOptions()).fingerprint)
    assert found[0] == found[1] != found[2]
    with pytest.raises(
        InputError, match="standard input has no fingerprint before it is read; save it"
    ):
        fingerprint("-", ReadOptions())


def test_a_built_in_corpus_has_one() -> None:
    name = "sample:reviews"
    assert fingerprint(name, ReadOptions()) == open_corpus(name, ReadOptions()).fingerprint()


def test_the_fingerprint_of_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        fingerprint(str(tmp_path / "a.csv"), ReadOptions())


def test_fields_of_a_row_do_not_run_into_each_other() -> None:
    """Without their lengths 'ab' + 'c' and 'a' + 'bc' would be one row; None is not the empty string."""
    hashes = {
        row_hash("ab", "c", None),
        row_hash("a", "bc", None),
        row_hash("abc", None, None),
        row_hash("abc", "", None),
        row_hash("abc", None, ""),
        row_hash("ab", None, "c"),
    }
    assert len(hashes) == 6
    assert all(len(value) == 16 for value in hashes)


@given(st.text())
def test_a_text_hash_ignores_case_white_space_and_composition(text: str) -> None:
    decomposed = unicodedata.normalize("NFD", text)
    assert text_hash(text) == text_hash(f"  {text}\n") == text_hash(decomposed)


def test_a_text_hash_sees_words_and_where_they_part() -> None:
    assert text_hash("Straße  am\tSee") == text_hash("strasse am see")
    assert text_hash("am see") != text_hash("amsee")
    assert text_hash("no") != text_hash("nö")
