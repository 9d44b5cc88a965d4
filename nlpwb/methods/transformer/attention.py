"""Attention: softmax(Q Kᵀ / √h) V, written out and fused, and its multi-head module.

Vaswani et al. 2017, "Attention Is All You Need", section 3.2. Letters of shapes: B documents, H heads, Q and K places of queries
and of keys, h width of a head, d = H · h width of the model. A mask is bool, True where a query may look, of any shape
that broadcasts to (B, H, Q, K); a bias is float and is added to the scores.
"""

from __future__ import annotations

import math
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from nlpwb.methods.transformer.dropout import dropout
from nlpwb.methods.transformer.positions import Rotation, rotate

WRITTEN_OUT_KEYS = 2048
"""Up to this many keys the written-out form is taken where it is the faster one: it holds Q · K numbers for each head."""


class KeysValues(NamedTuple):
    """What queries read, projected and ready: two tensors (B, H, K, h). Kept between calls, it is the cache of a decoder."""

    keys: Tensor
    values: Tensor

    def then(self, more: KeysValues) -> KeysValues:
        """These, followed by those of later places."""
        return KeysValues(
            torch.cat((self.keys, more.keys), dim=2), torch.cat((self.values, more.values), dim=2)
        )


def causal_mask(queries: int, keys: int, device: torch.device | None = None) -> Tensor:
    """Nobody sees what comes after: bool (Q, K), where the last query stands at the last key."""
    return torch.ones(queries, keys, dtype=torch.bool, device=device).tril(keys - queries)


def attention_weights(
    q: Tensor, k: Tensor, *, mask: Tensor | None = None, bias: Tensor | None = None
) -> Tensor:
    """softmax(Q Kᵀ / √h + bias) over the keys, (B, H, Q, K): equation 1 without its last factor.

    Exactly 0 where the mask forbids. A row sums to 1, or to 0 where it may look nowhere.
    """
    return _blank(_weights(q, k, mask, bias), mask)


def written_attention(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    *,
    mask: Tensor | None = None,
    bias: Tensor | None = None,
    dropout_rate: float = 0.0,
) -> Tensor:
    """softmax(Q Kᵀ / √h + bias) V, term by term: (B, H, Q, h). A row that may look nowhere is 0."""
    return _blank(dropout(_weights(q, k, mask, bias), dropout_rate) @ v, mask)


def fused_attention(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    *,
    mask: Tensor | None = None,
    bias: Tensor | None = None,
    dropout_rate: float = 0.0,
) -> Tensor:
    """The same by torch's fused kernels, which hold no (Q, K) matrix: (B, H, Q, h)."""
    added = None
    if mask is not None or bias is not None:
        added = _added(mask, bias, q.dtype)
    read = functional.scaled_dot_product_attention(q, k, v, attn_mask=added, dropout_p=dropout_rate)
    return _blank(read, mask)


def attention(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    *,
    mask: Tensor | None = None,
    bias: Tensor | None = None,
    causal: bool = False,
    dropout_rate: float = 0.0,
) -> Tensor:
    """Equation 1 in the form that is the fastest here, (B, H, Q, h); ``causal`` adds the mask that hides what comes after."""
    slow = _slow(q, k, dropout_rate)
    if causal and not slow and mask is None and bias is None and q.shape[2] == k.shape[2]:
        return functional.scaled_dot_product_attention(
            q, k, v, is_causal=True, dropout_p=dropout_rate
        )
    if causal:
        mask = _with_causal(mask, q, k)
    form = written_attention if slow else fused_attention
    return form(q, k, v, mask=mask, bias=bias, dropout_rate=dropout_rate)


class Sight(NamedTuple):
    """Where queries may look, and how their places are told; the same for all layers of a batch."""

    mask: Tensor | None = None
    bias: Tensor | None = None
    turn: Rotation | None = None
    causal: bool = False


