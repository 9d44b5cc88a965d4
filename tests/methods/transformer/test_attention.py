"""Attention against answers by head, and its two forms against each other and against torch's module."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from nlpwb.methods.transformer.attention import (
    MultiHeadAttention,
    Sight,
    attention,
    attention_weights,
    causal_mask,
    fused_attention,
    written_attention,
)
from nlpwb.methods.transformer.positions import rotation
from tests.methods.transformer.parts import EVERYWHERE, padded

seeds = st.integers(0, 2**31)
sizes = st.tuples(
    st.integers(1, 3), st.integers(1, 3), st.integers(1, 7), st.integers(1, 9), st.integers(1, 5)
)


def three(seed: int, batch: int, heads: int, queries: int, keys: int, width: int) -> list[Tensor]:
    """Queries, keys and values."""
    torch.manual_seed(seed)
    return [torch.randn(batch, heads, n, width) for n in (queries, keys, keys)]


def test_weights_by_head() -> None:
    """Two keys whose scores differ by log 3 share the weight 3 : 1; the square root of the width divides."""
    q = torch.tensor([[[[2.0, 0, 0, 0]]]])  # width 4: scores are halved
    k = torch.tensor([[[[math.log(3.0), 0, 0, 0], [0, 0, 0, 0]]]])
    v = torch.tensor([[[[4.0, 0, 0, 0], [0, 8.0, 0, 0]]]])
    torch.testing.assert_close(attention_weights(q, k), torch.tensor([[[[0.75, 0.25]]]]))
    for form in (written_attention, fused_attention, attention):
        torch.testing.assert_close(form(q, k, v), torch.tensor([[[[3.0, 2.0, 0, 0]]]]))


def test_causal_mask_by_head() -> None:
    """Two new queries behind two old keys: the first of them must not see the second."""
    assert causal_mask(2, 4).tolist() == [[True, True, True, False], [True, True, True, True]]


@settings(max_examples=60, deadline=None)
@given(seeds, sizes, st.booleans(), st.booleans(), st.booleans())
def test_forms_agree(
    seed: int, size: tuple[int, ...], masked: bool, biased: bool, causal: bool
) -> None:
    """If the written-out form said other than the fused one, the weights shown would not be those that were used."""
    q, k, v = three(seed, *size)
    batch, heads, queries, keys, _ = size
    mask = torch.rand(batch, 1, queries, keys) < 0.6 if masked else None
    bias = torch.randn(heads, queries, keys) if biased else None
    seen = mask
    if causal:
        before = causal_mask(queries, keys)
        seen = before if mask is None else mask & before
    fused = fused_attention(q, k, v, mask=seen, bias=bias)
    written = written_attention(q, k, v, mask=seen, bias=bias)
    chosen = attention(q, k, v, mask=mask, bias=bias, causal=causal)
    by_weights = attention_weights(q, k, mask=seen, bias=bias) @ v
    for other in (written, chosen, by_weights):
        torch.testing.assert_close(other, fused, atol=1e-5, rtol=1e-5)


@settings(max_examples=60, deadline=None)
@given(seeds, sizes)
def test_weights_are_shares_of_what_may_be_seen(seed: int, size: tuple[int, ...]) -> None:
    """A weight on a forbidden place, however small, would leak padding or the future."""
    q, k, _ = three(seed, *size)
    mask = torch.rand(size[0], 1, size[2], size[3]) < 0.5
    weights = attention_weights(q * 30, k, mask=mask)
    assert (weights[~mask.expand_as(weights)] == 0).all()
    sums = weights.sum(-1)
    expected = mask.any(-1).float().expand_as(sums)
    torch.testing.assert_close(sums, expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("form", [written_attention, fused_attention, attention])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_seeing_nothing_gives_zero_and_a_gradient(form: object, dtype: torch.dtype) -> None:
    """A row of minus infinities is the classic NaN; it comes back in the gradient even where the output is mended."""
    q, k, v = (one.to(dtype).requires_grad_() for one in three(0, 2, 2, 3, 4, 8))
    mask = torch.ones(2, 1, 3, 4, dtype=torch.bool)
    mask[0, :, 1] = False
    read = form(q, k, v, mask=mask)  # type: ignore[operator]
    assert (read[0, :, 1] == 0).all()
    assert (read[0, :, 0] != 0).any()
    read.float().square().sum().backward()
    for one in (q, k, v):
        assert one.grad is not None
        assert torch.isfinite(one.grad).all()


def test_half_precision_stays_near() -> None:
    """The form that bfloat16 takes on a processor must be attention, too."""
    q, k, v = three(3, 2, 2, 8, 8, 16)
    mask = padded([8, 5], 8)
    exact = attention(q, k, v, mask=mask)
    half = attention(q.bfloat16(), k.bfloat16(), v.bfloat16(), mask=mask)
    assert half.dtype == torch.bfloat16
    torch.testing.assert_close(half.float(), exact, atol=0.05, rtol=0.05)


def copied(ours: MultiHeadAttention, dropout: float = 0.0) -> nn.MultiheadAttention:
    """Torch's module with our weights."""
    dim = ours.output.in_features
    theirs = nn.MultiheadAttention(dim, ours.heads, dropout=dropout, batch_first=True)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(ours.packed.weight)
        theirs.in_proj_bias.copy_(ours.packed.bias)
        theirs.out_proj.weight.copy_(ours.output.weight)
        theirs.out_proj.bias.copy_(ours.output.bias)
    return theirs


