"""Word vectors to document vectors: every pooling against a loop that is written out."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpwb.methods.embeddings import pooling
from nlpwb.methods.embeddings.model import PooledWordVectors
from nlpwb.methods.protocol import Unknown
from nlpwb.text.words import words
from tests.methods.embedding import corpus, fit_pooled

TEXTS = corpus()[0]
NEW = ["harbor harbor oven and xyzzy", "the whale", "", "xyzzy plugh", "a", "möwe küche möwe"]
POOLINGS = ("mean", "tfidf", "sif", "max")


def spec(name: str, pooled: str) -> str:
    buckets = ",buckets=200" if name == "fasttext" else ""
    return f"{name}:dim=6,epochs=2,min_count=9,pooling={pooled}{buckets}"


def loop(model: PooledWordVectors, kind: str, text: str, training: list[str]) -> np.ndarray:
    """One document's vector the slow way, from the definitions."""
    vectors = dict(zip(model.vectors.words, model.vectors.vectors, strict=True))
    counts = dict(zip(model.vectors.words, model.vectors.counts.tolist(), strict=True))
    total = sum(counts.values())
    df = Counter(word for document in training for word in set(words(document)))
    weighted, weights = [], []
    for word in words(text):
        vector = vectors.get(word)
        if vector is None and model.vectors.subwords is not None:
            vector = model.vectors.subwords.vector(word)
        if vector is None:
            continue
        known = word in vectors
        idf = {
            known_word: np.log((1 + len(training)) / (1 + df[known_word])) + 1
            for known_word in vectors
        }
        weight = {
            "mean": 1.0,
            "max": 1.0,
            "tfidf": idf[word] if known else max(idf.values()),
            "sif": 1e-3 / (1e-3 + counts[word] / total) if known else 1.0,
        }[kind]
        weighted.append(weight * vector.astype(np.float64))
        weights.append(weight)
    if not weighted:
        return np.zeros(model.dimensions)
    if kind == "max":
        return np.max(weighted, axis=0)
    return np.sum(weighted, axis=0) / sum(weights)


@pytest.mark.parametrize("name", ["skipgram", "fasttext"])
@pytest.mark.parametrize("kind", POOLINGS)
def test_pooled_vectors_are_those_of_the_loop(kind: str, name: str) -> None:
    """With min_count=9 some words of the training texts have no vector of their own; fastText makes them one."""
    model, fitted = fit_pooled(spec(name, kind), TEXTS)
    expected = np.array([loop(model, kind, text, TEXTS) for text in TEXTS + NEW])
    if kind == "sif":
        # what all training documents share leaves every document (Arora et al. 2017, algorithm 1); the words that
        # fastText makes up take no part in finding it
        known = PooledWordVectors(model.config, model.vectors)
        known.vectors = type(model.vectors)(
            model.vectors.words, model.vectors.vectors, model.vectors.counts
        )
        training = np.array([loop(known, kind, text, TEXTS) for text in TEXTS])
        _, _, directions = np.linalg.svd(training, full_matrices=False)
        expected -= np.outer(expected @ directions[0], directions[0])
    assert fitted.dtype == np.float32
    np.testing.assert_allclose(fitted, expected[: len(TEXTS)], atol=1e-5)
    np.testing.assert_allclose(model.transform(NEW), expected[len(TEXTS) :], atol=1e-5)


@pytest.mark.parametrize("kind", POOLINGS)
def test_documents_without_a_known_word_are_zeros(kind: str) -> None:
    model, _ = fit_pooled(spec("skipgram", kind), TEXTS)
    vectors = model.transform(["", " \n", "a", "xyzzy", "harbor"])
    assert not vectors[:4].any()
    assert vectors[4].any()
    assert model.transform([]).shape == (0, 6)


@pytest.mark.parametrize("name", ["skipgram", "cbow", "fasttext"])
@pytest.mark.parametrize("kind", POOLINGS)
def test_a_vector_does_not_depend_on_the_documents_beside_it(kind: str, name: str) -> None:
    """To the last bit: fastText numbers unseen words, and in another batch they must not be added in another order."""
    model, fitted = fit_pooled(spec(name, kind), TEXTS)
    texts = [*NEW, "zweig apfel baum zweig küchentisch", "baum zweig apfel", *TEXTS[:9]]
    together = model.transform(texts)
    np.testing.assert_array_equal(model.transform(texts[::-1])[::-1], together)
    alone = np.vstack([model.transform([text]) for text in texts])
    np.testing.assert_array_equal(alone, together)
    np.testing.assert_array_equal(model.transform(TEXTS), fitted)


@pytest.mark.parametrize("name", ["skipgram", "fasttext"])
@pytest.mark.parametrize("kind", POOLINGS)
def test_a_model_is_its_state(kind: str, name: str) -> None:
    model, _ = fit_pooled(spec(name, kind), TEXTS)
    again = PooledWordVectors.from_state(model.config, model.state())
    np.testing.assert_array_equal(again.transform(NEW), model.transform(NEW))
    assert again.unknown_tokens(NEW) == model.unknown_tokens(NEW)
    assert again.dimensions == 6


def test_unknown_share_by_hand() -> None:
    """``xyzzy`` of four words; ``a`` is no word. fastText makes it a vector, unless no n-gram is as short as the word."""
    model, _ = fit_pooled(spec("skipgram", "mean"), TEXTS)
    assert model.unknown_tokens(["the whale a", "Oven xyzzy"]) == Unknown(1, 4)
    assert model.unknown_tokens(["", "a"]).share is None
    model, _ = fit_pooled(spec("fasttext", "mean"), TEXTS)
    assert model.unknown_tokens(["the whale a", "Oven xyzzy"]).share == 0
    model, _ = fit_pooled(spec("fasttext", "mean") + ",ngrams=6-6", TEXTS)
    assert model.unknown_tokens(["the whale xyzzy", "no no"]) == Unknown(2, 5)


def test_upper_case_is_another_word_on_request() -> None:
    model, _ = fit_pooled("skipgram:dim=2,epochs=1,lowercase=no,min_count=1", ["Sea sea Tide"])
    assert sorted(model.vectors.words) == ["Sea", "Tide", "sea"]
    assert model.unknown_tokens(["tide Tide"]) == Unknown(1, 2)


@given(st.lists(st.lists(st.integers(-1, 5), max_size=8), max_size=6))
def test_counts_of_word_numbers(documents: list[list[int]]) -> None:
    """-1 is no word; empty documents and no documents at all have rows and shapes, too."""
    counts = pooling.count_matrix([np.array(d, dtype=np.int64) for d in documents], 6)
    assert counts.toarray().tolist() == [[d.count(word) for word in range(6)] for d in documents]
    assert counts.shape == (len(documents), 6)


def test_sif_weights_by_hand() -> None:
    """A word that is a thousandth of the text weighs a half."""
    np.testing.assert_allclose(
        pooling.sif_weights(np.array([1, 999])), [0.5, 0.001 / (0.001 + 0.999)]
    )


def test_the_shared_direction_is_removed() -> None:
    """Documents along (3, 4): nothing is left of them; what stands across stays."""
    rows = np.array([[3, 4], [6, 8], [-3, -4]], dtype=np.float32)
    direction = pooling.principal_direction(rows)
    np.testing.assert_allclose(np.abs(direction), [0.6, 0.8], rtol=1e-6)
    across = np.array([[4, -3], [3, 4]], dtype=np.float32)
    left = pooling.without_direction(across, direction)
    np.testing.assert_allclose(left, [[4, -3], [0, 0]], atol=1e-5)