class MultiHeadAttention(nn.Module):
    """H attentions side by side, each on its own projection of width h = d / H (section 3.2.2, equation 5).

    Queries, keys and values of self-attention come from one matrix, ``packed`` (3d, d): one product of three times the width
    keeps a processor busier than three. GPT-2's checkpoints hold it so (transposed); BERT's three matrices are its thirds, in
    this order. ``queries`` and ``keys_values`` use a part of it each, so that keys and values may come from another sequence,
    or from a cache (:meth:`KeysValues.then`).

    With fewer heads of keys and values than of queries, several queries read the same ones (grouped queries: Ainslie et al.
    2023); their rows of ``packed`` are as many fewer.

    Args:
        dim: d.
        heads: H, a divisor of d.
        kv_heads: heads of keys and values, a divisor of H; None: as many as of queries.
        biases: whether the projections have offsets.
        dropout_rate: share of the weights that is zero in training.
    """

    def __init__(
        self,
        dim: int,
        heads: int,
        *,
        kv_heads: int | None = None,
        biases: bool = True,
        dropout_rate: float = 0.0,
    ) -> None:
        super().__init__()
        assert dim % heads == 0, "heads share the width"
        self.heads = heads
        self.kv_heads = heads if kv_heads is None else kv_heads
        assert heads % self.kv_heads == 0, "heads of queries share those of keys evenly"
        self.dropout_rate = dropout_rate
        self.packed = nn.Linear(dim, dim + 2 * dim // heads * self.kv_heads, bias=biases)
        self.output = nn.Linear(dim, dim, bias=biases)

    def forward(self, x: Tensor, sight: Sight) -> Tensor:
        """Self-attention: (B, T, d) to (B, T, d)."""
        return self.read(*self.project(x, sight.turn), sight)

    def weights(self, x: Tensor, sight: Sight) -> Tensor:
        """The weights of self-attention on the same input, (B, H, T, T), without dropout."""
        q, memory = self.project(x, sight.turn)
        mask = _with_causal(sight.mask, q, memory.keys) if sight.causal else sight.mask
        return attention_weights(q, self._spread(memory.keys), mask=mask, bias=sight.bias)

    def project(self, x: Tensor, turn: Rotation | None = None) -> tuple[Tensor, KeysValues]:
        """Queries, keys and values of one sequence: (B, T, d) to (B, H, T, h) each; ``turn`` is that of its places."""
        if self.kv_heads == self.heads:
            q, k, v = self._split(self.packed(x), 3)
        else:
            q, k, v = self._grouped(self.packed(x))
        return _turned(q, turn), KeysValues(_turned(k, turn), v)

    def _grouped(self, projected: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(B, T, …) to queries (B, H, T, h), and keys and values, (B, kv_heads, T, h) each."""
        width = self.output.in_features // self.heads
        few = self.kv_heads * width
        parts = torch.split(projected, [self.output.in_features, few, few], dim=2)
        q, k, v = (part.view(*part.shape[:2], -1, width).transpose(1, 2) for part in parts)
        return q, k, v

    def queries(self, x: Tensor, turn: Rotation | None = None) -> Tensor:
        """Queries alone: (B, Q, d) to (B, H, Q, h)."""
        dim = self.output.in_features
        (q,) = self._split(functional.linear(x, self.packed.weight[:dim], self._offsets(0, dim)), 1)
        return _turned(q, turn)

    def keys_values(self, memory: Tensor, turn: Rotation | None = None) -> KeysValues:
        """Keys and values of a sequence that others read: (B, K, d) to (B, H, K, h) each."""
        dim = self.output.in_features
        k, v = self._split(
            functional.linear(memory, self.packed.weight[dim:], self._offsets(dim, None)), 2
        )
        return KeysValues(_turned(k, turn), v)

    def _offsets(self, start: int, end: int | None) -> Tensor | None:
        bias = self.packed.bias
        return None if bias is None else bias[start:end]

    def read(self, q: Tensor, memory: KeysValues, sight: Sight) -> Tensor:
        """What queries (B, H, Q, h) find in a memory, projected back: (B, Q, d)."""
        found = attention(
            q,
            self._spread(memory.keys),
            self._spread(memory.values),
            mask=sight.mask,
            bias=sight.bias,
            causal=sight.causal,
            dropout_rate=self.dropout_rate if self.training else 0.0,
        )
        return cast(
            Tensor, self.output(found.transpose(1, 2).flatten(2))
        )  # (B, H, Q, h) -> (B, Q, d)

    def _spread(self, few: Tensor) -> Tensor:
        """(B, kv_heads, K, h) to (B, H, K, h): each stands for the queries that share it."""
        if self.kv_heads == self.heads:
            return few
        return few.repeat_interleave(self.heads // self.kv_heads, dim=1)

    def _split(self, projected: Tensor, parts: int) -> tuple[Tensor, ...]:
        """(B, T, parts · d) to ``parts`` tensors (B, H, T, h)."""
        batch, places, _ = projected.shape
        apart = projected.view(batch, places, parts, self.heads, -1)
        return apart.permute(2, 0, 3, 1, 4).unbind(0)


def _turned(vectors: Tensor, turn: Rotation | None) -> Tensor:
    return vectors if turn is None else rotate(vectors, turn)


def _with_causal(mask: Tensor | None, q: Tensor, k: Tensor) -> Tensor:
    before = causal_mask(q.shape[2], k.shape[2], q.device)
    return before if mask is None else mask & before


def _blank(read: Tensor, mask: Tensor | None) -> Tensor:
    """Rows (…, Q, n) of queries that may look nowhere become 0; they hold something arbitrary, and finite, until here."""
    if mask is None:
        return read
    seeing = mask.any(dim=-1, keepdim=True)  # (…, Q, 1)
    if seeing.is_cpu and bool(seeing.all()):  # elsewhere, asking would wait for the device
        return read
    return read.masked_fill(~seeing, 0.0)


def _weights(q: Tensor, k: Tensor, mask: Tensor | None, bias: Tensor | None) -> Tensor:
    """The softmax; rows that may look nowhere are spread evenly here, and set to 0 by the callers."""
    scores = (q / math.sqrt(q.shape[-1])) @ k.transpose(-2, -1)  # (B, H, Q, K)
    if mask is not None or bias is not None:
        scores = scores + _added(mask, bias, scores.dtype)
    return scores.softmax(dim=-1)


def _added(mask: Tensor | None, bias: Tensor | None, dtype: torch.dtype) -> Tensor:
    """Mask and bias as one tensor to add. The forbidden value is finite: a row of minus infinities would be NaN."""
    if mask is None:
        assert bias is not None, "one of both"
        return bias.to(dtype)
    lowest = torch.finfo(dtype).min / 2
    if bias is None:
        return torch.zeros(mask.shape, dtype=dtype, device=mask.device).masked_fill(~mask, lowest)
    return bias.to(dtype).masked_fill(~mask, lowest)


def _slow(q: Tensor, k: Tensor, dropout_rate: float) -> bool:
    """Whether the fused kernel is slower than the written-out form, which gives the same.

    Measured with torch 2.13 on processors: in bfloat16 the fused kernel takes two to five times as long (20 to 512 keys), and
    with dropout torch falls back to a written-out form of its own. For a single query, which a decoder asks at each token, it
    takes half as long again over 1,024 keys in float32, six times as long in bfloat16.
    """
    if q.is_cpu and q.shape[2] == 1:
        return True
    if not q.is_cpu or k.shape[2] > WRITTEN_OUT_KEYS:
        return False
    return q.dtype == torch.bfloat16 or dropout_rate > 0
