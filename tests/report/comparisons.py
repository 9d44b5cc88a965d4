"""Comparisons made by hand and by rule, for tests that need no corpus."""

from __future__ import annotations

import dataclasses
import math
import random
from typing import Any

from nlpwb.records import Answer, Comparison, PairResult, Protocol, Result

LONG = "tfidf:ngrams=2-5,analyzer=char_wb,sublinear_tf=yes+svm"


def protocol(**changes: Any) -> Protocol:
    """A plain one: a test file, accuracy, one seed."""
    made = Protocol(
        task="classify",
        corpus="reviews.csv",
        test="test.csv",
        rows=6920,
        train_rows=6920,
        test_rows=1821,
        labels=["negative", "positive"],
        metric="accuracy",
        higher_is_better=True,
        split="file",
        test_size=None,
        folds=None,
        repeats=None,
        seeds=[0],
        seed=0,
        groups=None,
        budgets=[],
        interval="Wilson",
        significance="exact McNemar, Holm",
        alpha=0.05,
        separable=0.023,
        jobs=2,
        threads=1,
        versions={"nlpwb": "0.1.0", "python": "3.11.7"},
    )
    return dataclasses.replace(made, **changes)


def comparison(
    results: list[Result], *, curve: list[Result] | None = None, **changes: Any
) -> Comparison:
    """Results best first, with an answer where there are two at least."""
    pairs = [
        PairResult(results[0].method, r.method, -(r.delta or 0), 0, 0, 0.5, 1) for r in results[1:]
    ]
    answer = Answer("Use it.", results[0].method, [], results[0].method)
    return Comparison(
        protocol=protocol(**changes),
        results=results,
        curve=curve or [],
        pairs=[pair for pair in pairs if pair.delta],
        answer=answer if len(results) > 1 else None,
        warnings=[],
        notes=[],
    )


def many(
    n: int, *, seed: int, budgets: tuple[int, ...] = (), half: float = 0.02, **changes: Any
) -> Comparison:
    """``n`` methods scattered by a rule: scores fall from .9, costs from a hundredth of a second to an hour."""
    chance = random.Random(seed)
    names = [
        LONG,
        "tfidf:ngrams=1-2,sublinear_tf=yes+svm",
        "tfidf",
        "onehot",
        "bow+nb",
        "fasttext:dim=300,epochs=20+logreg:C=auto",
        "skipgram",
        "majority",
        *(f"hashing:features={2**k},ngrams=1-{k % 3 + 1}+ridge" for k in range(8, 30)),
    ][:n]
    rows = []
    for place, name in enumerate(names):
        value = 0.9 - 0.15 * (place / n) ** 1.5 - 0.01 * chance.random()
        rows.append(
            Result(
                method=name,
                score=value,
                low=value - half,
                high=value + half * 0.9,
                letters="a" if place < max(2, n // 3) else "b",
                delta=None if place == 0 else value - 0.9,
                delta_low=None if place == 0 else value - 0.9 - half,
                delta_high=None if place == 0 else value - 0.9 + half,
                fit_seconds=10 ** chance.uniform(-2, 2.5),
                docs_per_second=10 ** chance.uniform(3, 5),
                peak_mib=200.0,
                bytes=1_000_000,
            )
        )
    curve = [
        dataclasses.replace(
            row,
            budget=budget,
            score=(row.score or 0) - 0.25 / math.log2(budget) + 0.02 * chance.random(),
            low=(row.score or 0) - 0.25 / math.log2(budget) - 1.5 * half,
            high=(row.score or 0) - 0.25 / math.log2(budget) + 1.5 * half,
        )
        for budget in budgets
        for row in rows
    ]
    return comparison(rows, curve=curve + rows if budgets else [], budgets=list(budgets), **changes)


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


def by_hand() -> Comparison:
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
