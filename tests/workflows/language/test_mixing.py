"""Networks that counts help (``ngrams=``): judged, asked, written with, kept and stopped as all others are."""

from __future__ import annotations

import dataclasses
import functools
import math
from pathlib import Path

import numpy as np
import pytest
import torch

from nlpwb.errors import ModelError, UsageError
from nlpwb.training.meter import Meter
from nlpwb.workflows.language.generated import Generated
from nlpwb.workflows.language.generating import generate_texts
from nlpwb.workflows.language.model import LanguageModel, load_language_model, save_language_model
from nlpwb.workflows.language.predicting import next_tokens
from nlpwb.workflows.language.request import Request
from nlpwb.workflows.language.texts import Texts, pieces_of
from nlpwb.workflows.looking.continuing import open_language_model
from nlpwb.workflows.networks.conditions import NetworkProgress, TrainingInterrupted
from nlpwb.workflows.pretrained.language.opening import open_language_base

from .corpora import fit, fresh, part_of, weights

LINES = [
    f"the {one} {verb} the {other}\n"
    for one in ("cat", "dog", "bank")
    for verb in ("sees", "robs")
    for other in ("cow", "bird", "river")
]
TEXT = Texts(pieces_of("".join(LINES[(7 * k * k + k) % 18] for k in range(90))), running=True)
SPECS = {
    "lstm-lm": "lstm-lm:tokenizer=char,dim=12,layers=1,batch=4,length=16,epochs=4,tuning=0.2,"
    "dropout=0.1,learning_rate=0.02",
    "gpt": "gpt:tokenizer=char,dim=16,layers=1,heads=2,context=24,batch=4,epochs=2,tuning=0.2,"
    "dropout=0.1,learning_rate=0.01,positions=learned,activation=gelu",
}


@functools.cache
def learned(name: str) -> LanguageModel:
    return fit(f"{SPECS[name]},ngrams=3", TEXT)


@pytest.mark.parametrize("name", SPECS)
def test_the_network_is_the_same_with_and_without_counts(name: str) -> None:
    """They come after training, and change nothing of it."""
    assert weights(learned(name)) == weights(fit(SPECS[name], TEXT))


@pytest.mark.parametrize("name", SPECS)
def test_both_are_not_worse_than_either_and_it_is_said(name: str) -> None:
    notes: list[str] = []
    model = fit(f"{SPECS[name]},ngrams=3", TEXT, note=notes.append)
    mixed = model.learned.mixed
    assert mixed is not None
    assert mixed.both <= min(mixed.network, mixed.counts) + 2e-3
    assert model.learned.tuning_nats == mixed.both
    held = TEXT.part(72, 90)
    scores = model.score(held)
    assert mixed.both == pytest.approx(scores.nats.sum() / scores.tokens.sum(), rel=1e-4)
    said = (
        f"nats per token on the tuning part: {mixed.network:.4f} by the network, {mixed.counts:.4f} by counts of up to 3 "
        f"tokens, {mixed.both:.4f} by both, whose shares were learned there"
    )
    assert said in notes
    assert any(note.startswith(f"the network's share is {mixed.share:.2f}; ") for note in notes)
    assert len(mixed.shares) == 3


@pytest.mark.parametrize("name", SPECS)
def test_scores_are_the_probabilities_of_what_comes_next(name: str) -> None:
    """Judging needs single probabilities, writing all of them: they are of one model, and sum to 1."""
    model = learned(name)
    text = "the bank robs z"
    scores = model.score(Texts([*text], running=True))
    for place, character in enumerate(text):
        (found,) = next_tokens(model, [text[:place]], top_k=10**6)
        assert sum(found.probabilities) == pytest.approx(1, abs=1e-5)
        said = dict(zip(found.tokens, found.probabilities, strict=True)).get(character)
        if said is not None:  # z is spelt in bytes
            assert scores.nats[place] == pytest.approx(-math.log(said), abs=1e-4)


@pytest.mark.parametrize("name", SPECS)
def test_a_model_comes_back_as_it_was(name: str, tmp_path: Path) -> None:
    before = learned(name)
    save_language_model(tmp_path / "m", before, {})
    after = load_language_model(tmp_path / "m", device="cpu")
    texts = Texts(["the cow", "", "naïve 日本 😀\r\n"], running=False)
    np.testing.assert_allclose(after.score(texts).nats, before.score(texts).nats, atol=1e-6, rtol=0)
    assert after.describe() == before.describe()
    assert after.parameters == before.parameters
    assert "parameters and " in after.describe()
    files = sorted(path.name for path in (tmp_path / "m").iterdir())
    assert files == ["manifest.json", "model.safetensors", "vocabulary.json"]


