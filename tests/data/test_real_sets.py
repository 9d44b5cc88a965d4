"""The real data sets, against the counts that their makers published."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from nlpwb.data.corpus import Corpus, ReadOptions
from nlpwb.data.description import describe
from nlpwb.data.health import check
from nlpwb.data.reading import read_corpus
from nlpwb.data.splits import folds, holdout
from nlpwb.errors import InputError

SETS: list[tuple[str, dict[str, Any], int, dict[str, int] | None]] = [
    ("sst2/train.tsv.gz", {}, 67349, {"1": 37569, "0": 29780}),
    ("sst2/train_sentences.tsv.gz", {}, 6920, None),
    ("sst2/dev.tsv", {}, 872, {"1": 444, "0": 428}),
    ("sst2/test.tsv", {}, 1821, {"1": 909, "0": 912}),
    ("trec6/train.tsv.gz", {}, 5452,
     {"ENTY": 1250, "HUM": 1223, "DESC": 1162, "NUM": 896, "LOC": 835, "ABBR": 86}),
    ("trec6/test.tsv", {}, 500, None),
    ("ag_news/test.csv.gz", {"text": "2,3", "label": "1"}, 7600, dict.fromkeys("1234", 1900)),
    ("ag_news/train_15k.csv.gz", {}, 14547, None),
    ("ag_news/train_10k_description_only.csv.gz", {}, 8663, None),
    ("ag_news/train_10k_noisy_labels.csv.gz", {}, 9993, None),
    ("mr/mr.tsv.gz", {}, 10662, {"1": 5331, "0": 5331}),
    ("mr/raw_latin1/rt-polarity.pos.gz", {"encoding": "windows-1252"}, 5331, None),
    ("mr/raw_latin1/rt-polarity.neg.gz", {"encoding": "windows-1252"}, 5331, None),
    ("mr/raw_latin1/rt-polarity.neg.gz", {"encoding": "latin-1"}, 5331, None),
    ("imdb/train.csv.gz", {}, 25000, {"0": 12500, "1": 12500}),
    ("imdb/test.csv.gz", {}, 25000, {"0": 12500, "1": 12500}),
    ("germeval2018/training.txt.gz", {"label": "3"}, 5009,
     {"OTHER": 3321, "ABUSE": 1022, "INSULT": 595, "PROFANITY": 71}),
    ("germeval2018/test.txt.gz", {"label": "2"}, 3532, None),
    ("chnsenticorp/train.tsv.gz", {}, 9600, {"0": 4801, "1": 4799}),
    ("chnsenticorp/dev.tsv.gz", {}, 1200, None),
    ("airline_tweets/Tweets.csv.gz", {}, 14640, {"negative": 9178, "neutral": 3099, "positive": 2363}),
    ("multi30k/train.en.gz", {}, 29000, None),
    ("multi30k/train.de.gz", {}, 29000, None),
    ("scifact/corpus.jsonl.gz", {}, 5183, None),
    ("scifact/queries.jsonl.gz", {}, 1109, None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "options", "rows", "labels"), SETS, ids=lambda value: str(value)[:40]
)
def test_a_real_set_has_its_published_rows(
    shared_data: Path, name: str, options: dict[str, Any], rows: int, labels: dict[str, int] | None
) -> None:
    corpus = read_corpus(str(shared_data / name), ReadOptions(**options))
    assert len(corpus) == rows
    assert corpus.skipped == 0
    if labels is not None:
        assert corpus.labels is not None
        assert dict(Counter(corpus.labels)) == labels


@pytest.mark.parametrize(
    ("name", "whole", "longer"), [("train", 5749, 197), ("dev", 1500, None), ("test", 1379, None)]
)
def test_sts_benchmark_is_read_as_tsv_and_its_longer_rows_are_said(
    shared_data: Path, name: str, whole: int, longer: int | None
) -> None:
    """A reader that lets quotes quote finds 5,711 rows in the training part. Rows of nine fields carry two of licences."""
    path = str(shared_data / f"stsb/sts-{name}.csv.gz")
    corpus = read_corpus(path, ReadOptions(text="6,7", labelled=False, skip_bad_rows=True))
    assert len(corpus) + corpus.skipped == whole
    if longer is not None:
        assert corpus.skipped == longer
        with pytest.raises(InputError, match="line 5553: 9 fields where the first row has 7; "):
            read_corpus(path, ReadOptions(text="6,7", labelled=False))


def test_airline_tweets_are_counted_by_records_and_numbered_by_lines(shared_data: Path) -> None:
    """14,640 records on 14,865 lines: 138 texts hold line breaks, 213 repeat an earlier one."""
    corpus = read_corpus(str(shared_data / "airline_tweets/Tweets.csv.gz"), ReadOptions())
    assert corpus.rows[-1] == 14865
    assert sum("\n" in text for text in corpus.texts) == 138
    assert describe(corpus).duplicates == 213


def test_windows_1252_is_recognised_in_what_was_published_in_it(shared_data: Path) -> None:
    path = shared_data / "mr/raw_latin1/rt-polarity.pos.gz"
    with pytest.raises(
        InputError, match=r"byte 4,645 \(line 44\): 0xf3 is not UTF-8; it looks like windows-1252"
    ):
        read_corpus(str(path), ReadOptions())


def test_the_label_of_germeval_must_be_named(shared_data: Path) -> None:
    with pytest.raises(
        InputError, match="the label could be any of the columns 2, 3; --label names"
    ):
        read_corpus(str(shared_data / "germeval2018/training.txt.gz"), ReadOptions())


@pytest.fixture(scope="module")
def imdb(shared_data: Path) -> tuple[Corpus, Corpus]:
    train, test = (
        read_corpus(str(shared_data / f"imdb/{part}.csv.gz"), ReadOptions())
        for part in ("train", "test")
    )
    return train, test


def test_the_known_duplicates_of_imdb_are_found(imdb: tuple[Corpus, Corpus]) -> None:
    """96 in the training part, 199 in the test part, 123 of which across; the last comes first."""
    findings = check(*imdb)
    assert (findings[0].code, findings[0].count) == ("duplicates-across", 123)
    counts = {finding.part: finding.count for finding in findings if finding.code == "duplicates"}
    assert counts == {"train": 96, "test": 199}


def test_imdb_is_split_into_equal_halves_of_each_label(imdb: tuple[Corpus, Corpus]) -> None:
    corpus, _ = imdb
    assert corpus.labels is not None
    split = holdout(corpus, test_size=0.2, seed=0)
    assert Counter(corpus.labels[i] for i in split.test) == {"0": 2500, "1": 2500}
    assert not {corpus.texts[i] for i in split.train} & {corpus.texts[i] for i in split.test}
    for fold in folds(corpus, k=5, repeats=1, seed=0):
        assert Counter(corpus.labels[i] for i in fold.test) == {"0": 2500, "1": 2500}
