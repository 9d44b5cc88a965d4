"""A text whose hidden words are those around them, and an encoder that learns so in a second."""

from __future__ import annotations

import functools
import random
from typing import Any

from nlpwb.specs import parse_spec
from nlpwb.workflows.language.texts import Texts, pieces_of
from nlpwb.workflows.masked.fitting import fit_masked_model
from nlpwb.workflows.masked.model import MaskedModel
from nlpwb.workflows.networks.conditions import Conditions

WORDS = ("money", "river", "bank", "fruit", "phone", "cat")
_DRAWN = random.Random(0)
SOURCE = "".join(
    " ".join([word] * 30) + "\n" for _ in range(8) for word in _DRAWN.sample(WORDS, len(WORDS))
)
"""Runs of 30 times the same word: of ten tokens at a time nearly all are alike."""
TEXT = Texts(pieces_of(SOURCE), running=True, name="runs")
SMALL = "mlm:vocab_size=120,dim=32,layers=1,heads=2,context=10,batch=16,dropout=0"
LEARNED = f"{SMALL},epochs=15,patience=0,learning_rate=0.01,whole_word=yes"
GAP = "river river [MASK] river"


def fit(spec: str, texts: Texts = TEXT, *, seed: int = 0, **conditions: Any) -> MaskedModel:
    """A model of a text, by one thread in float32."""
    given = Conditions(**{"device": "cpu", "precision": "float32", **conditions})
    part = parse_spec(spec).representation
    return fit_masked_model(part, texts, seed=seed, threads=1, conditions=given)


@functools.cache
def learned() -> MaskedModel:
    """An encoder that knows the text, trained once."""
    return fit(LEARNED)


def weights(model: MaskedModel) -> dict[str, bytes]:
    """Every bit of a network."""
    return {name: w.numpy().tobytes() for name, w in model.network.state_dict().items()}
