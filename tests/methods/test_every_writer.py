"""What every method that writes must pass: it learns a small set to the end, and is the same when it is saved and loaded."""

from __future__ import annotations

import functools
import random
from pathlib import Path

import numpy as np
import pytest

from nlpwb.catalogue import CATALOGUE
from nlpwb.data.pairs import Pairs
from nlpwb.errors import UsageError
from nlpwb.specs import parse_spec
from nlpwb.workflows.language.fitting import fit_language_model
from nlpwb.workflows.language.model import (
    LanguageModel,
    load_language_model,
    save_language_model,
)
from nlpwb.workflows.language.predicting import next_tokens
from nlpwb.workflows.language.texts import Texts
from nlpwb.workflows.networks.conditions import Conditions
from nlpwb.workflows.translation.fitting import fit_translator
from nlpwb.workflows.translation.folder import load_translator, save_translator
from nlpwb.workflows.translation.model import Translator
from nlpwb.workflows.translation.translating import translate_all

CALLS = {"cat": "miaows", "dog": "barks", "hen": "clucks", "fox": "yelps", "owl": "hoots"}
ANIMALS = list(CALLS)
# shuffled: what comes next must not be known from the line before
TEXTS = Texts(
    [f"the {a} then {b}" for a, b in random.Random(0).sample(list(CALLS.items()) * 20, 100)],
    running=False,
)
SOURCES = [f"the {animal} sleeps" for animal in ANIMALS]
TARGETS = [f"{animal} schläft gut" for animal in ANIMALS]
PAIRS = Pairs("pairs", SOURCES * 6, TARGETS * 6, list(range(30)), (), 0, "")
RECURRENT = "tokenizer=words,dim=32,layers=1,batch=8,length=12,patience=0,dropout=0.0"
PAIRED = "tokenizer=words,dim=16,patience=0,dropout=0.0,label_smoothing=0.0,learning_rate=0.01"
LANGUAGE = {
    "ngram-lm": "ngram-lm:order=4,tokenizer=words",
    "rnn-lm": f"rnn-lm:{RECURRENT},epochs=60,learning_rate=0.02",
    "lstm-lm": f"lstm-lm:{RECURRENT},epochs=60,learning_rate=0.02",
    "gru-lm": f"gru-lm:{RECURRENT},epochs=80,learning_rate=0.01",
    "gpt": "gpt:tokenizer=words,dim=32,heads=2,layers=2,context=12,batch=8,patience=0,dropout=0.0,"
    "epochs=60,learning_rate=0.005",
}
TRANSLATORS = {
    "seq2seq": f"seq2seq:{PAIRED},hidden=24,epochs=100",
    "seq2seq-attention": f"seq2seq-attention:{PAIRED},hidden=24,epochs=100",
    "seq2seq-transformer": f"seq2seq-transformer:{PAIRED},heads=2,layers=1,epochs=80",
}


@functools.cache
def language_model(name: str) -> LanguageModel:
    part = parse_spec(LANGUAGE[name]).representation
    return fit_language_model(
        part, TEXTS, seed=0, threads=1, conditions=Conditions(precision="float32")
    )


@functools.cache
def translator(name: str) -> Translator:
    part = parse_spec(TRANSLATORS[name]).representation
    return fit_translator(
        part, PAIRS, seed=0, threads=1, conditions=Conditions(precision="float32")
    )


def test_every_writer_has_an_example() -> None:
    """Add a line above, with options small enough to train in two seconds."""
    for task, examples in (("lm", LANGUAGE), ("translate", TRANSLATORS)):
        assert list(examples) == [n for n, entry in CATALOGUE.items() if entry.writes == task]
        assert [parse_spec(text).representation.name for text in examples.values()] == [*examples]


@pytest.mark.parametrize("name", LANGUAGE)
def test_a_language_model_learns_what_follows(name: str) -> None:
    """The call is that of the animal two tokens before: the token before it alone does not tell."""
    found = next_tokens(language_model(name), [f"the {a} then" for a in ANIMALS], top_k=1)
    assert [one.tokens[0] for one in found] == [f" {call}" for call in CALLS.values()]


@pytest.mark.parametrize("name", LANGUAGE)
def test_a_language_model_is_the_same_when_saved_and_loaded(name: str, tmp_path: Path) -> None:
    model = language_model(name)
    save_language_model(tmp_path / "model", model, {"corpus": "a test"})
    again = load_language_model(tmp_path / "model")
    odd = Texts(["", "xyzzy küche 👍🏽 \x00\n", "the cat", *TEXTS.pieces[:3]], running=False)
    np.testing.assert_array_equal(again.score(odd).nats, model.score(odd).nats)
    assert str(again.part) == str(model.part)
    assert again.parameters == model.parameters


@pytest.mark.parametrize("name", TRANSLATORS)
def test_a_translator_learns_its_pairs_and_is_the_same_when_saved_and_loaded(
    name: str, tmp_path: Path
) -> None:
    model = translator(name)
    assert [one.text for one in translate_all(model, SOURCES)] == TARGETS
    save_translator(tmp_path / "model", model, {"corpus": "a test"})
    again = load_translator(tmp_path / "model")
    odd = ["", "xyzzy küche 👍🏽 \x00", *SOURCES[:2]]
    assert translate_all(again, odd) == translate_all(model, odd)
    np.testing.assert_array_equal(
        again.score(SOURCES, TARGETS).nats, model.score(SOURCES, TARGETS).nats
    )


@pytest.mark.parametrize("name", [*LANGUAGE, *TRANSLATORS])
def test_it_takes_no_head(name: str) -> None:
    with pytest.raises(UsageError, match=r"takes no \+head"):
        parse_spec(f"{name}+svm")
