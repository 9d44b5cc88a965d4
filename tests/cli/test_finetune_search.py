"""``nlpwb finetune --search``: trials on a part of the rows, the best said as a spec, and that one trained on all."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from nlpwb.specs import parse_spec

from .conftest import Typed

BASE = Path(__file__).parents[1] / "fixtures" / "tiny-base"
CSV = "text,label\n" + "".join(
    f"the bank is good {n},yes\nthe river is bad {n},no\n" for n in range(15)
)
HOW = ("--device", "cpu", "--precision", "float32", "--threads", "1", "-v")


@pytest.fixture
def folder(tmp_path: Path, typed: Typed) -> Path:
    del typed
    shutil.copytree(BASE, tmp_path / "base")
    (tmp_path / "in.csv").write_text(CSV, encoding="utf-8")
    return tmp_path


@pytest.mark.slow
def test_the_best_trial_is_said_and_trained(folder: Path, typed: Typed) -> None:
    """The spec that is printed is that of the model, options that were typed stay, and the trials are kept."""
    words = ("finetune", "base", "in.csv", "-o", "model", "--set", "epochs=1")
    ended = typed(*words, "--search", "2", "--cache-dir", "cache", *HOW, "--format", "json")
    assert ended.code == 0, ended.err
    (said,) = [line for line in ended.err.splitlines() if "the best of 2 trials" in line]
    spec = parse_spec(said.rpartition(": ")[2])
    assert spec.representation.config.epochs == 1
    assert str(spec) in ended.out
    assert (
        sum("trial " in line and " of 2: accuracy" in line for line in ended.err.splitlines()) == 2
    )
    cells = len(list((folder / "cache" / "cell").glob("*/manifest.json")))
    assert cells == 2
    again = typed(*words, "--search", "2", "--cache-dir", "cache", *HOW)
    assert again.code == 0
    assert len(list((folder / "cache" / "cell").glob("*/manifest.json"))) == cells


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("--search long", 2, "give a number of trials, such as 20, or a time"),
        ("--search 2 --task tokens", 2, "--task tokens labels words"),
        ("--search 0", 2, "give a number of trials, such as 20, or a time"),
    ],
)
def test_a_search_that_means_nothing(
    words: str, code: int, said: str, folder: Path, typed: Typed
) -> None:
    ended = typed("finetune", "base", "in.csv", "-o", "model", *words.split())
    assert (ended.code, ended.err.count("\n")) == (code, 1)
    assert said in ended.err


def test_standard_input_cannot_be_read_twice(folder: Path, typed: Typed) -> None:
    ended = typed("finetune", "base", "-", "-o", "model", "--search", "2", stdin=CSV)
    assert ended.code == 2
    assert "--search reads the corpus twice" in ended.err
