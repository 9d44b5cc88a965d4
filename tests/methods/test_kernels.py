"""The compiled training loops against the same formulas written out in numpy, and the formulas against the papers."""

from __future__ import annotations

import heapq
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpwb.methods.embeddings import formulas
from nlpwb.methods.embeddings.encoding import END, LONGEST_SENTENCE
from nlpwb.methods.embeddings.kernels.cbow import cbow_negative
from nlpwb.methods.embeddings.kernels.hidden import hidden_layer
from nlpwb.methods.embeddings.kernels.shared import sigmoid
from nlpwb.methods.embeddings.kernels.skipgram import skipgram_negative
from nlpwb.methods.embeddings.kernels.subword_skipgram import subword_skipgram
from nlpwb.methods.embeddings.kernels.subwords import subword_rows
from nlpwb.vectors.ngrams import fnv1a, ngrams
from tests.methods import kernel_reference as reference

COUNTS = np.array([90, 40, 30, 20, 9, 5, 3, 3, 2], dtype=np.int64)
STATE = 12345678901234567


def sentences(seed: int = 0, number: int = 40) -> np.ndarray:
    generator = np.random.default_rng(seed)
    parts = [
        [*generator.integers(0, len(COUNTS), generator.integers(0, 12)).tolist(), END]
        for _ in range(number)
    ]
    return np.array([word for part in parts for word in part], dtype=np.int32)


def setting(
    *, window: int, negative: int, dim: int = 13, sample: float = 0.02
) -> reference.Setting:
    generator = np.random.default_rng(1)
    threshold, alias = formulas.alias_table(formulas.noise_distribution(COUNTS))
    rows = [[word, *generator.integers(9, 30, word % 4).tolist()] for word in range(len(COUNTS))]
    tree = formulas.huffman_tree(COUNTS)
    paths = [
        list(zip(tree.points[a:b].tolist(), tree.codes[a:b].tolist(), strict=True))
        for a, b in zip(tree.offsets[:-1], tree.offsets[1:], strict=True)
    ]
    return reference.Setting(
        W=generator.normal(0, 0.4, (30, dim)).astype(np.float32),
        C=generator.normal(0, 0.4, (len(COUNTS), dim)).astype(np.float32),
        keep=formulas.as_threshold(formulas.keep_probability(COUNTS, sample)),
        threshold=threshold,
        alias=alias,
        window=window,
        negative=negative,
        rate=0.05,
        rows=rows,
        paths=paths,
    )


@pytest.mark.parametrize(("window", "negative"), [(1, 1), (3, 5), (5, 5), (4, 6), (2, 14)])
def test_skipgram_is_the_formula(window: int, negative: int) -> None:
    """Odd windows, and noise words that fill one group of six, less than one, and more."""
    ids, start = sentences(), setting(window=window, negative=negative)
    expected = setting(window=window, negative=negative)
    reference.skipgram(ids.tolist(), expected, STATE)
    done, loss = np.zeros(1, dtype=np.int64), np.zeros((1, 2))
    skipgram_negative(
        ids, start.W, start.C, start.keep, start.threshold, start.alias, window, negative,
        0.05, 0.05, done, 0, 10**9, np.uint64(STATE), loss,
    )  # fmt: skip
    assert not np.allclose(start.W, setting(window=window, negative=negative).W, atol=0.01)
    np.testing.assert_allclose(start.W, expected.W, atol=2e-4)
    np.testing.assert_allclose(start.C, expected.C, atol=2e-4)
    assert done.tolist() == [(ids >= 0).sum()]


