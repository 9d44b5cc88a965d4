"""The nearest words: by head, against a full sort, and against gensim."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpwb.vectors import neighbors
from nlpwb.vectors.analogies import multiplied, solve
from nlpwb.vectors.neighbors import nearest
from nlpwb.vectors.table import WordVectors
from tests.vectors.small import in_gensim, random_table, royal, trained

tables = st.builds(random_table, st.integers(1, 60), st.integers(1, 8), seed=st.integers(0, 1000))


def by_sorting(
    vectors: WordVectors, query: np.ndarray, k: int, without: set[int]
) -> tuple[list[int], list[float], np.ndarray]:
    """The best by all cosines in float64, sorted whole, and all of them."""
    table = np.asarray(vectors.vectors, dtype=np.float64)
    cosines = table @ query / np.linalg.norm(table, axis=1) / np.linalg.norm(query)
    rows = [row for row in np.argsort(-cosines, kind="stable") if row not in without][:k]
    return rows, [cosines[row] for row in rows], cosines


def test_nearest_first_with_its_cosine() -> None:
    """The nearest to king is queen, at 2 / √(2 · 3); the word itself is left out."""
    table = royal()
    rows, cosines = nearest(table, table.vectors[3:4], k=2, exclude=[{3}])
    assert [table.words[row] for row in rows[0]] == ["queen", "man"]
    assert cosines[0] == pytest.approx([2 / 6**0.5, 1 / 2**0.5])
    assert (rows.dtype, cosines.dtype) == (np.int64, np.float32)


def test_of_equal_cosines_the_earlier_row_comes_first() -> None:
    """Forty words of three directions, whatever the length; blocks end among them."""
    rng = np.random.default_rng(0)
    table = np.eye(3, dtype=np.float32)[rng.integers(0, 3, 40)] * 2.0 ** rng.integers(0, 5, (40, 1))
    vectors = WordVectors([str(row) for row in range(40)], table.astype(np.float32))
    rows, _ = nearest(vectors, np.array([[2, 1, 0]], dtype=np.float32), k=40)
    directions = [np.flatnonzero(table[:, axis]).tolist() for axis in range(3)]
    assert rows[0].tolist() == [row for direction in directions for row in direction]


def test_zeros_are_no_neighbours_and_have_none() -> None:
    table = WordVectors(["a", "zero", "b"], np.array([[1, 0], [0, 0], [-1, 0]], dtype=np.float32))
    rows, cosines = nearest(table, table.vectors, k=3)
    assert rows.tolist() == [[0, 2, -1], [-1, -1, -1], [2, 0, -1]]
    assert np.isnan(cosines).tolist() == (rows == -1).tolist()


def test_only_the_first_words_are_searched() -> None:
    table = royal()
    rows, _ = nearest(table, table.vectors[3:4], k=9, exclude=[{3}], restrict=4)
    assert sorted(rows[0].tolist()) == [-1] * 6 + [0, 1, 2]


@given(tables, st.integers(1, 70), st.integers(0, 99), st.data())
def test_the_top_is_that_of_a_full_sort(
    vectors: WordVectors, k: int, seed: int, data: st.DataObject
) -> None:
    """Also where blocks are smaller than k, and with words left out."""
    queries = np.random.default_rng(seed).standard_normal((3, vectors.dimensions))
    rows = st.sets(st.integers(0, len(vectors) - 1))
    without = [data.draw(rows) for _ in range(3)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(neighbors, "SCORES", data.draw(st.sampled_from([2, 7, 40, 1 << 20])))
        patch.setattr(neighbors, "_SOME", data.draw(st.sampled_from([1, 20, 2048])))
        patch.setattr(neighbors, "QUERIES", data.draw(st.sampled_from([1, 2, 512])))
        found, cosines = nearest(vectors, queries.astype(np.float32), k=k, exclude=without)
    for query, line, values, hidden in zip(queries, found, cosines, without, strict=True):
        expected, exact, exactly = by_sorting(vectors, query, k, hidden)
        rest = k - len(expected)
        assert values[: len(exact)] == pytest.approx(exact, abs=1e-5)
        assert line[len(expected) :].tolist() == [-1] * rest
        assert np.isnan(values[len(expected) :]).all()
        assert set(line.tolist()).isdisjoint(hidden)
        # Cosines that differ by less than rounding may change places.
        assert len(set(line[: len(expected)].tolist())) == len(expected)
        assert [exactly[row] for row in line[: len(expected)]] == pytest.approx(exact, abs=1e-5)


@given(tables, st.integers(-6, 6), st.integers(-6, 6))
def test_the_length_of_a_vector_changes_nothing(vectors: WordVectors, one: int, other: int) -> None:
    """Powers of two, so that not even the last bit differs."""
    longer = WordVectors(vectors.words, vectors.vectors * np.float32(2.0**other))
    query = vectors.vectors[:1]
    rows, cosines = nearest(vectors, query, k=5)
    again, scaled = nearest(longer, query * np.float32(2.0**one), k=5)
    assert rows.tolist() == again.tolist()
    np.testing.assert_array_equal(cosines, scaled)


@given(tables)
def test_a_word_is_nearest_to_itself_unless_it_is_left_out(vectors: WordVectors) -> None:
    queries = np.asarray(vectors.vectors)
    rows, cosines = nearest(vectors, queries, k=len(vectors))
    assert (np.sort(rows, axis=1) == np.arange(len(vectors))).all()
    assert cosines[:, 0] == pytest.approx(1, abs=1e-6)
    own = [{row} for row in range(len(vectors))]
    rows, _ = nearest(vectors, queries, k=len(vectors), exclude=own)
    assert (rows != np.arange(len(vectors))[:, None]).all()


def test_a_batch_answers_as_single_queries_do() -> None:
    vectors = random_table(1000, 16)
    rows, cosines = nearest(vectors, vectors.vectors, k=7)
    for query in range(0, 1000, 97):
        one, value = nearest(vectors, vectors.vectors[query : query + 1], k=7)
        assert one[0].tolist() == rows[query].tolist()
        assert value[0] == pytest.approx(cosines[query], abs=1e-6)


SENTENCES = [
    [f"{kind}{n % 7}", "is", kind, "number", f"n{n % 5}"]
    for n in range(400)
    for kind in ("cat", "dog", "car", "tree")
]


@pytest.fixture(scope="module")
def learned() -> WordVectors:
    """Vectors that gensim trained."""
    return trained(SENTENCES)


@pytest.mark.parametrize("word", ["cat", "car3", "n1"])
def test_neighbours_are_gensims(learned: WordVectors, word: str) -> None:
    row = learned.numbers[word]
    rows, cosines = nearest(learned, learned.vectors[row : row + 1], k=10, exclude=[{row}])
    expected = in_gensim(learned).most_similar(word, topn=10)
    assert [learned.words[row] for row in rows[0]] == [name for name, _ in expected]
    assert cosines[0] == pytest.approx([value for _, value in expected], abs=1e-6)


def asked(vectors: WordVectors, words: list[str]) -> np.ndarray:
    return vectors.vectors[[vectors.numbers[word] for word in words]]


@pytest.mark.parametrize(
    ("positive", "negative"),
    [(["cat1", "dog"], ["cat"]), (["car"], ["tree", "tree2"]), (["cat", "dog", "car"], [])],
)
def test_analogies_are_gensims(
    learned: WordVectors, positive: list[str], negative: list[str]
) -> None:
    plus, minus = asked(learned, positive), asked(learned, negative)
    rows = {learned.numbers[word] for word in positive + negative}
    found, scores = solve(learned, plus, minus, k=8, exclude=rows)
    expected = in_gensim(learned).most_similar(positive, negative, topn=8)
    assert [learned.words[row] for row in found] == [name for name, _ in expected]
    assert scores == pytest.approx([value for _, value in expected], abs=1e-6)


@pytest.mark.parametrize(
    ("positive", "negative"), [(["cat1", "dog"], ["cat"]), (["car"], ["tree", "tree2"])]
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # gensim's own
def test_3cosmul_is_gensims_at_its_epsilon(
    learned: WordVectors, positive: list[str], negative: list[str]
) -> None:
    """The paper says 0.001, gensim takes a millionth: the formula is compared, then the ranking with ours."""
    units = learned.vectors / np.linalg.norm(learned.vectors, axis=1, keepdims=True)
    plus = [units @ units[learned.numbers[word]] for word in positive]
    minus = [units @ units[learned.numbers[word]] for word in negative]
    expected = in_gensim(learned).most_similar_cosmul(positive, negative, topn=None)
    assert multiplied(plus, minus, epsilon=1e-6) == pytest.approx(expected, rel=1e-3)
    scores = multiplied(plus, minus)
    rows = {learned.numbers[word] for word in positive + negative}
    scores[list(rows)] = 0
    found, values = solve(
        learned,
        asked(learned, positive),
        asked(learned, negative),
        k=8,
        exclude=rows,
        method="3cosmul",
    )
    assert found.tolist() == np.argsort(-scores, kind="stable")[:8].tolist()
    assert values == pytest.approx(np.sort(scores)[::-1][:8], rel=1e-4)


@settings(max_examples=30)
@given(tables)
def test_zeros_answer_no_analogy(vectors: WordVectors) -> None:
    """3CosMul of −∞ would be +∞."""
    table = np.vstack([vectors.vectors, np.zeros((1, vectors.dimensions), dtype=np.float32)])
    held = WordVectors([*vectors.words, "zero"], table)
    for method in ("3cosadd", "3cosmul"):
        rows, _ = solve(held, table[:1], table[:1] * 0.5 + 1, k=len(table), method=method)
        assert len(vectors) not in rows.tolist()
