"""A comparison without labels, made by hand."""

from __future__ import annotations

import dataclasses
from typing import Any

from nlpwb.records import Answer, PairResult
from nlpwb.records_intrinsic import IntrinsicComparison, IntrinsicProtocol, IntrinsicResult

PROTOCOL = IntrinsicProtocol(
    task="intrinsic",
    corpus="corpus.txt",
    rows=2000,
    train_rows=1600,
    held_out_rows=400,
    half_rows=[800, 800],
    test_size=0.2,
    queries=350,
    queries_cap=5000,
    unit="words",
    least_units=20,
    groups=None,
    order="mrr",
    recall_at=10,
    chance_mrr=0.0184,
    chance_recall=0.0286,
    reference_words=5001,
    probe_words=1000,
    least_count=5,
    neighbors=10,
    similarity_pairs={"wordsim353": 353, "simlex999": 999},
    analogy_questions=19544,
    least_questions=100,
    restrict_vocab=30000,
    seed=0,
    second_seed=1,
    interval="bootstrap",
    significance="paired permutation over documents, Holm",
    alpha=0.05,
    separable=0.021,
    jobs=2,
    threads=1,
    versions={"nlpwb": "0.1.0", "python": "3.11.7"},
)
SKIPGRAM = IntrinsicResult(
    method="skipgram",
    mrr=0.6521,
    mrr_low=0.621,
    mrr_high=0.684,
    recall=0.8,
    recall_low=0.757,
    recall_high=0.843,
    letters="a",
    wordsim353=0.5512,
    wordsim353_low=0.462,
    wordsim353_high=0.634,
    wordsim353_pairs=300,
    simlex999=-0.05,
    simlex999_low=-0.12,
    simlex999_high=0.02,
    simlex999_pairs=800,
    analogies=0.2,
    analogies_low=0.164,
    analogies_high=0.242,
    analogies_words_low=0.09,
    analogies_words_high=0.32,
    analogies_questions=400,
    seed_stability=0.45,
    seed_stability_low=0.44,
    seed_stability_high=0.46,
    seed_stability_words=1000,
    half_stability=0.31,
    half_stability_low=0.3,
    half_stability_high=0.32,
    half_stability_words=1000,
    oov_rate=0.031,
    fit_seconds=12.3,
    docs_per_second=2100.0,
    peak_mib=142.2,
    bytes=11_100_000,
    dimensions=100,
)
TFIDF = IntrinsicResult(
    method="tfidf",
    mrr=0.612,
    mrr_low=0.58,
    mrr_high=0.645,
    recall=0.78,
    recall_low=0.735,
    recall_high=0.825,
    letters="b",
    delta=-0.0401,
    delta_low=-0.0601,
    delta_high=-0.0201,
    oov_rate=0.012,
    fit_seconds=0.4,
    docs_per_second=8000.0,
    peak_mib=20.0,
    bytes=250_000,
    dimensions=12_000,
)
FAILED = IntrinsicResult(method="glove", error="killed, most likely for want of memory")


def comparison(*results: IntrinsicResult, **changes: Any) -> IntrinsicComparison:
    """These results, best first, with an answer where there are two at least."""
    pairs = [
        PairResult(results[0].method, r.method, -r.delta, 0.02, 0.06, 0.001, 0.001)
        for r in results
        if r.delta is not None
    ]
    answer = Answer("Use it.", results[0].method, [], results[0].method)
    return IntrinsicComparison(
        protocol=dataclasses.replace(PROTOCOL, **changes),
        results=list(results),
        pairs=pairs,
        answer=answer if len(results) > 1 else None,
        warnings=["12 rows repeat the text of an earlier row"],
        notes=["text column: text (guessed)"],
    )
