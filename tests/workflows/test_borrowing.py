"""One sentence: do weights that somebody else trained pay on this corpus?"""

from __future__ import annotations

import math

import pytest

from nlpwb.records import Answer, PairResult, Result, Verdict
from nlpwb.workflows.borrowing import borrowing
from nlpwb.workflows.compare import _answer

COSTS = [38.0, 1.0]
BASED = ("finetune", "pretrained")


def results(*methods: str) -> list[Result]:
    return [Result(method=method) for method in methods]


def pair(a: str, b: str, delta: float, low: float, high: float) -> PairResult:
    return PairResult(a=a, b=b, delta=delta, low=low, high=high, p=0.5, p_holm=0.5)


def test_a_gain_with_its_interval_and_its_price() -> None:
    pairs = [pair("tfidf", "finetune", -0.041, -0.053, -0.029)]
    assert borrowing(results("finetune", "tfidf"), pairs, COSTS, "accuracy", based=BASED) == (
        "Borrowed weights pay here: finetune gains 4.1 points [2.9, 5.3] over tfidf for 38 times the time."
    )


def test_an_interval_over_zero_shows_nothing() -> None:
    pairs = [pair("pretrained", "tfidf", 0.004, -0.008, 0.016)]
    said = borrowing(results("pretrained", "tfidf"), pairs, [3.0, 1.0], "accuracy", based=BASED)
    assert said == (
        "Borrowed weights are not shown to pay here: pretrained gains 0.4 points [−0.8, 1.6] over tfidf for 3.0 times the time."
    )


def test_what_stays_behind() -> None:
    pairs = [pair("tfidf", "pretrained", 0.02, 0.01, 0.03)]
    said = borrowing(results("tfidf", "pretrained"), pairs, [1.0, 0.5], "accuracy", based=BASED)
    assert said.startswith("Borrowed weights do not pay here: pretrained stays 2.0 points behind")
    assert said.endswith("and takes less time.")


def test_of_fewer_rows_it_says_how_many() -> None:
    """The three cases, in words that follow the sentence on all rows."""

    def said(delta: float, low: float, high: float) -> str:
        pairs = [pair("finetune", "tfidf", delta, low, high)]
        found = results("finetune", "tfidf")
        return borrowing(found, pairs, COSTS, "accuracy", based=BASED, rows=1050)

    end = " over tfidf for 38 times the time."
    assert said(0.2, 0.1, 0.3) == (
        f"With 1,050 training rows finetune gains 20.0 points [10.0, 30.0]{end}"
    )
    assert said(0.0, -0.1, 0.1).startswith("With 1,050 training rows nothing is shown: finetune")
    assert "finetune stays 20.0 points behind tfidf" in said(-0.2, -0.3, -0.1)


def test_of_errors_less_is_a_gain() -> None:
    pairs = [pair("finetune", "tfidf", -0.5, -0.7, -0.3)]
    said = borrowing(results("finetune", "tfidf"), pairs, COSTS, "rmse", based=BASED)
    assert "gains 0.5 [0.3, 0.7] over tfidf" in said


def test_the_best_of_each_kind_is_taken() -> None:
    methods = results("finetune", "lstm", "pretrained", "tfidf")
    pairs = [
        pair("finetune", "lstm", 0.1, 0.05, 0.15),
        pair("finetune", "tfidf", 0.3, 0.2, 0.4),
        pair("pretrained", "tfidf", 0.1, 0.0, 0.2),
    ]
    assert "finetune gains 10.0 points [5.0, 15.0] over lstm" in borrowing(
        methods, pairs, [4.0, 2.0, 3.0, 1.0], "accuracy", based=BASED
    )


@pytest.mark.parametrize("methods", [("tfidf", "bow"), ("finetune", "pretrained"), ()])
def test_one_kind_alone_asks_no_such_question(methods: tuple[str, ...]) -> None:
    pairs = [pair("tfidf", "bow", 0.1, 0.0, 0.2), pair("finetune", "pretrained", 0.1, 0.0, 0.2)]
    assert borrowing(results(*methods), pairs, [1.0] * len(methods), "accuracy", based=BASED) == ""


def test_an_unknown_price_is_left_out() -> None:
    pairs = [pair("finetune", "tfidf", 0.041, 0.029, 0.053)]
    said = borrowing(results("finetune", "tfidf"), pairs, [math.nan, 1.0], "accuracy", based=BASED)
    assert said.endswith("over tfidf.")


def test_a_comparison_says_it_of_all_rows_and_of_the_fewest() -> None:
    """A learning curve with two budgets: the sentence on the larger one would only repeat the others."""

    def verdict(text: str, borrowed: str) -> Verdict:
        return Verdict([], [], None, Answer(text, "a", [], "a"), borrowed)

    verdicts = {
        None: verdict("Use a.", "Of all."),
        50: verdict("Use b.", "Of 50."),
        100: verdict("Use c.", "Of 100."),
    }
    found = _answer(verdicts[None], verdicts)
    assert found is not None
    assert found.text == "Use a. Of all. Of 50."
    assert _answer(None, verdicts) is None
