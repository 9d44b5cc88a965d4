"""The lines and cells of a comparison, one subject at a time."""

from __future__ import annotations

import dataclasses
import io
import json

import pytest

from nlpwb.records import Comparison, Result
from nlpwb.report.comparison import closing_lines, headline, not_told_from_best, show_comparison
from nlpwb.report.sink import Sink
from tests.report.comparisons import FAILED, SECOND, by_hand, comparison, many, protocol


@pytest.fixture
def made() -> Comparison:
    return by_hand()


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


def test_differences_of_a_loss_are_not_points(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    worse = Result(
        "bow", score=0.7, low=0.6, high=0.8, delta=0.2, delta_low=0.1, delta_high=0.3, letters="a"
    )
    best = Result("tfidf", score=0.5, low=0.4, high=0.6, letters="a")
    made = comparison([best, worse], metric="log-loss", higher_is_better=False)
    show_comparison(Sink(format="table"), made)
    lines = capsys.readouterr().out.splitlines()
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
