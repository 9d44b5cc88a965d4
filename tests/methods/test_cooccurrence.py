"""Co-occurrences: against a loop over all pairs, through the table of frequent pairs and past it."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpwb.errors import MethodError
from nlpwb.methods.embeddings import cooccurrence
from nlpwb.methods.embeddings.cooccurrence import cooccurrences, flat, harmonic, linear
from nlpwb.methods.embeddings.encoding import EncodedCorpus, encode

DOCUMENTS = st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=12), min_size=1, max_size=20)


def counted(documents: list[list[str]], weights: np.ndarray) -> dict[tuple[str, str], float]:
    """Every ordered pair within the window, the slow way."""
    pairs: Counter[tuple[str, str]] = Counter()
    for document in documents:
        for place, word in enumerate(document):
            for distance in range(1, len(weights)):
                if place - distance >= 0:
                    pairs[word, document[place - distance]] += weights[distance]
                if place + distance < len(document):
                    pairs[word, document[place + distance]] += weights[distance]
    return dict(pairs)


def named(corpus: EncodedCorpus, weights: np.ndarray) -> dict[tuple[str, str], float]:
    matrix = cooccurrences(corpus, weights).matrix().tocoo()
    words = corpus.words
    return {
        (words[row], words[column]): value
        for row, column, value in zip(matrix.row, matrix.col, matrix.data, strict=True)
    }


def test_a_sentence_by_hand() -> None:
    """a b a: the neighbours are 1 apart, the two a are 2 apart and meet in both orders; no pair crosses a sentence's end."""
    corpus = encode([["a", "b", "a"], ["c"], ["c"]], min_count=1)
    assert named(corpus, harmonic(2)) == {("a", "b"): 2.0, ("b", "a"): 2.0, ("a", "a"): 1.0}
    assert named(corpus, flat(1)) == {("a", "b"): 2.0, ("b", "a"): 2.0}


def test_weights_by_hand() -> None:
    assert harmonic(3).tolist() == pytest.approx([0, 1, 1 / 2, 1 / 3])
    assert flat(3).tolist() == [0, 1, 1, 1]
    assert linear(4).tolist() == [0, 1, 3 / 4, 2 / 4, 1 / 4]


@pytest.mark.parametrize("product", [0, 6, 1000])
@settings(deadline=None)
@given(documents=DOCUMENTS, window=st.integers(1, 6))
def test_counts_are_those_of_the_loop(
    product: int, documents: list[list[str]], window: int
) -> None:
    """All pairs sorted, some in the table, all in the table; buffers so small that runs are merged many times."""
    documents = [*documents, ["a"]]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cooccurrence, "_PRODUCT", product)
        patch.setattr(cooccurrence, "_BUFFER", 8)
        got = named(encode(documents, min_count=1), harmonic(window))
    assert got == pytest.approx(counted(documents, harmonic(window)), rel=1e-5)


@settings(deadline=None)
@given(documents=DOCUMENTS)
def test_pairs_are_sorted_and_their_sums_are_the_rows_sums(documents: list[list[str]]) -> None:
    corpus = encode([*documents, ["a", "b"]], min_count=1)
    pairs = cooccurrences(corpus, linear(3))
    keys = pairs.rows.astype(np.int64) * len(corpus.words) + pairs.columns
    assert (np.diff(keys) > 0).all()
    assert (pairs.rows <= pairs.columns).all()
    rows = np.asarray(pairs.matrix().sum(axis=1)).ravel()
    np.testing.assert_allclose(pairs.sums(), rows, rtol=1e-5)


def test_a_vocabulary_that_no_key_can_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cooccurrence, "MOST_WORDS", 1)
    with pytest.raises(
        MethodError, match=r"2 words are more than can be counted .*raise min_count"
    ):
        cooccurrences(encode([["a", "b"]], min_count=1), flat(1))
