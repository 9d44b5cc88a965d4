"""``nlpwb attend``, ``trace`` and ``position`` as they are typed: formats, files, stdin, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from nlpwb.workflows.looking.classifying import LookedClassifier
from nlpwb.workflows.model_folder import save_model
from tests.workflows.looking.models import classifier

from .conftest import Typed

SPECS = {
    "encoder": "transformer:dim=16,heads=2,layers=2",
    "lstm": "lstm:dim=8,hidden=8",
    "rnn": "rnn:dim=8,hidden=8",
}


@pytest.fixture(scope="module")
def looking(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with untrained models."""
    folder = tmp_path_factory.mktemp("looking")
    for name, spec in SPECS.items():
        save_model(folder / name, classifier(spec), {})
    return folder


def test_attend_prints_tables_and_sums(typed: Typed, looking: Path) -> None:
    ended = typed("attend", str(looking / "encoder"), "money bank grows", "--format", "table")
    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert lines[2] == "self-attention, layer 2, mean of 2 heads; 3 tokens, each row sums to 1"
    assert lines[3].split() == ["money", "bank", "grows"]
    assert lines[-2].lstrip().startswith("bank = ")
    assert max(map(len, lines)) <= 100


def test_attend_gives_programs_all_layers_and_heads_of_every_text(
    typed: Typed, looking: Path
) -> None:
    words = ("attend", str(looking / "encoder"), "-", "--format", "jsonl")
    rows = [
        json.loads(line) for line in typed(*words, stdin="money bank\n\nriver\n").out.splitlines()
    ]
    assert len(rows) == 2 * 2 * (4 + 1)
    by_row: dict[tuple[int, ...], float] = {}
    for row in rows:
        key = (row["text"], row["layer"], row["head"], row["query_place"])
        by_row[key] = by_row.get(key, 0) + row["weight"]
    assert list(by_row.values()) == pytest.approx([1.0] * len(by_row), abs=1e-5)


def test_attend_shows_the_arithmetic_of_a_word(typed: Typed, looking: Path) -> None:
    model = str(looking / "encoder")
    ended = typed(
        "attend", model, "money bank grows", "--qkv", "--word", "bank", "--format", "table"
    )
    assert "'bank' at place 2 of self-attention, layer 2, head 1" in ended.out
    assert "score = q · k / √8" in ended.out
    (found,) = json.loads(
        typed("attend", model, "money bank", "--qkv", "--word", "bank", "--format", "json").out
    )
    (made,) = found["arithmetic"]
    assert sum(term["weight"] for term in made["terms"]) == pytest.approx(1)


