"""The decoder-only transformer: GPT-2's numbers, and the same numbers however its tokens come."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from nlpwb.methods.transformer.gpt import GptNetwork
from nlpwb.methods.transformer.gpt_config import GptConfig
from nlpwb.specs import parse_spec

VOCABULARY = 50
SHAPES: list[dict[str, Any]] = [
    {"positions": "rotary"},
    {"positions": "alibi"},
    {"positions": "sinusoidal"},
    {"positions": "none"},
    {"positions": "learned", "activation": "gelu_tanh"},
    {"positions": "rotary", "norm": "rms", "activation": "swiglu", "biases": False, "kv_heads": 2},
]
NAMES = ["rotary", "alibi", "sinusoidal", "none", "gpt-2", "llama"]


def network(**options: Any) -> GptNetwork:
    torch.manual_seed(0)
    config = GptConfig(dim=32, layers=2, heads=4, context=24, dropout=0.0, **options)
    made = GptNetwork.build(config, vocabulary=VOCABULARY)
    with torch.no_grad():  # larger than usual, so that every place counts
        for weights in made.parameters():
            if weights.dim() > 1:
                weights.mul_(5)
    return made.eval()


def tokens(rows: int, length: int, seed: int = 1) -> Tensor:
    return torch.randint(
        0, VOCABULARY, (rows, length), generator=torch.Generator().manual_seed(seed)
    )


def all_logits(net: GptNetwork, ids: Tensor) -> Tensor:
    hidden, _ = net.hidden(ids)
    return net.logits(hidden)


@pytest.mark.parametrize("shape", SHAPES, ids=NAMES)
def test_tokens_one_by_one_give_what_they_give_at_once(shape: dict[str, Any]) -> None:
    net, ids = network(**shape), tokens(3, 20)
    with torch.inference_mode():
        whole = all_logits(net, ids)
        memory = net.start(3)
        one = torch.ones(3, dtype=torch.int64)
        for place in range(20):
            logits, memory = net.read(ids[:, place : place + 1], one, memory)
            torch.testing.assert_close(logits, whole[:, place], atol=1e-4, rtol=1e-4)
    assert memory.lengths.tolist() == [20, 20, 20]


@pytest.mark.parametrize("shape", SHAPES, ids=NAMES)
def test_rows_of_several_lengths_give_what_each_gives_alone(shape: dict[str, Any]) -> None:
    """Prompts padded on the right, then pieces of several lengths after them: padding and neighbours change nothing."""
    net, ids = network(**shape), tokens(4, 20)
    first, second = torch.tensor([3, 9, 1, 6]), torch.tensor([2, 1, 5, 3])
    with torch.inference_mode():
        _, memory = net.read(ids[:, :9], first, net.start(4))
        then = torch.zeros(4, 5, dtype=torch.int64)
        for row, (a, b) in enumerate(zip(first.tolist(), second.tolist(), strict=True)):
            then[row, :b] = ids[row, a : a + b]
        together, memory = net.read(then, second, memory)
        assert memory.lengths.tolist() == (first + second).tolist()
        for row, length in enumerate((first + second).tolist()):
            alone = all_logits(net, ids[row : row + 1, :length])[0, -1]
            torch.testing.assert_close(together[row], alone, atol=1e-4, rtol=1e-4)


def test_rows_of_a_memory_go_on_by_themselves() -> None:
    """Hypotheses change places, and one is taken twice."""
    net, ids = network(positions="rotary"), tokens(3, 8)
    chosen, after = torch.tensor([2, 0, 2]), tokens(3, 1, seed=2)
    with torch.inference_mode():
        _, memory = net.read(ids, torch.tensor([8, 5, 8]), net.start(3))
        logits, _ = net.read(after, torch.ones(3, dtype=torch.int64), memory.rows(chosen))
        for row, old in enumerate(chosen.tolist()):
            length = [8, 5, 8][old]
            whole = torch.cat((ids[old, :length], after[row]))
            torch.testing.assert_close(
                logits[row], all_logits(net, whole[None])[0, -1], atol=1e-4, rtol=1e-4
            )


@pytest.mark.parametrize("shape", SHAPES, ids=NAMES)
def test_no_place_sees_what_comes_after(shape: dict[str, Any]) -> None:
    net, ids = network(**shape), tokens(2, 12)
    other = ids.clone()
    other[:, 7:] = (other[:, 7:] + 1) % VOCABULARY
    with torch.inference_mode():
        before, after = all_logits(net, ids), all_logits(net, other)
    torch.testing.assert_close(before[:, :7], after[:, :7], atol=1e-6, rtol=0)
    assert not torch.allclose(before[:, 7:], after[:, 7:])


def test_attention_weights_are_those_of_the_forward_pass() -> None:
    """Context from the weights and the values equals what the block adds."""
    net, ids = network(positions="rotary", kv_heads=2), tokens(2, 10)
    with torch.inference_mode():
        weights = net.attention_weights(ids, torch.tensor([10, 10]))
        assert [tuple(one.shape) for one in weights] == [(2, 4, 10, 10)] * 2
        torch.testing.assert_close(weights[0].sum(dim=-1), torch.ones(2, 4, 10))
        assert float(weights[0].triu(1).abs().max()) == 0
        block: Any = net.blocks[0]
        x, sight = net._begin(ids)
        entered = block.attention_norm(x)
        _, memory = block.attention.project(entered, sight.turn)
        found = weights[0] @ memory.values.repeat_interleave(2, dim=1)
        written = block.attention.output(found.transpose(1, 2).flatten(2))
        torch.testing.assert_close(written, block.attention(entered, sight), atol=1e-5, rtol=1e-5)


def test_logits_are_those_of_gpt_2_at_copied_weights() -> None:
    """GPT-2 holds its matrices transposed, and the three of attention side by side, as ours."""
    transformers = pytest.importorskip(
        "transformers", reason="the reference implementation is not installed"
    )
    config = transformers.GPT2Config(
        vocab_size=VOCABULARY, n_positions=24, n_embd=32, n_layer=2, n_head=4
    )
    torch.manual_seed(3)
    theirs = transformers.GPT2LMHeadModel(config).eval()
    ours = network(positions="learned", activation="gelu_tanh")
    there = theirs.transformer
    with torch.no_grad():
        for weights in theirs.parameters():
            weights.normal_(std=0.3) if weights.dim() > 1 else weights.normal_(mean=0.5, std=0.2)
        ours.embedding.weight.copy_(there.wte.weight)
        assert ours.positions is not None
        ours.positions.weight.copy_(there.wpe.weight)
        ours.final_norm.load_state_dict(there.ln_f.state_dict())
        for block, theirs_block in zip(ours.blocks, there.h, strict=True):
            block.attention_norm.load_state_dict(theirs_block.ln_1.state_dict())  # type: ignore[union-attr]
            block.feed_forward_norm.load_state_dict(theirs_block.ln_2.state_dict())  # type: ignore[union-attr]
            pairs = [
                (block.attention.packed, theirs_block.attn.c_attn),  # type: ignore[union-attr]
                (block.attention.output, theirs_block.attn.c_proj),  # type: ignore[union-attr]
                (block.feed_forward.inner, theirs_block.mlp.c_fc),  # type: ignore[union-attr]
                (block.feed_forward.output, theirs_block.mlp.c_proj),  # type: ignore[union-attr]
            ]
            for mine, other in pairs:
                mine.weight.copy_(other.weight.T)
                mine.bias.copy_(other.bias)
    ids = tokens(3, 20)
    with torch.inference_mode():
        expected = theirs(ids).logits
        torch.testing.assert_close(all_logits(ours, ids), expected, atol=1e-4, rtol=1e-4)
        _, memory = ours.read(ids[:, :7], torch.tensor([7, 7, 7]), ours.start(3))
        for place in range(7, 20):
            step = ids[:, place : place + 1]
            logits, memory = ours.read(step, torch.ones(3, dtype=torch.int64), memory)
            torch.testing.assert_close(logits, expected[:, place], atol=1e-4, rtol=1e-4)


def test_the_preset_small_is_gpt_2s_shape() -> None:
    part = parse_spec("gpt:preset=small").representation
    assert (part.config.dim, part.config.layers, part.config.heads) == (768, 12, 12)
    with torch.device("meta"):
        made = GptNetwork.build(part.config, vocabulary=50257)
    assert sum(weights.numel() for weights in made.parameters()) == 124_439_808


def test_what_is_typed_beside_a_preset_wins_and_a_spec_says_no_more_than_was_typed() -> None:
    part = parse_spec("gpt:preset=cpu,layers=2,dim=128").representation
    assert (part.config.layers, part.config.dim, part.config.tokenizer) == (2, 128, "char")
    assert str(part) == "gpt:preset=cpu,layers=2"
    assert str(parse_spec(str(part)).representation) == str(part)
    assert parse_spec("gpt:layers=2").representation.config.dim == 256
