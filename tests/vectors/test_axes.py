"""Leaning to named axes: by head on small tables, and its properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpwb.vectors.axes import direction, lean
from nlpwb.vectors.table import WordVectors
from tests.vectors.small import random_table


def test_an_axis_is_the_mean_direction_of_its_words() -> None:
    """Whatever their lengths: (1, 0) and (0, 1) make the diagonal."""
    found = direction(np.array([[5, 0], [0, 0.1]], dtype=np.float32))
    assert found == pytest.approx([0.5**0.5, 0.5**0.5])


def crosses(words: int) -> WordVectors:
    """As many words along each half of both axes: the usual cosine is 0, its standard deviation √½."""
    table = np.array([[1, 0], [-1, 0], [0, 1], [0, -1]], dtype=np.float32)
    return WordVectors([str(n) for n in range(4 * words)], np.tile(table, (words, 1)))


def test_shares_are_the_distances_above_the_usual_cosine() -> None:
    """cos = ⅘ and ⅗ over a deviation of √½: 1.13 and 0.85 above, shares ⁴⁄₇ and ³⁄₇."""
    axes = np.eye(2, dtype=np.float32)
    found = lean(crosses(10), np.array([[8, 6]], dtype=np.float32), axes, least=1)
    assert found.cosines[0] == pytest.approx([0.8, 0.6])
    assert found.above[0] == pytest.approx([0.8 * 2**0.5, 0.6 * 2**0.5])
    assert found.shares[0] == pytest.approx([4 / 7, 3 / 7])


def test_what_lies_below_the_usual_has_no_share() -> None:
    axes = np.eye(2, dtype=np.float32)
    found = lean(crosses(1), np.array([[8, -6]], dtype=np.float32), axes, least=1)
    assert found.shares[0].tolist() == [1, 0]


def test_a_word_that_is_near_to_no_axis_has_no_shares() -> None:
    """1.13 deviations are less than 2; and a vector of zeros leans nowhere."""
    words = np.array([[8, 6], [0, 0]], dtype=np.float32)
    assert np.isnan(lean(crosses(1), words, np.eye(2, dtype=np.float32)).shares).all()


def test_a_direction_that_all_words_share_says_nothing() -> None:
    """A large common vector makes all cosines large; above the usual one the word leans as it did without it."""
    table = np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0]], dtype=np.float32)
    table[:, 2] = 4
    axes = np.stack([direction(table[:1]), direction(table[2:3])])
    found = lean(WordVectors(list("abcd"), table), table[:1], axes, least=1)
    assert (found.cosines > 0.9).all()
    assert found.shares[0] == pytest.approx([1, 0], abs=1e-3)


def test_words_that_are_all_equal_lean_nowhere() -> None:
    """No spread, nothing to be above of: no division by zero."""
    table = np.ones((5, 2), dtype=np.float32)
    found = lean(WordVectors(list("abcde"), table), table[:1], np.eye(2, dtype=np.float32))
    assert found.above[0].tolist() == [0, 0]
    assert np.isnan(found.shares).all()


@given(st.integers(2, 80), st.integers(1, 5), st.integers(0, 500), st.sampled_from([0.0, 0.5, 2.0]))
def test_shares_sum_to_one_or_are_missing(size: int, axes: int, seed: int, least: float) -> None:
    table = random_table(size, 4, seed=seed)
    directions = np.stack([direction(table.vectors[n : n + 1]) for n in range(min(axes, size))])
    found = lean(table, table.vectors, directions, least=least)
    missing = np.isnan(found.shares).any(axis=1)
    assert (np.isnan(found.shares).all(axis=1) == missing).all()
    assert (missing == ~(found.above >= least).any(axis=1)).all()
    assert found.shares[~missing].sum(axis=1) == pytest.approx(1)
    assert (found.shares[~missing] >= 0).all()
