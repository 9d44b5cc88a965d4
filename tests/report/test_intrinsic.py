"""A comparison without labels as it is printed, in every format."""

from __future__ import annotations

import csv
import dataclasses
import io
import json

import pytest

from nlpwb.records_intrinsic import IntrinsicComparison, IntrinsicResult
from nlpwb.report.intrinsic import failures, share, show_intrinsic
from nlpwb.report.sink import Sink

from .intrinsic import FAILED, SKIPGRAM, TFIDF, comparison

TABLE = """\
corpus.txt   1,600 training + 400 held-out documents   without labels   best MRR first   seed 0

  method     MRR  95 % interval  ≈          Δ best  recall@10  95 % interval
  skipgram  .652   .621 to .684  a                       .800   .757 to .843
  tfidf     .612   .580 to .645  b  −0.040 ± 0.020       .780   .735 to .825
  glove        –              –  –               –          –              –

Words, each figure with its 95 % interval:

  method         WordSim-353          SimLex-999         analogies      seeds     halves
  skipgram  .55 (.46 to .63)  −.05 (−.12 to .02)  .20 (.09 to .32)  .45 ± .01  .31 ± .01
  tfidf                    –                   –                 –          –          –

Cost, and unknown words of the held-out documents:

  method       fit  docs/s     peak      size    dims    OOV
  skipgram  12.3 s   2,100  142 MiB   11.1 MB     100  3.1 %
  tfidf     0.40 s   8,000   20 MiB  250.0 kB  12,000  1.2 %

Use it.
Each of 350 held-out documents (20 words or more) is cut in two; its first half asks for its second
among all second halves. Guessing gets MRR .018, recall@10 .029.
Methods that share a letter cannot be told apart by MRR (paired permutation over documents, Holm;
intervals by bootstrap, of analogies over pairs of words).
WordSim-353: 300 of 353 pairs are covered; SimLex-999: 800 of 999 pairs are covered; analogies: 400
of 19,544 questions, among the first 30,000 words.
Seeds, halves: the share (Jaccard) of its 10 nearest words that a word keeps when seed 1 trains, and
between halves of 800 and 800 documents; over the first 1,000 of 5,001 words that both halves hold 5
times or more. Guessing gets .001.
! glove failed: killed, most likely for want of memory
! 12 rows repeat the text of an earlier row
"""


def printed(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    found: IntrinsicComparison,
    format: str = "table",
    width: int = 100,
) -> str:
    """What comes out on stdout."""
    monkeypatch.setenv("COLUMNS", str(width))
    show_intrinsic(Sink(format=format), found)
    return capsys.readouterr().out


def test_the_table_in_full(capsys, monkeypatch):
    out = printed(capsys, monkeypatch, comparison(SKIPGRAM, TFIDF, FAILED))
    assert out == TABLE


@pytest.mark.parametrize("width", [80, 60, 40])
def test_a_narrow_terminal_is_kept_to_and_what_leaves_is_said(capsys, monkeypatch, width):
    out = printed(capsys, monkeypatch, comparison(SKIPGRAM, TFIDF), width=width)
    assert max(map(len, out.splitlines())) <= width
    assert "skipgram" in out
    if width < 80:
        assert "leave no room for" in out


def test_machine_formats_have_every_field_in_the_records_order(capsys, monkeypatch):
    """A field that is added to the record is in every format, or this fails."""
    found = comparison(SKIPGRAM, TFIDF, FAILED)
    fields = [field.name for field in dataclasses.fields(IntrinsicResult)]
    for format, mark in (("tsv", "\t"), ("csv", ",")):
        out = printed(capsys, monkeypatch, found, format)
        rows = list(csv.DictReader(io.StringIO(out), delimiter=mark))
        assert list(rows[0]) == fields
        assert [row["method"] for row in rows] == ["skipgram", "tfidf", "glove"]
        assert float(rows[0]["mrr"]) == 0.6521
        assert rows[1]["wordsim353"] == ""
    lines = printed(capsys, monkeypatch, found, "jsonl").splitlines()
    assert json.loads(lines[1]) == dataclasses.asdict(TFIDF)
    assert list(json.loads(lines[0])) == fields


