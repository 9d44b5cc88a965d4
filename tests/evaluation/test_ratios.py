"""Intervals and tests of metrics that are functions of sums over units."""

from __future__ import annotations

import math

import numpy as np
import pytest

from nlpwb.evaluation.dependence import block_copies, block_length, joined
from nlpwb.evaluation.ratios import (
    compare_figures,
    interval_of,
    interval_of_ratio,
    ratio,
)


def walk(rng, n, keeps):
    """A row whose neighbours have the correlation ``keeps``."""
    noise = rng.standard_normal(n + 100)
    values = np.zeros(n + 100)
    for t in range(1, n + 100):
        values[t] = keeps * values[t - 1] + noise[t]
    return values[100:]


def test_a_row_falls_into_sixteen_blocks_that_are_as_long_as_each_other():
    """34 units: sixteen blocks of two or three, in order, none left out."""
    found = joined(np.stack([np.ones(34), np.arange(34)], axis=-1))
    assert sorted(set(found[:, 0].tolist())) == [2, 3]
    assert (len(found), found[0, 1], found[:, 1].sum()) == (16, 0 + 1, 33 * 34 / 2)
    few = np.arange(5.0)[:, None]
    assert joined(few).tolist() == few.tolist()
    assert [block_length(n) for n in (1, 16, 17, 160, 161)] == [1, 1, 2, 10, 11]


def test_a_copy_has_as_many_units_as_the_row_and_holds_neighbours():
    """Units 1, 10, 100, 1000 in blocks of two around the ring: each copy is two of these four sums."""
    sums = np.array([[1.0], [10.0], [100.0], [1000.0]])
    copies = set(block_copies(sums, length=2, replicates=500, seed=0).ravel().tolist())
    pairs = [11.0, 110.0, 1100.0, 1001.0]
    assert copies == {a + b for a in pairs for b in pairs}
    ones = np.ones((7, 1))
    assert set(block_copies(ones, length=3, replicates=50, seed=0).ravel().tolist()) == {7.0}


def test_a_ratio_by_head():
    """(2 + 4) / (1 + 1) is 3."""
    units = np.array([[[2.0, 1.0], [4.0, 1.0]]])
    assert interval_of(units, ratio, running=False, seed=0).value == 3


def test_units_that_are_alike_leave_no_doubt():
    found = interval_of_ratio(np.full(50, 2.0), np.full(50, 4.0), seed=0)
    assert (found.value, found.low, found.high) == (0.5, 0.5, 0.5)


def test_of_a_single_unit_nothing_is_known():
    found = interval_of_ratio(np.array([2.0]), np.array([4.0]), seed=0)
    assert found.value == 0.5
    assert math.isnan(found.low)
    one = np.array([[[2.0, 4.0]]])
    (pair,) = compare_figures([one, 2 * one], ratio, running=True, seed=0)
    assert pair.p == 1
    assert math.isnan(pair.high)


def test_the_interval_of_a_mean_is_students():
    """Independent units with the same denominator: t times the standard error, which the bootstrap finds again."""
    rng = np.random.default_rng(1)
    x = rng.normal(5, 1, 200)
    units = np.stack([x, np.ones(200)], axis=-1)[None]
    found = interval_of(units, ratio, running=False, seed=0, replicates=20_000)
    half = 1.972 * x.std(ddof=1) / math.sqrt(200)
    assert found.value == pytest.approx(x.mean())
    assert (found.high - found.low) / 2 == pytest.approx(half, rel=0.03)


def test_three_units_and_coins_by_head():
    """One method is better by 1 in each of three units: of the eight tosses two reach a difference of 3."""
    a = np.array([[[2.0, 1.0], [2.0, 1.0], [2.0, 1.0]]])
    b = np.array([[[1.0, 1.0], [1.0, 1.0], [1.0, 1.0]]])
    (pair,) = compare_figures([a, b], ratio, running=False, seed=0, permutations=20_000)
    assert pair.delta == 1
    assert pair.p == pytest.approx(2 / 8, abs=0.02)


def test_a_method_does_not_differ_from_itself():
    units = np.random.default_rng(0).uniform(1, 2, (1, 40, 2))
    (pair,) = compare_figures([units, units], ratio, running=True, seed=0)
    assert (pair.delta, pair.low, pair.high, pair.p) == (0, 0, 0, 1)


def test_a_pair_does_not_depend_on_the_others():
    """But for Holm, a third method changes nothing."""
    rng = np.random.default_rng(0)
    methods = [rng.uniform(1, 2, (2, 60, 2)) for _ in range(3)]
    alone = compare_figures(methods[:2], ratio, running=True, seed=3)[0]
    first = compare_figures(methods, ratio, running=True, seed=3)[0]
    assert (alone.low, alone.high, alone.p) == (first.low, first.high, first.p)


def test_several_trainings_count_by_their_mean():
    units = np.array([[[2.0, 1.0], [4.0, 1.0]], [[4.0, 1.0], [6.0, 1.0]]])
    assert interval_of(units, ratio, running=False, seed=0).value == 4


def test_intervals_of_bound_units_hold_the_truth_and_tests_keep_their_level():
    """300 rows of 400 units, correlation .5 between neighbours: single units would miss the truth in a quarter of the rows.

    Three points are allowed for the length of the blocks, which is an estimate, and two standard errors (2.5 points).
    """
    rng = np.random.default_rng(0)
    held = plain = false = 0
    other = np.stack([np.full(400, 2.0), np.ones(400)], axis=-1)[None]
    for run in range(300):
        units = np.stack([2 + 0.3 * walk(rng, 400, 0.5), np.ones(400)], axis=-1)[None]
        found = interval_of(units, ratio, running=True, seed=run, replicates=300)
        held += found.low <= 2 <= found.high
        alone = interval_of(units, ratio, running=False, seed=run, replicates=300)
        plain += alone.low <= 2 <= alone.high
        (pair,) = compare_figures(
            [units, other], ratio, running=True, seed=run, replicates=10, permutations=300
        )
        false += pair.p < 0.05
    assert held / 300 >= 0.895
    assert plain / 300 < 0.8
    assert false / 300 <= 0.105
