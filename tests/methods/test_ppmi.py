"""PPMI: the values by hand, the decomposition against numpy's, and what comes out."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_info, threadpool_limits

from nlpwb.errors import MethodError
from nlpwb.methods.embeddings.encoding import encode
from nlpwb.methods.embeddings.ppmi import Rows, positive_pmi, train_ppmi, truncated_svd
from nlpwb.methods.embeddings.training import train_word_vectors
from nlpwb.text.words import words
from tests.methods.embedding import TOPICS, config, corpus

DOCUMENTS = [words(text) for text in corpus()[0]]


def counts(rows: list[list[float]]) -> sp.csr_matrix:
    return sp.csr_matrix(np.array(rows, dtype=np.float32))


def test_values_by_hand() -> None:
    """Of 16 pairs 6 are (0, 0); the words are 8 and 8 of 16, so it is log(6/16 / (1/2 · 1/2)) = log 1.5; 2 of 16 are negative."""
    matrix = positive_pmi(counts([[6, 2], [2, 6]]), smoothing=1, shift=1)
    np.testing.assert_allclose(matrix.toarray(), [[np.log(1.5), 0], [0, np.log(1.5)]], rtol=1e-5)
    assert matrix.nnz == 2  # what is negative is not kept as zeros
    assert matrix.dtype == np.float32


def test_shift_takes_log_k_off() -> None:
    """Levy & Goldberg (2014), section 3.3: log 1.5 - log 1.2 stays, and under log 2 nothing does."""
    cells = [[6.0, 2.0], [2.0, 6.0]]
    shifted = positive_pmi(counts(cells), smoothing=1, shift=1.2)
    np.testing.assert_allclose(shifted.data, np.log(1.5 / 1.2), rtol=1e-4)
    assert positive_pmi(counts(cells), smoothing=1, shift=2).nnz == 0


def test_smoothing_makes_rare_contexts_less_rare() -> None:
    """Sums 4 and 16 to the power 1/2 are 2 and 4: the rare context's share is 1/3, not 1/5 (Levy et al. 2015, section 3.2)."""
    cells = [[0.0, 4.0], [4.0, 12.0]]
    matrix = positive_pmi(counts(cells), smoothing=0.5, shift=1).toarray()
    expected = np.log([[1, (4 / 20) / (4 / 20 * 2 / 3)], [(4 / 20) / (16 / 20 / 3), 1]])
    expected[1, 1] = np.log((12 / 20) / (16 / 20 * 2 / 3))
    np.testing.assert_allclose(matrix, np.maximum(expected, 0), rtol=1e-4, atol=1e-6)


def test_a_word_without_neighbours_has_no_values() -> None:
    matrix = positive_pmi(counts([[0, 0], [0, 3]]), smoothing=0.75, shift=1)
    assert np.isfinite(matrix.data).all()
    assert matrix[0].nnz == 0


@settings(deadline=None)
@given(st.integers(1, 9), st.integers(0, 2**32 - 1))
def test_the_decomposition_is_numpys(dim: int, seed: int) -> None:
    """Values that fall by halves; equal ones would leave the vectors open."""
    generator = np.random.default_rng(seed)
    left, _ = np.linalg.qr(generator.normal(size=(40, 10)))
    right, _ = np.linalg.qr(generator.normal(size=(40, 10)))
    values = 2.0 ** -np.arange(10)
    matrix = sp.csr_matrix(((left * values) @ right.T).astype(np.float32))
    got, found = truncated_svd(matrix, dim, iterations=4, generator=generator)
    np.testing.assert_allclose(found, values[:dim], rtol=1e-3)
    agreement = np.abs((got * left[:, :dim]).sum(axis=0))
    np.testing.assert_allclose(agreement, 1, atol=1e-3)
    # the sign of a vector is not left to the random start
    assert (got[np.abs(got).argmax(axis=0), np.arange(dim)] > 0).all()


def test_threads_and_missing_dimensions_change_nothing() -> None:
    """A matrix of rank 2 in 5 dimensions: three are zeros; each row is made by one thread."""
    matrix = counts([[1, 1, 0, 0, 0], [1, 1, 0, 0, 0], *[[0, 0, 2, 2, 2]] * 3])
    one, values = truncated_svd(matrix, 5, iterations=2, generator=np.random.default_rng(0))
    two, _ = truncated_svd(matrix, 5, iterations=2, generator=np.random.default_rng(0), threads=2)
    np.testing.assert_array_equal(one, two)
    np.testing.assert_allclose(values[:2], [6, 2], rtol=1e-5)
    np.testing.assert_allclose(values[2:], 0, atol=1e-3)


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_bind_the_library_of_products(threads: int) -> None:
    """While it works, numpy's products take no more threads than were asked for; afterwards what they took before."""

    def pools() -> set[int]:
        return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}

    seen: list[set[int]] = []
    with threadpool_limits(3):
        truncated_svd(
            counts([[2, 1], [1, 3]]),
            1,
            iterations=2,
            generator=np.random.default_rng(0),
            threads=threads,
            passed=lambda _: seen.append(pools()),
        )
        assert pools() == {3}
    assert seen == [{threads}] * 3


