"""What people train language models with when they write it themselves: peers of our networks and of our loop.

The transformer has the parts of nanoGPT's: pre-norm blocks without offsets, queries, keys and values from one product, torch's
fused causal attention, GELU, learned positions, a tied output, and all logits of a batch handed to torch's loss. Its loop is
nanoGPT's, too: windows at random, AdamW with decay for matrices alone, gradients clipped to 1. On a processor nanoGPT computes
in float32; under autocast it would take bfloat16 for its products. The LSTM carries its state, as the tutorials do. Nothing of
nlpwb is used here.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

Batch = tuple[Tensor, Tensor]
"""What is read, int64 (B, T), and what follows each token."""


@dataclass(frozen=True)
class GptShape:
    """Sizes of a transformer, and of its batches."""

    layers: int
    heads: int
    dim: int
    context: int
    batch: int
    vocabulary: int


@dataclass(frozen=True)
class LstmShape:
    """Sizes of an LSTM, and of its batches; tied, its last layer is as wide as an embedding."""

    layers: int
    hidden: int
    dim: int
    length: int
    batch: int
    vocabulary: int
    tied: bool


class PlainBlock(nn.Module):
    """LayerNorm and attention, LayerNorm and feed-forward."""

    def __init__(self, shape: GptShape) -> None:
        super().__init__()
        dim = shape.dim
        self.heads = shape.heads
        self.attention_norm = nn.LayerNorm(dim, bias=False)
        self.qkv = nn.Linear(dim, 3 * dim, bias=False)
        self.projection = nn.Linear(dim, dim, bias=False)
        self.norm = nn.LayerNorm(dim, bias=False)
        self.inner = nn.Linear(dim, 4 * dim, bias=False)
        self.outer = nn.Linear(4 * dim, dim, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, d) to (B, T, d)."""
        rows, places, dim = x.shape
        parts = self.qkv(self.attention_norm(x)).split(dim, dim=2)
        q, k, v = (part.view(rows, places, self.heads, -1).transpose(1, 2) for part in parts)
        found = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.projection(found.transpose(1, 2).contiguous().view(rows, places, dim))
        return x + self.outer(functional.gelu(self.inner(self.norm(x))))


class PlainGpt(nn.Module):
    """Ids int64 (B, T) to logits (B, T, V)."""

    def __init__(self, shape: GptShape) -> None:
        super().__init__()
        self.embedding = nn.Embedding(shape.vocabulary, shape.dim)
        self.places = nn.Embedding(shape.context, shape.dim)
        self.blocks = nn.ModuleList(PlainBlock(shape) for _ in range(shape.layers))
        self.norm = nn.LayerNorm(shape.dim, bias=False)
        self.output = nn.Linear(shape.dim, shape.vocabulary, bias=False)
        self.output.weight = self.embedding.weight
        for weight in self.parameters():
            if weight.ndim == 2:
                nn.init.normal_(weight, std=0.02)

    def forward(self, ids: Tensor) -> Tensor:
        x = self.embedding(ids) + self.places(torch.arange(ids.shape[1]))
        for block in self.blocks:
            x = block(x)
        logits: Tensor = self.output(self.norm(x))
        return logits


class PlainLstm(nn.Module):
    """Ids int64 (T, B) and a state to logits (T, B, V) and the state behind them."""

    def __init__(self, shape: LstmShape) -> None:
        super().__init__()
        self.embedding = nn.Embedding(shape.vocabulary, shape.dim)
        widths = [shape.hidden] * shape.layers
        if shape.tied:
            widths[-1] = shape.dim
        if len(set(widths)) == 1:
            self.layers = nn.ModuleList([nn.LSTM(shape.dim, shape.hidden, shape.layers)])
        else:
            read = [shape.dim, *widths[:-1]]
            self.layers = nn.ModuleList(map(nn.LSTM, read, widths))
        self.output = nn.Linear(widths[-1], shape.vocabulary)
        if shape.tied:
            self.output.weight = self.embedding.weight
            nn.init.uniform_(self.embedding.weight, -0.1, 0.1)

    def forward(self, ids: Tensor, states: list[Any]) -> tuple[Tensor, list[Any]]:
        x, after = self.embedding(ids), []
        for layer, state in zip(self.layers, states or [None] * len(self.layers), strict=True):
            x, state = layer(x, state)
            after.append(tuple(part.detach() for part in state))
        return self.output(x), after


