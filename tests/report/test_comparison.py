"""A comparison as people and pipelines read it, from one made by hand."""

# ruff: noqa: E501 (what is printed stands here in full)

from __future__ import annotations

import csv
import dataclasses
import io
import json

import pytest

from nlpwb.records import Answer, Comparison, Result
from nlpwb.report.comparison import closing_lines, headline, not_told_from_best, show_comparison
from nlpwb.report.sink import Sink
from tests.report.comparisons import LONG, comparison, many, protocol

BEST = Result(
    method=LONG,
    score=0.81550,
    low=0.79675,
    high=0.83333,
    letters="a",
    fit_seconds=0.912,
    docs_per_second=41_237.5,
    peak_mib=210.4,
    bytes=6_100_000,
    dimensions=80_768,
    oov_rate=0.1222,
)
SECOND = Result(
    method="skipgram",
    score=0.80100,
    low=0.782,
    high=0.81888,
    letters="ab",
    delta=-0.0145,
    delta_low=-0.032,
    delta_high=0.002,
    fit_seconds=8.24,
    docs_per_second=22_490.0,
    peak_mib=260.0,
    bytes=5_500_000,
    dimensions=100,
    oov_rate=0.0,
    seed_sd=0.0012,
    chosen={"C": 10.0},
)
THIRD = Result(
    method="majority",
    score=0.49920,
    low=0.476,
    high=0.522,
    letters="b",
    delta=-0.3163,
    delta_low=-0.345,
    delta_high=-0.287,
    fit_seconds=0.00012,
    docs_per_second=None,
    peak_mib=90.0,
    bytes=74,
)
FAILED = Result(method="doc2vec", error="the process was stopped for its memory")


@pytest.fixture
def made() -> Comparison:
    """Three methods and a failed one, a learning curve with a hole, a warning."""
    curve = [
        dataclasses.replace(SECOND, budget=100, score=0.6, letters="a"),
        dataclasses.replace(THIRD, budget=100, score=0.5, letters="b"),
        BEST,
        SECOND,
        THIRD,
        Result(method=LONG, budget=100, error="an empty vocabulary"),
    ]
    found = comparison([BEST, SECOND, THIRD, FAILED], curve=curve, budgets=[100])
    return dataclasses.replace(
        found,
        answer=Answer("Use skipgram: it is as good.", LONG, ["skipgram"], "skipgram"),
        warnings=["17 test documents also stand in the training part (0.9 %)"],
        notes=["a note, which is for stderr"],
    )


def shown(
    made: Comparison, format: str, capsys: pytest.CaptureFixture[str], width: int = 100
) -> str:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("COLUMNS", str(width))
        show_comparison(Sink(format=format), made)
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out


def test_the_table_at_140_columns(made: Comparison, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        shown(made, "table", capsys, 140)
        == """\
reviews.csv   6,920 training + 1,821 test documents   2 labels   accuracy   seed 0

  method                              accuracy  95 % interval  ≈        Δ best     fit  docs/s     peak    size    dims     OOV  ± seeds
  tfidf:ngrams=2-5,analyzer=char_wb,     .8155   .797 to .833  a                0.91 s  41,000  210 MiB  6.1 MB  80,768  12.2 %        –
    sublinear_tf=yes+svm
  skipgram                               .8010   .782 to .819  ab   −1.5 ± 1.7   8.2 s  22,000  260 MiB  5.5 MB     100   0.0 %    .0012
  majority                               .4992   .476 to .522  b   −31.6 ± 2.9  0.00 s       –   90 MiB  0.1 kB       –       –        –
  doc2vec                                    –              –  –             –       –       –        –       –       –       –        –

By training rows (letters tell methods apart inside a column):

  method                                                  100      all
  tfidf:ngrams=2-5,analyzer=char_wb,sublinear_tf=yes+svm  –        .8155 a
  skipgram                                                .6000 a  .8010 ab
  majority                                                .5000 b  .4992 b
  doc2vec                                                 –        –

Use skipgram: it is as good.
skipgram: auto chose C=10 on a part of the training rows.
Methods that share a letter cannot be told apart (exact McNemar, Holm; Δ in points; intervals: Wilson).
! doc2vec failed: the process was stopped for its memory
! tfidf:ngrams=2-5,analyzer=char_wb,sublinear_tf=yes+svm failed at 100 training documents: an empty vocabulary
! 17 test documents also stand in the training part (0.9 %)
"""
    )


