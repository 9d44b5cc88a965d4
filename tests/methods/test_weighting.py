"""Hashes and weights by their formulas, on cases that can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import normalize
from sklearn.utils import murmurhash3_32 as reference_hash

from nlpwb.methods.vectorizers import weighting
from nlpwb.methods.vectorizers.model import VectorizerModel
from nlpwb.methods.vectorizers.murmur import murmurhash3_32
from nlpwb.specs import parse_spec


@given(st.lists(st.text(max_size=40), max_size=12))
def test_murmur_hash_is_scikit_learns(strings: list[str]) -> None:
    """Strings of all lengths side by side: each is hashed as if it were alone."""
    expected = [reference_hash(string) for string in strings]
    assert murmurhash3_32(strings).tolist() == expected


@pytest.mark.parametrize("seed", [1, 42, 2**31 - 1, 2**32 - 1])
def test_murmur_hash_with_a_seed(seed: int) -> None:
    strings = ["", "a", "ab", "abc", "abcd", "abcde", "Straße", "👍🏽" * 50]
    expected = [reference_hash(string, seed=seed) for string in strings]
    assert murmurhash3_32(strings, seed).tolist() == expected


def test_murmur_hash_of_known_strings() -> None:
    """The vectors of the algorithm's own test: no other library is asked."""
    assert murmurhash3_32(["", "test", "Hello, world!"]).tolist() == [
        0,
        np.uint32(0xBA6BD213).astype(np.int32),
        np.uint32(0xC0363E43).astype(np.int32),
    ]


def test_idf_by_hand() -> None:
    """Of 4 documents, terms in 4, 2 and 1: ln(4/4)+1, ln(4/2)+1, ln(4/1)+1; smooth: one more of each."""
    plain = weighting.inverse_document_frequency([4, 2, 1], 4, smooth=False)
    np.testing.assert_allclose(plain, [1, 1 + np.log(2), 1 + np.log(4)])
    smooth = weighting.inverse_document_frequency([4, 2, 1], 4, smooth=True)
    np.testing.assert_allclose(smooth, [1, 1 + np.log(5 / 3), 1 + np.log(5 / 2)])


def test_sublinear_by_hand() -> None:
    """1 stays 1, and e counts become 2."""
    np.testing.assert_allclose(weighting.sublinear(np.array([1.0, np.e, np.e**2])), [1, 2, 3])


def test_tfidf_of_two_documents_by_hand() -> None:
    """``aa aa bb`` and ``bb``: bb is in both (idf 1), aa in one (idf ln(3/2) + 1)."""
    config = parse_spec("tfidf:norm=none").representation.config
    model, matrix = VectorizerModel.fit(config, ["aa aa bb", "bb"])
    assert list(model.terms()) == ["aa", "bb"]
    np.testing.assert_allclose(matrix.toarray(), [[2 * (np.log(1.5) + 1), 1], [0, 1]])


def test_rows_have_length_one_and_empty_rows_stay_empty() -> None:
    """3-4-5: l2 gives .6 and .8, l1 gives 3/7 and 4/7, and signs stay."""
    rows = sp.csr_matrix(np.array([[3.0, -4.0], [0.0, 0.0], [0.0, 2.0]]))
    l2 = weighting.normalized(rows.copy(), "l2").toarray()
    np.testing.assert_allclose(l2, [[0.6, -0.8], [0, 0], [0, 1]])
    l1 = weighting.normalized(rows.copy(), "l1").toarray()
    np.testing.assert_allclose(l1, [[3 / 7, -4 / 7], [0, 0], [0, 1]])
    assert (weighting.normalized(rows.copy(), None) != rows).nnz == 0


@pytest.mark.parametrize("norm", ["l1", "l2"])
def test_entries_that_cancelled_to_zero_stay_zero(norm: str) -> None:
    """Hashed terms of opposite sign leave an entry of 0, and a row of such entries has no length to divide by."""
    cancelled = sp.csr_matrix(([0.0, 0.0, 5.0], ([0, 0, 1], [0, 1, 1])), shape=(2, 2))
    assert weighting.normalized(cancelled, norm).toarray().tolist() == [[0, 0], [0, 1]]


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.lists(st.integers(-3, 3), min_size=4, max_size=4), min_size=1, max_size=30),
    st.sampled_from(["l1", "l2"]),
    st.integers(1, 9),
)
def test_lengths_do_not_depend_on_the_blocks_they_are_computed_in(
    rows: list[list[int]], norm: str, block: int
) -> None:
    """Rows are normalised some at a time; a row at a block's edge must not be cut or skipped."""
    matrix = sp.csr_matrix(np.array(rows, dtype=np.float64))
    expected = normalize(matrix, norm)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(weighting, "_BLOCK", block)
        got = weighting.normalized(matrix.copy(), norm)
    np.testing.assert_allclose(got.toarray(), expected.toarray(), rtol=1e-14)


def test_weights_do_not_depend_on_the_blocks_they_are_computed_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts = ["aa bb cc dd", "bb cc bb", "", "dd dd dd ee"]
    config = parse_spec("tfidf").representation.config
    _, expected = VectorizerModel.fit(config, texts)
    monkeypatch.setattr(weighting, "_BLOCK", 3)
    _, got = VectorizerModel.fit(config, texts)
    assert (got != expected).nnz == 0
