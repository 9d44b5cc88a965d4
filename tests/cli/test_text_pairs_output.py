"""Pairs of texts as they are typed: ``finetune``, ``predict``, ``evaluate``, ``compare``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Typed
from tests.workflows.pretrained.bases import write_base
from tests.workflows.pretrained.test_pairs import LABELS, TEXTS, WORDS

ROWS = [f"{text}\t{label}" for text, label in zip(TEXTS, LABELS, strict=True)]
QUICK = ("--set", "epochs=1", "--threads", "1", "--device", "cpu", "--no-cache")


@pytest.fixture
def ask(typed: Typed) -> Typed:
    """Types beside a base ``base``, and ``pairs.tsv`` with the columns premise, hypothesis and label."""
    write_base(Path("base"), WORDS)
    table = "\n".join(["premise\thypothesis\tlabel", *ROWS, ""])
    Path("pairs.tsv").write_text(table, encoding="utf-8")
    return typed


def test_two_columns_are_a_pair(ask: Typed) -> None:
    """Learned, judged, and asked by a file, by arguments and down a pipe: the same answers."""
    words = ("finetune", "base", "pairs.tsv", "--text", "premise,hypothesis", "-o", "m", *QUICK)
    assert ask(*words).code == 0
    assert json.loads(Path("m/manifest.json").read_text())["pairs"] is True
    judged = ask("evaluate", "m", "pairs.tsv", "--format", "json")
    assert judged.code == 0, judged.err
    assert json.loads(judged.out)["documents"] == 40
    of_file = ask("predict", "m", "pairs.tsv").out.splitlines()[1:5]
    of_pipe = ask("predict", "m", "-", stdin="\n".join(TEXTS[:4]) + "\n").out.splitlines()[1:]
    typed = ask("predict", "m", *TEXTS[:4]).out.splitlines()[1:]
    answers = [[line.split("\t")[1] for line in rows] for rows in (of_file, of_pipe, typed)]
    assert answers[0] == answers[1] == answers[2]
    assert len(answers[0]) == 4


def test_one_and_the_other_kind_of_model_say_what_they_read(ask: Typed) -> None:
    ask("finetune", "base", "pairs.tsv", "--text", "premise", "-o", "single", *QUICK)
    done = ask("predict", "single", TEXTS[0])
    assert (done.code, done.out) == (2, "")
    assert (
        "is a pair of texts, parted by a tab, and the model single reads single texts" in done.err
    )
    ask("finetune", "base", "pairs.tsv", "--pairs", "-o", "double", *QUICK)
    done = ask("predict", "double", "-", stdin="the cat sat\n")
    assert (done.code, done.out) == (1, "")
    assert "line 1: it is one text, and a pair is two, parted by a tab" in done.err
    done = ask("predict", "double", "the cat\ta dog", "the cat")
    assert done.code == 2
    assert "'the cat': it is one text" in done.err


def test_numbers_of_pairs(ask: Typed) -> None:
    rows = [f"{text}\t{len(text) / 10}" for text in TEXTS]
    Path("sts.tsv").write_text("\n".join(["a\tb\tscore", *rows, ""]), encoding="utf-8")
    done = ask(
        *("finetune", "base", "sts.tsv", "--pairs", "--task", "regression", "-o", "m", *QUICK)
    )
    assert done.code == 0, done.err
    found = json.loads(ask("evaluate", "m", "sts.tsv", "--format", "json").out)
    assert {"pearson", "spearman"} <= {one["metric"] for one in found["figures"]}
    assert float(ask("predict", "m", TEXTS[0]).out.splitlines()[1].split("\t")[1]) > 0


@pytest.mark.slow
def test_in_a_comparison_a_base_reads_pairs_and_counts_read_both(ask: Typed) -> None:
    """The same rows as pairs and as one text are two cells of a base, and one of counted words."""
    words = ("compare", "pairs.tsv", "--text", "premise,hypothesis", "-m", "bow")
    words += ("-m", "finetune:base=base,epochs=1", "--folds", "2", "--format", "json", "-j", "1")
    words += ("--threads", "1", "--device", "cpu", "--cache-dir", "kept")
    joined, paired = json.loads(ask(*words).out), json.loads(ask(*words, "--pairs").out)

    def scores(found: dict[str, list[dict[str, float]]]) -> dict[str, float]:
        return {str(row["method"]): row["score"] for row in found["results"]}

    assert scores(joined)["bow"] == scores(paired)["bow"]
    assert len(list(Path("kept/cell").iterdir())) == 2 * 2 + 2 * 2


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("train", "tfidf", "pairs.tsv", "--pairs", "-o", "m"), 2, "--pairs concerns finetune"),
        (
            ("finetune", "base", "pairs.tsv", "--pairs", "--text", "premise", "-o", "m"),
            2,
            "--text premise names one column, and a pair has two texts",
        ),
        (
            ("finetune", "base", "pairs.tsv", "--text", "premise,hypotesis", "-o", "m"),
            1,
            "has no column 'hypotesis'",
        ),
    ],
)
def test_mistakes(ask: Typed, words: tuple[str, ...], code: int, sentence: str) -> None:
    done = ask(*words)
    assert (done.code, done.out) == (code, "")
    assert sentence in done.err