def test_the_table_at_80_columns(made: Comparison, capsys: pytest.CaptureFixture[str]) -> None:
    """Long specs are wrapped, so that method, score, interval, letters, difference and fit are still there."""
    assert (
        shown(made, "table", capsys, 80)
        == """\
reviews.csv   6,920 training + 1,821 test documents   2 labels   accuracy
seed 0

  method               accuracy  95 % interval  ≈        Δ best     fit  docs/s
  tfidf:ngrams=2-5,       .8155   .797 to .833  a                0.91 s  41,000
    analyzer=char_wb,
    sublinear_tf=yes+
    svm
  skipgram                .8010   .782 to .819  ab   −1.5 ± 1.7   8.2 s  22,000
  majority                .4992   .476 to .522  b   −31.6 ± 2.9  0.00 s       –
  doc2vec                     –              –  –             –       –       –

By training rows (letters tell methods apart inside a column):

  method                                                  100      all
  tfidf:ngrams=2-5,analyzer=char_wb,sublinear_tf=yes+svm  –        .8155 a
  skipgram                                                .6000 a  .8010 ab
  majority                                                .5000 b  .4992 b
  doc2vec                                                 –        –

Use skipgram: it is as good.
skipgram: auto chose C=10 on a part of the training rows.
Methods that share a letter cannot be told apart (exact McNemar, Holm; Δ in
points; intervals: Wilson).
! doc2vec failed: the process was stopped for its memory
! tfidf:ngrams=2-5,analyzer=char_wb,sublinear_tf=yes+svm failed at 100 training
  documents: an empty vocabulary
! 17 test documents also stand in the training part (0.9 %)
80 columns of text leave no room for: peak, size, dims, OOV, ± seeds (--format
tsv or json has every field)
"""
    )


def test_the_table_at_60_columns(made: Comparison, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        shown(made, "table", capsys, 60)
        == """\
reviews.csv   6,920 training + 1,821 test documents
2 labels   accuracy   seed 0

  method                  accuracy  95 % interval  ≈
  tfidf:ngrams=2-5,          .8155   .797 to .833  a
    analyzer=char_wb,
    sublinear_tf=yes+svm
  skipgram                   .8010   .782 to .819  ab
  majority                   .4992   .476 to .522  b
  doc2vec                        –              –  –

By training rows (letters tell methods apart inside a
column):

  method                              100      all
  tfidf:ngrams=2-5,analyzer=char_wb,  –        .8155 a
    sublinear_tf=yes+svm
  skipgram                            .6000 a  .8010 ab
  majority                            .5000 b  .4992 b
  doc2vec                             –        –

Use skipgram: it is as good.
skipgram: auto chose C=10 on a part of the training rows.
Methods that share a letter cannot be told apart (exact
McNemar, Holm; Δ in points; intervals: Wilson).
! doc2vec failed: the process was stopped for its memory
! tfidf:ngrams=2-5,analyzer=char_wb,sublinear_tf=yes+svm
  failed at 100 training documents: an empty vocabulary
! 17 test documents also stand in the training part (0.9 %)
60 columns of text leave no room for: Δ best, fit, docs/s,
peak, size, dims, OOV, ± seeds (--format tsv or json has
every field)
"""
    )


