"""A corpus in numbers that can be counted by head."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpwb.data.description import LabelCount, describe, spread

from .helpers import corpus


def test_rows_labels_words_and_repeats_are_counted() -> None:
    """Words are scikit-learn's: `a` and `I` are too short, case does not count."""
    d = describe(
        corpus(
            ["I saw a Cat", "cat cat", "", "cat cat"], ["x", "y", "y", "y"], ["g", "g", "h", "h"]
        )
    )
    assert (d.rows, d.groups, d.duplicates, d.empty, d.distinct_tokens) == (4, 2, 1, 1, 2)
    assert d.labels == (LabelCount("y", 3, 0.75), LabelCount("x", 1, 0.25))
    assert (d.tokens.total, d.tokens.minimum, d.tokens.median, d.tokens.maximum) == (6, 0, 2, 2)
    assert (d.characters.total, d.characters.maximum, d.characters.mean) == (25, 11, 6.25)


def test_without_labels_and_groups_there_are_none() -> None:
    d = describe(corpus(["one"]))
    assert d.labels is None
    assert d.groups is None


def test_percentiles_are_values_that_occur() -> None:
    """The numbers 1 to 100: the 5th percentile is 5, the median 50."""
    s = spread(range(100, 0, -1))
    assert (s.minimum, s.p5, s.p25, s.median, s.p75, s.p95, s.maximum) == (
        1,
        5,
        25,
        50,
        75,
        95,
        100,
    )
    assert s.mean == pytest.approx(50.5)


@given(st.lists(st.integers(0, 1000), min_size=1))
def test_percentiles_rise(values: list[int]) -> None:
    s = spread(values)
    rising = [s.minimum, s.p5, s.p25, s.median, s.p75, s.p95, s.maximum]
    assert rising == sorted(rising)
    assert set(rising) <= set(values)
