"""How an encoder that is trained from nothing begins: where its heads look, and what it says before the first step."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from torch import Tensor

from nlpwb.methods.finetuning.checkpoint import head_of, new_body
from nlpwb.methods.finetuning.configurations import architecture_of
from nlpwb.methods.finetuning.masked import MaskedNetwork
from nlpwb.methods.finetuning.neighbours import look_at_neighbours, say_frequencies

VOCABULARY, PLACES = 50, 64


def begun(dim: int, heads: int) -> MaskedNetwork:
    said = {
        "model_type": "bert",
        "vocab_size": VOCABULARY,
        "hidden_size": dim,
        "num_hidden_layers": 2,
        "num_attention_heads": heads,
        "intermediate_size": 2 * dim,
        "max_position_embeddings": PLACES,
        "type_vocab_size": 2,
        "hidden_act": "gelu",
        "pad_token_id": 0,
        "hidden_dropout_prob": 0.0,
        "attention_probs_dropout_prob": 0.0,
    }
    torch.manual_seed(0)
    architecture = dataclasses.replace(architecture_of(said, name="it"), task="language")
    body, top = new_body(architecture, vocabulary=VOCABULARY), head_of(architecture, "language")
    look_at_neighbours(body, top)  # type: ignore[arg-type]
    return MaskedNetwork(body, top).eval()  # type: ignore[arg-type]


def weights_of_the_first_block(network: MaskedNetwork, ids: Tensor) -> Tensor:
    """(B, H, T, T): what its softmax gives."""
    body = network.body
    seen: list[Tensor] = []
    attention = body.blocks[0].attention
    handle = attention.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    body(ids, torch.full((len(ids),), ids.shape[1]))
    handle.remove()
    q, k, _ = attention.packed(seen[0]).chunk(3, dim=-1)
    heads, width = attention.heads, q.shape[-1] // attention.heads
    q, k = (x.unflatten(-1, (heads, width)).transpose(1, 2) for x in (q, k))
    return torch.softmax(q @ k.mT / width**0.5, dim=-1)


@pytest.mark.parametrize(("dim", "heads"), [(128, 2), (128, 4), (256, 4)])
def test_heads_look_at_neighbours(dim: int, heads: int) -> None:
    """Head 0 one place back, head 1 one place on, and so on, whatever the tokens are."""
    network = begun(dim, heads)
    ids = torch.randint(0, VOCABULARY, (3, PLACES))
    weights = weights_of_the_first_block(network, ids)
    for head, distance in zip(range(heads), (-1, 1, -2, 2), strict=False):
        inside = torch.arange(4, PLACES - 4)
        there = weights[:, head, inside, inside + distance]
        assert there.mean() > 0.5, f"head {head}"


def test_what_stands_beside_a_place_decides_its_answer() -> None:
    """Another neighbour moves an answer more than another token far away does."""
    network = begun(128, 2)
    ids = torch.randint(5, VOCABULARY, (1, PLACES))
    places = torch.tensor([30])

    def said(changed: int | None) -> Tensor:
        other = ids.clone()
        if changed is not None:
            other[0, changed] = 4
        return network(other, torch.tensor([PLACES]), places)

    with torch.no_grad():
        near = (said(29) - said(None)).norm()
        far = (said(50) - said(None)).norm()
    assert near > 3 * far


def test_first_answers_are_frequencies() -> None:
    """Before the first step a token is about as likely as it is frequent."""
    network = begun(128, 2)
    counts = torch.arange(VOCABULARY) ** 2
    say_frequencies(network.top, counts)  # type: ignore[arg-type]
    ids = torch.randint(0, VOCABULARY, (4, PLACES))
    with torch.no_grad():
        seen = network(ids, torch.full((4,), PLACES), torch.arange(4 * PLACES))
        likely = network.logits(seen).softmax(-1).mean(0)
    frequency = (counts + 1).double() / (counts + 1).sum()
    divergence = (frequency * (frequency.log() - likely.double().log())).sum()
    assert divergence < 0.1


def test_a_network_too_narrow_for_places_is_left_as_it_was() -> None:
    """Four features have no room for a sinusoid and a token."""
    network = begun(4, 1)
    assert float(network.body.embedding.weight.abs().max()) < 0.2