def test_markdown(made: Comparison, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        shown(made, "md", capsys)
        == """\
reviews.csv · 6,920 training + 1,821 test documents · 2 labels · accuracy · seed 0

| method | accuracy | 95 % interval | ≈ | Δ best | fit | docs/s | peak | size | dims | OOV | ± seeds |
| --- | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
| tfidf:ngrams=2-5,analyzer=char_wb,sublinear_tf=yes+svm | .8155 | .797 to .833 | a |  | 0.91 s | 41,000 | 210 MiB | 6.1 MB | 80,768 | 12.2 % | – |
| skipgram | .8010 | .782 to .819 | ab | −1.5 ± 1.7 | 8.2 s | 22,000 | 260 MiB | 5.5 MB | 100 | 0.0 % | .0012 |
| majority | .4992 | .476 to .522 | b | −31.6 ± 2.9 | 0.00 s | – | 90 MiB | 0.1 kB | – | – | – |
| doc2vec | – | – | – | – | – | – | – | – | – | – | – |

By training rows (letters tell methods apart inside a column):

| method | 100 | all |
| --- | --- | --- |
| tfidf:ngrams=2-5,analyzer=char_wb,sublinear_tf=yes+svm | – | .8155 a |
| skipgram | .6000 a | .8010 ab |
| majority | .5000 b | .4992 b |
| doc2vec | – | – |

Use skipgram: it is as good.

skipgram: auto chose C=10 on a part of the training rows.

Methods that share a letter cannot be told apart (exact McNemar, Holm; Δ in points; intervals: Wilson).

! doc2vec failed: the process was stopped for its memory

! tfidf:ngrams=2-5,analyzer=char_wb,sublinear_tf=yes+svm failed at 100 training documents: an empty vocabulary

! 17 test documents also stand in the training part (0.9 %)
"""
    )


def test_tsv(made: Comparison, capsys: pytest.CaptureFixture[str]) -> None:
    """The fields of JSON, unrounded; the learning curve's rows follow those of the table."""
    assert (
        shown(made, "tsv", capsys).replace("\t", "|")
        == """\
method|budget|score|low|high|letters|delta|delta_low|delta_high|fit_seconds|docs_per_second|peak_mib|bytes|dimensions|oov_rate|seed_sd|chosen|error
tfidf:ngrams=2-5,analyzer=char_wb,sublinear_tf=yes+svm||0.8155|0.79675|0.83333|a||||0.912|41237.5|210.4|6100000|80768|0.1222|||
skipgram||0.801|0.782|0.81888|ab|-0.0145|-0.032|0.002|8.24|22490.0|260.0|5500000|100|0.0|0.0012|{"C": 10.0}|
majority||0.4992|0.476|0.522|b|-0.3163|-0.345|-0.287|0.00012||90.0|74|||||
doc2vec|||||||||||||||||the process was stopped for its memory
skipgram|100|0.6|0.782|0.81888|a|-0.0145|-0.032|0.002|8.24|22490.0|260.0|5500000|100|0.0|0.0012|{"C": 10.0}|
majority|100|0.5|0.476|0.522|b|-0.3163|-0.345|-0.287|0.00012||90.0|74|||||
tfidf:ngrams=2-5,analyzer=char_wb,sublinear_tf=yes+svm|100||||||||||||||||an empty vocabulary
"""
    )


