"""A base that is damaged, missing or of another kind: one sentence that names it, the right exit code, and nothing written."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from nlpwb.bases import finding
from nlpwb.methods.finetuning import wrapped
from tests.workflows.pretrained.hub import block_sockets, use_hub_cache

from .conftest import Ended, Typed

BASE = Path(__file__).parents[1] / "fixtures" / "tiny-base"
CSV = "text,label\n" + "".join(
    f"the bank is good {n},yes\nthe river is bad {n},no\n" for n in range(6)
)


@dataclass(frozen=True)
class Broken:
    """What is done to a sound folder, and the part of the sentence that names it."""

    what: str
    change: Callable[[Path], object]
    said: str

    def __str__(self) -> str:
        return self.what


def configured(**change: object) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        config = json.loads((folder / "config.json").read_text()) | change
        (folder / "config.json").write_text(json.dumps(config))

    return make


def cut(name: str, keep: float = 0.5) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        data = (folder / name).read_bytes()
        (folder / name).write_bytes(data[: int(len(data) * keep)])

    return make


def _without(tensor: str) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        from safetensors.torch import load_file, save_file

        tensors = load_file(folder / "model.safetensors")
        del tensors[tensor]
        save_file(tensors, folder / "model.safetensors")

    return make


def _in_the_old_format(keep: float = 1.0) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        import torch
        from safetensors.torch import load_file

        torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
        (folder / "model.safetensors").unlink()
        cut("pytorch_model.bin", keep)(folder)

    return make


def _with_code(folder: Path) -> None:
    """A stream of commands that says: open(path, "w")."""
    path = str(folder.parent / "sprung").encode()
    commands = b"\x80\x02cio\nopen\nX" + len(path).to_bytes(4, "little") + path
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(commands + b"X\x01\x00\x00\x00w\x86R.")


def _larger_vocabulary(folder: Path) -> None:
    with (folder / "vocab.txt").open("a", encoding="utf-8") as file:
        file.write("one\nmore\n")


def _a_cut_tokenizer(folder: Path) -> None:
    from nlpwb.bases.tokenizers import read_tokenizer

    read_tokenizer(folder, family="bert").save(str(folder / "tokenizer.json"))
    cut("tokenizer.json")(folder)


BROKEN = [
    Broken(
        "no config",
        lambda folder: (folder / "config.json").unlink(),
        "base: it has no",
    ),
    Broken(
        "no weights",
        lambda folder: (folder / "model.safetensors").unlink(),
        "base holds no weights: neither model.safetensors nor pytorch_model.bin is there",
    ),
    Broken(
        "no tokenizer",
        lambda folder: (folder / "vocab.txt").unlink(),
        "base has no tokenizer: neither tokenizer.json, nor vocab.txt, nor vocab.json with merges.txt",
    ),
    Broken(
        "no architecture",
        configured(model_type=None),
        "the config.json of base names no architecture (model_type); this program reads bert, roberta",
    ),
    Broken(
        "an architecture that nobody knows",
        configured(model_type="berty"),
        "base is of the architecture berty, which neither this program nor transformers",
    ),
    Broken(
        "a tensor that is missing",
        _without("encoder.layer.1.output.dense.weight"),
        "base lacks the tensor encoder.layer.1.output.dense.weight, which its config.json promises",
    ),
    Broken(
        "a tensor of another shape",
        configured(intermediate_size=40),
        "the tensor encoder.layer.0.intermediate.dense.weight of base has the shape 48 × 32, and its config.json says 40 × 32",
    ),
    Broken(
        "a tokenizer of another model",
        _larger_vocabulary,
        "the tokenizer of base has 25 tokens, and its table of embeddings 23 rows; they are not of one model",
    ),
    Broken(
        "code in the place of weights",
        _with_code,
        "base/pytorch_model.bin holds more than weights, and its code is not run",
    ),
    Broken(
        "a safetensors file cut short",
        cut("model.safetensors"),
        "base/model.safetensors cannot be read",
    ),
    Broken(
        "a head of safetensors cut short",
        cut("model.safetensors", 0.0001),
        "base/model.safetensors cannot be read",
    ),
    Broken("a config cut short", cut("config.json"), "base/config.json cannot be read"),
    Broken(
        "a bin file cut short", _in_the_old_format(0.5), "base/pytorch_model.bin cannot be read"
    ),
    Broken("a tokenizer cut short", _a_cut_tokenizer, "the tokenizer of base cannot be read"),
]


@pytest.fixture
def base(tmp_path: Path, typed: Typed) -> Path:
    """A sound base in the folder where commands run, beside a corpus."""
    del typed
    shutil.copytree(BASE, tmp_path / "base")
    (tmp_path / "in.csv").write_text(CSV, encoding="utf-8")
    (tmp_path / "pairs.tsv").write_text("a bank\tthe bank\t4\na river\ta bank\t1\n" * 2)
    return tmp_path / "base"


def _one_line(ended: Ended, said: str, code: int = 1) -> None:
    assert (ended.code, ended.out) == (code, ""), ended.err
    assert ended.err.startswith("nlpwb: ")
    assert ended.err.count("\n") == 1, ended.err
    assert said in ended.err


@pytest.mark.parametrize("broken", BROKEN, ids=str)
@pytest.mark.parametrize(
    "words",
    [
        "embed base in.csv -o e.npy",
        "finetune base in.csv -o model --device cpu --precision float32",
    ],
)
def test_a_broken_base_is_named(broken: Broken, words: str, base: Path, typed: Typed) -> None:
    broken.change(base)
    before = sorted(base.parent.rglob("*"))
    ended = typed(*words.split())
    _one_line(ended, broken.said)
    assert sorted(base.parent.rglob("*")) == before, "something was left behind"
    assert not (base.parent / "sprung").exists(), "the code was run"


@pytest.mark.parametrize(
    "words",
    [
        "contexts base bank a-bank another-bank",
        "attend base a-bank",
        "trace base a-bank",
        "similarity pairs.tsv --base base",
        pytest.param("compare in.csv -m finetune:base=base --folds 2", marks=pytest.mark.slow),
    ],
)
def test_every_command_says_it_as_one_sentence(words: str, base: Path, typed: Typed) -> None:
    """Of a tensor that is missing; a comparison has other methods to print, and says so by its code."""
    _without("encoder.layer.0.output.dense.bias")(base)
    ended = typed(*(word.replace("-bank", " bank") for word in words.split()))
    assert ended.code in (1, 4), ended.err
    assert "base lacks the tensor encoder.layer.0.output.dense.bias" in ended.err
    assert "Traceback" not in ended.err


def test_an_architecture_of_the_extra_names_the_command_that_installs_it(
    base: Path, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wrapped, "reads_others", lambda: False)
    configured(model_type="mpnet")(base)
    said = (
        "base is of the architecture mpnet; this program reads bert, roberta, electra, distilbert, gpt2 by itself, and others "
        "with an extra that is not installed; `pip install 'nlpwb[hf]'` installs it"
    )
    _one_line(typed("embed", "base", "in.csv", "-o", "e.npy"), said)


@pytest.mark.parametrize(
    "words",
    [
        "embed minilm in.csv -o e.npy",
        "finetune minilm in.csv -o model",
        "contexts minilm bank bank bank",
        "attend minilm bank",
        "train pretrained:base=minilm in.csv -o model",
        "compare in.csv -m pretrained:base=minilm",
    ],
)
def test_minilm_without_its_extra_names_the_command(
    words: str, base: Path, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "_installed", lambda package: None)
    ended = typed(*words.split())
    assert ended.code in (1, 4), ended.err
    assert (
        "the base minilm comes with an extra that is not installed; `pip install 'nlpwb[minilm]'` installs it"
        in ended.err
    )


@pytest.mark.parametrize("how", ["--offline", "HF_HUB_OFFLINE"])
def test_a_name_of_the_hub_while_offline(
    how: str, base: Path, typed: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No socket is opened, and the way out is said."""
    (tmp_path / "hub").mkdir()
    use_hub_cache(monkeypatch, tmp_path / "hub")
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    words = ["embed", "hub:someone/thing", "in.csv", "-o", "e.npy"]
    if how == "--offline":
        words.append(how)
        monkeypatch.setenv("HF_HUB_OFFLINE", "")  # the command sets it, and this takes it back
    else:
        monkeypatch.setenv(how, "1")
    attempts = block_sockets(monkeypatch)
    said = "the base hub:someone/thing is not in the hub's cache, and the hub is not asked"
    _one_line(typed(*words), said)
    assert attempts == []


