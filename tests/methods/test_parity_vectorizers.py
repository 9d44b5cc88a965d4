"""The same matrix as scikit-learn's vectorizers to the last column, over a grid of options in four scripts.

Chunks are made of two or three documents, so that every matrix here is merged from several vocabularies.
"""

from __future__ import annotations

from typing import Any

import pytest
from sklearn.feature_extraction.text import CountVectorizer

from nlpwb.methods.vectorizers import chunks
from nlpwb.specs import parse_spec
from tests.methods.vectorizing import (
    NEW_TEXTS,
    TEXTS,
    assert_same_fit,
    assert_same_hashes,
    both_counts,
)

ANALYZERS = ("word", "char", "char_wb")
NGRAMS = ((1, 1), (1, 2), (2, 3), (1, 4), (3, 5))

# Our words, and what scikit-learn calls the same.
COUNTING: list[tuple[str, dict[str, Any]]] = [
    ("", {}),
    ("min_df=2", {"min_df": 2}),
    ("min_df=0.2,max_df=0.5", {"min_df": 0.2, "max_df": 0.5}),
    ("max_df=3", {"max_df": 3}),
    ("max_df=1", {"max_df": 1}),
    ("max_features=5", {"max_features": 5}),  # most terms tie, and the same ones must stay
    ("max_features=40,min_df=2", {"max_features": 40, "min_df": 2}),
    ("lowercase=no", {"lowercase": False}),
    ("strip_accents=unicode", {"strip_accents": "unicode"}),
    ("strip_accents=ascii,lowercase=no", {"strip_accents": "ascii", "lowercase": False}),
]
BINARY: list[tuple[str, dict[str, Any]]] = [
    ("min_df=2", {"min_df": 2}),
    ("max_features=5", {"max_features": 5}),  # the most frequent by documents, not by occurrences
]
WORDS_ONLY: list[tuple[str, dict[str, Any]]] = [
    ("stop_words=english", {"stop_words": "english"}),
    ("single=yes", {"token_pattern": r"(?u)\b\w+\b"}),
    (
        "single=yes,stop_words=english,max_features=9",
        {"token_pattern": r"(?u)\b\w+\b", "stop_words": "english", "max_features": 9},
    ),
]
WEIGHING: list[tuple[str, dict[str, Any]]] = [
    ("", {}),
    ("sublinear_tf=yes", {"sublinear_tf": True}),
    ("smooth_idf=no,norm=l1", {"smooth_idf": False, "norm": "l1"}),
    ("use_idf=no,norm=none", {"use_idf": False, "norm": None}),
    ("norm=none,sublinear_tf=yes,min_df=2", {"norm": None, "sublinear_tf": True, "min_df": 2}),
    ("binary=yes,max_features=7", {"binary": True, "max_features": 7}),
    # ties are broken by a sort of floating-point numbers here, and of integers in bow
    ("max_features=11", {"max_features": 11}),
]


@pytest.fixture(autouse=True)
def tiny_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "CHUNK_CHARACTERS", 110)


def _with_ngrams(options: str, analyzer: str, ngrams: tuple[int, int]) -> str:
    low, high = ngrams
    return ",".join(filter(None, [options, f"analyzer={analyzer}", f"ngrams={low}-{high}"]))


@pytest.mark.parametrize("language", TEXTS)
@pytest.mark.parametrize("ngrams", NGRAMS, ids=str)
@pytest.mark.parametrize("analyzer", ANALYZERS)
def test_counts_are_scikit_learns(analyzer: str, ngrams: tuple[int, int], language: str) -> None:
    """A wrong n-gram at a chunk's or a document's edge, a wrong order of columns or a wrong choice among ties shows here."""
    grid = [("bow", *case) for case in COUNTING + (WORDS_ONLY if analyzer == "word" else [])]
    grid += [("onehot", *case) for case in BINARY]
    for name, options, theirs in grid:
        config, reference = both_counts(
            _with_ngrams(options, analyzer, ngrams),
            {"analyzer": analyzer, "ngram_range": ngrams, **theirs},
            name,
        )
        assert_same_fit(config, reference, TEXTS[language], NEW_TEXTS[language])