def test_csv_and_json_lines_have_the_same_rows(
    made: Comparison, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [json.loads(line) for line in shown(made, "jsonl", capsys).splitlines()]
    rows = list(csv.DictReader(io.StringIO(shown(made, "csv", capsys))))
    assert [row["method"] for row in rows] == [line["method"] for line in lines]
    assert [line["budget"] for line in lines] == [None] * 4 + [100] * 3
    assert set(rows[0]) == set(lines[0]) == {field.name for field in dataclasses.fields(Result)}


def test_json_is_the_whole_document(made: Comparison, capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads(shown(made, "json", capsys))
    assert document == json.loads(json.dumps(made.document()))
    assert list(document) == [
        "protocol",
        "results",
        "curve",
        "pairs",
        "answer",
        "warnings",
        "notes",
    ]
    assert document["results"][1]["chosen"] == {"C": 10.0}


def test_numbers_that_are_not_finite_are_null_in_the_document(made: Comparison) -> None:
    """A design too small to separate anything says so with infinity, for which JSON has no word."""
    odd = dataclasses.replace(
        made,
        protocol=protocol(separable=float("inf")),
        results=[dataclasses.replace(SECOND, delta_low=float("nan"), chosen={"C": float("-inf")})],
    )
    document = odd.document()
    assert document["protocol"]["separable"] is None  # type: ignore[call-overload, index]
    assert document["results"][0]["delta_low"] is None  # type: ignore[index, call-overload]
    assert document["results"][0]["chosen"] == {"C": None}  # type: ignore[index, call-overload]
    json.dumps(document, allow_nan=False)


def test_the_best_and_its_equals_are_bold(
    made: Comparison, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("NO_COLOR", raising=False)
    show_comparison(Sink(), made)
    bold = [
        line.split("\x1b[1m")[1] for line in terminal.getvalue().splitlines() if "\x1b[1m" in line
    ]
    assert [line.split()[0].removesuffix("\x1b[0m") for line in bold] == [
        "tfidf:ngrams=2-5,",
        "analyzer=char_wb,",
        "sublinear_tf=yes+svm",
        "skipgram",
    ]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "6,920 training + 1,821 test documents   2 labels   accuracy   seed 0"),
        (
            {"split": "folds", "folds": 10, "repeats": 1, "rows": 520},
            "520 documents, 10 folds   2 labels   accuracy   seed 0",
        ),
        (
            {"split": "folds", "folds": 5, "repeats": 3, "groups": 1200, "seeds": [2, 3, 4]},
            "6,920 documents, 5 folds × 3   2 labels   accuracy   1,200 groups   seeds 2 to 4",
        ),
        (
            {"metric": "log-loss", "labels": list("abcdef")},
            "6,920 training + 1,821 test documents   6 labels   log-loss   seed 0",
        ),
    ],
)
def test_the_headline(changes: dict[str, object], expected: str) -> None:
    assert headline(protocol(**changes)) == f"reviews.csv   {expected}"


def test_closing_lines_of_a_comparison_that_failed_altogether() -> None:
    """No letters, so nothing is said about them; each failure is said once."""
    lost = comparison([FAILED], curve=[dataclasses.replace(FAILED, budget=n) for n in (10, 1000)])
    assert closing_lines(lost) == [
        "! doc2vec failed, also at 10, 1,000 training documents: the process was stopped for its memory"
    ]


def test_differences_of_a_loss_are_not_points(capsys: pytest.CaptureFixture[str]) -> None:
    worse = Result(
        "bow", score=0.7, low=0.6, high=0.8, delta=0.2, delta_low=0.1, delta_high=0.3, letters="a"
    )
    best = Result("tfidf", score=0.5, low=0.4, high=0.6, letters="a")
    made = comparison([best, worse], metric="log-loss", higher_is_better=False)
    lines = shown(made, "table", capsys).splitlines()
    assert lines[2:5] == [
        "  method  log loss   95 % interval  ≈          Δ best  fit  docs/s  peak  size",
        "  tfidf     0.5000  0.400 to 0.600  a                    –       –     –     –",
        "  bow       0.7000  0.600 to 0.800  a  +0.200 ± 0.100    –       –     –     –",
    ]
    assert "points" not in "".join(lines)


def test_the_equals_of_the_best_are_those_that_share_a_letter_with_it() -> None:
    """`a1` is a letter of its own, not an `a`."""
    results = [
        Result("best", score=0.9, letters="ab"),
        Result("second", score=0.8, letters="bc"),
        Result("third", score=0.7, letters="ca1"),
        Result("failed", error="why"),
    ]
    assert not_told_from_best(results) == {"best", "second"}
    assert not_told_from_best(results[-1:]) == set()
    assert len(not_told_from_best(many(9, seed=0).results)) == 3