@pytest.mark.parametrize(("window", "negative"), [(1, 1), (3, 5), (5, 5), (4, 6), (2, 14)])
def test_cbow_is_the_formula(window: int, negative: int) -> None:
    """Noise that fills one group of six, less than one, and more."""
    ids, start = sentences(), setting(window=window, negative=negative)
    expected = setting(window=window, negative=negative)
    reference.cbow(ids.tolist(), expected, STATE)
    done, loss = np.zeros(1, dtype=np.int64), np.zeros((1, 2))
    cbow_negative(
        ids, start.W, start.C, start.keep, start.threshold, start.alias, window, negative,
        0.05, 0.05, done, 0, 10**9, np.uint64(STATE), loss,
    )  # fmt: skip
    assert not np.allclose(start.W, setting(window=window, negative=negative).W, atol=0.01)
    np.testing.assert_allclose(start.W, expected.W, atol=2e-4)
    np.testing.assert_allclose(start.C, expected.C, atol=2e-4)
    assert done.tolist() == [(ids >= 0).sum()]


@pytest.mark.parametrize(("window", "negative"), [(3, 5), (2, 1), (4, 8)])
def test_subword_skipgram_is_the_formula(window: int, negative: int) -> None:
    """Words of one row and of several; lists that fill their last group of six, and that do not."""
    ids, start = sentences(), setting(window=window, negative=negative)
    expected = setting(window=window, negative=negative)
    reference.subword_skipgram(ids.tolist(), expected, STATE)
    offsets = np.cumsum([0, *map(len, start.rows)]).astype(np.int64)
    rows = np.array([row for word in start.rows for row in word], dtype=np.int32)
    done, loss = np.zeros(1, dtype=np.int64), np.zeros((1, 2))
    subword_skipgram(
        ids, start.W, start.C, start.keep, start.threshold, start.alias, offsets, rows,
        window, negative, 0.05, 0.05, done, 0, 10**9, np.uint64(STATE), loss,
    )  # fmt: skip
    assert not np.allclose(start.W, setting(window=window, negative=negative).W, atol=0.01)
    np.testing.assert_allclose(start.W, expected.W, atol=1e-3)
    np.testing.assert_allclose(start.C, expected.C, atol=1e-3)
    assert done.tolist() == [(ids >= 0).sum()]


@pytest.mark.parametrize(
    ("window", "negative", "cbow"),
    [(3, 5, True), (2, 1, True), (4, 8, True), (3, 0, True), (3, 0, False)],
)
def test_hidden_layers_are_the_formula(window: int, negative: int, cbow: bool) -> None:
    """CBOW over rows of their own; ``negative`` 0 walks the Huffman tree, both ways."""
    ids, start = sentences(), setting(window=window, negative=negative)
    expected = setting(window=window, negative=negative)
    reference.hidden_layer(ids.tolist(), expected, STATE, cbow=cbow)
    tree = formulas.huffman_tree(COUNTS)
    offsets = np.cumsum([0, *map(len, start.rows)]).astype(np.int64)
    rows = np.array([row for word in start.rows for row in word], dtype=np.int32)
    done, loss = np.zeros(1, dtype=np.int64), np.zeros((1, 2))
    hidden_layer(
        ids, start.W, start.C, start.keep, start.threshold, start.alias, offsets, rows,
        tree.offsets, tree.points, tree.codes, cbow, window, negative,
        0.05, 0.05, done, 0, 10**9, np.uint64(STATE), loss,
    )  # fmt: skip
    assert not np.allclose(start.W, setting(window=window, negative=negative).W, atol=0.01)
    np.testing.assert_allclose(start.W, expected.W, atol=1e-3)
    np.testing.assert_allclose(start.C, expected.C, atol=1e-3)


def test_a_sentence_longer_than_the_limit_is_cut_and_not_lost() -> None:
    """Every word is read, and no write goes past the buffer of a sentence."""
    ids = np.zeros(2 * LONGEST_SENTENCE + 8, dtype=np.int32)
    ids[-1] = END
    start = setting(window=2, negative=2, sample=0)
    done, loss = np.zeros(1, dtype=np.int64), np.zeros((1, 2))
    skipgram_negative(
        ids, start.W, start.C, start.keep, start.threshold, start.alias, 2, 2,
        0.01, 0.01, done, 0, 10**9, np.uint64(1), loss,
    )  # fmt: skip
    assert done.tolist() == [2 * LONGEST_SENTENCE + 7]
    assert np.isfinite(start.W).all()