def test_products_copy_no_indices() -> None:
    """Of a matrix of usual size only the ends of the rows change their type; they are few."""
    matrix = counts([[2, 1], [1, 3]])
    rows = Rows.of(matrix)
    assert np.shares_memory(rows.indices, matrix.indices)
    assert np.shares_memory(rows.data, matrix.data)
    assert rows.indptr.dtype == np.int64
    wide = sp.csr_matrix(matrix)
    wide.indices, wide.indptr = wide.indices.astype(np.int64), wide.indptr.astype(np.int64)
    assert Rows.of(wide).indices.dtype == np.int32
    assert np.shares_memory(Rows.of(wide).indptr, wide.indptr)


@pytest.mark.parametrize("options", ["", ",weighting=flat", ",shift=1.1,smoothing=1", ",power=0"])
def test_words_of_one_topic_come_together(options: str) -> None:
    vectors = train_ppmi(
        encode(DOCUMENTS, min_count=2), config(f"ppmi:dim=4{options}"), seed=0, threads=1
    )
    units = vectors.vectors / np.linalg.norm(vectors.vectors, axis=1, keepdims=True)
    place = {word: units[number] for number, word in enumerate(vectors.words)}
    sea, kitchen = (
        np.array([place[word] for word in TOPICS[topic] if word in place]) for topic in TOPICS
    )
    assert np.mean(sea @ sea.T) > np.mean(sea @ kitchen.T) + 0.2
    assert np.mean(kitchen @ kitchen.T) > np.mean(sea @ kitchen.T) + 0.2


def test_one_seed_gives_one_set_of_vectors() -> None:
    """And another seed nearly the same: it only starts the iteration."""
    options = config("ppmi:dim=6,iterations=8")
    first, same, other = (
        train_word_vectors(DOCUMENTS, options, seed=seed, threads=threads)
        for seed, threads in ((0, 1), (0, 2), (1, 1))
    )
    np.testing.assert_array_equal(first.vectors, same.vectors)
    np.testing.assert_allclose(first.vectors, other.vectors, atol=1e-2)
    assert first.vectors.dtype == np.float32
    assert first.vectors.shape == (len(first.words), 6)


def test_power_weighs_the_dimensions() -> None:
    """power=0 leaves vectors of length 1 in each dimension, power=1 the singular values (Levy et al. 2015, section 3.3)."""
    corpus_ = encode(DOCUMENTS, min_count=2)
    plain, half, full = (
        train_ppmi(corpus_, config(f"ppmi:dim=4,power={power}"), seed=0, threads=1).vectors
        for power in (0, 0.5, 1)
    )
    np.testing.assert_allclose(np.linalg.norm(plain, axis=0), 1, rtol=1e-4)
    np.testing.assert_allclose(half**2, np.abs(plain * full), rtol=1e-3, atol=1e-6)


def test_progress_counts_the_passes() -> None:
    told: list[float] = []
    train_ppmi(
        encode(DOCUMENTS, min_count=2),
        config("ppmi:dim=4,iterations=3"),
        seed=0,
        threads=1,
        progress=lambda epoch, share, loss: told.append(share),
    )
    assert told == [0.25, 0.5, 0.75, 1.0]


def test_more_dimensions_than_words() -> None:
    with pytest.raises(MethodError) as caught:
        train_word_vectors([["a", "b"] * 3], config("ppmi:dim=3"), seed=0, threads=1)
    assert str(caught.value) == (
        "ppmi:dim=3 is more than the 2 words of the vocabulary; give dim=2 or less, or lower min_count"
    )


def test_a_shift_that_leaves_nothing() -> None:
    """a and b stand together twice as often as by chance, and log 2 - log 3 is negative."""
    with pytest.raises(MethodError, match="no two words stand together more often than by chance"):
        train_word_vectors([["a", "b"]] * 3, config("ppmi:dim=1,shift=3"), seed=0, threads=1)
