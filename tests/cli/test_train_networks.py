"""``nlpwb train``, ``predict``, ``evaluate`` and ``embed`` with a network: what is printed, what is written, what is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from nlpwb.workflows.folders import FORMAT

from .conftest import Typed

SPEC = "nbow:dim=8,epochs=30,learning_rate=0.5"
FIELDS = [
    "model", "method", "documents", "epochs", "best_epoch", "steps", "tuning_score", "tuning",
    "labels", "dimensions", "fit_seconds", "bytes", "parameters", "padding", "cut", "covered",
    "trained_share", "ship_bytes",
    "device", "precision", "threads", "resumed",
]  # fmt: skip


@pytest.fixture(scope="module")
def bag(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model that was trained once."""
    from nlpwb.cli.main import run

    folder = tmp_path_factory.mktemp("bag")
    words = ["train", SPEC, str(shop / "train.csv"), "-o", str(folder / "model"), "-q"]
    assert run([*words, "--cache-dir", str(folder / "cache"), "--device", "cpu"]) == 0
    return folder / "model"


def test_train_says_how_a_network_trained(typed: Typed, shop: Path, tmp_path: Path) -> None:
    words = ("train", SPEC, str(shop / "train.csv"), "-o", "model", "--device", "cpu")
    ended = typed(*words, "--precision", "float32", "--threads", "1", "--format", "json")
    assert (ended.code, ended.err) == (0, "")
    (row,) = json.loads(ended.out)
    assert list(row) == FIELDS
    known = {name: row[name] for name in FIELDS if name not in ("fit_seconds", "bytes", "padding")}
    assert known == {
        "model": "model",
        "method": SPEC,
        "documents": 21,
        "labels": ["no", "yes"],
        "dimensions": 8,
        "epochs": 30,
        "best_epoch": 30,
        "steps": 30,
        "tuning_score": "",
        "tuning": None,
        "parameters": 15 * 8
        + 8 * 2
        + 2,  # 13 words, padding, unknown; a weight for each label; biases
        "cut": 0,
        "covered": None,
        "trained_share": None,
        "ship_bytes": None,
        "device": "cpu",
        "precision": "float32",
        "threads": 1,
        "resumed": 0,
    }
    assert row["padding"] == 0.0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model"]
    assert sorted(path.name for path in (tmp_path / "model").iterdir()) == [
        "manifest.json",
        "model.safetensors",
        "training.jsonl",
        "vocabulary.json",
    ]
    manifest = json.loads((tmp_path / "model" / "manifest.json").read_text())
    assert manifest["made"]["network"]["steps"] == 30


def test_notes_are_told_when_asked_for(typed: Typed, shop: Path) -> None:
    """Into a pipe nothing is said but with -v; -q is silent on a terminal, too."""
    words = ("train", SPEC.replace("30", "1"), str(shop / "train.csv"), "-o", "model")
    said = typed(*words, "-v", "--device", "cpu", "--precision", "float32", "--threads", "1").err
    lines = said.splitlines()
    assert "42 tokens (wordpunct) of 15 in the vocabulary" in lines
    assert "138 parameters in float32 on cpu, 1 thread; 0 % of a batch is padding" in lines
    assert typed(*words).err == ""


def test_a_plot_and_a_log_are_written(typed: Typed, shop: Path, tmp_path: Path) -> None:
    words = ("train", SPEC, str(shop / "train.csv"), "-o", "model")
    ended = typed(*words, "--plot", "curves.svg", "--log", "log.jsonl")
    assert ended.code == 0, ended.err
    picture = (tmp_path / "curves.svg").read_text(encoding="utf-8")
    assert f">{SPEC} on train.csv<" in picture
    assert (tmp_path / "log.jsonl").read_bytes() == (
        tmp_path / "model" / "training.jsonl"
    ).read_bytes()


@pytest.mark.parametrize(
    ("option", "value"),
    [("--device", "cpu"), ("--precision", "float32"), ("--plot", "c.png"), ("--log", "l.jsonl")],
)
def test_what_concerns_networks_alone_is_refused_elsewhere(
    typed: Typed, shop: Path, option: str, value: str
) -> None:
    ended = typed("train", "bow+nb", str(shop / "train.csv"), "-o", "m", option, value)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == f"nlpwb: {option} concerns networks, and bow+nb is none; leave it out\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--device", "gpu"], "--device 'gpu' is not known"),
        (["--precision", "float16"], "--precision 'float16' is not known"),
        (["--plot", "c.gif"], "--plot c.gif: the ending says the format"),
        (["--log", "no/l.jsonl"], "--log no/l.jsonl: the folder no does not exist"),
    ],
)
def test_a_slip_is_told_before_any_work(
    typed: Typed, shop: Path, tmp_path: Path, words: list[str], said: str
) -> None:
    ended = typed("train", SPEC, str(shop / "train.csv"), "-o", "m", *words)
    assert ended.code in (1, 2)
    assert ended.err.startswith(f"nlpwb: {said}")
    assert list(tmp_path.iterdir()) == []