def test_parity_with_torch_self_attention() -> None:
    """Equal weights must give torch's output and torch's weights, with padding."""
    torch.manual_seed(0)
    ours = MultiHeadAttention(24, 4).eval()
    x, mask = torch.randn(3, 6, 24), padded([6, 4, 1], 6)
    output, weights = copied(ours)(
        x, x, x, key_padding_mask=~mask[:, 0, 0], average_attn_weights=False
    )
    torch.testing.assert_close(ours(x, Sight(mask=mask)), output, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(ours.weights(x, Sight(mask=mask)), weights, atol=1e-5, rtol=1e-5)


def test_parity_with_torch_cross_attention() -> None:
    """Keys and values of another sequence must use their own thirds of the packed matrix."""
    torch.manual_seed(1)
    ours = MultiHeadAttention(24, 3).eval()
    x, memory, mask = torch.randn(2, 5, 24), torch.randn(2, 7, 24), padded([7, 3], 7)
    output, _ = copied(ours)(x, memory, memory, key_padding_mask=~mask[:, 0, 0])
    read = ours.read(ours.queries(x), ours.keys_values(memory), Sight(mask=mask))
    torch.testing.assert_close(read, output, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("rotary", [False, True])
def test_a_cache_gives_what_the_whole_sequence_gives(rotary: bool) -> None:
    """A decoder that reads one token at a time must say what it says when it reads all at once."""
    torch.manual_seed(2)
    ours = MultiHeadAttention(16, 2).eval()
    x = torch.randn(2, 6, 16)
    turns = [
        rotation(torch.arange(6)[span], 8) if rotary else None
        for span in (slice(0, 6), slice(0, 4), slice(4, 5), slice(5, 6))
    ]
    whole = ours(x, Sight(causal=True, turn=turns[0]))
    _, past = ours.project(x[:, :4], turns[1])
    for place in (4, 5):
        q, new = ours.project(x[:, place : place + 1], turns[place - 2])
        past = past.then(new)
        step = ours.read(q, past, Sight(causal=True))
        torch.testing.assert_close(step, whole[:, place : place + 1], atol=1e-5, rtol=1e-5)


def test_causal_weights_see_no_future() -> None:
    """The weights that are shown hide the future as the output does."""
    torch.manual_seed(4)
    ours = MultiHeadAttention(8, 2).eval()
    weights = ours.weights(torch.randn(1, 5, 8), Sight(causal=True))
    assert (weights.triu(1) == 0).all()
    torch.testing.assert_close(weights.sum(-1), torch.ones(1, 2, 5))


def test_dropout_of_weights_only_in_training() -> None:
    """Dropped weights in prediction would make it a lottery."""
    torch.manual_seed(5)
    ours, x = MultiHeadAttention(8, 2, dropout_rate=0.5), torch.randn(1, 6, 8)
    assert not torch.equal(ours(x, EVERYWHERE), ours(x, EVERYWHERE))
    ours.eval()
    assert torch.equal(ours(x, EVERYWHERE), ours(x, EVERYWHERE))
