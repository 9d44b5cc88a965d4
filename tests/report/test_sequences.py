"""A comparison of language models or translators as it is printed, in every format."""

from __future__ import annotations

import csv
import dataclasses
import io
import json

import pytest

from nlpwb.records_sequences import SequenceComparison, SequenceResult
from nlpwb.report.sequences import show_sequences
from nlpwb.report.sink import Sink

from .sequences import FAILED, GPT, LOSSY, NGRAMS, WITH, WITHOUT, comparison

LANGUAGE_TABLE = """\
plays.txt   1.0 MB train + 111.5 kB test   fewest bits per byte first   seed 0

  method                      bits/byte   95 % interval  ≈          Δ best  perplexity
  gpt                             2.151  2.120 to 2.180  a                        4.44
  ngram-lm                        2.402  2.370 to 2.430  b  +0.251 ± 0.020       1,204
  ngram-lm:tokenizer=bpe:500     2.200†  2.370 to 2.430  –               –       1,204
  lstm-lm                             –               –  –               –           –

Tokens, size and cost:

  method                      tokens (vocabulary)    parameters      fit  tokens/s     peak     size
  gpt                         char (69)                 804,352  4.8 min    41,000  412 MiB   3.2 MB
  ngram-lm                    byte-bpe:8000 (8,004)   2,104,000    3.1 s   210,000  120 MiB  21.0 MB
  ngram-lm:tokenizer=bpe:500  bpe:500 (8,004)         2,104,000    3.1 s   210,000  120 MiB  21.0 MB

Use it.
Test text: the last 10 % of the text, in order; 111 blocks of whole lines, 1,000 bytes each or a
little more. Intervals and tests keep a sixteenth of them together, since neighbours depend on each
other.
Methods that share a letter cannot be told apart by bits/byte (approximate randomisation over blocks
of text, Holm); intervals by block bootstrap over blocks of text. Both are about more text like
this, not about other trainings: --seeds 3 shows how far these differ.
Perplexity is per token of a method's own vocabulary: it compares methods of the same tokens alone.
At 2× context: bits/byte where a network sees twice as many tokens at once as in training; where it
cannot, or has no such limit, there is none.
† ngram-lm:tokenizer=bpe:500: its tokens (bpe:500) leave something of a text out, so its bits are
those of less than the text, and it takes no part in the comparison; byte-bpe, words and char hold
all.
! lstm-lm failed: killed, most likely for want of memory
! 12 of the test sources also stand in the training pairs
100 columns of text leave no room for: at 2× context (--format tsv or json has every field)
"""

TRANSLATION_TABLE = """\
train.tsv   29,000 training + 1,000 test pairs   best BLEU first   seed 0

  method             BLEU  95 % interval  ≈       Δ best  chrF  perplexity
  seq2seq-attention  30.1   28.9 to 31.3  a               55.0        7.95
  seq2seq            18.4   17.5 to 19.3  b  −11.7 ± 1.1  41.0        7.95

Tokens, size and cost:

  method             tokens (vocabulary)    parameters       fit  sentences/s     peak     size
  seq2seq-attention  byte-bpe:8000 (8,004)   9,000,000  30.0 min           84  900 MiB  36.0 MB
  seq2seq            byte-bpe:8000 (8,004)   9,000,000  30.0 min           84  900 MiB  36.0 MB

Use it.
Test pairs: test.tsv; 5 beams, length penalty 1. BLEU is sacrebleu's (nrefs:1|tok:13a|smooth:exp).
Methods that share a letter cannot be told apart by BLEU (approximate randomisation over pairs,
Holm); intervals by bootstrap over pairs. Both are about more text like this, not about other
trainings: --seeds 3 shows how far these differ.
Perplexity is per token of a method's own vocabulary: it compares methods of the same tokens alone.
! 12 of the test sources also stand in the training pairs
"""


def printed(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    found: SequenceComparison,
    format: str = "table",
    width: int = 100,
) -> str:
    """What comes out on stdout."""
    monkeypatch.setenv("COLUMNS", str(width))
    show_sequences(Sink(format=format), found)
    return capsys.readouterr().out


def test_language_models_in_full(capsys, monkeypatch):
    out = printed(capsys, monkeypatch, comparison(GPT, NGRAMS, LOSSY, FAILED))
    assert out == LANGUAGE_TABLE


def test_translators_in_full(capsys, monkeypatch):
    out = printed(capsys, monkeypatch, comparison(WITH, WITHOUT))
    assert out == TRANSLATION_TABLE


@pytest.mark.parametrize("width", [80, 60, 40])
def test_a_narrow_terminal_is_kept_to_and_what_leaves_is_said(capsys, monkeypatch, width):
    out = printed(capsys, monkeypatch, comparison(GPT, NGRAMS), width=width)
    assert max(map(len, out.splitlines())) <= width
    assert "2.151" in out


@pytest.mark.parametrize(("format", "mark"), [("tsv", "\t"), ("csv", ",")])
def test_tables_for_machines_have_every_field_in_the_records_order(
    capsys, monkeypatch, format, mark
):
    """A field that is added to the record is in every format, or this fails."""
    out = printed(capsys, monkeypatch, comparison(GPT, NGRAMS, FAILED), format)
    rows = list(csv.DictReader(io.StringIO(out), delimiter=mark))
    assert list(rows[0]) == [field.name for field in dataclasses.fields(SequenceResult)]
    assert [row["method"] for row in rows] == ["gpt", "ngram-lm", "lstm-lm"]
    assert float(rows[0]["score"]) == 2.1512
    assert rows[0]["chrf"] == ""


def test_json_lines_are_the_results_and_json_the_whole(capsys, monkeypatch):
    found = comparison(WITH, WITHOUT)
    lines = printed(capsys, monkeypatch, found, "jsonl").splitlines()
    assert json.loads(lines[1]) == dataclasses.asdict(WITHOUT)
    assert json.loads(printed(capsys, monkeypatch, found, "json")) == found.document()


def test_markdown_has_two_tables(capsys, monkeypatch):
    out = printed(capsys, monkeypatch, comparison(GPT, NGRAMS), "md")
    assert sum(line.startswith("| method |") for line in out.splitlines()) == 2
    assert "| gpt | 2.151 | 2.120 to 2.180 | a |" in out


def test_one_method_is_compared_with_nothing(capsys, monkeypatch):
    out = " ".join(printed(capsys, monkeypatch, comparison(GPT)).split())
    assert "share a letter" not in out
    assert "111 blocks of whole lines" in out


def test_a_single_block_has_no_interval(capsys, monkeypatch):
    """NaN is nothing to show."""
    nothing = float("nan")
    one = dataclasses.replace(GPT, low=nothing, high=nothing)
    other = dataclasses.replace(NGRAMS, letters="a", delta_low=nothing, delta_high=nothing)
    out = printed(capsys, monkeypatch, comparison(one, other))
    assert "nan" not in out
    assert "+0.251" in out


def test_several_seeds_have_a_column_and_a_sentence(capsys, monkeypatch):
    several = dataclasses.replace(GPT, seed_sd=0.0123)
    out = printed(capsys, monkeypatch, comparison(several, NGRAMS, seeds=[0, 1, 2]), width=120)
    assert "seeds 0 to 2" in out
    assert "± 0.012" in out
    assert "means over 3 trainings" in " ".join(out.split())
