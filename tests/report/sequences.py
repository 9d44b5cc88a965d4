"""Comparisons of language models and of translators, made by hand."""

from __future__ import annotations

import dataclasses
from typing import Any

from nlpwb.records import Answer, PairResult
from nlpwb.records_sequences import SequenceComparison, SequenceProtocol, SequenceResult

LANGUAGE = SequenceProtocol(
    task="lm",
    corpus="plays.txt",
    test=None,
    metric="bits-per-byte",
    higher_is_better=False,
    split="end",
    test_size=0.1,
    running=True,
    train_rows=36_000,
    test_rows=4_000,
    train_bytes=1_003_854,
    test_bytes=111_540,
    units=111,
    unit="block of whole lines or documents",
    unit_bytes=1000,
    beams=None,
    length_penalty=None,
    signatures=None,
    seed=0,
    seeds=[0],
    interval="block bootstrap over blocks of text",
    significance="approximate randomisation over blocks of text, Holm",
    alpha=0.05,
    separable=0.021,
    jobs=2,
    threads=1,
    device="auto",
    precision="auto",
    versions={"nlpwb": "0.1.0", "python": "3.11.7"},
)
TRANSLATION = dataclasses.replace(
    LANGUAGE,
    task="translate",
    corpus="train.tsv",
    test="test.tsv",
    metric="bleu",
    higher_is_better=True,
    split="file",
    test_size=None,
    running=None,
    train_rows=29_000,
    test_rows=1_000,
    train_bytes=None,
    test_bytes=None,
    units=1_000,
    unit="pair",
    unit_bytes=None,
    beams=5,
    length_penalty=1.0,
    signatures={"bleu": "nrefs:1|tok:13a|smooth:exp", "chrf": "nrefs:1|nc:6"},
    interval="bootstrap over pairs",
    significance="approximate randomisation over pairs, Holm",
)
GPT = SequenceResult(
    method="gpt",
    score=2.1512,
    low=2.12,
    high=2.18,
    block=2,
    letters="a",
    perplexity=4.44,
    perplexity_low=4.3,
    perplexity_high=4.6,
    score_wide=2.3071,
    trained_context=64,
    wide_context=128,
    tokenizer="char",
    vocabulary=69,
    lossless=True,
    parameters=804_352,
    fit_seconds=290.0,
    tokens_per_second=41_000.0,
    peak_mib=412.3,
    bytes=3_250_000,
)
NGRAMS = SequenceResult(
    method="ngram-lm",
    score=2.4021,
    low=2.37,
    high=2.43,
    block=1,
    letters="b",
    delta=0.2509,
    delta_low=0.2309,
    delta_high=0.2709,
    perplexity=1204.4,
    perplexity_low=1100.0,
    perplexity_high=1300.0,
    tokenizer="byte-bpe:8000",
    vocabulary=8_004,
    lossless=True,
    parameters=2_104_000,
    fit_seconds=3.1,
    tokens_per_second=210_000.0,
    peak_mib=120.0,
    bytes=21_000_000,
)
LOSSY = dataclasses.replace(
    NGRAMS,
    method="ngram-lm:tokenizer=bpe:500",
    score=2.2,
    letters=None,
    delta=None,
    delta_low=None,
    delta_high=None,
    tokenizer="bpe:500",
    lossless=False,
)
FAILED = SequenceResult(method="lstm-lm", error="killed, most likely for want of memory")
WITH = SequenceResult(
    method="seq2seq-attention",
    score=30.12,
    low=28.9,
    high=31.3,
    block=1,
    letters="a",
    perplexity=7.95,
    perplexity_low=7.5,
    perplexity_high=8.4,
    chrf=55.04,
    chrf_low=54.0,
    chrf_high=56.0,
    tokenizer="byte-bpe:8000",
    vocabulary=8_004,
    lossless=True,
    parameters=9_000_000,
    fit_seconds=1800.0,
    sentences_per_second=84.0,
    peak_mib=900.0,
    bytes=36_000_000,
)
WITHOUT = dataclasses.replace(
    WITH,
    method="seq2seq",
    score=18.4,
    low=17.5,
    high=19.3,
    letters="b",
    delta=-11.72,
    delta_low=-12.82,
    delta_high=-10.62,
    chrf=41.0,
)


def comparison(*results: SequenceResult, **changes: Any) -> SequenceComparison:
    """These results, best first, with an answer where there are two at least."""
    protocol = LANGUAGE if results[0].sentences_per_second is None else TRANSLATION
    compared = [r for r in results if r.letters]
    pairs = [
        PairResult(compared[0].method, r.method, -r.delta, -0.3, -0.2, 0.0001, 0.0001)
        for r in compared
        if r.delta is not None
    ]
    answer = Answer("Use it.", results[0].method, [], results[0].method)
    return SequenceComparison(
        protocol=dataclasses.replace(protocol, **changes),
        results=list(results),
        pairs=pairs,
        answer=answer if len(compared) > 1 else None,
        warnings=["12 of the test sources also stand in the training pairs"],
        notes=["text column: text (guessed)"],
    )