def test_json_is_the_whole_document(capsys, monkeypatch):
    found = comparison(SKIPGRAM, TFIDF)
    assert json.loads(printed(capsys, monkeypatch, found, "json")) == found.document()


def test_markdown_has_three_tables(capsys, monkeypatch):
    out = printed(capsys, monkeypatch, comparison(SKIPGRAM, TFIDF), "md")
    assert sum(line.startswith("| method |") for line in out.splitlines()) == 3
    assert "| skipgram | .652 | .621 to .684 | a |" in out


def test_without_word_vectors_words_are_not_spoken_of(capsys, monkeypatch):
    best = dataclasses.replace(TFIDF, delta=None, delta_low=None, delta_high=None, letters="a")
    out = printed(capsys, monkeypatch, comparison(best))
    for word in ("WordSim", "analogies", "Seeds", "Words,", "share a letter"):
        assert word not in out


def test_too_few_covered_pairs_and_questions_have_no_column_and_a_sentence(capsys, monkeypatch):
    few = dataclasses.replace(
        SKIPGRAM, wordsim353=None, wordsim353_pairs=16, analogies=None, analogies_questions=40
    )
    more = dataclasses.replace(
        few, method="cbow", wordsim353_pairs=12, letters="a", delta=-0.01, delta_low=-0.02,
        delta_high=0.0,
    )  # fmt: skip
    out = printed(capsys, monkeypatch, comparison(few, more))
    (header,) = [line for line in out.splitlines() if "SimLex-999  " in line]
    assert header.split() == ["method", "SimLex-999", "seeds", "halves"]
    said = " ".join(out.split())
    assert "WordSim-353: 12 to 16 of 353 pairs are covered, too few for a figure;" in said
    assert (
        "40 of 19,544 questions, among the first 30,000 words, too few for a figure (below 100)."
        in said
    )


def test_what_no_training_changes_is_the_same(capsys, monkeypatch):
    fixed = dataclasses.replace(
        SKIPGRAM, seed_stability=1.0, seed_stability_low=None, seed_stability_high=None
    )
    out = printed(capsys, monkeypatch, comparison(fixed))
    assert "same  .31 ± .01" in out


def test_too_few_words_for_stability_are_a_warning(capsys, monkeypatch):
    none = {
        f"{name}_stability{end}": None
        for name in ("seed", "half")
        for end in ("", "_low", "_high", "_words")
    }
    none |= {"half_stability_words": 0, "seed_stability_words": 0}
    found = comparison(dataclasses.replace(SKIPGRAM, **none), reference_words=9)
    out = printed(capsys, monkeypatch, found)
    assert "! 9 words stand 5 times or more in both halves of the training part: too few" in out


def test_where_nothing_was_trained_here_seeds_and_halves_are_not_explained(capsys, monkeypatch):
    fixed = {
        f"{name}_stability{end}": value
        for name in ("seed", "half")
        for end, value in (("", 1.0), ("_low", None), ("_high", None), ("_words", None))
    }
    out = printed(capsys, monkeypatch, comparison(dataclasses.replace(SKIPGRAM, **fixed)))
    assert "same    same" in out
    assert "Seeds, halves" not in out
    assert "too few to compare" not in out


def test_a_training_that_failed_costs_the_stability_alone():
    partly = dataclasses.replace(SKIPGRAM, stability_error="training on the first half: no word")
    assert failures(comparison(partly, TFIDF)) == [
        "skipgram: stability not known; training on the first half: no word"
    ]


def test_groups_are_spoken_of(capsys, monkeypatch):
    out = printed(capsys, monkeypatch, comparison(SKIPGRAM, TFIDF, groups=31))
    assert "31 groups" in out.splitlines()[0] + out.splitlines()[1]
    assert "Each of 350 held-out documents of 31 groups (20 words or more)" in out


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.5, ".500"), (1.0, "1.000"), (0.0, ".000"), (-0.25, "−.250"), (0.9999, "1.000")],
)
def test_shares_have_no_leading_zero(value, text):
    assert share(value) == text
