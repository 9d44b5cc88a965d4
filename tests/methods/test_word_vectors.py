"""Word vectors: what gensim trains where it is asked to, the same again for the same seed, fastText's vectors of unseen words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gensim.models import FastText, Word2Vec
from gensim.models.fasttext_inner import compute_ngrams_bytes, ft_hash_bytes
from hypothesis import given
from hypothesis import strategies as st

from nlpwb.errors import MethodError, UsageError
from nlpwb.methods.embeddings.training import train_word_vectors
from nlpwb.specs import parse_spec
from nlpwb.text.words import words
from nlpwb.vectors.ngrams import fnv1a, ngrams
from nlpwb.vectors.table import Subwords
from tests.methods.embedding import config, corpus

DOCUMENTS = [words(text) for text in corpus()[0]]
SMALL = "dim=8,epochs=3"

SAME: list[tuple[str, Any, dict[str, Any]]] = [
    (f"skipgram:{SMALL}", Word2Vec, {"sg": 1, "alpha": 0.025, "min_count": 2}),
    (f"cbow:{SMALL}", Word2Vec, {"sg": 0, "alpha": 0.05, "min_count": 2}),
    (
        f"skipgram:{SMALL},hs=yes,window=2,sample=0,min_count=1,learning_rate=0.1",
        Word2Vec,
        {
            "sg": 1,
            "hs": 1,
            "negative": 0,
            "window": 2,
            "sample": 0,
            "alpha": 0.1,
            "min_count": 1,
        },
    ),
    (
        f"cbow:{SMALL},negative=2,min_count=30",
        Word2Vec,
        {"sg": 0, "negative": 2, "min_count": 30, "alpha": 0.05},
    ),
    (
        f"fasttext:{SMALL},buckets=500",
        FastText,
        {"sg": 1, "bucket": 500, "min_n": 3, "max_n": 6, "min_count": 2},
    ),
    (
        f"fasttext:{SMALL},buckets=300,architecture=cbow,ngrams=1-4",
        FastText,
        {"sg": 0, "bucket": 300, "min_n": 1, "max_n": 4, "min_count": 2},
    ),
]


@pytest.mark.parametrize(("spec", "model", "options"), SAME, ids=[spec for spec, _, _ in SAME])
def test_gensim_as_the_engine_gives_gensims_vectors(
    spec: str, model: Any, options: dict[str, Any]
) -> None:
    """Every option arrives under gensim's name; a swapped architecture or a lost option trains something else."""
    ours = train_word_vectors(DOCUMENTS, config(spec + ",engine=gensim"), seed=6, threads=1)
    options = {"vector_size": 8, "epochs": 3, "sample": 1e-3, "seed": 7, "workers": 1, **options}
    reference = model(sentences=DOCUMENTS, **options)
    assert list(ours.words) == reference.wv.index_to_key
    np.testing.assert_array_equal(ours.vectors, reference.wv.vectors)
    assert ours.counts.tolist() == [sum(d.count(word) for d in DOCUMENTS) for word in ours.words]
    assert (np.diff(ours.counts) <= 0).all()
    if model is FastText:
        assert ours.subwords is not None
        np.testing.assert_array_equal(ours.subwords.table, reference.wv.vectors_ngrams)


@pytest.mark.parametrize(
    "spec",
    [
        f"skipgram:{SMALL}",
        f"cbow:{SMALL},hs=yes",
        f"fasttext:{SMALL},buckets=200",
    ],
)
def test_one_seed_gives_one_set_of_vectors(spec: str) -> None:
    first, same, other = (
        train_word_vectors(DOCUMENTS, config(spec), seed=seed, threads=1) for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first.vectors, same.vectors)
    assert not np.array_equal(first.vectors, other.vectors)


def test_words_of_one_topic_come_together() -> None:
    """The one thing that vectors are for; more passes, because the corpus is small."""
    spec = "skipgram:dim=10,epochs=60,learning_rate=0.05,sample=0"
    vectors = train_word_vectors(DOCUMENTS, config(spec), seed=0, threads=1)
    units = vectors.vectors / np.linalg.norm(vectors.vectors, axis=1, keepdims=True)
    place = {word: units[number] for number, word in enumerate(vectors.words)}
    assert place["harbor"] @ place["sailor"] > place["harbor"] @ place["butter"]
    assert place["oven"] @ place["küche"] > place["oven"] @ place["whale"]


