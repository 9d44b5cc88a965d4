"""Where words begin among pieces of any kind."""

from __future__ import annotations

import pytest

from nlpwb.workflows.looking.reading import joined, span_starts, word_numbers, word_starts


@pytest.mark.parametrize(
    ("pieces", "words"),
    [
        (["un", "seen", " end"], ["unseen", "end"]),
        (["un", "##seen", "end"], ["unseenend"]),
        (["\u2581un", "seen", "\u2581end"], ["unseen", "end"]),
        (["a", ".", "b"], ["a", ".", "b"]),
        (["don", "'", "t"], ["don", "'", "t"]),
        (["na", "ï", "ve", "\n", "x"], ["naïve", "\n", "x"]),
        (["##"], ["##"]),
        ([], []),
    ],
)
def test_pieces_join_to_words(pieces: list[str], words: list[str]) -> None:
    assert joined(pieces, word_starts(pieces)) == words


def test_places_in_the_text_tell_where_words_begin() -> None:
    text = "unseen, end"
    starts = span_starts(text, [(0, 2), (2, 6), (6, 7), (8, 11)])
    assert starts == (True, False, True, True)
    assert word_numbers(starts) == [0, 0, 1, 2]