def test_labels_that_the_model_does_not_know(base: Path, typed: Typed, tmp_path: Path) -> None:
    """A fine-tuned model says which labels it knows, and is not wrong without a word."""
    train = "finetune base in.csv -o model --set epochs=1 --device cpu --precision float32 -q"
    assert typed(*train.split()).code == 0
    (tmp_path / "other.csv").write_text("text,label\na bank,perhaps\n", encoding="utf-8")
    _one_line(
        typed("evaluate", "model", "other.csv"),
        "other.csv, line 2: the model model does not know the label 'perhaps'; it knows no, yes",
    )
    (tmp_path / "none.csv").write_text("text\na bank\n", encoding="utf-8")
    assert typed("evaluate", "model", "none.csv").code == 1


def test_a_word_that_a_sentence_does_not_have(base: Path, typed: Typed) -> None:
    ended = typed("contexts", "base", "bank", "the bank is good", "the river is bad")
    _one_line(ended, "bank")
    assert "the river is bad" in ended.err


@pytest.mark.parametrize(
    ("words", "said", "code"),
    [
        ("finetune base in.csv -o m --strategy lora --set targets=querry", "did you mean query", 2),
        ("finetune base in.csv -o m --strategy lorra", "did you mean lora", 2),
        ("finetune base in.csv -o m --set rank=4", "does nothing with strategy=full", 2),
        ("finetune bse in.csv -o m", "there is no base bse", 2),
    ],
)
def test_requests_that_mean_nothing(
    words: str, said: str, code: int, base: Path, typed: Typed
) -> None:
    _one_line(typed(*words.split()), said, code)


@pytest.mark.parametrize(
    "words",
    [
        "predict base in.csv",
        "evaluate base in.csv",
        "predict minilm in.csv",
        "evaluate minilm in.csv",
    ],
)
def test_a_base_has_no_labels_and_says_what_can_be_asked_of_it(
    words: str, base: Path, typed: Typed
) -> None:
    ended = typed(*words.split())
    _one_line(ended, "is a base, which knows no labels")
    assert "`nlpwb finetune" in ended.err
