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
from nlpwb.workflows.looking.reading import joined
from nlpwb.workflows.looking.trace import trace
from nlpwb.workflows.looking.translating import tokens_read

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
        part="gru-lm",
        tokens=tokens,
        network=network,
        reader=SimpleNamespace(context=None),
        mixture=None,
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


def language_model(text: str) -> LookedLanguageModel:
    """An untrained language model of the house, opened."""
    from nlpwb.catalogue import load
    from nlpwb.specs import parse_spec

    part = parse_spec(text).representation
    tokens = SequenceTokens.fit("words", TEXTS, vocab_size=100, min_count=1, fallback=False)
    torch.manual_seed(0)
    network = load(part.entry.code).build(part.config, vocabulary=tokens.vocabulary).eval()
    with torch.no_grad():
        for name, weights in network.named_parameters():
            if "packed" in name or "embedding" in name:
                weights *= 8
    model: Any = SimpleNamespace(
        part=part, tokens=tokens, network=network, reader=network, mixture=None
    )
    return LookedLanguageModel(Path("model"), model)


@pytest.mark.parametrize(
    "options",
    [
        "positions=learned,heads=2",
        "positions=rotary,norm=rms,activation=swiglu,biases=no,heads=4,kv_heads=2",
        "positions=alibi,heads=2",
        "positions=sinusoidal,heads=2",
    ],
)
def test_a_gpt_looks_back_alone_and_by_the_weights_that_it_used(options: str) -> None:
    looked = language_model(f"gpt:tokenizer=words,dim=16,layers=2,context=16,{options}")
    found = attend(looked, "the bank grows")
    with torch.no_grad():
        own = looked.network.attention_weights(*looked.given(found.sides))  # type: ignore[operator]
    steps = {step.name: step.value for step in found.steps}
    assert len(found.maps) == len(own) == 2
    for one, theirs in zip(found.maps, own, strict=True):
        np.testing.assert_allclose(one.weights, theirs[0].numpy(), atol=1e-6)
        np.testing.assert_allclose(one.weights.sum(axis=-1), 1, atol=1e-5)
        assert not np.triu(one.weights, 1).any()
        name = f"block{one.layer}.attention"
        read = steps[f"{name}.weights"] @ steps[f"{name}.values"]
        assert torch.allclose(read, steps[f"{name}.context"], atol=1e-5)


@pytest.mark.parametrize(
    "spec",
    [
        "gpt:tokenizer=words,dim=16,layers=1,heads=2,context=16",
        "lstm-lm:tokenizer=words,dim=8,hidden=8",
        "gru-lm:tokenizer=words,dim=8,hidden=8",
    ],
)
def test_the_last_step_is_what_the_reader_says(spec: str) -> None:
    """``nlpwb predict`` asks the reader; its next tokens are those of the last step."""
    looked = language_model(spec)
    found = trace(looked, "the bank")
    ids, lengths = looked.given(found.sides)
    network: Any = looked.network
    with torch.no_grad():
        logits, _ = network.read(ids, lengths, network.start(1))
        hidden, _ = network.hidden(ids, None)
    wanted = logits[0].double().softmax(dim=0).numpy()
    np.testing.assert_allclose(found.answers.values, wanted, atol=1e-6)
    if "lm" in spec:
        layers = len(network.layers)
        states = found.step(f"layer{layers}.hidden").values
        assert states is not None
        np.testing.assert_allclose(states, hidden[0].numpy(), atol=1e-5)
        assert fading(looked, "the bank grows").shares[0] == 1


def test_a_word_that_is_spelt_in_bytes_is_read_as_letters() -> None:
    """A token <0x74> is a t to whoever looks; together they are a word again."""
    tokens = SequenceTokens.fit("words", TEXTS, vocab_size=100, min_count=1, fallback=True)
    text = "the tv bank"
    read = tokens_read(tokens, text, tokens.encode(text).tolist())
    assert joined(read.tokens, read.starts) == ["the", "tv", "bank"]
    assert "t" in read.tokens
