"""A text whose next character is nearly always known, and models that learn it in a second."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from nlpwb.specs import Part, parse_spec
from nlpwb.workflows.language.fitting import fit_language_model
from nlpwb.workflows.language.model import LanguageModel
from nlpwb.workflows.language.texts import Texts, pieces_of
from nlpwb.workflows.networks.conditions import Conditions

LINE = "money grows in the bank\n"
"""24 characters, 24 bytes; what follows a character is known from some before it."""
TEXT = Texts(pieces_of(LINE * 40), running=True, name="bank")
SPECS = {
    "ngram-lm": "ngram-lm:order=5,tokenizer=char",
    "lstm-lm": "lstm-lm:tokenizer=char,dim=24,layers=1,batch=4,length=24,epochs=30,"
    "patience=0,dropout=0.0,learning_rate=0.03",
    "gpt": "gpt:tokenizer=char,dim=16,layers=1,heads=2,context=24,batch=4,epochs=12,patience=0,"
    "dropout=0.0,learning_rate=0.02",
}


def part_of(spec: str) -> Part:
    return parse_spec(spec).representation


def fit(spec: str, texts: Texts = TEXT, *, seed: int = 0, **conditions: Any) -> LanguageModel:
    """A model of a text, by one thread in float32."""
    given = Conditions(**{"device": "cpu", "precision": "float32", **conditions})
    return fit_language_model(part_of(spec), texts, seed=seed, threads=1, conditions=given)


@functools.cache
def learned(name: str) -> LanguageModel:
    """Each of the three on the text, trained once."""
    return fit(SPECS[name])


def weights(model: LanguageModel) -> dict[str, bytes]:
    """Every bit of a network."""
    return {name: w.numpy().tobytes() for name, w in model.network.state_dict().items()}


def fresh(path: Path) -> Path:
    path.mkdir()
    return path
