"""What every encoder-decoder promises: padding and neighbours change nothing, and token by token gives what all at once gives."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from tests.methods.seq2seq.nets import every_network, pairs

NETWORKS = every_network()
NAMES = [f"{type(net).__name__}-{number}" for number, net in enumerate(NETWORKS)]
each = pytest.mark.parametrize("net", NETWORKS, ids=NAMES)


@each
@torch.no_grad()
def test_padding_and_neighbours_change_nothing(net: Any) -> None:
    """A pair in a batch of longer ones must get the outputs that it gets alone."""
    source, sources, target, targets = pairs([5, 3, 1], [2, 4, 3])
    together = net(source, sources, target, targets)
    for row in range(3):
        alone = net(
            source[row : row + 1, : sources[row]],
            sources[row : row + 1],
            target[row : row + 1, : targets[row]],
            targets[row : row + 1],
        )
        torch.testing.assert_close(together[row, : targets[row]], alone[0], atol=1e-5, rtol=1e-5)


@each
@torch.no_grad()
def test_token_by_token_is_teacher_forcing(net: Any) -> None:
    """What decoding is told of the next token must be what training saw there."""
    source, sources, target, targets = pairs([5, 3, 1], [4, 4, 4])
    expected = net.logits(net(source, sources, target, targets))
    memory = net.encode(source, sources)
    one = torch.ones(3, dtype=torch.int64)
    for place in range(4):
        logits, memory = net.read(target[:, place : place + 1], one, memory)
        assert logits.shape == (3, net.vocabulary)
        torch.testing.assert_close(logits, expected[:, place], atol=1e-5, rtol=1e-5)
    assert memory.lengths.tolist() == [4, 4, 4]


@each
@torch.no_grad()
def test_rows_of_unequal_length_are_read_at_once(net: Any) -> None:
    """Right-padded beginnings in one call must leave every row where its own tokens alone leave it."""
    source, sources, target, targets = pairs([5, 3], [3, 1])
    memory = net.encode(source, sources)
    logits, memory = net.read(target, targets, memory)
    assert memory.lengths.tolist() == [3, 1]
    following = torch.tensor([[5], [6]])
    more, _ = net.read(following, torch.ones(2, dtype=torch.int64), memory)
    for row in range(2):
        whole = torch.cat((target[row, : targets[row]], following[row]))[None]
        lengths = torch.tensor([whole.shape[1]])
        alone = net.logits(net(source[row : row + 1], sources[row : row + 1], whole, lengths))[0]
        torch.testing.assert_close(logits[row], alone[-2], atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(more[row], alone[-1], atol=1e-5, rtol=1e-5)


@each
@torch.no_grad()
def test_rows_of_a_memory_are_those_rows(net: Any) -> None:
    """Beam search takes rows twice, leaves others out, and changes their order: each must go on as itself."""
    source, sources, target, targets = pairs([5, 3, 1], [2, 2, 2])
    one = torch.ones(3, dtype=torch.int64)
    expected = net.logits(net(source, sources, target, targets))[:, 1]
    _, memory = net.read(target[:, :1], one, net.encode(source, sources))
    chosen = torch.tensor([2, 0, 0])
    logits, _ = net.read(target[chosen, 1:], one, memory.rows(chosen))
    torch.testing.assert_close(logits, expected[chosen], atol=1e-5, rtol=1e-5)
    _, memory = net.read(target[:, :1], one, net.encode(source, sources))
    fewer = memory.rows(torch.tensor([1]))
    logits, _ = net.read(target[1:2, 1:], one[:1], fewer)
    torch.testing.assert_close(logits[0], expected[1], atol=1e-5, rtol=1e-5)


@each
@torch.no_grad()
def test_attention_weights_sum_to_one_over_the_tokens(net: Any) -> None:
    """Each place's weights over a source must sum to 1, and none may fall on padding."""
    source, sources, target, targets = pairs([5, 3], [2, 2])
    found = net.attention_weights(source, sources, target, targets)
    assert bool(found) == net.looks_back
    for weights in found.get("cross", []):
        assert weights.shape[2:] == (2, 5)
        torch.testing.assert_close(weights.sum(-1), torch.ones(weights.shape[:3]))
        assert (weights[1, :, :, 3:] == 0).all()
    for weights in found.get("decoder", []):
        assert (weights[:, :, 0, 1:] == 0).all()  # nobody looks ahead


@each
def test_every_weight_is_trained(net: Any) -> None:
    """A weight without a gradient would be one that no output depends on."""
    source, sources, target, targets = pairs([5, 3], [3, 2])
    net.zero_grad()
    logits = net.logits(net(source, sources, target, targets))
    logits.square().sum().backward()
    assert [name for name, weight in net.named_parameters() if weight.grad is None] == []
    net.zero_grad()
