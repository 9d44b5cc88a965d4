"""Unknown words: which spellings are near."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpwb.vectors.spelling import row_of, rows_ignoring_case, similar_spellings
from tests.vectors.small import royal

WORDS = ["the", "king", "kings", "receive", "zürich", "King", "東京", "ping", "a"]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("kinng", "king"),
        ("ikng", "king"),  # the first letters changed places
        ("KING", "king"),  # another case of the same letters, the earlier of two
        ("recieve", "receive"),
        ("Zurich", "zürich"),
        ("KÎNG", "king"),
        ("東京都", "東京"),
        ("teh", "the"),
    ],
)
def test_the_nearest_spelling_comes_first(typed: str, first: str) -> None:
    assert similar_spellings(typed, WORDS)[0] == first


def test_nothing_is_near_where_nothing_is() -> None:
    assert similar_spellings("qqqqqqq", WORDS) == []
    assert similar_spellings("", WORDS) == []
    assert similar_spellings("king", []) == []


def test_three_at_most_nearest_first() -> None:
    assert similar_spellings("king", ["kong", "ring", "ding", "king"]) == ["king", "kong", "ring"]


@given(st.lists(st.text(min_size=1, max_size=12), unique=True), st.text(max_size=14))
def test_any_text_is_compared_with_any_words(words: list[str], typed: str) -> None:
    """A word that is there is found under its own name, or an equal one in another case."""
    near = similar_spellings(typed, words)
    assert set(near) <= set(words)
    if len(typed) > 1 and typed in words and typed.isascii():
        assert near[0].casefold() == typed.casefold() or not near[0].isascii()


def test_the_first_spelling_has_the_row() -> None:
    assert rows_ignoring_case(["us", "king", "US"], restrict=None) == {"US": 0, "KING": 1}
    assert rows_ignoring_case(["us", "king", "US"], restrict=1) == {"US": 0}


def test_a_word_is_found_with_and_without_an_index() -> None:
    """The index is made by whoever has many words; the answers are the same."""
    table = royal()
    assert (row_of(table, "king"), row_of(table, "King")) == (3, None)
    assert table.numbers["king"] == 3
    assert (row_of(table, "king"), row_of(table, "King")) == (3, None)
