"""The block against torch's TransformerEncoderLayer at copied weights, and its feed-forward part by its formulas."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from nlpwb.methods.transformer.attention import Sight
from nlpwb.methods.transformer.blocks import EncoderBlock, FeedForward, Norm, initialise
from tests.methods.transformer.parts import EVERYWHERE, padded


def copied(ours: EncoderBlock, *, activation: str, dim: int, width: int) -> nn.Module:
    """Torch's layer with our weights."""
    theirs = nn.TransformerEncoderLayer(
        dim, ours.attention.heads, width, 0.0, activation, batch_first=True, norm_first=ours.pre
    )
    pairs = {
        "self_attn.in_proj_": ours.attention.packed,
        "self_attn.out_proj.": ours.attention.output,
        "linear1.": ours.feed_forward.inner,
        "linear2.": ours.feed_forward.output,
        "norm1.": ours.attention_norm,
        "norm2.": ours.feed_forward_norm,
    }
    theirs.load_state_dict(
        {
            start + name: value
            for start, part in pairs.items()
            for name, value in part.state_dict().items()
        }
    )
    return theirs


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("norm", ["pre", "post"])
@pytest.mark.parametrize("activation", ["relu", "gelu"])
@pytest.mark.parametrize("lengths", [[7, 7, 7], [7, 3, 1]])
def test_parity_with_torch(norm: Norm, activation: str, lengths: list[int], training: bool) -> None:
    """Equal weights must give torch's output and torch's gradients, with padding and without."""
    torch.manual_seed(0)
    ours = EncoderBlock(24, 4, width=40, norm=norm, activation=activation)  # type: ignore[arg-type]
    for parameter in ours.parameters():
        nn.init.normal_(parameter, std=0.3)
    theirs = copied(ours, activation=activation, dim=24, width=40)
    ours.train(training)
    theirs.train(training)
    real = padded(lengths, 7)
    mask = None if min(lengths) == 7 else real
    inputs = torch.randn(3, 7, 24)
    mine, other = inputs.clone().requires_grad_(), inputs.clone().requires_grad_()
    output = ours(mine, Sight(mask=mask))
    expected = theirs(other, src_key_padding_mask=None if mask is None else ~real[:, 0, 0])
    seen = real[:, 0, 0]
    torch.testing.assert_close(output[seen], expected[seen], atol=1e-5, rtol=1e-5)
    output[seen].square().sum().backward()
    expected[seen].square().sum().backward()
    torch.testing.assert_close(mine.grad, other.grad, atol=1e-3, rtol=1e-4)


def test_parity_with_torch_when_causal() -> None:
    """The same block is a decoder's, where torch is given the causal mask."""
    torch.manual_seed(1)
    ours = EncoderBlock(16, 2, width=32, activation="gelu").eval()
    theirs = copied(ours, activation="gelu", dim=16, width=32).eval()
    x = torch.randn(2, 5, 16)
    mask = nn.Transformer.generate_square_subsequent_mask(5)
    torch.testing.assert_close(
        ours(x, Sight(causal=True)), theirs(x, src_mask=mask), atol=1e-5, rtol=1e-5
    )


def test_swiglu_by_head() -> None:
    """SiLU(1) · 3 with unit weights: the gate is the first half of the inner matrix."""
    part = FeedForward(1, 1, "swiglu")
    with torch.no_grad():
        part.inner.weight.copy_(torch.tensor([[1.0], [3.0]]))
        part.inner.bias.zero_()
        part.output.weight.fill_(1.0)
        part.output.bias.zero_()
    expected = 3 / (1 + torch.exp(torch.tensor(-1.0)))
    torch.testing.assert_close(part(torch.ones(1, 1, 1)).squeeze(), expected)


def test_the_two_gelus_are_near_and_not_the_same() -> None:
    """A checkpoint of GPT-2 needs the approximation, one of BERT the exact form."""
    torch.manual_seed(2)
    exact, near = FeedForward(8, 16, "gelu"), FeedForward(8, 16, "gelu_tanh")
    near.load_state_dict(exact.state_dict())
    x = torch.randn(4, 3, 8) * 3
    assert not torch.equal(exact(x), near(x))
    torch.testing.assert_close(exact(x), near(x), atol=2e-3, rtol=0)


def test_start_of_weights() -> None:
    """Matrices that write into the sum start narrower by the root of twice the layers; none lies outside two deviations."""
    torch.manual_seed(3)
    blocks = nn.ModuleList(EncoderBlock(128, 4, width=512) for _ in range(8))
    initialise(blocks, 8)
    first = blocks[0]
    assert isinstance(first, EncoderBlock)
    # a normal distribution cut at two deviations has .880 of its deviation
    assert float(first.attention.packed.weight.detach().std()) == pytest.approx(
        0.02 * 0.880, rel=0.03
    )
    assert float(first.feed_forward.inner.weight.detach().abs().max()) <= 0.04
    for part in (first.attention.output, first.feed_forward.output):
        assert float(part.weight.detach().std()) == pytest.approx(0.02 * 0.880 / 4, rel=0.03)
        assert not part.bias.any()


def test_attention_weights_are_those_that_the_block_uses() -> None:
    """Pre-norm attention sees normed input: weights of the raw input would be of another computation."""
    torch.manual_seed(4)
    for norm in ("pre", "post"):
        block = EncoderBlock(8, 2, width=16, norm=norm).eval()  # type: ignore[arg-type]
        x = torch.randn(1, 4, 8) * 5
        seen = block.attention_norm(x) if norm == "pre" else x
        torch.testing.assert_close(
            block.attention_weights(x, EVERYWHERE), block.attention.weights(seen, EVERYWHERE)
        )
