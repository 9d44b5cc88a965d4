"""Language models looked into, by the protocol that all of them keep: a recurrent one of a few lines stands for them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from nlpwb.errors import ModelError
from nlpwb.methods.networks.embedding import TokenEmbedding
from nlpwb.methods.networks.sequence_tokens import SequenceTokens
from nlpwb.methods.recurrent.layer import Direction
from nlpwb.workflows.looking.attention import attend
from nlpwb.workflows.looking.continuing import LookedLanguageModel
from nlpwb.workflows.looking.gradients import fading
from nlpwb.workflows.looking.trace import trace

TEXTS = ["the bank grows", "the river grows", "money grows"]


class Chain(nn.Module):
    """An embedding, a recurrent layer, logits."""

    def __init__(self, vocabulary: int) -> None:
        super().__init__()
        self.embedding = TokenEmbedding(vocabulary, 6)
        self.layers = nn.ModuleList([Direction("gru", 6, 6)])
        self.output = nn.Linear(6, vocabulary)

    def hidden(self, ids: Tensor, memory: None) -> tuple[Tensor, None]:
        return self.layers[0](self.embedding(ids).transpose(0, 1)).transpose(0, 1), memory

    def logits(self, hidden: Tensor) -> Tensor:
        found: Tensor = self.output(hidden)
        return found


@pytest.fixture
def looked() -> LookedLanguageModel:
    tokens = SequenceTokens.fit("words", TEXTS, vocab_size=100, min_count=1, fallback=False)
    torch.manual_seed(0)
    network = Chain(tokens.vocabulary).eval()
    model: Any = SimpleNamespace(
        part="gru-lm", tokens=tokens, network=network, reader=SimpleNamespace(context=None)
    )
    return LookedLanguageModel(Path("model"), model)


def test_a_text_begins_with_the_end_of_another(looked: LookedLanguageModel) -> None:
    source = looked.read("the bank grows").source
    assert [token.strip() for token in source.tokens] == ["</s>", "the", "bank", "grows"]
    assert source.ids[0] == 3
    assert source.starts == (True,) * 4


def test_of_a_text_that_is_too_long_the_end_is_read(looked: LookedLanguageModel) -> None:
    looked._model.reader.context = 2  # type: ignore[attr-defined, misc]
    source = looked.read("the bank grows").source
    assert [token.strip() for token in source.tokens] == ["bank", "grows"]
    assert source.cut


def test_the_last_step_is_the_chance_of_each_next_token(looked: LookedLanguageModel) -> None:
    found = trace(looked, "the bank")
    names = [step.name for step in found.steps]
    assert names[3:6] == ["embedding", "layer1.reset_gate", "layer1.update_gate"]
    values = found.step("probabilities").values
    assert values is not None
    with torch.no_grad():
        ids = torch.tensor([found.sides.source.ids])
        hidden, _ = looked.network.hidden(ids, None)  # type: ignore[operator]
        wanted = looked.network.logits(hidden[0, -1]).softmax(dim=0)  # type: ignore[operator]
    np.testing.assert_allclose(values, wanted.numpy(), atol=1e-6)
    states = found.step("layer1.hidden").values
    assert states is not None
    np.testing.assert_allclose(states, hidden[0].numpy(), atol=1e-5)


def test_gradients_are_differences(looked: LookedLanguageModel) -> None:
    """The length of a token's gradient, against the change of the last state when its embedding moves."""
    found = fading(looked, "the bank grows")
    assert [token.strip() for token in found.tokens] == ["grows", "bank", "the", "</s>"]
    network = looked.network.double()
    ids = torch.tensor([looked.read("the bank grows").source.ids])
    vectors = network.embedding(ids).detach()  # type: ignore[operator]
    signs = torch.randint(0, 2, (6,), generator=torch.Generator().manual_seed(0)).double() * 2 - 1

    def value(moved: Tensor) -> float:
        state = network.layers[0](moved.transpose(0, 1))[-1, 0]  # type: ignore[index]
        return float((state * signs).sum())

    with torch.no_grad():
        for distance, norm in enumerate(found.norms):
            moves = []
            for column in range(6):
                step = torch.zeros_like(vectors)
                step[0, 3 - distance, column] = 1e-6
                moves.append((value(vectors + step) - value(vectors - step)) / 2e-6)
            assert norm == pytest.approx(float(np.linalg.norm(moves)), rel=1e-4)


def test_a_recurrent_language_model_has_no_attention(looked: LookedLanguageModel) -> None:
    with pytest.raises(ModelError, match="has no attention to look at"):
        attend(looked, "the bank")
