"""The same matrix as scikit-learn's on long reviews and on short sentences as people wrote them."""

from __future__ import annotations

import csv
import gzip
import itertools
from pathlib import Path
from typing import Any

import pytest

from tests.methods.vectorizing import assert_same_fit, assert_same_hashes, both_counts


@pytest.fixture(scope="module")
def reviews(shared_data: Path) -> list[str]:
    """The first 3,500 reviews of IMDB: markup, accents, quotes."""
    path = shared_data / "imdb" / "train.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return [row["text"] for row in itertools.islice(csv.DictReader(file), 3500)]


@pytest.fixture(scope="module")
def sentences(shared_data: Path) -> list[str]:
    path = shared_data / "sst2" / "train_sentences.tsv.gz"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [line.split("\t")[0] for line in file][1:]


@pytest.fixture(scope="module")
def chinese(shared_data: Path) -> list[str]:
    path = shared_data / "chnsenticorp" / "train.tsv.gz"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [line.rstrip("\n").split("\t")[1] for line in itertools.islice(file, 1, 900)]


def test_imdb(reviews: list[str]) -> None:
    """3,000 reviews are three chunks of the usual size: vocabularies of real width are merged."""
    config, reference = both_counts(
        "ngrams=1-2,sublinear_tf=yes", {"ngram_range": (1, 2), "sublinear_tf": True}, "tfidf"
    )
    assert sum(map(len, reviews[:3000])) > 2 * 1_500_000
    assert_same_fit(config, reference, reviews[:3000], reviews[3000:])


SST2: list[tuple[str, str, dict[str, Any]]] = [
    ("bow", "ngrams=1-3,min_df=2", {"ngram_range": (1, 3), "min_df": 2}),
    (
        "tfidf",
        "analyzer=char_wb,ngrams=2-4,max_features=5000,lowercase=no",
        {
            "analyzer": "char_wb",
            "ngram_range": (2, 4),
            "max_features": 5000,
            "lowercase": False,
        },
    ),
    (
        "tfidf",
        "stop_words=english,max_df=0.01,min_df=0.0005",
        {"stop_words": "english", "max_df": 0.01, "min_df": 0.0005},
    ),
]


@pytest.mark.parametrize(("name", "options", "theirs"), SST2, ids=lambda value: str(value)[:12])
def test_sst2(sentences: list[str], name: str, options: str, theirs: dict[str, Any]) -> None:
    config, reference = both_counts(options, theirs, name)
    assert_same_fit(config, reference, sentences[:3000], sentences[3000:4000])


def test_chinese_reviews(chinese: list[str]) -> None:
    config, reference = both_counts(
        "analyzer=char,ngrams=1-3,min_df=2",
        {"analyzer": "char", "ngram_range": (1, 3), "min_df": 2},
    )
    assert_same_fit(config, reference, chinese[:700], chinese[700:])


def test_hashed_sst2(sentences: list[str]) -> None:
    assert_same_hashes(
        "ngrams=1-2,n_features=4096",
        {"ngram_range": (1, 2), "n_features": 4096},
        sentences[:2000],
    )
