"""Texts cut into sentences."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpwb.text.sentences import sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ('He said "No." Then he left.', ['He said "No."', "Then he left."]),
        ("Dr. J. Smith lives in St. Ives.", ["Dr. J. Smith lives in St. Ives."]),
        ("It cost 3.50 euros, i.e. a lot. 4 of them left.", ["It cost 3.50 euros, i.e. a lot.", "4 of them left."]),
        ("See No. 7. No. He did.", ["See No. 7.", "No.", "He did."]),
        ("Well... maybe. He and I. They.", ["Well... maybe.", "He and I.", "They."]),
        ("A heading\n\nA paragraph\nof two lines.", ["A heading", "A paragraph\nof two lines."]),
        ("我去银行。你呢？好！", ["我去银行。", "你呢？", "好！"]),
        ("  ", []),
    ],
)  # fmt: skip
def test_sentences_end_where_a_reader_ends_them(text: str, expected: list[str]) -> None:
    """Abbreviations, initials, numbers and ellipses go on."""
    assert sentences(text) == expected


@given(st.text("aB. !?\n\"'1", max_size=30))
def test_nothing_but_white_space_is_lost(text: str) -> None:
    found = sentences(text)
    assert "".join("".join(found).split()) == "".join(text.split())
    assert all(sentence and sentence == sentence.strip() for sentence in found)
