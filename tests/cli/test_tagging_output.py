"""Labels of words as they are typed: ``finetune --task tokens``, ``evaluate``, ``predict``; files, pipes, mistakes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nlpwb.data.conll import read_conll
from nlpwb.data.corpus import ReadOptions
from tests.cli.conftest import Typed
from tests.workflows.pretrained.bases import write_base
from tests.workflows.tagging.test_tagging import CORPUS, WORDS, write_conll

QUICK = ("--threads", "1", "--device", "cpu", "--no-cache")
SET = (
    "--set",
    "epochs=20",
    "--set",
    "learning_rate=0.002",
    "--set",
    "head_rate=15",
    "--set",
    "batch_documents=8",
)
TEXT = "ann  lives in new york."


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a base, a model that knows its training sentences, and these as ``train.conll``."""
    from nlpwb.cli.main import run

    place = tmp_path_factory.mktemp("tagger")
    base = write_base(place / "base", WORDS)
    train = write_conll(place / "train.conll", CORPUS)
    words = ["finetune", base, train, "--task", "tokens", "-o", str(place / "m"), *SET, *QUICK]
    assert run([*words, "--out", str(place / "made.json")]) == 0
    return place


def test_what_was_made(model: Path) -> None:
    (row,) = json.loads((model / "made.json").read_text())
    assert (row["sentences"], row["words"], row["epochs"]) == (48, 216, 20)
    assert row["labels"] == ["O", "B-LOC", "B-PER", "I-LOC"]
    assert {"model", "method", "fit_seconds", "bytes", "device", "precision"} <= set(row)
    assert {"config.json", "tokenizer.json", "model.safetensors", "training.jsonl"} <= {
        path.name for path in (model / "m").iterdir()
    }


