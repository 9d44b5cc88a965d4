"""Retrieval by hand: ranks with ties, means with intervals, and paired tests whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from nlpwb.evaluation.retrieval import (
    chance,
    compare_means,
    mean_copies,
    mean_intervals,
    recalls,
    reciprocal_ranks,
    standings,
)

# Three documents on a circle: query 0 is nearest to candidate 0; query 1 is nearer to 0 than to 1; query 2 sees nothing.
QUERIES = np.array([[1.0, 0.0], [3.0, 1.0], [0.0, 0.0]])
CANDIDATES = np.array([[2.0, 0.0], [0.0, 5.0], [-1.0, 0.0]])


def test_standings_by_hand() -> None:
    found = standings(QUERIES, CANDIDATES)
    assert found.tolist() == [[0, 1], [1, 1], [0, 3]]


@pytest.mark.parametrize("kind", [np.asarray, sp.csr_matrix])
def test_vectors_that_are_no_numbers_have_no_standing(kind) -> None:
    """Every comparison with NaN is false: without a look at them, figures would be NaN."""
    broken = QUERIES.copy()
    broken[1, 0] = np.nan
    with pytest.raises(AssertionError, match="no number"):
        standings(kind(broken), kind(CANDIDATES))
    with pytest.raises(AssertionError, match="no number"):
        standings(kind(QUERIES), kind(broken))
    with pytest.raises(AssertionError, match="as near as itself"):
        reciprocal_ranks(np.array([[0, 0]]))


def test_sparse_and_dense_are_the_same() -> None:
    found = standings(sp.csr_matrix(QUERIES), sp.csr_matrix(CANDIDATES))
    assert found.tolist() == standings(QUERIES, CANDIDATES).tolist()


def test_counts_are_compared_by_cosine_and_not_by_size() -> None:
    """A long document that shares one word must not beat a short one that is the same."""
    queries = sp.csr_matrix(np.array([[1, 0, 0], [0, 0, 1]], dtype=np.int32))
    candidates = sp.csr_matrix(np.array([[1, 0, 0], [9, 9, 9]], dtype=np.int32))
    assert standings(queries, candidates)[0].tolist() == [0, 1]


def test_equal_vectors_in_single_precision_are_ties() -> None:
    """Products of equal float32 rows may differ in the last bit; no document may win by that."""
    row = np.random.default_rng(0).random(100).astype(np.float32)
    same = np.tile(row, (50, 1))
    assert (standings(same, same) == [0, 50]).all()


def test_reciprocal_ranks_are_expected_over_the_orders_of_ties() -> None:
    found = np.array([[0, 1], [2, 1], [0, 3], [1, 2]])
    expected = [1, 1 / 3, (1 + 1 / 2 + 1 / 3) / 3, (1 / 2 + 1 / 3) / 2]
    np.testing.assert_allclose(reciprocal_ranks(found), expected)


def test_recalls_are_expected_over_the_orders_of_ties() -> None:
    found = np.array([[0, 1], [2, 1], [0, 4], [1, 4], [7, 2]])
    np.testing.assert_allclose(recalls(found, k=2), [1, 0, 0.5, 0.25, 0])


def test_a_method_that_sees_nothing_gets_what_guessing_gets() -> None:
    blind = np.zeros((40, 5))
    found = standings(blind, blind)
    mrr, recall = chance(40, k=10)
    np.testing.assert_allclose(reciprocal_ranks(found), mrr)
    np.testing.assert_allclose(recalls(found, k=10), recall)
    assert mrr == pytest.approx(sum(1 / r for r in range(1, 41)) / 40)
    assert recall == 0.25


@settings(max_examples=50, deadline=None)
@given(n=st.integers(1, 30), seed=st.integers(0, 100))
def test_no_order_of_the_candidates_changes_a_standing(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    queries, candidates = rng.integers(-2, 3, (2, n, 3)).astype(float)
    order = rng.permutation(n)
    assert (
        standings(queries[order], candidates[order]) == standings(queries, candidates)[order]
    ).all()


def test_an_interval_of_a_constant_is_that_constant() -> None:
    (interval,) = mean_intervals(np.full((1, 30), 0.25), seed=0)
    assert interval == pytest.approx((0.25, 0.25))


def test_an_interval_has_the_width_of_the_normal_one() -> None:
    values = np.random.default_rng(1).random((1, 4000))
    (interval,) = mean_intervals(values, seed=0)
    half = 1.96 * values.std() / np.sqrt(4000)
    assert interval == pytest.approx((values.mean() - half, values.mean() + half), abs=0.1 * half)


def test_groups_are_drawn_whole() -> None:
    """Two groups, each all 0 or all 1: a copy's mean is 0, 1/2 or 1, though there are 40 documents."""
    values = np.repeat([[0.0, 1.0]], 20, axis=1)
    groups = np.repeat([7, 3], 20)
    assert set(mean_copies(values, groups=groups, seed=0).ravel().tolist()) == {0.0, 0.5, 1.0}


