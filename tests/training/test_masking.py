"""Which tokens are hidden, and what stands in their place: shares by count, whole words, nothing that should not be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpwb.training.masking import HIDDEN, SWAPPED, Marks, Masking, choose, cover

MARKS = Marks(
    begin=2,
    end=3,
    mask=4,
    padding=0,
    plain=np.arange(5, 50),
    begins=np.array([True] * 25 + [False] * 25),
)
WAYS = pytest.mark.parametrize("whole_word", [False, True])


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@WAYS
@settings(deadline=None, max_examples=60)
@given(
    length=st.integers(1, 40), share=st.floats(0.01, 0.9), seed=st.integers(0, 9), marks=st.data()
)
def test_as_many_plain_tokens_are_chosen_as_the_share_says(
    whole_word: bool, length: int, share: float, seed: int, marks: st.DataObject
) -> None:
    """One at least, wherever there is one; never a mark, whose meaning is its place. Words that do not fit leave some out."""
    plain = np.array([marks.draw(st.lists(st.booleans(), min_size=length, max_size=length))])
    begins = generator(seed).random((1, length)) < 0.6
    chosen = choose(plain, begins, Masking(share, whole_word), generator(seed))
    assert not (chosen & ~plain).any()
    there = int(plain.sum())
    wanted = min(there, max(1, round(share * there)))
    if whole_word and there:
        assert chosen.sum() >= 1
        if chosen.sum() > wanted:  # a single word that is longer than all that is wanted
            first = chosen[0].nonzero()[0]
            assert (np.diff(first) == 1).all()
            assert not begins[0, first[1:]].any()
    else:
        assert chosen.sum() == wanted


def test_all_pieces_of_a_word_are_hidden_together() -> None:
    """Otherwise the rest of the word gives it away."""
    begins = np.array([[True, False, False, True, True, False] * 5])
    words = np.cumsum(begins[0]) - 1
    for seed in range(20):
        plain = np.ones_like(begins)
        chosen = choose(plain, begins, Masking(0.3, True), generator(seed))[0]
        for word in range(words.max() + 1):
            assert len(set(chosen[words == word].tolist())) == 1
        assert 7 <= chosen.sum() <= 9  # .3 of 30


def test_a_mark_between_two_pieces_parts_words() -> None:
    """A text that begins with the end of a word is not one word with the end of the text before it."""
    plain = np.array([[True, False, True]])
    begins = np.zeros((1, 3), dtype=bool)
    chosen = choose(plain, begins, Masking(0.5, True), generator())
    assert chosen.sum() == 1


def test_eight_in_ten_become_the_mask_one_another_token_and_one_stays() -> None:
    """BERT's shares, counted over 100,000 tokens: three deviations are .004."""
    ids = np.full((100, 1000), 7, dtype=np.int64)
    covered = cover(ids, np.ones_like(ids, dtype=bool), MARKS, generator())
    masked = (covered == MARKS.mask).mean()
    assert abs(masked - HIDDEN) < 0.004
    # one in 45 of the drawn ones is the token itself
    other = ((covered != MARKS.mask) & (covered != 7)).mean()
    assert abs(other - SWAPPED * 44 / 45) < 0.004
    assert set(np.unique(covered)) <= {MARKS.mask, *MARKS.plain.tolist()}


def test_what_is_not_chosen_stays() -> None:
    ids = generator().integers(0, 50, (8, 30))
    assert (cover(ids, np.zeros_like(ids, dtype=bool), MARKS, generator()) == ids).all()