def test_a_network_of_the_fields_shape_is_not_given_out_as_the_fields(tmp_path: Path) -> None:
    """Without counts the folder has a config.json, from which another library would load half of the model."""
    alone = LanguageModel(part_of(SPECS["gpt"]), learned("gpt").tokens, learned("gpt").network)
    assert alone.architecture is not None
    assert learned("gpt").architecture is None


def test_lost_shares_are_told() -> None:
    state = learned("gpt").state()
    fewer = {name: array for name, array in state.arrays.items() if name != "shares"}
    with pytest.raises(ModelError, match="train it again"):
        LanguageModel.from_state(learned("gpt").part, dataclasses.replace(state, arrays=fewer))


@pytest.mark.parametrize("name", SPECS)
def test_a_text_is_the_same_however_it_is_computed(name: str) -> None:
    """Batched, alone, and with everything read again for each token; the window of gpt fills up on the way."""
    prompts = ["the cat", "", "the dog sees the river", "b"]

    def written(request: Request) -> list[str]:
        events = generate_texts(learned(name), prompts, request)
        return [event.text for event in events if isinstance(event, Generated)]

    request = Request(max_tokens=30, seed=5)
    found = written(request)
    assert len(set(found)) == 4
    assert written(dataclasses.replace(request, batch=1)) == found
    assert written(dataclasses.replace(request, keep=False)) == found
    beams = Request(max_tokens=8, beams=3)
    assert written(dataclasses.replace(beams, batch=3)) == written(beams)


def test_counts_add_what_the_network_does_not_know() -> None:
    """Of text that neither has seen, too: a network of two epochs knows little, and the counts know the words."""
    other = Texts(pieces_of("the bank sees the bird\nthe dog robs the cow\n" * 4), running=True)
    both, alone = learned("gpt"), fit(SPECS["gpt"], TEXT)
    assert both.score(other).nats.sum() < 0.8 * alone.score(other).nats.sum()


def test_an_interrupted_training_ends_with_the_same_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C in the last epoch, before anything is counted."""
    monkeypatch.setattr(Meter, "due", lambda self, now: True)
    spec = f"{SPECS['lstm-lm']},ngrams=3"
    folder = fresh(tmp_path / "run")

    def stop(progress: NetworkProgress) -> None:
        if progress.step.step >= 80:
            raise KeyboardInterrupt

    with pytest.raises(TrainingInterrupted):
        fit(spec, TEXT, checkpoints=folder, progress=stop)
    again, whole = fit(spec, TEXT, checkpoints=folder), learned("lstm-lm")
    assert again.learned.made is not None
    assert again.learned.made.resumed >= 80
    for name, array in whole.state().arrays.items():
        assert again.state().arrays[name].tobytes() == array.tobytes(), name


def test_without_a_tuning_part_each_has_half_and_it_is_said() -> None:
    """Too few tokens to tune on: nothing could be learned from them."""
    notes: list[str] = []
    short = Texts(TEXT.pieces[:20], running=True)
    model = fit(f"{SPECS['gpt']},ngrams=3", short, note=notes.append)
    assert model.learned.mixed is None
    assert any("have half each" in note for note in notes)
    assert model.mixture is not None
    assert (model.mixture.shares == 0.5).all()


def test_attention_and_steps_are_the_networks(tmp_path: Path) -> None:
    save_language_model(tmp_path / "m", learned("gpt"), {})
    looked = open_language_model(tmp_path / "m", "attention")
    assert looked.method.endswith("ngrams=3, its network alone") or "network alone" in looked.method
    logits = looked.compute(looked.read("the cat"))
    assert logits.shape == (learned("gpt").tokens.vocabulary,)
    base = open_language_base(tmp_path / "m")
    assert isinstance(base.network, torch.nn.Module)


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ("gpt:ngrams=1", "ngrams=1 counts tokens without what comes before them"),
        ("lstm-lm:ngrams=9", "ngrams"),
        ("rnn-lm:ngrams=-1", "ngrams"),
        ("gru-lm:ngrams=4,patience=0", "patience=0 keeps none"),
        ("gpt:base=somewhere,ngrams=4", "leave out ngrams or base"),
        ("ngram-lm:ngrams=4", "ngrams"),
    ],
)
def test_what_makes_no_sense_is_refused(spec: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        part_of(spec)
