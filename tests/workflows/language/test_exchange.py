"""Language models of GPT-2's shape go back and forth: ours as the field's libraries read them, theirs as they go on learning."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from nlpwb.errors import UsageError
from nlpwb.specs import parse_spec
from nlpwb.training.meter import Meter
from nlpwb.workflows.language.model import (
    LanguageModel,
    load_language_model,
    save_language_model,
)
from nlpwb.workflows.language.texts import Texts, pieces_of
from nlpwb.workflows.networks.conditions import NetworkProgress, TrainingInterrupted
from nlpwb.workflows.pretrained.opening import open_base
from tests.workflows.pretrained.bases import write_base

from .corpora import LINE, TEXT, fit, fresh, weights
from .test_checkpoint import write_gpt2

SHAPE = "positions=learned,activation=gelu_tanh,dim=16,layers=2,heads=2,context=24"
GPT2 = f"gpt:tokenizer=byte-bpe:300,{SHAPE},batch=4,epochs=4,dropout=0.0,learning_rate=0.01"
ODD = ["money grows", "", "naïve 日本 😀\r\n", "  two  spaces"]
SAME = Texts(pieces_of("the cat sat on the mat\n" * 200), running=True, name="mat")


@pytest.fixture(scope="module")
def made() -> LanguageModel:
    return fit(GPT2)


@pytest.fixture(scope="module")
def folder(made: LanguageModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("gpt") / "model"
    save_language_model(place, made, {"corpus": "bank"})
    return place


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_gpt2(tmp_path_factory.mktemp("gpt2"))


def logits(model: LanguageModel, text: str) -> torch.Tensor:
    ids = torch.from_numpy(model.tokens.encode(text)).long().unsqueeze(0)
    with torch.no_grad():
        found: torch.Tensor = model.network.logits(model.network.hidden(ids)[0])
    return found


def check_transformers(folder: Path, model: LanguageModel, text: str) -> None:
    """The same ids, the same logits."""
    transformers = pytest.importorskip("transformers")
    theirs = transformers.GPT2LMHeadModel.from_pretrained(folder).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    for one in (text, *ODD):
        assert tokenizer(one)["input_ids"] == model.tokens.encode(one).tolist()
        assert tokenizer.decode(model.tokens.encode(one).tolist()) == one
    assert tokenizer.eos_token_id == model.tokens.end
    ids = torch.from_numpy(model.tokens.encode(text)).long().unsqueeze(0)
    with torch.no_grad():
        torch.testing.assert_close(logits(model, text), theirs(ids).logits, atol=1e-4, rtol=1e-4)


def test_transformers_reads_a_gpt_of_gpt2s_shape(folder: Path, made: LanguageModel) -> None:
    check_transformers(folder, made, LINE)


def test_it_comes_back_as_it_was(folder: Path, made: LanguageModel, tmp_path: Path) -> None:
    again = load_language_model(folder, device="cpu")
    assert weights(again) == weights(made)
    assert str(again.part) == str(made.part)
    assert again.tokens.tokens == made.tokens.tokens
    np.testing.assert_array_equal(again.score(TEXT).nats, made.score(TEXT).nats)
    save_language_model(tmp_path / "model", again, {"corpus": "bank"})
    for path in folder.iterdir():
        if path.name != "manifest.json":  # it holds the time
            assert (tmp_path / "model" / path.name).read_bytes() == path.read_bytes(), path.name


def test_it_is_a_base(folder: Path) -> None:
    assert open_base(str(folder)).architecture.family.name == "gpt2"


@pytest.mark.parametrize("option", ["positions=rotary", "norm=rms", "biases=no", "tied=no"])
def test_another_shape_is_nobody_elses(option: str, tmp_path: Path) -> None:
    """A config.json would promise what no class of theirs computes."""
    name, _, _ = option.partition("=")
    words = [word for word in SHAPE.split(",") if not word.startswith(f"{name}=")]
    spec = f"gpt:tokenizer=char,{','.join(words)},{option},steps=1,patience=0"
    save_language_model(tmp_path / "model", fit(spec), {})
    assert not (tmp_path / "model" / "config.json").exists()


def test_characters_have_weights_of_theirs_and_no_tokenizer(tmp_path: Path) -> None:
    """Their classes read the weights; no tokenizer of theirs says what such a one says."""
    model = fit(f"gpt:tokenizer=char,{SHAPE},steps=1,patience=0")
    save_language_model(tmp_path / "model", model, {})
    assert (tmp_path / "model" / "config.json").is_file()
    assert not (tmp_path / "model" / "tokenizer.json").exists()
    again = load_language_model(tmp_path / "model")
    np.testing.assert_array_equal(again.score(TEXT).nats, model.score(TEXT).nats)


def test_a_checkpoint_goes_on_learning_and_is_one_again(base: Path, tmp_path: Path) -> None:
    """Its tokens stay, its perplexity falls, and the field's library reads what came out."""
    notes: list[str] = []
    spec = f"gpt:base={base},batch=8,epochs=3,learning_rate=0.01,tuning=0.2"
    model = fit(spec, SAME, note=notes.append)
    learned = model.learned
    assert learned.before is not None
    assert learned.tuning_nats is not None
    assert learned.tuning_nats < learned.before - 1
    assert any(note.startswith("before training: perplexity ") for note in notes)
    save_language_model(tmp_path / "model", model, {"corpus": "mat"})
    check_transformers(tmp_path / "model", model, "the cat sat on the mat")
    config = json.loads((tmp_path / "model" / "config.json").read_text())
    assert config["eos_token_id"] == model.tokens.end
    again = load_language_model(tmp_path / "model")
    assert weights(again) == weights(model)
    assert str(again.part) == str(model.part)
    np.testing.assert_array_equal(again.score(SAME).nats, model.score(SAME).nats)


