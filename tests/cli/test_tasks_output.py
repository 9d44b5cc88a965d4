"""Sets of labels and numbers on the command line, end to end: compare, train, evaluate, predict, and what is refused."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from .conftest import Typed

WORDS = {"sea": "harbor", "kitchen": "oven", "garden": "spade"}


@pytest.fixture
def sets(tmp_path: Path) -> str:
    """60 texts that name their labels; as one column, and as a column of 0 and 1 for each label."""
    chance = random.Random(0)
    lines = ["text,label,garden,kitchen,sea"]
    for i in range(60):
        there = sorted(chance.sample(sorted(WORDS), chance.choice([1, 1, 2, 3])))
        text = " ".join([*(WORDS[label] for label in there), f"it{i}"])
        marks = ",".join(str(int(label in there)) for label in sorted(WORDS))
        lines.append(f"{text},{';'.join(there)},{marks}")
    (tmp_path / "sets.csv").write_text("\n".join([*lines, ""]), encoding="utf-8")
    return "sets.csv"


@pytest.fixture
def numbers(tmp_path: Path) -> str:
    """60 texts whose number is 10 for each "great", and a little more for each row."""
    lines = [
        f"{' '.join(['great'] * (i % 5))} it{i},{10 * (i % 5) + i / 100:.2f}" for i in range(60)
    ]
    (tmp_path / "numbers.csv").write_text("\n".join(["text,score", *lines, ""]), encoding="utf-8")
    return "numbers.csv"


def test_compare_on_numbers(typed: Typed, numbers: str) -> None:
    ended = typed(
        *("compare", numbers, "--task", "regression", "-m", "bow+ridge", "-m", "majority"),
        *("--format", "table", "--metric", "rmse", "--folds", "3"),
    )
    assert ended.code == 0, ended.err
    head, *_ = ended.out.splitlines()
    assert head == "numbers.csv   60 documents, 3 folds   numbers   rmse   seed 0"
    assert "RMSE" in ended.out
    assert ended.out.index("bow+ridge") < ended.out.index("majority")
    assert "Use bow+ridge" in ended.out


def test_compare_on_numbers_as_json(typed: Typed, numbers: str) -> None:
    """``-m bow`` takes ridge; the default metric is Pearson's; no label is in the protocol."""
    ended = typed(
        *("compare", numbers, "--task", "regression", "-m", "bow", "-m", "majority"),
        *("--format", "json", "--test-size", "0.3"),
    )
    document = json.loads(ended.out)
    protocol = document["protocol"]
    assert (protocol["task"], protocol["labels"], protocol["metric"]) == (
        "regression", [], "pearson"
    )  # fmt: skip
    assert [result["method"] for result in document["results"]] == ["bow+ridge", "majority"]
    assert document["results"][0]["score"] > 0.9
    assert document["results"][1]["score"] == 0
    assert protocol["significance"] == "t-test on joint bootstrap copies, Holm"


def test_compare_on_sets_of_one_column_and_of_several_is_the_same(typed: Typed, sets: str) -> None:
    """``--label a;b`` names columns of 0 and 1: the same sets, the same rows in each part, the same cells."""
    found = []
    for label in ("label", "garden;kitchen;sea"):
        ended = typed(
            *("compare", sets, "--label", label, "--text", "text", "-m", "bow", "-m", "majority"),
            *("--format", "json", "--test-size", "0.3"),
        )
        assert ended.code == 0, ended.err
        document = json.loads(ended.out)
        assert document["protocol"]["task"] == "multilabel"
        assert document["protocol"]["labels"] == ["garden", "kitchen", "sea"]
        assert document["protocol"]["metric"] == "micro-f1"
        found.append([(r["method"], r["score"], r["letters"]) for r in document["results"]])
    assert found[0] == found[1]
    assert found[0][0][0] == "bow"


def test_a_guessed_task_is_said_and_can_be_overruled(typed: Typed, sets: str) -> None:
    how = ("--format", "json", "--label", "label", "-m", "majority", "--test-size", "0.5", "-v")
    ended = typed("compare", sets, *how)
    assert (
        "task: multilabel (guessed: label cells hold sets of 3 labels, parted by ';')" in ended.err
    )
    document = json.loads(typed("compare", sets, *how, "--task", "classify").out)
    assert document["protocol"]["task"] == "classify"


def test_a_plot_and_the_errors_of_both_tasks(typed: Typed, sets: str, numbers: str) -> None:
    for corpus, label in ((sets, "label"), (numbers, "score")):
        ended = typed(
            *("compare", corpus, "--label", label, "-m", "bow+ridge", "-m", "majority", "-q"),
            *("--task", "multilabel" if corpus == sets else "regression", "--folds", "2"),
            *("--plot", "p.svg", "--errors", "e.tsv", "--format", "tsv", "--budget", "20"),
        )
        assert ended.code == 0, ended.err
        assert Path("p.svg").stat().st_size > 5000
        header, *lines = Path("e.tsv").read_text(encoding="utf-8").splitlines()
        assert header == "row\tlabel\tbow+ridge\tmajority\ttext"
        assert lines


