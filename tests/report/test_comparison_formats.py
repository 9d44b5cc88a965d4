"""What `nlpwb compare` prints, in full, for a comparison made by hand."""

# ruff: noqa: E501 (what is printed stands here in full)

from __future__ import annotations

import csv
import dataclasses
import io
import json

import pytest

from nlpwb.records import Comparison, Result
from nlpwb.report.comparison import show_comparison
from nlpwb.report.sink import Sink
from tests.report.comparisons import by_hand


@pytest.fixture
def made() -> Comparison:
    return by_hand()


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


def test_what_learned_of_a_base_stands_under_the_table(
    made: Comparison, capsys: pytest.CaptureFixture[str]
) -> None:
    """In words, so that no width of a terminal leaves it out."""
    tuned = dataclasses.replace(
        made.results[1], method="finetune", trained_share=0.0033, ship_bytes=300_000
    )
    changed = dataclasses.replace(made, results=[made.results[0], tuned])
    said = "finetune: 0.3 % of its weights learned; 300.0 kB to ship beside the base."
    assert said in " ".join(shown(changed, "table", capsys).split())


def test_tsv(made: Comparison, capsys: pytest.CaptureFixture[str]) -> None:
    """The fields of JSON, unrounded; the learning curve's rows follow those of the table."""
    assert (
        shown(made, "tsv", capsys).replace("\t", "|")
        == """\
method|budget|score|low|high|letters|delta|delta_low|delta_high|fit_seconds|docs_per_second|peak_mib|bytes|trained_share|ship_bytes|dimensions|oov_rate|seed_sd|chosen|searched|error
tfidf:ngrams=2-5,analyzer=char_wb,sublinear_tf=yes+svm||0.8155|0.79675|0.83333|a||||0.912|41237.5|210.4|6100000|||80768|0.1222||||
skipgram||0.801|0.782|0.81888|ab|-0.0145|-0.032|0.002|8.24|22490.0|260.0|5500000|||100|0.0|0.0012|{"C": 10.0}||
majority||0.4992|0.476|0.522|b|-0.3163|-0.345|-0.287|0.00012||90.0|74||||||||
doc2vec||||||||||||||||||||the process was stopped for its memory
skipgram|100|0.6|0.782|0.81888|a|-0.0145|-0.032|0.002|8.24|22490.0|260.0|5500000|||100|0.0|0.0012|{"C": 10.0}||
majority|100|0.5|0.476|0.522|b|-0.3163|-0.345|-0.287|0.00012||90.0|74||||||||
tfidf:ngrams=2-5,analyzer=char_wb,sublinear_tf=yes+svm|100|||||||||||||||||||an empty vocabulary
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
