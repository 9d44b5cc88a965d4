"""Queries, keys, values, scores and weights of every attention that a network computes, taken while it does.

All of them are what the forward pass used: turned by rotary positions where there are any, keys and values from wherever the
module had them. Weights are the softmax of these scores; the fused kernels, which hold no weights, give the same sums of values
to rounding, and the context that is kept here is theirs.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from nlpwb.methods.networks.tracing import Recorder

if TYPE_CHECKING:
    from torch import Tensor, nn

    from nlpwb.methods.transformer.attention import KeysValues, MultiHeadAttention, Sight

SUMS_CONTEXT = "context"
PARTS = ("queries", "keys", "values", "bias", "scores", "weights", SUMS_CONTEXT)
"""Steps of an attention, each behind the name of the module; a bias only where positions are one."""


def attentions(network: nn.Module) -> list[tuple[str, MultiHeadAttention]]:
    """The attention modules by their names, in the order in which they lie in the network."""
    from nlpwb.methods.transformer.attention import MultiHeadAttention

    return [
        (name, module)
        for name, module in network.named_modules()
        if isinstance(module, MultiHeadAttention)
    ]


def record_attention(recorder: Recorder, module: MultiHeadAttention, name: str) -> None:
    """Keep the steps of one attention as ``name.queries`` … ``name.context``, each with heads in front of places."""
    recorder.method(module, "read", partial(_reading, name))

    def context(found: Tensor) -> Iterator[tuple[str, Tensor]]:
        batch, places, _ = found.shape
        heads = found.view(batch, places, module.heads, -1).transpose(1, 2)  # (B, H, Q, h)
        yield f"{name}.{SUMS_CONTEXT}", heads

    recorder.before(module.output, context)


def _reading(
    name: str, q: Tensor, memory: KeysValues, sight: Sight
) -> Iterator[tuple[str, Tensor]]:
    """The steps before the sums: q (B, H, Q, h), keys and values (B, G, K, h) with G a divisor of H."""
    from nlpwb.methods.transformer.attention import attention_weights, causal_mask

    keys, values = (_for_each_head(part, q.shape[1]) for part in (memory.keys, memory.values))
    mask = sight.mask
    if sight.causal:
        before = causal_mask(q.shape[2], keys.shape[2], q.device)
        mask = before if mask is None else mask & before
    yield f"{name}.queries", q
    yield f"{name}.keys", keys
    yield f"{name}.values", values
    scores = q @ keys.transpose(-2, -1) / math.sqrt(q.shape[-1])  # (B, H, Q, K)
    if sight.bias is not None:
        bias = sight.bias.expand_as(scores)
        yield f"{name}.bias", bias
        scores = scores + bias
    yield f"{name}.scores", scores if mask is None else scores.masked_fill(~mask, -math.inf)
    yield f"{name}.weights", attention_weights(q, keys, mask=mask, bias=sight.bias)


def _for_each_head(part: Tensor, heads: int) -> Tensor:
    """Keys or values that several queries share, once for each head: (B, G, K, h) to (B, H, K, h)."""
    return part if part.shape[1] == heads else part.repeat_interleave(heads // part.shape[1], dim=1)