class Peer:
    """A network that goes on training: ``steps`` more of them, in seconds."""

    def __init__(
        self,
        model: nn.Module,
        batches: Iterator[Batch],
        loss: Callable[[Batch], Tensor],
        *,
        optimizer: torch.optim.Optimizer,
        clip: float,
        half: bool = False,
    ) -> None:
        self.model = model
        self.batches = batches
        self.loss = loss
        self.optimizer = optimizer
        self.clip = clip
        self.half = half

    def seconds(self, steps: int, threads: int) -> float:
        """Make so many steps."""
        torch.set_num_threads(threads)
        self.model.train()
        started = time.perf_counter()
        for batch in islice(self.batches, steps):
            with torch.autocast("cpu", torch.bfloat16) if self.half else contextlib.nullcontext():
                loss = self.loss(batch)
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
            self.optimizer.step()
            self.optimizer.zero_grad(set_to_none=True)
        return time.perf_counter() - started


def gpt(shape: GptShape, ids: NDArray[np.uint16], *, half: bool) -> Peer:
    """nanoGPT's network in nanoGPT's loop; ``half`` under autocast in bfloat16, where its own takes float32."""
    torch.manual_seed(0)
    model = PlainGpt(shape)
    matrices = [weight for weight in model.parameters() if weight.ndim >= 2]
    others = [weight for weight in model.parameters() if weight.ndim < 2]
    optimizer = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}],
        lr=1e-3,
        betas=(0.9, 0.99),
    )

    def loss(batch: Batch) -> Tensor:
        logits = model(batch[0])
        return functional.cross_entropy(logits.view(-1, shape.vocabulary), batch[1].view(-1))

    windows = _windows(ids, shape.batch, shape.context)
    return Peer(model, windows, loss, optimizer=optimizer, clip=1.0, half=half)


def lstm(shape: LstmShape, ids: NDArray[np.uint16], *, learning_rate: float, clip: float) -> Peer:
    """torch's LSTM in the plain loop, float32, its state carried from window to window."""
    torch.manual_seed(0)
    model = PlainLstm(shape)
    optimizer = torch.optim.AdamW(model.parameters(), lr=learning_rate)
    states: list[Any] = []

    def loss(batch: Batch) -> Tensor:
        logits, states[:] = model(batch[0], states)
        return functional.cross_entropy(logits.view(-1, shape.vocabulary), batch[1].view(-1))

    streams = _streams(ids, shape.batch, shape.length)
    return Peer(model, streams, loss, optimizer=optimizer, clip=clip)


def _windows(ids: NDArray[np.uint16], rows: int, length: int) -> Iterator[Batch]:
    """Windows at random, for ever."""
    while True:
        starts = torch.randint(len(ids) - length, (rows,)).tolist()
        read = [torch.from_numpy(ids[i : i + length].astype(np.int64)) for i in starts]
        wanted = [torch.from_numpy(ids[i + 1 : i + 1 + length].astype(np.int64)) for i in starts]
        yield torch.stack(read), torch.stack(wanted)


def _streams(ids: NDArray[np.uint16], rows: int, length: int) -> Iterator[Batch]:
    """Streams side by side, (T, B), again and again from their beginning."""
    long = len(ids) // rows
    apart = torch.from_numpy(ids[: long * rows].astype(np.int64)).view(rows, long).t().contiguous()
    while True:
        for start in range(0, long - length, length):
            yield apart[start : start + length], apart[start + 1 : start + 1 + length]