def test_methods_that_are_the_same_are_not_told_apart() -> None:
    values = np.tile(np.random.default_rng(2).random(50), (2, 1))
    (pair,) = compare_means(values, seed=0)
    assert (pair.i, pair.j, pair.delta, pair.low, pair.high, pair.p) == (0, 1, 0, 0, 0, 1)


def test_a_method_that_is_always_better_is_told_apart() -> None:
    """Ten documents that all differ by the same: 2 of the 1,024 tosses are as far, p about .002."""
    values = np.array([[0.8] * 10, [0.5] * 10])
    (pair,) = compare_means(values, seed=0)
    assert pair.delta == pytest.approx(0.3)
    assert pair.p == pytest.approx(2 / 1024, abs=0.0015)


def test_holm_counts_all_pairs() -> None:
    rng = np.random.default_rng(3)
    pairs = compare_means(rng.random((3, 20)), seed=0)
    assert [(pair.i, pair.j) for pair in pairs] == [(0, 1), (0, 2), (1, 2)]
    smallest = min(pairs, key=lambda pair: pair.p)
    assert smallest.p_holm == pytest.approx(min(1.0, 3 * smallest.p))


def test_a_group_that_decides_alone_proves_nothing() -> None:
    """Forty documents of two groups: a coin for each group, so half of all tosses are as far as what was seen."""
    values = np.array([[0.9] * 40, [0.1] * 40])
    (alone,) = compare_means(values, groups=np.repeat([0, 1], 20), seed=0)
    (by_document,) = compare_means(values, seed=0)
    assert alone.p == pytest.approx(0.5, abs=0.03)
    assert by_document.p < 0.001


def test_one_method_has_no_pairs() -> None:
    assert compare_means(np.ones((1, 5)), seed=0) == []


def correlated_ranks(n: int, rng: np.random.Generator) -> np.ndarray:
    """Reciprocal ranks (2, n) of two methods of equal worth that find the same documents hard."""
    shared, own = rng.normal(size=n), rng.normal(size=(2, n))
    ease = special.ndtr(np.sqrt(0.5) * (shared + own))
    return 1 / np.maximum(1, np.floor(np.exp(6 * ease - 1)))


def test_equal_methods_are_told_apart_as_seldom_as_they_should_and_intervals_hold() -> None:
    """200 sets of 100 documents, level .05: what lies outside these bounds has a chance below one in a thousand."""
    rng = np.random.default_rng(0)
    true = correlated_ranks(1_000_000, rng).mean()
    told_apart = held = 0
    for seed in range(200):
        values = correlated_ranks(100, rng)
        (pair,) = compare_means(values, seed=seed, replicates=500)
        told_apart += pair.p < 0.05
        (interval,) = mean_intervals(values[:1], seed=seed, replicates=500)
        held += interval.low <= true <= interval.high
    assert 1 <= told_apart <= 21
    assert 177 <= held <= 199
