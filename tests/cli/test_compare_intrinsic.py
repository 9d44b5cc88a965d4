"""``nlpwb compare`` on a corpus without labels: the road it takes, what is refused on it, and what comes out."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from .conftest import Typed
from .test_startup import loaded

ROOT = Path(__file__).resolve().parents[2]
SCHEMA: dict[str, Any] = json.loads(
    (ROOT / "docs" / "intrinsic.schema.json").read_text(encoding="utf-8")
)
SKIPGRAM = "skipgram:dim=8,epochs=2"
METHODS = ["-m", SKIPGRAM, "-m", "tfidf"]
NO_LABELS = "sample:prose has no labels, "
NAME = "name their column with --label COL, or "


def test_a_corpus_without_labels_takes_the_road_by_itself_and_says_so(typed: Typed) -> None:
    ended = typed("compare", "sample:prose", *METHODS, "-v", "--format", "table")
    assert ended.code == 0
    assert ended.out.startswith(
        "sample:prose   180 training + 45 held-out documents   without labels   best MRR first   seed 0\n"
    )
    assert (
        "sample:prose has no labels: methods are compared without them (--label COL would name their column)\n"
        in ended.err
    )
    assert re.search(r"\n  tfidf +\.\d{3} ", ended.out)
    assert "hese 37 held-out documents" in " ".join(ended.out.split())


def test_json_is_valid_and_holds_the_note(typed: Typed) -> None:
    ended = typed("compare", "sample:prose", *METHODS, "--format", "json")
    assert (ended.code, ended.err) == (0, "")
    document = json.loads(ended.out, parse_constant=lambda word: pytest.fail(f"{word} in JSON"))
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    assert document["notes"][0].startswith("sample:prose has no labels")
    assert {result["method"] for result in document["results"]} == {
        "tfidf",
        "skipgram:dim=8,epochs=2",
    }
    assert len(document["pairs"]) == 1
    (skipgram,) = (r for r in document["results"] if r["method"] != "tfidf")
    assert 0 < skipgram["half_stability_words"] == document["protocol"]["probe_words"]


def test_the_same_question_again_gets_the_same_answer(typed: Typed) -> None:
    first, again = (typed("compare", "sample:prose", *METHODS) for _ in range(2))
    assert first.out == again.out
    rows = list(csv.DictReader(io.StringIO(again.out), delimiter="\t"))
    assert [row["letters"] for row in rows] == ["a", "a"]


def test_the_same_question_again_loads_nothing_heavy(
    typed: Typed, tmp_path: Path, environment: dict[str, str]
) -> None:
    """No text is read and no figure computed: cells, plan and verdict come from the cache."""
    line = ["compare", "sample:prose", "-m", "tfidf", "-m", "bow"]
    assert typed(*line).code == 0
    assert [found for _, code, found in loaded(tmp_path, environment, line) if code or found] == []


def test_standard_input_is_asked_the_same(typed: Typed) -> None:
    text = (ROOT / "sample_data" / "prose.txt").read_text(encoding="utf-8")
    piped = typed("compare", "-", "-m", "tfidf", stdin=text)
    named = typed("compare", "sample:prose", "-m", "tfidf")
    assert piped.code == 0
    assert piped.out == named.out  # the seconds too: the cell is the same


def test_labels_can_be_left_out_of_account(typed: Typed, tmp_path: Path) -> None:
    lines = [f"one {i} two three four five six seven,yes" for i in range(60)]
    (tmp_path / "in.csv").write_text("\n".join(["text,label", *lines]), encoding="utf-8")
    asked = typed("compare", "in.csv", "--task", "intrinsic", "-m", "bow", "--format", "json")
    assert asked.code == 0
    document = json.loads(asked.out)
    assert document["protocol"]["task"] == "intrinsic"
    assert not any("label" in note for note in document["notes"])


def test_a_labelled_corpus_is_compared_by_its_labels(typed: Typed) -> None:
    for task in ([], ["--task", "classify"]):
        words = ["-m", "majority", "--test-size", "0.5", "--format", "json"]
        ended = typed("compare", "sample:reviews", *task, *words)
        assert ended.code == 0
        assert json.loads(ended.out)["protocol"]["metric"] == "accuracy"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (f"{option} {value}".strip(), f"{NO_LABELS}and {option} concerns them; {NAME}leave {option} out")
        for option, value in (
            ("--metric", "accuracy"), ("--preset", "quick"), ("--test", "x.txt"), ("--folds", "3"),
            ("--seeds", "2"), ("--budget", "10"), ("--errors", "e.tsv"), ("--fail-under", "0.5"),
        )
    ]
    + [
        ("--plot p.png", f"{NO_LABELS}and --plot draws comparisons by labels alone; leave it out"),
        ("-m tfidf+svm", f"{NO_LABELS}so +svm has none to predict; {NAME}write tfidf"),
        ("-m bow+logreg", f"{NO_LABELS}so +logreg has none to predict; {NAME}write bow"),
        ("-m majority", f"{NO_LABELS}and majority does nothing but predict them; {NAME}leave it out"),
        ("--task intrinsc", "--task 'intrinsc' is not known; did you mean intrinsic?"),
    ],
)  # fmt: skip
def test_what_concerns_labels_is_refused(typed: Typed, words: str, sentence: str) -> None:
    """Also where the value is the default: nothing that was typed is ever swallowed."""
    ended = typed("compare", "sample:prose", *words.split())
    assert (ended.code, ended.out, ended.err) == (2, "", f"nlpwb: {sentence}\n")


def test_what_concerns_labels_is_refused_beside_the_task(typed: Typed) -> None:
    ended = typed("compare", "sample:reviews", "--task", "intrinsic", "--label", "label")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == (
        "nlpwb: --task intrinsic leaves labels out of account, and --label concerns them; leave --label out\n"
    )


def test_labels_that_are_wanted_and_not_there_are_an_error(typed: Typed) -> None:
    ended = typed("compare", "sample:prose", "--task", "classify", "-m", "tfidf")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == (
        "nlpwb: sample:prose has no labels to compare methods by; name their column with --label COL, "
        "or leave --task classify out\n"
    )


def test_a_failed_method_is_exit_code_4_after_the_table(typed: Typed) -> None:
    ended = typed("compare", "sample:prose", "-m", "tfidf", "-m", "bow:min_df=1000")
    assert ended.code == 4
    rows = list(csv.DictReader(io.StringIO(ended.out), delimiter="\t"))
    assert [(row["method"], bool(row["mrr"])) for row in rows] == [
        ("tfidf", True),
        ("bow:min_df=1000", False),
    ]
    assert ended.err.startswith("nlpwb: bow:min_df=1000 failed (no term of the documents (180)")
    assert ended.err.endswith("; the other figures are above\n")


def test_the_only_method_failed(typed: Typed) -> None:
    ended = typed("compare", "sample:prose", "-m", "bow:min_df=1000")
    assert (ended.code, ended.out) == (4, "")


def test_too_few_documents(typed: Typed, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("one two three\nfour five six\n", encoding="utf-8")
    ended = typed("compare", "in.txt", "-m", "bow")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("nlpwb: in.txt")