def test_a_model_of_numbers(typed: Typed, numbers: str) -> None:
    """Trained, evaluated by every metric, and a value for every text; its folder says the task."""
    ended = typed("train", "bow", numbers, "-o", "m", "--task", "regression", "-q")
    assert ended.code == 0, ended.err
    assert "bow+ridge" in ended.out
    manifest = json.loads(Path("m/manifest.json").read_text(encoding="utf-8"))
    assert (manifest["task"], manifest["labels"], manifest["format"]) == ("regression", [], 2)
    ended = typed("evaluate", "m", numbers, "--format", "tsv", "-q")
    header, *lines = ended.out.splitlines()
    assert header == "metric\tscore\tlow\thigh"
    assert [line.split("\t")[0] for line in lines] == ["pearson", "spearman", "rmse", "mae", "r2"]
    assert float(lines[0].split("\t")[1]) > 0.95
    ended = typed("predict", "m", "-", "--format", "tsv", "-q", stdin="great great great\nwhat\n")
    header, first, second = ended.out.splitlines()
    assert header == "row\tvalue"
    assert 25 < float(first.split("\t")[1]) < 40
    assert float(second.split("\t")[1]) < float(first.split("\t")[1])


def test_a_model_of_sets(typed: Typed, sets: str) -> None:
    ended = typed("train", "bow", sets, "--label", "garden;kitchen;sea", "-o", "m", "-q")
    assert ended.code == 0, ended.err
    manifest = json.loads(Path("m/manifest.json").read_text(encoding="utf-8"))
    assert (manifest["task"], manifest["always_one"]) == ("multilabel", True)
    ended = typed("evaluate", "m", sets, "--label", "label", "--format", "json", "-q")
    document = json.loads(ended.out)
    assert (document["task"], document["metric"], document["confusion"]) == (
        "multilabel", "micro-f1", []
    )  # fmt: skip
    assert [row["label"] for row in document["per_label"]] == ["garden", "kitchen", "sea"]
    assert document["score"] > 0.9
    texts = "harbor oven\nspade\nnothing of it\n"
    ended = typed("predict", "m", "-", "--format", "tsv", "-q", stdin=texts)
    header, both, one, none = (line.split("\t") for line in ended.out.splitlines())
    assert header == ["row", "labels", "scores"]
    assert set(both[1].split(";")) == {"kitchen", "sea"}
    assert len(both[2].split(";")) == 2
    assert one[1] == "garden"
    assert none[1] in WORDS  # every training text had a label, and so the likeliest is said
    ended = typed(
        "predict", "m", "-", "--top-k", "2", "--format", "tsv", "-q", stdin="harbor oven\n"
    )
    assert [line.split("\t")[1] for line in ended.out.splitlines()] == ["rank", "1", "2"]


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        ("compare sets.csv --task regression --label label -m bow+ridge", 1, "is no number"),
        ("compare sets.csv --task regression --label garden;sea -m bow", 2, "takes one column"),
        ("compare sets.csv --label garden;tree -m bow", 1, "has no column 'tree'"),
        (
            "compare sets.csv --task multilabel --metric accuracy -m bow",
            2,
            "choose one of micro-f1",
        ),
        ("compare numbers.csv --task regression -m bow+nb", 2, "nb predicts labels"),
        ("train bow+nb numbers.csv -o m --task regression", 1, "nb predicts labels, and numbers"),
        ("compare same.csv --task regression -m bow", 1, "all 3 rows have the number 4"),
        ("compare words.csv --task regression --label n -m bow", 1, "words.csv, line 3: its label"),
        ("compare lonely.csv --task multilabel -m bow", 1, "has one label only, 'a'"),
        ("compare none.csv --task multilabel -m bow", 1, "no row has a label"),
    ],
)
def test_what_cannot_be_is_told(
    typed: Typed, sets: str, numbers: str, words: str, code: int, sentence: str
) -> None:
    files = {
        "same.csv": "text,score\na b,4\nb c,4\nc d,4.0\n",
        "words.csv": "text,n\na b,4\nb c,good\nc d,5\n",
        "lonely.csv": "text,label\na b,a\nb c,\nc d,a\n",
        "none.csv": "text,label\na b, \nb c,;\nc d,\n",
    }
    for name, content in files.items():
        Path(name).write_text(content, encoding="utf-8")
    ended = typed(*words.split(), "-q")
    assert (ended.code, sentence in ended.err) == (code, True), ended.err
    if code:
        assert ended.err.count("\n") == 1


def test_a_model_refuses_what_its_task_has_not(typed: Typed, sets: str, numbers: str) -> None:
    typed("train", "majority", numbers, "-o", "n", "--task", "regression", "-q")
    typed("train", "majority", sets, "-o", "s", "--label", "label", "--task", "multilabel", "-q")
    for words, sentence in (
        (
            "predict n - --top-k 2",
            "--top-k concerns labels, and the model n (majority) says numbers",
        ),
        ("predict n - --proba", "--proba concerns labels"),
        ("evaluate n numbers.csv --metric accuracy", "--metric accuracy judges one label"),
        ("evaluate n sets.csv --label label", "is no number"),
        (
            "evaluate s sets.csv --label label --confusion",
            "--confusion is a table of single labels",
        ),
        ("evaluate s other.csv", "does not know the label 'desert'"),
    ):
        Path("other.csv").write_text("text,label\nx y,sea;desert\n", encoding="utf-8")
        ended = typed(*words.split(), "-q", stdin="x\n")
        assert ended.code in (1, 2)
        assert sentence in ended.err