@pytest.mark.parametrize("language", TEXTS)
@pytest.mark.parametrize("ngrams", NGRAMS, ids=str)
@pytest.mark.parametrize("analyzer", ANALYZERS)
def test_weights_are_scikit_learns(analyzer: str, ngrams: tuple[int, int], language: str) -> None:
    for options, theirs in WEIGHING:
        config, reference = both_counts(
            _with_ngrams(options, analyzer, ngrams),
            {"analyzer": analyzer, "ngram_range": ngrams, **theirs},
            "tfidf",
        )
        assert_same_fit(config, reference, TEXTS[language], NEW_TEXTS[language])


@pytest.mark.parametrize("language", TEXTS)
@pytest.mark.parametrize("analyzer", ANALYZERS)
def test_hashed_counts_are_scikit_learns(analyzer: str, language: str) -> None:
    """With 16 columns most terms clash, and some cancel to an entry of 0."""
    grid: list[tuple[str, dict[str, Any]]] = [
        ("", {}),
        ("n_features=16,norm=none", {"n_features": 16, "norm": None}),
        ("n_features=16,norm=l1", {"n_features": 16, "norm": "l1"}),
        ("n_features=1000,alternate_sign=no", {"n_features": 1000, "alternate_sign": False}),
        ("n_features=7,binary=yes", {"n_features": 7, "binary": True}),
        ("lowercase=no,strip_accents=ascii", {"lowercase": False, "strip_accents": "ascii"}),
    ]
    if analyzer == "word":
        grid.append(("stop_words=english", {"stop_words": "english"}))
    for options, theirs in grid:
        for ngrams in ((1, 1), (1, 3), (3, 5)):
            assert_same_hashes(
                _with_ngrams(options, analyzer, ngrams),
                {"analyzer": analyzer, "ngram_range": ngrams, **theirs},
                TEXTS[language] + NEW_TEXTS[language],
            )


@pytest.mark.parametrize("language", TEXTS)
def test_whitespace_tokens_are_those_of_str_split(language: str) -> None:
    for low, high in NGRAMS:
        config, reference = both_counts(
            f"analyzer=whitespace,ngrams={low}-{high}",
            {"tokenizer": str.split, "token_pattern": None, "ngram_range": (low, high)},
        )
        assert_same_fit(config, reference, TEXTS[language], NEW_TEXTS[language])


def test_control_characters_in_tokens_sort_as_strings_do() -> None:
    """``a\\x01`` sorts below ``a b``: an n-gram's place is that of its string, whatever its first token is."""
    texts = ["a b", "a\x01 b", "a\x01c a b", "a\x1bb a", "\x00 a\x00 a", "a a\x01 a\x01c b a b"]
    config, reference = both_counts(
        "analyzer=whitespace,ngrams=1-3",
        {"tokenizer": str.split, "token_pattern": None, "ngram_range": (1, 3)},
    )
    assert_same_fit(config, reference, texts, texts[::-1])
    reference = CountVectorizer(tokenizer=str.split, token_pattern=None, ngram_range=(1, 3))
    assert list(reference.fit(texts[:2]).get_feature_names_out()) == [
        *("a", "a\x01", "a\x01 b", "a b", "b")
    ]  # the trap itself: "a\x01" comes between "a" and its extension "a b"


def test_two_processes_give_the_same_matrix() -> None:
    """Chunks that come back from other processes are merged in the order of the documents."""
    texts = [text for language in TEXTS.values() for text in language]
    config, reference = both_counts(
        "ngrams=1-2,min_df=2", {"ngram_range": (1, 2), "min_df": 2}, "tfidf"
    )
    assert_same_fit(config, reference, texts, texts[::-1], threads=2)


def test_a_stream_gives_the_matrix_of_a_list() -> None:
    from nlpwb.methods.vectorizers.model import VectorizerModel

    config = parse_spec("tfidf:ngrams=1-2").representation.config
    texts = TEXTS["german"]
    model, matrix = VectorizerModel.fit(config, iter(texts))
    _, expected = VectorizerModel.fit(config, texts)
    assert (matrix != expected).nnz == 0
    assert (model.transform(iter(texts)) != expected).nnz == 0
