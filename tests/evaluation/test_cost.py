"""The frontier of quality and cost, and the recommendation."""

from __future__ import annotations

from math import inf, isnan, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpwb.evaluation.cost import Recommendation, pareto, recommend

few_numbers = st.integers(0, 6).map(float)


@given(st.lists(st.tuples(few_numbers, few_numbers), max_size=12))
def test_a_point_is_on_the_frontier_iff_no_other_beats_it(points):
    """By the definition, in quadratic time."""

    def beaten(q, c):
        return any(x >= q and y <= c and (x, y) != (q, c) for x, y in points)

    assert pareto(points) == [not beaten(*p) for p in points]


def test_points_without_a_figure_are_not_on_the_frontier():
    assert pareto([(0.9, nan), (nan, 1.0), (0.5, 3.0), (-inf, 2.0)]) == [False, False, True, True]


def test_the_cheapest_of_those_that_cannot_be_told_from_the_best():
    """Method 3 is cheaper still, but shares no letter with the best."""
    found = recommend(
        [0.8, 0.9, 0.85, 0.5], ["ab", "a", "a", "b"], [4, 40, 8, 1], higher_is_better=True
    )
    assert found == Recommendation(best=1, tied=(0, 2), cheapest_tied=0, times_cheaper=10.0)


def test_letters_with_numbers_are_not_taken_apart():
    """a1 is the 53rd letter and no a."""
    found = recommend([0.9, 0.8], ["a", "a1"], [2, 1], higher_is_better=True)
    assert found.tied == ()


def test_a_lower_loss_is_best():
    assert recommend([0.3, 0.2], ["b", "a"], [1, 1], higher_is_better=False).best == 1


@pytest.mark.parametrize(
    ("costs", "cheapest", "times"),
    [([0, 0], 0, 1.0), ([5, 5], 0, 1.0), ([5, 0], 1, inf), ([3, nan], 0, 1.0)],
)
def test_costs_of_nothing_and_unknown_costs(costs, cheapest, times):
    found = recommend([0.9, 0.8], ["a", "a"], costs, higher_is_better=True)
    assert (found.cheapest_tied, found.times_cheaper) == (cheapest, times)


def test_an_unknown_cost_of_the_best_gives_no_ratio():
    found = recommend([0.9, 0.8], ["a", "a"], [nan, 2.0], higher_is_better=True)
    assert found.cheapest_tied == 1
    assert isnan(found.times_cheaper)