def test_the_fast_sigmoid_is_one() -> None:
    x = np.linspace(-30, 30, 4001, dtype=np.float32)
    fast = np.array([sigmoid.py_func(value) for value in x])
    np.testing.assert_allclose(fast, 1 / (1 + np.exp(-x.astype(float))), atol=1e-4)


def test_words_are_kept_as_word2vec_keeps_them() -> None:
    """f = 1/4, t = 1/100: sqrt(.04) + .04 = .24; a word at the threshold stays for certain; 0 keeps all."""
    kept = formulas.keep_probability(np.array([25, 1, 74]), 0.01)
    assert kept[:2].tolist() == pytest.approx([0.24, 1.0])
    assert formulas.keep_probability(np.array([5, 1]), 0.0).tolist() == [1.0, 1.0]


def test_noise_follows_counts_to_the_power_of_three_quarters() -> None:
    """16 and 1: 8 to 1."""
    assert formulas.noise_distribution(np.array([16, 1])).tolist() == pytest.approx([8 / 9, 1 / 9])


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=40))
def test_an_alias_table_draws_its_distribution(counts: list[int]) -> None:
    """Each place is drawn 1/V of the time; what it keeps and what it gives away add up to the probabilities."""
    wanted = formulas.noise_distribution(np.array(counts))
    threshold, alias = formulas.alias_table(wanted)
    keep = threshold / 2**formulas.RANDOM_BITS
    drawn = keep / len(counts)
    np.add.at(drawn, alias, (1 - keep) / len(counts))
    np.testing.assert_allclose(drawn, wanted, atol=1e-8)


@given(st.lists(st.integers(1, 50), min_size=2, max_size=30))
def test_huffman_paths_are_a_shortest_code(counts: list[int]) -> None:
    """Their mean length is that of the textbook's algorithm, and no path is the beginning of another."""
    tree = formulas.huffman_tree(np.array(counts))
    paths = [
        tuple(zip(tree.points[a:b].tolist(), tree.codes[a:b].tolist(), strict=True))
        for a, b in zip(tree.offsets[:-1], tree.offsets[1:], strict=True)
    ]
    heap, cost = list(counts), 0
    heapq.heapify(heap)
    while len(heap) > 1:
        together = heapq.heappop(heap) + heapq.heappop(heap)
        cost += together
        heapq.heappush(heap, together)
    assert sum(c * len(path) for c, path in zip(counts, paths, strict=True)) == cost
    codes = {"".join(str(code) for _, code in path) for path in paths}
    assert len(codes) == len(counts)
    assert not any(a != b and b.startswith(a) for a in codes for b in codes)
    assert {path[0][0] for path in paths} == {len(counts) - 2}  # all begin at the root


def test_one_word_has_an_empty_path() -> None:
    tree = formulas.huffman_tree(np.array([7]))
    assert tree.offsets.tolist() == [0, 0]


def test_the_learning_rate_falls_along_a_line() -> None:
    assert formulas.learning_rate(0.05, 0.01, 0.25) == pytest.approx(0.04)
    assert formulas.learning_rate(0.05, 0.01, 1.5) == 0.01
    assert math.isclose(formulas.learning_rate(0.05, 0.01, 0), 0.05)


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("aßü猫👍"), max_size=9),
        max_size=6,
    ),
    st.integers(1, 3),
    st.integers(0, 3),
)
def test_rows_of_words_are_those_of_their_ngrams(
    words: list[str], shortest: int, more: int
) -> None:
    """The compiled hash and cut are the readable ones, character by character."""
    offsets, rows = subword_rows(words, shortest=shortest, longest=shortest + more, buckets=97)
    for place, word in enumerate(words):
        grams = ngrams(word, shortest, shortest + more)
        expected = [place, *(len(words) + fnv1a(gram) % 97 for gram in grams)]
        assert rows[offsets[place] : offsets[place + 1]].tolist() == expected
