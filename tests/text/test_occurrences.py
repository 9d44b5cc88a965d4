"""Where a word stands in a text."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpwb.text.occurrences import WordFinder


def found(word: str, text: str) -> list[str]:
    return [text[start:end] for start, end in WordFinder(word).places(text)]


@pytest.mark.parametrize(
    ("word", "text", "places"),
    [
        ("bank", "the river bank", [(10, 14)]),
        ("bank", "Bank! (BANK) bank's bank-note", [(0, 4), (7, 11), (13, 17), (20, 24)]),
        ("bank", "banks embankment banked bank_1 bank2", []),
        ("can", "I can, you can't, we CAN’T", [(2, 5)]),
        ("we", "we're here", [(0, 2)]),
        ("New  York", "in new\nyork", [(3, 11)]),
        ("a a", "ba a a", [(3, 6)]),
        ("C++", "C++ or C", [(0, 3)]),
        ("bank", "", []),
    ],
)
def test_a_word_is_found_as_a_whole(word: str, text: str, places: list[tuple[int, int]]) -> None:
    """Case and marks around it do not matter; letters, digits and underscores do."""
    assert WordFinder(word).places(text) == places


def test_accents_may_be_written_in_both_forms() -> None:
    """``é`` is one code point or two; the base letter alone is another word."""
    composed, apart = "caf\u00e9", "cafe\u0301"
    assert found(composed, f"{apart} {composed}") == [apart, composed]
    assert found(apart, composed) == [composed]
    assert found("cafe", f"{apart} {composed}") == []


def test_scripts_without_spaces_have_words_within_runs() -> None:
    """Nobody can tell where a word of Chinese ends; a word of letters next to it still must not go on."""
    assert found("银行", "我去银行付钱") == ["银行"]
    assert found("bank", "在bank里, banker") == ["bank"]


@given(st.text("ab _'\u0301é", max_size=12), st.sampled_from(["a", "ab", "é", "a b"]))
def test_places_hold_the_word_and_do_not_overlap(text: str, word: str) -> None:
    places = WordFinder(word).places(text)
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(places))
    for start, end in places:
        assert len(text[start:end].split()) == len(word.split())
        assert not (text[end : end + 1].isalnum())
        assert text[end : end + 1] != "_"
