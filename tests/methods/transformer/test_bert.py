"""BERT's encoder by itself: what it may see, what tells places and segments apart, and how it starts."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from nlpwb.methods.transformer.bert import BertNetwork, BertShape, MaskedTokenHead

VOCABULARY, DIM = 50, 24
SIZES: dict[str, Any] = {
    "vocabulary": VOCABULARY,
    "dim": DIM,
    "layers": 2,
    "heads": 3,
    "inner": 40,
    "places": 16,
}
SHAPES = {
    "bert": BertShape(**SIZES),
    "roberta": BertShape(**SIZES, first_place=2, segments=1, padding=1),
    "distilbert": BertShape(**SIZES, segments=0),
    "electra": BertShape(**SIZES, table_dim=10),
}


def network(shape: BertShape) -> BertNetwork:
    """Weights of deviation 0.3, so that every one of them counts."""
    torch.manual_seed(0)
    made = BertNetwork(shape)
    with torch.no_grad():
        for weights in made.parameters():
            weights.normal_(std=0.3)
    return made.eval()


def tokens(rows: int, length: int, seed: int = 1) -> Tensor:
    return torch.randint(
        2, VOCABULARY, (rows, length), generator=torch.Generator().manual_seed(seed)
    )


@pytest.mark.parametrize("kind", SHAPES)
@torch.inference_mode()
def test_a_text_alone_and_in_company_is_the_same(kind: str) -> None:
    """Padding behind a text must not be seen, whatever ids stand there."""
    net, ids, lengths = network(SHAPES[kind]), tokens(3, 9), torch.tensor([9, 5, 1])
    together = net(ids, lengths)
    for row, length in enumerate(lengths.tolist()):
        alone = net(ids[row : row + 1, :length], torch.tensor([length]))
        torch.testing.assert_close(together[row, :length], alone[0], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("kind", SHAPES)
@torch.inference_mode()
def test_every_token_sees_every_other_and_its_place(kind: str) -> None:
    """A change of the last token reaches the first vector; the same tokens in another order are another text."""
    net, ids, lengths = network(SHAPES[kind]), tokens(1, 6), torch.tensor([6])
    changed = ids.clone()
    changed[0, -1] = (ids[0, -1] + 1) % VOCABULARY
    before, after = net(ids, lengths), net(changed, lengths)
    assert (before[0, 0] - after[0, 0]).abs().max() > 1e-3
    turned = net(ids.flip(1), lengths).flip(1)
    assert (before - turned).abs().max() > 1e-2


@pytest.mark.parametrize("kind", SHAPES)
@torch.inference_mode()
def test_the_last_state_is_the_answer_and_the_first_is_what_blocks_see(kind: str) -> None:
    net, ids, lengths = network(SHAPES[kind]), tokens(2, 7), torch.tensor([7, 4])
    states = net.states(ids, lengths)
    assert [tuple(state.shape) for state in states] == [(2, 7, DIM)] * 3
    assert torch.equal(states[-1], net(ids, lengths))
    first, sight = net.begin(ids, lengths)
    assert torch.equal(states[0], first)
    torch.testing.assert_close(states[1], net.blocks[0](first, sight))


@torch.inference_mode()
def test_what_enters_the_first_block_is_a_normed_sum_of_three_tables() -> None:
    """Devlin et al. 2019, figure 2: token, segment, place; the norm stands behind the sum."""
    net = network(SHAPES["bert"])
    ids, segments = torch.tensor([[7, 9, 11]]), torch.tensor([[0, 1, 1]])
    entered, _ = net.begin(ids, torch.tensor([3]), segments)
    assert net.segments is not None
    table = net.positions.weight
    for place, (token, segment) in enumerate(zip([7, 9, 11], [0, 1, 1], strict=True)):
        total = net.embedding.weight[token] + table[place] + net.segments.weight[segment]
        norm = net.embedding_norm
        expected = (total - total.mean()) / (total.var(correction=0) + 1e-12).sqrt()
        torch.testing.assert_close(entered[0, place], expected * norm.weight + norm.bias)


@torch.inference_mode()
def test_a_text_without_segments_is_the_first_one() -> None:
    net, ids, lengths = network(SHAPES["bert"]), tokens(2, 5), torch.tensor([5, 3])
    none, zeros = net(ids, lengths), net(ids, lengths, torch.zeros(2, 5, dtype=torch.int64))
    torch.testing.assert_close(none, zeros)
    assert not torch.allclose(none, net(ids, lengths, torch.ones(2, 5, dtype=torch.int64)))


@torch.inference_mode()
def test_places_before_the_first_are_never_read() -> None:
    """RoBERTa's rows for padding would otherwise shift every place by one, which no error shows."""
    net, ids, lengths = network(SHAPES["roberta"]), tokens(2, 14), torch.tensor([14, 3])
    assert net.shape.longest == 14
    before = net(ids, lengths)
    net.positions.weight[:2] = float("nan")
    assert torch.equal(net(ids, lengths)[0], before[0])