def test_no_word_is_left() -> None:
    with pytest.raises(MethodError) as caught:
        train_word_vectors([["one", "two"]], config("skipgram"), seed=0, threads=1)
    assert str(caught.value) == (
        "no word of the documents occurs min_count=2 times (the most frequent, 'one': 1); lower min_count"
    )
    for documents in ([], [[]], [[], []]):
        with pytest.raises(MethodError, match="lower min_count"):
            train_word_vectors(documents, config("fasttext:buckets=9"), seed=0, threads=1)


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        (
            "skipgram:negative=0",
            "skipgram: with negative=0 nothing trains; add hs=yes or raise negative",
        ),
        (
            "cbow:negative=3,hs=yes",
            "cbow: hs=yes and negative=3 contradict each other; take one",
        ),
        ("doc2vec:window=10001", "doc2vec: window must be at most 10000, got 10001"),
        ("skipgram:negative=1001", "skipgram: negative must be at most 1000, got 1001"),
    ],
)
def test_options_that_cannot_train(spec: str, sentence: str) -> None:
    """Numbers that do not fit gensim's integers hang its threads for ever."""
    with pytest.raises(UsageError) as caught:
        parse_spec(spec)
    assert str(caught.value) == sentence


word_strings = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from("abcäöüß猫👍"), max_size=12
)


@given(word_strings, st.integers(1, 4), st.integers(0, 4))
def test_ngrams_of_a_word_are_gensims(word: str, shortest: int, more: int) -> None:
    """Cut between characters, never inside the bytes of one."""
    longest = shortest + more
    ours = [gram.encode() for gram in ngrams(word, shortest, longest)]
    assert ours == compute_ngrams_bytes(word, shortest, longest)


@given(word_strings)
def test_hashes_are_gensims(text: str) -> None:
    """Bytes above 127 are taken as signed, as in the first fastText; everything later must follow."""
    assert fnv1a(text) == ft_hash_bytes(text.encode())


def test_hash_by_hand() -> None:
    """The offset of FNV-1a for nothing, and its published value for ``a``."""
    assert fnv1a("") == 0x811C9DC5
    assert fnv1a("a") == 0xE40C292C


def test_subword_vector_by_hand() -> None:
    """``a`` alone in slots of one number: the mean over ``<a``, ``<a>`` and ``a>``."""
    table = np.arange(7, dtype=np.float32)[:, None]
    slots = [fnv1a(gram) % 7 for gram in ("<a", "<a>", "a>")]
    vector = Subwords(table, 2, 3).vector("a")
    assert vector is not None
    assert vector.tolist() == pytest.approx([sum(slots) / 3])
    assert Subwords(table, 4, 6).vector("a") is None


@pytest.mark.parametrize("ngram_options", ["3-6", "1-3", "2-5"])
def test_unseen_words_get_the_vectors_that_gensim_gives(ngram_options: str) -> None:
    low, high = map(int, ngram_options.split("-"))
    spec = f"fasttext:{SMALL},buckets=400,engine=gensim,ngrams={ngram_options}"
    ours = train_word_vectors(DOCUMENTS, config(spec), seed=0, threads=1)
    reference = FastText(
        sentences=DOCUMENTS,
        vector_size=8,
        epochs=3,
        min_count=2,
        bucket=400,
        min_n=low,
        max_n=high,
        sg=1,
        seed=1,
        workers=1,
    )
    assert ours.subwords is not None
    for word in ["harbors", "sailorette", "küchen", "möwenschrei", "猫猫猫", "👍🏽", "xyzzy", "ß"]:
        assert word not in reference.wv.key_to_index
        vector = ours.subwords.vector(word)
        if vector is None:  # shorter than the shortest n-gram: gensim gives zeros
            vector = np.zeros(8, dtype=np.float32)
        np.testing.assert_allclose(vector, reference.wv[word], atol=1e-6)


def test_a_step_too_large_is_told_and_not_written() -> None:
    """Vectors of NaN are of no use to anybody, and the sentence must name what to change."""
    with pytest.raises(MethodError, match=r"diverged in epoch \d+: .* lower learning_rate \(10\)"):
        train_word_vectors(
            DOCUMENTS * 5,
            config("skipgram:dim=8,learning_rate=10,sample=0,epochs=40"),
            seed=0,
            threads=1,
        )


def test_documents_of_one_word_teach_nothing() -> None:
    for spec in ("skipgram", "cbow:engine=gensim", "fasttext:buckets=9", "glove", "ppmi:dim=2"):
        with pytest.raises(MethodError, match="no two words of the vocabulary stand together"):
            train_word_vectors([["one"], ["two"]] * 9, config(spec), seed=0, threads=1)