@pytest.mark.parametrize(
    "words",
    [
        ["attend", "MODELS/encoder", "money bank"],
        ["trace", "MODELS/encoder", "money bank"],
        ["trace", "MODELS/lstm", "money bank", "--gradients"],
    ],
    ids=["attend", "trace", "gradients"],
)
def test_threads_and_devices_are_chosen_as_elsewhere(
    typed: Typed, looking: Path, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a machine that others use, too, all cores were taken, and there was no word against it."""
    words = [word.replace("MODELS", str(looking)) for word in words]
    counts = []
    read = LookedClassifier.read

    def watched(self: LookedClassifier, text: str):
        counts.append(torch.get_num_threads())
        return read(self, text)

    monkeypatch.setattr(LookedClassifier, "read", watched)
    monkeypatch.setattr("nlpwb.training.device.available_cores", lambda: 3)
    found = [typed(*words, "--device", "cpu", "--threads", number).out for number in ("1", "3")]
    assert counts == [1, 3]
    assert found[0] == found[1] != ""
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    refused = typed(*words, "--device", "cuda")
    assert (refused.code, refused.out) == (2, "")
    assert refused.err == "nlpwb: --device cuda: there is no such device here; leave --device out\n"


@pytest.mark.parametrize("ending", ["png", "svg", "html"])
def test_attend_writes_files(typed: Typed, looking: Path, tmp_path: Path, ending: str) -> None:
    words = ("attend", str(looking / "encoder"), "money bank grows", "-o", f"map.{ending}")
    assert typed(*words).out == ""
    assert (tmp_path / f"map.{ending}").stat().st_size > 2000


BAD = [
    ("attend MODELS/lstm text", 1, "has no attention to look at; transformer, gpt, seq2seq-attention"),
    ("attend MODELS/encoder text --layer 3", 2, "--layer 3: the model has layers 1 to 2; "),
    ("attend MODELS/encoder text --head 0", 2, "--head 0: the model has heads 1 to 2; "),
    ("attend MODELS/encoder text --kind crss", 2, "--kind 'crss' is not known; did you mean cross?"),
    ("attend MODELS/encoder text --word texts", 2, "--word texts: the text has no such word; did you mean text?"),
    ("attend MODELS/encoder text --qkv", 2, "add --word WORD"),
    ("attend MODELS/encoder text -o map.gif", 2, "-o map.gif: the ending says the format, .png, .svg or .html"),
    ("attend MODELS/encoder text - ", 2, "give it alone"),
    ("attend MODELS/encoder -", 1, "there is no text to look at"),
    ("attend no-such-model text", 1, "there is no model no-such-model; "),
    ("trace MODELS/encoder text --values logit", 2, "has no such step; did you mean logits?"),
    ("trace MODELS/encoder text --gradients", 1, "rnn, lstm and gru have, and rnn-lm, lstm-lm and gru-lm; leave --gradients out"),
    ("trace MODELS/lstm text --beside MODELS/rnn", 2, "add --gradients"),
    ("trace MODELS/lstm -", 1, "standard input holds no text; give a line of it"),
    ("position --kind rotery", 2, "--kind 'rotery' is not known; did you mean rotary?"),
    ("position --kind rotary --dim 7", 2, "give an even width"),
    ("position --length 1", 2, "--length must be between 2 and 8192, got 1"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "code", "said"), BAD, ids=lambda value: str(value)[:40])
def test_what_cannot_be_shown_gets_its_sentence(
    typed: Typed, looking: Path, line: str, code: int, said: str
) -> None:
    ended = typed(*line.replace("MODELS", str(looking)).split())
    assert (ended.code, ended.out) == (code, "")
    assert said in ended.err
    assert ended.err.count("\n") == 1


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("attend counts text", "attention; transformer, gpt, seq2seq-attention and seq2seq-transformer have, "),
        ("trace counts text", "steps to follow; rnn, lstm, gru, transformer, nbow, cnn, rnn-lm, "),
        ("trace counts text --gradients", "state; rnn, lstm and gru have, and rnn-lm, lstm-lm and gru-lm"),
        (
            "position --kind learned --model counts",
            "learned positions; transformer, gpt and seq2seq-transformer have with positions=learned",
        ),
    ],
)  # fmt: skip
@pytest.mark.parametrize("spec", ["ngram-lm:tokenizer=char", "bow+nb"])
def test_a_model_that_counts_is_told_which_methods_fit(
    typed: Typed, shop: Path, tmp_path: Path, line: str, said: str, spec: str
) -> None:
    """Each command needs something else of a model, and the names of those that have it."""
    (tmp_path / "bank.txt").write_text("money grows in the bank\n" * 20)
    corpus = "bank.txt" if spec.startswith("ngram") else str(shop / "train.csv")
    assert typed("train", spec, corpus, "-o", "counts").code == 0
    ended = typed(*line.split())
    assert (ended.code, ended.out) == (1, "")
    assert f"no network: it has no {said}" in ended.err
    assert ended.err.count("\n") == 1


def test_trace_prints_each_step(typed: Typed, looking: Path) -> None:
    model = str(looking / "lstm")
    rows = typed("trace", model, "money bank grows").out.splitlines()
    assert rows[0] == "step\tshape\tdtype\tmean\tdeviation\tnorm\twhat"
    names = [row.split("\t")[0] for row in rows[1:]]
    assert names[:4] == ["text", "tokens", "ids", "embedding"]
    assert names[-1] == "probabilities"
    found = json.loads(typed("trace", model, "money bank grows", "--format", "json").out)
    assert found["tokens"] == ["money", "bank", "grows"]
    assert [step["step"] for step in found["steps"]] == names


def test_trace_says_what_predict_says(typed: Typed, looking: Path) -> None:
    model = str(looking / "encoder")
    said = json.loads(typed("predict", model, "--format", "json", stdin="money bank\n").out)[0]
    step = typed("trace", model, "money bank", "--values", "probabilities", "--format", "json").out
    found = json.loads(step)
    best = max(range(2), key=lambda place: found["values"][place])
    assert found["columns"][best] == said["label"]
    assert found["values"][best] == pytest.approx(said["score"], abs=1e-6)


def test_values_of_a_step_have_a_column_each(typed: Typed, looking: Path) -> None:
    words = (
        "trace",
        str(looking / "encoder"),
        "money bank",
        "--values",
        "block1.attention.weights",
    )
    rows = [line.split("\t") for line in typed(*words).out.splitlines()]
    assert rows[0] == ["head", "place", "token", "v1", "v2"]
    assert [row[:3] for row in rows[1:]] == [
        ["1", "1", "money"], ["1", "2", "bank"], ["2", "1", "money"], ["2", "2", "bank"],
    ]  # fmt: skip


def test_gradients_of_two_models_stand_beside_each_other(
    typed: Typed, looking: Path, tmp_path: Path
) -> None:
    words = ["trace", str(looking / "rnn"), "nothing grows on the bank", "--gradients"]
    words += ["--beside", str(looking / "lstm")]
    rows = [line.split("\t") for line in typed(*words).out.splitlines()]
    assert rows[0] == ["model", "method", "distance", "token", "norm", "share"]
    assert [row[3] for row in rows[1:6]] == ["bank", "the", "on", "grows", "nothing"]
    assert len(rows) == 11
    assert typed(*words, "-o", "fading.png").out == ""
    assert (tmp_path / "fading.png").exists()


@pytest.mark.parametrize("kind", ["sinusoidal", "learned", "rotary", "alibi"])
def test_position_gives_numbers_and_a_figure(typed: Typed, tmp_path: Path, kind: str) -> None:
    words = ("position", "--kind", kind, "--length", "16", "--dim", "8", "--heads", "2")
    found = json.loads(typed(*words, "--format", "json").out)
    assert found["kind"] == kind
    assert len(found["encoding"]) == (2 if kind == "alibi" else 16)
    assert len(found["similarities"][0]["values"]) == 16
    table = typed(*words, "--format", "table")
    assert (table.code, table.err) == (0, "")
    assert typed(*words, "-o", "fig.png").out == ""
    assert (tmp_path / "fig.png").exists()


def test_position_of_a_base_is_its_learned_table(typed: Typed) -> None:
    """``--model`` alone says which kind; a text's first place is the first row."""
    base = Path(__file__).parents[1] / "fixtures" / "tiny-base"
    ended = typed("position", "--model", str(base), "--length", "6", "--format", "json")
    assert ended.code == 0, ended.err
    found = json.loads(ended.out)
    assert (found["kind"], len(found["encoding"]), len(found["encoding"][0])) == ("learned", 6, 32)