@pytest.mark.parametrize("kind", SHAPES)
@torch.inference_mode()
def test_weights_of_attention_are_shares_of_what_is_there(kind: str) -> None:
    net, ids, lengths = network(SHAPES[kind]), tokens(2, 7), torch.tensor([7, 4])
    for weights in net.attention_weights(ids, lengths):
        assert weights.shape == (2, 3, 7, 7)
        torch.testing.assert_close(weights.sum(-1), torch.ones(2, 3, 7))
        assert torch.equal(weights[1, :, :4, 4:], torch.zeros(3, 4, 3))


@torch.inference_mode()
def test_norms_stand_behind_the_parts() -> None:
    """With plain norms each vector that leaves a block has mean 0 and variance 1."""
    net = network(SHAPES["bert"])
    for part in net.modules():
        if isinstance(part, nn.LayerNorm):
            part.weight.fill_(1.0)
            part.bias.zero_()
    for state in net.states(tokens(2, 5), torch.tensor([5, 5])):
        torch.testing.assert_close(state.mean(-1), torch.zeros(2, 5), atol=1e-5, rtol=0)
        torch.testing.assert_close(state.var(-1, correction=0), torch.ones(2, 5))


def test_features_are_dropped_in_training_alone() -> None:
    net, ids, lengths = network(SHAPES["bert"]), tokens(2, 5), torch.tensor([5, 5])
    assert torch.equal(net(ids, lengths), net(ids, lengths))
    net.train()
    assert not torch.equal(net(ids, lengths), net(ids, lengths))


@pytest.mark.parametrize("kind", SHAPES)
def test_every_weight_that_is_used_learns(kind: str) -> None:
    """A part that is made and never called would stay as it was drawn."""
    net = network(SHAPES[kind])
    segments = torch.ones(2, 5, dtype=torch.int64) if kind in ("bert", "electra") else None
    out = net(tokens(2, 5), torch.tensor([5, 3]), segments)
    (out * torch.randn_like(out))[:, :3].sum().backward()
    for name, weights in net.named_parameters():
        assert weights.grad is not None, name
        assert torch.isfinite(weights.grad).all(), name
        assert weights.grad.abs().max() > 0, name


def test_weights_start_near_nothing() -> None:
    """N(0, 0.02²) cut at two deviations, whose deviation is .88 of it; offsets 0, norms 1."""
    net = BertNetwork(BertShape(**{**SIZES, "vocabulary": 3000}))
    drawn = net.embedding.weight
    assert drawn.abs().max() <= 0.04
    assert drawn.std().item() == pytest.approx(0.02 * 0.8796, rel=0.02)
    for part in net.modules():
        if isinstance(part, nn.Linear):
            assert part.weight.abs().max() <= 0.04
            assert not part.bias.any()


@pytest.mark.parametrize(
    ("own", "of_body", "bend"),
    [
        (None, "gelu", functional.gelu),
        (None, "gelu_tanh", lambda x: functional.gelu(x, approximate="tanh")),
        (None, "relu", functional.relu),
        ("gelu", "relu", functional.gelu),
    ],
)
@torch.inference_mode()
def test_the_head_of_masked_tokens_by_its_formula(own: Any, of_body: Any, bend: Any) -> None:
    """RoBERTa's and ELECTRA's bend as GELU, whatever their blocks do."""
    head = MaskedTokenHead(BertShape(**SIZES, table_dim=10, activation=of_body), activation=own)
    for weights in head.parameters():
        weights.normal_(std=0.3)
    x = torch.randn(2, 3, DIM)
    inner = bend(x @ head.dense.weight.T + head.dense.bias)
    expected = functional.layer_norm(inner, (10,), head.norm.weight, head.norm.bias, 1e-12)
    torch.testing.assert_close(head(x), expected)
    assert head.bias.shape == (VOCABULARY,)
