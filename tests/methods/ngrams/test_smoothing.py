"""Discounts by hand."""

from __future__ import annotations

import numpy as np
import pytest

from nlpwb.methods.ngrams.smoothing import FALLBACK, discounted, discounts


def test_discounts_by_hand() -> None:
    """n = 4, 2, 1, 1: Y = 4/8; D1 = 1 - 2/2 * 2/4, D2 = 2 - 3/2 * 1/2, D3 = 3 - 4/2 * 1/1."""
    assert discounts(np.array([4, 2, 1, 1])).tolist() == [0, 0.5, 1.25, 1]


@pytest.mark.parametrize(
    "tally", [[0, 2, 1, 1], [4, 0, 1, 1], [4, 2, 0, 1], [4, 2, 1, 0], [9, 1, 1, 50]]
)
def test_counts_of_counts_that_say_nothing(tally: list[int]) -> None:
    """None of a kind, or so many that a discount would be negative: fixed discounts, never a probability below 0."""
    assert discounts(np.array(tally)).tolist() == [0, *FALLBACK]


def test_three_and_more_are_discounted_alike() -> None:
    """Nothing is taken from nothing."""
    taken = np.array([0, 0.5, 1, 1.5])
    assert discounted(np.array([0, 1, 2, 3, 100], dtype=np.uint8), taken).tolist() == [
        0,
        0.5,
        1,
        1.5,
        98.5,
    ]
