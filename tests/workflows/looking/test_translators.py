"""Encoder-decoders looked into: weights, gates and outputs are the network's own, labels stand where they belong."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from nlpwb.errors import InputError, ModelError
from nlpwb.workflows.looking.attention import attend, views
from nlpwb.workflows.looking.looked import Sides
from nlpwb.workflows.looking.trace import trace
from nlpwb.workflows.looking.translating import LookedTranslator

from .models import translator

COMMON = "tokenizer=words,shared=no"
RECURRENT = f"{COMMON},dim=8,hidden=8"
SPECS = [
    f"seq2seq-attention:{RECURRENT},score=dot,feeding=none",
    f"seq2seq-attention:{RECURRENT},score=general,feeding=output,cell=gru",
    f"seq2seq-attention:{RECURRENT},score=additive,feeding=context,layers=2",
    f"seq2seq-transformer:{COMMON},dim=8,heads=2,layers=2",
    f"seq2seq-transformer:{COMMON},dim=8,heads=2,layers=1,norm=pre,positions=rotary",
]


def given(sides: Sides) -> list[torch.Tensor]:
    assert sides.target is not None
    rows = [torch.tensor([side.ids]) for side in (sides.source, sides.target)]
    return [part for row in rows for part in (row, torch.tensor([row.shape[1]]))]


@pytest.fixture(params=SPECS)
def looked(request: pytest.FixtureRequest) -> LookedTranslator:
    return translator(request.param)


def test_weights_are_those_that_the_network_says_it_used(looked: LookedTranslator) -> None:
    found = attend(looked, "the bank grows")
    with torch.no_grad():
        own = looked.network.attention_weights(*given(found.sides))  # type: ignore[operator]
    assert set(found.kinds) == set(own)
    for kind, layers in own.items():
        for one, theirs in zip(found.layers(kind), layers, strict=True):
            np.testing.assert_allclose(one.weights, theirs[0].numpy(), atol=1e-6)
            np.testing.assert_allclose(one.weights.sum(axis=-1), 1, atol=1e-5)


def test_labels_of_the_source_and_of_what_is_written(looked: LookedTranslator) -> None:
    found = attend(looked, "the bank grows")
    (view,) = views(found)
    target = found.sides.target
    assert target is not None
    assert view.kind == "cross"
    assert [key.strip() for key in view.keys] == ["the", "bank", "grows", "</s>"]
    assert view.queries == (*target.tokens[1:], "</s>")


def test_the_last_step_is_the_networks_own(looked: LookedTranslator) -> None:
    """What comes after the translation, by the reader that translates token by token."""
    found = trace(looked, "the bank grows")
    source, lengths, target, _ = given(found.sides)
    network = looked.network
    with torch.no_grad():
        memory = network.encode(source, lengths)  # type: ignore[operator]
        logits, _ = network.read(target, torch.tensor([target.shape[1]]), memory)  # type: ignore[operator]
    values = found.step("logits").values
    assert values is not None
    np.testing.assert_allclose(values.reshape(-1), logits[0].numpy(), atol=1e-4)
    assert found.steps[-1].name == "probabilities"
    assert sum(found.answers.values) == pytest.approx(1)


@pytest.mark.parametrize(
    "spec", [*SPECS[:3], f"seq2seq:{RECURRENT},layers=2", f"seq2seq:{RECURRENT},cell=rnn"]
)
def test_states_of_a_decoder_are_those_that_are_read_out(spec: str) -> None:
    """From the decoder's own last layer: whole at once, or token by token."""
    looked = translator(spec)
    found = trace(looked, "the bank grows")
    decoder = looked.network.decoder
    caught: list[torch.Tensor] = []

    def keep(_: object, __: object, output: torch.Tensor) -> None:
        caught.append(output)

    original = decoder.step  # type: ignore[union-attr]

    def step(x: torch.Tensor, states: object) -> object:
        made = original(x, states)  # type: ignore[operator]
        caught.append(made[0].unsqueeze(0))
        return made

    handle = decoder.register_forward_hook(keep)  # type: ignore[union-attr]
    object.__setattr__(decoder, "step", step)
    with torch.no_grad():
        looked.network(*given(found.sides))
    handle.remove()
    object.__delattr__(decoder, "step")
    own = torch.cat(caught)[:, 0].numpy()
    layers = looked.network.config.layers  # type: ignore[union-attr]
    values = found.step(f"decoder.layer{layers}.hidden").values
    assert values is not None
    np.testing.assert_allclose(values, own, atol=1e-5)


def test_without_attention_there_is_nothing_to_attend_to() -> None:
    with pytest.raises(ModelError, match="seq2seq-attention and seq2seq-transformer have"):
        attend(translator(f"seq2seq:{RECURRENT}"), "the river")
    with pytest.raises(InputError, match="holds no token"):
        translator(SPECS[0]).read("")