def test_it_begins_with_the_weights_of_the_base(base: Path) -> None:
    """A step of nearly no size leaves them where they were."""
    spec = f"gpt:base={base},batch=8,steps=1,learning_rate=0.000000001,patience=0"
    one = logits(fit(spec, SAME), "the cat")
    other = logits(load_language_model(base), "the cat")
    torch.testing.assert_close(one, other, atol=1e-4, rtol=1e-4)


def test_an_interrupted_one_ends_with_the_same_bits(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Meter, "due", lambda self, now: True)
    spec = f"gpt:base={base},batch=4,epochs=1"
    whole = fit(spec, SAME, checkpoints=fresh(tmp_path / "whole"))

    def stop(progress: NetworkProgress) -> None:
        if progress.step.step >= 5:
            raise KeyboardInterrupt

    folder = fresh(tmp_path / "run")
    with pytest.raises(TrainingInterrupted):
        fit(spec, SAME, checkpoints=folder, progress=stop)
    again = fit(spec, SAME, checkpoints=folder)
    assert again.learned.made is not None
    assert again.learned.made.resumed >= 5
    assert weights(again) == weights(whole)


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ("gpt:base=x,dim=64", "dim=64 is settled by base=x; leave one of them out"),
        ("gpt:base=x,tokenizer=char", "tokenizer=char is settled by base=x"),
        ("gpt:base=x,preset=cpu", "preset=cpu is settled by base=x"),
    ],
)
def test_what_a_base_settles_is_refused(spec: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        parse_spec(spec)


def test_a_window_longer_than_the_base_sees_is_refused(base: Path) -> None:
    with pytest.raises(UsageError, match=r"context=50 is more than .* tells apart, 40 tokens"):
        fit(f"gpt:base={base},context=50", SAME)


def test_an_encoder_is_no_base_of_a_writer(tmp_path: Path) -> None:
    encoder = write_base(tmp_path / "bert", [LINE])
    with pytest.raises(Exception, match="is a base, which knows no labels"):
        fit(f"gpt:base={encoder}", SAME)
