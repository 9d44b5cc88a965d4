"""Which words moved: neighbours by hand, a planted rotation, and words whose vectors changed places."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpwb.vectors.drift import (
    jaccard,
    jaccard_stability,
    neighbor_rows,
    shared_words,
    unit_vectors,
)
from nlpwb.vectors.table import WordVectors


def table(vectors: object, *, words: str = "", counts: list[int] | None = None) -> WordVectors:
    held = np.asarray(vectors, dtype=np.float32)
    names = words.split() or [f"w{i}" for i in range(len(held))]
    return WordVectors(names, held, None if counts is None else np.array(counts, dtype=np.int64))


def random_table(n: int, dim: int, *, seed: int) -> WordVectors:
    return table(np.random.default_rng(seed).normal(size=(n, dim)))


def rotation(dim: int, *, seed: int) -> np.ndarray:
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(dim, dim)))[0]


def test_the_jaccard_index_by_hand() -> None:
    """{1, 2, 3} and {2, 3, 4} share 2 of 4; order does not matter; nothing shared is 0."""
    one = np.array([[1, 2, 3], [5, 6, 7], [1, 2, 3]])
    other = np.array([[4, 3, 2], [7, 5, 6], [4, 5, 6]])
    assert jaccard(one, other).tolist() == [0.5, 1.0, 0.0]


def test_stability_by_hand() -> None:
    """On a half circle a, b, c, d at 0, 10, 30 and 80 degrees; in the other table d stands at 5 degrees.

    a: {b, c} and {d, b}; b: {a, c} and {d, a}: one of three is shared. c: {b, a} and {b, d}. d: {c, b} and {a, b}.
    """

    def at(*degrees: float) -> WordVectors:
        angle = np.radians(degrees)
        return table(np.stack([np.cos(angle), np.sin(angle)], axis=1), words="a b c d")

    found = jaccard_stability(at(0, 10, 30, 80), at(0, 10, 30, 5), words=["a", "b", "c", "d"], k=2)
    assert found.tolist() == pytest.approx([1 / 3] * 4)


def test_a_rotated_and_stretched_table_is_the_same_table() -> None:
    a = random_table(300, 8, seed=1)
    b = table(3.0 * a.vectors @ rotation(8, seed=2))
    assert jaccard_stability(a, b, words=a.words, k=10).min() == 1.0


def test_neighbours_are_sought_among_shared_words_alone() -> None:
    """A word that one file lacks would else lower every figure though nothing moved."""
    a = random_table(50, 5, seed=3)
    order = np.random.default_rng(4).permutation(40)
    b = WordVectors([a.words[i] for i in order], a.vectors[order])
    assert shared_words(a, b) == list(a.words[:40])
    assert jaccard_stability(a, b, words=a.words[:40], k=7).min() == 1.0


def test_more_neighbours_than_words_and_no_words_at_all() -> None:
    a = random_table(4, 3, seed=5)
    assert jaccard_stability(a, random_table(4, 3, seed=6), words=["w0"], k=10).tolist() == [1.0]
    assert jaccard_stability(a, a, words=[], k=10).shape == (0,)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(*[st.integers(-1, 5)] * 8), min_size=1, max_size=6))
def test_the_jaccard_index_is_that_of_sets(lines: list[tuple[int, ...]]) -> None:
    pairs = np.array(lines)
    for value, line in zip(jaccard(pairs[:, :4], pairs[:, 4:]), lines, strict=True):
        one, other = ({n for n in half if n >= 0} for half in (line[:4], line[4:]))
        assert value == (len(one & other) / len(one | other) if one | other else 1.0)


@settings(max_examples=30, deadline=None)
@given(st.integers(3, 300), st.integers(1, 12), st.integers(0, 99))
def test_neighbours_are_those_of_a_plain_sort(n: int, k: int, seed: int) -> None:
    """The chunks are a short cut; the answer is that of sorting every line."""
    k = min(k, n - 1)
    units = unit_vectors(random_table(n, 4, seed=seed), [f"w{i}" for i in range(n)])
    cosines = units @ units.T
    np.fill_diagonal(cosines, -np.inf)
    rows = np.arange(n)[::2]
    found = neighbor_rows(units, rows, k=k)
    wanted = np.sort(cosines[rows], axis=1)[:, ::-1][:, :k]
    assert np.allclose(np.take_along_axis(cosines[rows], found, axis=1), wanted, atol=1e-6)
    assert all(len(set(line)) == k for line in found.tolist())


def test_rare_words_can_be_left_out() -> None:
    """Counted 5 times in one text is rare, however often the other has it; a file without counts says nothing."""
    a = table(np.eye(3), counts=[100, 50, 5])
    b = table(np.eye(3), counts=[90, 4, 80])
    assert shared_words(a, b, min_count=10) == ["w0"]
    assert shared_words(a, table(np.eye(3)), min_count=10) == ["w0", "w1"]


def test_a_vector_of_zeros_has_no_direction_and_does_no_harm() -> None:
    a = table([[0, 0], [3, 4], [1, 0], [0, 1]])
    units = unit_vectors(a, ["w0", "w1"])
    assert units.tolist() == [[0.0, 0.0], [pytest.approx(0.6), pytest.approx(0.8)]]
    assert shared_words(a, random_table(4, 2, seed=0)) == ["w1", "w2", "w3"]
    found = neighbor_rows(unit_vectors(a, a.words), np.array([0, 1]), k=3)
    assert found.tolist() == [[-1, -1, -1], [3, 2, -1]]


def test_sets_of_other_sizes_and_empty_ones() -> None:
    """{1} and {1, 2} share one of two; two empty sets are the same; an empty one shares nothing; {7, 7} is {7}."""
    one = np.array([[1, -1], [-1, -1], [-1, -1], [7, 7]])
    other = np.array([[2, 1], [-1, -1], [1, 2], [7, 7]])
    assert jaccard(one, other).tolist() == [0.5, 1.0, 0.0, 1.0]