def test_predict_answers_lines_and_files(typed: Typed, bag: Path, shop: Path) -> None:
    ended = typed("predict", str(bag), "-", "--proba", stdin="good kale\nbad kale\n\n")
    rows = [line.split("\t") for line in ended.out.splitlines()]
    assert rows[0] == ["row", "label", "score"]
    assert [row[:2] for row in rows[1:]] == [["1", "yes"], ["2", "no"]]
    assert all(0.5 < float(row[2]) < 1 for row in rows[1:])
    ended = typed("predict", str(bag), str(shop / "test.csv"), "--format", "jsonl")
    labels = [json.loads(line)["label"] for line in ended.out.splitlines()]
    assert labels == ["yes"] * 6 + ["no"] * 6


def test_evaluate_counts_the_words_that_are_not_known(typed: Typed, bag: Path, shop: Path) -> None:
    ended = typed("evaluate", str(bag), str(shop / "test.csv"), "--format", "json")
    document = json.loads(ended.out)
    assert (document["score"], document["oov_rate"]) == (1.0, 0.5)
    loss = typed(
        "evaluate", str(bag), str(shop / "test.csv"), "--metric", "log-loss", "--format", "json"
    )
    assert 0 < json.loads(loss.out)["score"] < 0.7


def test_embed_writes_what_the_last_layer_sees(
    typed: Typed, bag: Path, shop: Path, tmp_path: Path
) -> None:
    """The mean of two words' vectors; of two unknown foods the same one."""
    ended = typed("embed", str(bag), str(shop / "test.csv"), "-o", "e.npy")
    assert (ended.code, ended.err) == (0, "")
    vectors = np.load(tmp_path / "e.npy")
    assert (vectors.shape, vectors.dtype) == ((12, 8), np.float32)
    np.testing.assert_allclose(vectors[1:6], np.tile(vectors[0], (5, 1)), atol=1e-6)
    refused = typed("embed", str(bag), str(shop / "test.csv"), "-o", "e.npz")
    assert (refused.code, refused.err.count("end it in .npy")) == (2, 1)


def test_a_flipped_byte_a_lost_file_and_a_newer_format_have_their_sentences(
    typed: Typed, bag: Path, tmp_path: Path
) -> None:
    def broken(name: str) -> Path:
        return Path(shutil.copytree(bag, tmp_path / name))

    flipped = broken("flipped") / "model.safetensors"
    data = bytearray(flipped.read_bytes())
    data[-1] ^= 1
    flipped.write_bytes(data)
    (broken("lost") / "model.safetensors").unlink()
    newer = broken("newer") / "manifest.json"
    newer.write_text(newer.read_text().replace('"format": 1', '"format": 99'))
    for name, said in (
        ("flipped", "the model flipped is damaged: model.safetensors is not what was written"),
        ("lost", "the model lost has lost its file model.safetensors; train it again"),
        ("newer", f"newer has format 99, and this version reads up to {FORMAT}; update nlpwb"),
    ):
        ended = typed("predict", name, "-", stdin="x\n")
        assert (ended.code, ended.out) == (1, "")
        assert said in ended.err


def test_a_network_in_a_comparison_has_its_row(typed: Typed, shop: Path) -> None:
    """Dimensions are those of the last layer, OOV that of its tokens; two seeds give a spread."""
    words = ("compare", str(shop / "train.csv"), "--test", str(shop / "test.csv"))
    ended = typed(*words, "-m", SPEC, "-m", "bow+nb", "--seeds", "2", "--format", "json")
    assert ended.code == 0, ended.err
    (row,) = [one for one in json.loads(ended.out)["results"] if one["method"] == SPEC]
    assert (row["score"], row["dimensions"], row["oov_rate"]) == (1.0, 8, 0.5)
    assert row["seed_sd"] == 0.0
    assert row["bytes"] > 15 * 8 * 4
    assert row["peak_mib"] > 0


def test_a_comparison_says_what_was_cut(typed: Typed, shop: Path) -> None:
    """Each of the 21 training texts has two tokens; a note stands beside the table, which stays data."""
    words = ("compare", str(shop / "train.csv"), "--test", str(shop / "test.csv"), "-m", "majority")
    ended = typed(*words, "-m", "nbow:max_tokens=1,epochs=1", "-v")
    assert ended.code == 0
    note = "nbow:max_tokens=1,epochs=1: 100 % of the documents were cut at 1 tokens (max_tokens)"
    assert note in ended.err.splitlines()


def test_a_network_out_of_time_costs_its_row_alone(typed: Typed, shop: Path) -> None:
    words = ("compare", str(shop / "train.csv"), "--test", str(shop / "test.csv"))
    slow = "lstm:epochs=10000,patience=0,hidden=512"
    ended = typed(*words, "-m", slow, "-m", "majority", "--method-timeout", "3", "--format", "tsv")
    assert ended.code == 4
    assert "stopped after 3 s (--method-timeout)" in ended.out
