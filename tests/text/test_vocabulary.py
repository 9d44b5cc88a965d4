"""Vocabularies: the order, the bounds, the files; and what they do not hold."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpwb.errors import InputError, MethodError, UsageError
from nlpwb.text.vocabulary import OovRate, Vocabulary, build_vocabulary, oov_rate

DOCUMENTS = [["the", "cat", "sat"], ["the", "dog", "sat"], ["the", "end"]]


def test_most_frequent_first_and_ties_by_string() -> None:
    vocabulary = build_vocabulary(DOCUMENTS)
    assert vocabulary.tokens == ("the", "sat", "cat", "dog", "end")
    assert vocabulary.counts == (3, 2, 1, 1, 1)
    assert len(vocabulary) == 5
    assert "cat" in vocabulary
    assert "bird" not in vocabulary


@given(st.lists(st.lists(st.text(max_size=3), max_size=8), min_size=1), st.randoms())
def test_order_of_the_documents_does_not_matter(
    documents: list[list[str]], shuffler: random.Random
) -> None:
    if not any(documents):
        return
    shuffled = documents[:]
    shuffler.shuffle(shuffled)
    vocabulary = build_vocabulary(documents)
    assert build_vocabulary(shuffled) == vocabulary
    counter = Counter(token for tokens in documents for token in tokens)
    assert dict(zip(vocabulary.tokens, vocabulary.counts, strict=True)) == counter


def test_bounds_keep_what_lies_between_them() -> None:
    assert build_vocabulary(DOCUMENTS, min_count=2).tokens == ("the", "sat")
    assert build_vocabulary(DOCUMENTS, max_count=2).tokens == ("sat", "cat", "dog", "end")
    assert build_vocabulary(DOCUMENTS, min_count=2, max_count=2).tokens == ("sat",)
    assert build_vocabulary(DOCUMENTS, max_size=3).tokens == ("the", "sat", "cat")


def test_unknown_tokens_are_left_out_or_become_the_special_one() -> None:
    plain = build_vocabulary(DOCUMENTS)
    assert plain.ids(["a", "cat", "the"]) == [2, 0]
    special = build_vocabulary(DOCUMENTS, special_tokens=["[PAD]"], unknown="[UNK]", max_size=2)
    assert special.tokens == ("[UNK]", "[PAD]", "the", "sat")
    assert special.counts == (0, 0, 3, 2)
    assert special.specials == 2
    assert special.ids(["a", "the", "cat"]) == [0, 2, 0]
    padded = build_vocabulary(DOCUMENTS, special_tokens=["[PAD]", "[UNK]"], unknown="[UNK]")
    assert padded.ids(["a"]) == [1]


def test_a_special_token_in_the_text_is_not_counted_twice() -> None:
    vocabulary = build_vocabulary([["[UNK]", "cat"]], unknown="[UNK]")
    assert vocabulary.tokens == ("[UNK]", "cat")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"min_count": 0}, "min_count must be at least 1, got 0"),
        ({"min_count": 3, "max_count": 2}, r"max_count must be at least min_count \(3\), got 2"),
        ({"max_size": 0}, "max_size must be at least 1, got 0"),
    ],
)
def test_bounds_without_meaning_are_refused(arguments: dict[str, int], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        build_vocabulary(DOCUMENTS, **arguments)


def test_an_empty_vocabulary_says_why() -> None:
    with pytest.raises(MethodError, match="none of 5 distinct tokens occurs at least 9 times"):
        build_vocabulary(DOCUMENTS, min_count=9)
    with pytest.raises(MethodError, match="hold no tokens; check the text column"):
        build_vocabulary([[], []])


def test_saved_and_loaded_it_is_the_same(tmp_path: Path) -> None:
    path = tmp_path / "vocabulary.json"
    vocabulary = build_vocabulary([["größe", "好", "\ud800", "\n"]], unknown="[UNK]")
    vocabulary.save(path)
    assert Vocabulary.load(path) == vocabulary
    assert [entry.name for entry in tmp_path.iterdir()] == ["vocabulary.json"]


def test_a_failed_save_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "vocabulary.json"
    build_vocabulary(DOCUMENTS).save(path)
    before = path.read_bytes()

    def full_disk(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full_disk)
    with pytest.raises(InputError, match="No space left on device"):
        build_vocabulary([["other"]]).save(path)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["vocabulary.json"]


def test_no_vocabulary_at_the_place_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"there is no vocabulary at .*missing\.json"):
        Vocabulary.load(tmp_path / "missing.json")
    with pytest.raises(InputError, match="cannot be written"):
        build_vocabulary(DOCUMENTS).save(tmp_path / "no" / "folder.json")


def good() -> dict[str, object]:
    return {
        "format": "nlpwb-vocabulary",
        "version": 1,
        "specials": 0,
        "unknown": None,
        "tokens": ["a"],
        "counts": [1],
    }


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"format": "other"}, "is no vocabulary of nlpwb"),
        ({"version": 2}, "version 2 of the vocabulary format"),
        ({"tokens": ["a", "b"]}, "is damaged"),
        ({"tokens": ["a", "a"], "counts": [1, 1]}, "is damaged"),
        ({"tokens": [1]}, "is damaged"),
        ({"specials": 2}, "is damaged"),
        ({"unknown": "a"}, "is damaged"),
        ({"counts": None}, "is damaged"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, change: dict[str, object], sentence: str) -> None:
    path = tmp_path / "vocabulary.json"
    path.write_text(json.dumps(good()), encoding="utf-8")
    assert Vocabulary.load(path).tokens == ("a",)
    path.write_text(json.dumps(good() | change), encoding="utf-8")
    with pytest.raises(InputError, match=sentence):
        Vocabulary.load(path)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b'{"a": 1'])
def test_a_cut_or_foreign_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "vocabulary.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"vocabulary\.json is (damaged|no vocabulary)"):
        Vocabulary.load(path)


def test_oov_rate_counts_tokens_and_types() -> None:
    """the cat | a cat: "a" is unknown, one token of four and one type of three."""
    vocabulary = build_vocabulary([["the", "cat"]])
    found = oov_rate(vocabulary, [["the", "cat"], ["a", "cat"]])
    assert found == OovRate(tokens=4, unknown_tokens=1, types=3, unknown_types=1)
    assert found.rate == 0.25
    assert found.type_rate == pytest.approx(1 / 3)


def test_oov_rate_of_nothing_is_zero() -> None:
    found = oov_rate({"the"}, [])
    assert (found.tokens, found.rate, found.type_rate) == (0, 0.0, 0.0)