def test_evaluate(typed: Typed, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    words = ("evaluate", str(model / "m"), str(model / "train.conll"))
    done = typed(*words, "--format", "table")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert "on train.conll: entity F1 " in " ".join(lines)
    assert "48 sentences, 216 words" in " ".join(lines)
    assert max(map(len, lines)) <= 80
    head, overall, *types = typed(*words).out.splitlines()
    assert head == "label\tprecision\trecall\tf1\tsupport\tpredicted"
    assert overall.startswith("all\t")
    assert [line.split("\t")[0] for line in types] == ["LOC", "PER"]
    found = json.loads(typed(*words, "--format", "json").out)
    assert found["metric"] == "entity-f1"
    assert found["overall"]["support"] == 72
    assert found["low"] <= found["score"] <= found["high"]
    assert json.loads(typed(*words, "--strict", "--format", "json").out)["strict"] is True
    assert typed(*words, "--fail-under", "0.5").code == 0


def test_a_gate_that_is_missed(typed: Typed, model: Path) -> None:
    Path("one.conll").write_text("york\tB-PER\n\nlives\tB-LOC\n\nin\tB-LOC\n")
    done = typed("evaluate", str(model / "m"), "one.conll", "--fail-under", "0.9")
    assert done.code == 3
    assert "--fail-under 0.9 is missed: the lower end of the interval is 0.0000" in done.err


def test_entities_of_arguments_files_and_pipes(typed: Typed, model: Path) -> None:
    """The same entities, with the places that they have in the text."""
    folder = str(model / "m")
    done = typed("predict", folder, TEXT, "nothing in it")
    assert (done.code, done.err) == (0, "")
    head, *rows = [line.split("\t") for line in done.out.splitlines()]
    assert head == ["row", "text", "type", "start", "end", "probability"]
    assert [row[:5] for row in rows if row[0] == "1"] == [
        ["1", "ann", "PER", "0", "3"],
        ["1", "new york", "LOC", "14", "22"],
    ]
    assert all(0 < float(row[5]) <= 1 for row in rows)
    assert typed("predict", folder, "-", stdin=f"{TEXT}\nnothing in it\n").out == done.out
    Path("a.txt").write_text(f"{TEXT}\nnothing in it\n")
    assert typed("predict", folder, "a.txt").out == done.out
    Path("a.csv").write_text(f"id,body\n1,{TEXT}\n2,nothing in it\n")
    of_column = typed("predict", folder, "a.csv", "--text", "body").out
    assert [line.split("\t")[1:] for line in of_column.splitlines()] == [
        line.split("\t")[1:] for line in done.out.splitlines()
    ]


def test_words_with_their_labels(typed: Typed, model: Path) -> None:
    done = typed("predict", str(model / "m"), TEXT, "--words")
    head, *rows = [line.split("\t") for line in done.out.splitlines()]
    assert head == ["row", "word", "label", "start", "end", "probability"]
    assert [row[1] for row in rows] == ["ann", "lives", "in", "new", "york", "."]
    assert [row[2] for row in rows][:5] == ["B-PER", "O", "O", "B-LOC", "I-LOC"]
    first = typed("predict", str(model / "m"), TEXT, "--words", "--format", "jsonl").out
    assert json.loads(first.splitlines()[0])["end"] == 3


def test_columns_out_of_columns(typed: Typed, model: Path) -> None:
    """What is printed is read again, sentence by sentence; on standard output and into a file."""
    words = ("predict", str(model / "m"), str(model / "train.conll"), "--format", "conll")
    done = typed(*words)
    assert done.out.startswith("ann\tB-PER\nlives\tO\nin\tO\nnew\tB-LOC\nyork\tI-LOC\n.\tO\n\n")
    Path("said.conll").write_text(done.out)
    said = read_conll("said.conll", ReadOptions())
    assert said.words == CORPUS.words
    assert typed(*words, "--out", "again.conll").code == 0
    assert Path("again.conll").read_text() == done.out
    plain = "ann\nlives\n\nbob\n"
    piped = typed(*words[:2], "-", "--input-format", "conll", "--format", "conll", stdin=plain)
    assert [line.split("\t")[0] for line in piped.out.splitlines()] == [
        "ann",
        "lives",
        "",
        "bob",
        "",
    ]


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        ("predict M text --proba", 2, "--proba concerns labels of texts; a tagger labels words"),
        ("predict M text --words --format conll", 2, "both print words; give one"),
        ("predict M mispelt.conll", 1, "mispelt.conll"),
        ("evaluate M T --confusion", 2, "--confusion has no meaning for the model"),
        ("evaluate M T --input-format csv", 2, "--input-format csv: labelled words are read from"),
        ("evaluate M T --fail-under 90", 2, "is not on the scale of F1"),
        ("evaluate M sample:entities", 1, "does not know the label 'B-ORG'"),
        ("evaluate M sample:reviews", 1, "holds no labels of words"),
        ("embed M T -o e.npy", 1, "is a tagger of words, and this command needs"),
        ("train tfidf T --task tokens -o x", 2, "--task tokens labels words, which tfidf"),
        ("finetune B T --task tokens --pairs -o x", 2, "--pairs concerns texts"),
        ("finetune B T --task token -o x", 2, "did you mean tokens?"),
        ("finetune B T --task tokens --set pooling=mean -o x", 1, "pooling=mean makes one vector"),
        ("compare T --task tokens", 2, "methods are not compared on labels of words"),
        ("data check sample:entities", 1, "holds labels of words, which `nlpwb finetune"),
    ],
)
def test_mistakes(typed: Typed, model: Path, words: str, code: int, sentence: str) -> None:
    places = {"M": model / "m", "T": model / "train.conll", "B": model / "base"}
    line = [str(places.get(word, word)) for word in words.split()]
    done = typed(*line)
    assert (done.code, done.out) == (code, "")
    assert sentence in done.err


def test_options_of_taggers_mean_nothing_to_others(typed: Typed, shop: Path) -> None:
    assert typed("train", "bow", str(shop / "train.csv"), "-o", "m").code == 0
    done = typed("predict", "m", str(shop / "test.csv"), "--format", "conll")
    assert (done.code, done.out) == (2, "")
    assert "--format conll is for labels of words" in done.err
    assert typed("predict", "m", str(shop / "test.csv"), "--words").code == 2
    assert typed("evaluate", "m", str(shop / "test.csv"), "--strict").code == 2
