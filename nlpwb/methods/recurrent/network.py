"""The recurrent networks: Elman's RNN, LSTM and GRU, in any number of layers, forwards or in both directions.

A batch is padded on the right and runs through the kernels as it is. What a kernel makes of the padding is never looked at:
forwards it comes after the last token, and for the other direction each document is turned around within its own length.
In batches of documents of like lengths that costs less than packing, which leaves the kernels a batch of another size at
every step.

Letters of shapes: B documents of a batch, T tokens of the longest, D inputs, H width of the state, F features.
"""

from __future__ import annotations

from typing import Any, Self

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from nlpwb.methods.networks.embedding import TokenEmbedding
from nlpwb.methods.networks.pooling import (
    AttentionPooling,
    last_in_time,
    max_over_time,
    mean_over_time,
)
from nlpwb.methods.recurrent.cells import CellWeights
from nlpwb.methods.recurrent.config import RecurrentConfig
from nlpwb.methods.recurrent.layer import Direction


def turned_rows(lengths: Tensor, longest: int) -> Tensor:
    """Where each row of a batch (T B, ·), time first, goes when every document is read backwards; padding stays.

    Args:
        lengths: int64 (B,).
        longest: T.

    Returns:
        int64 (T B,): an order that undoes itself.
    """
    places = torch.arange(longest, device=lengths.device).unsqueeze(1)  # (T, 1)
    turned = torch.where(places < lengths, lengths - 1 - places, places)  # (T, B)
    return (turned * len(lengths) + torch.arange(len(lengths), device=lengths.device)).flatten()


class _Turn(torch.autograd.Function):
    """Rows in an order that undoes itself: the gradient takes the same way, where torch's would add row by row."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, rows: Tensor) -> Tensor:
        ctx.save_for_backward(rows)
        return x.flatten(0, 1).index_select(0, rows).view_as(x)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (rows,) = ctx.saved_tensors
        return gradient.flatten(0, 1).index_select(0, rows).view_as(gradient), None


def turn(x: Tensor, rows: Tensor) -> Tensor:
    """A batch (T, B, ·) with every document turned around; ``rows`` are those of :func:`turned_rows`."""
    turned: Tensor = _Turn.apply(x, rows)  # type: ignore[no-untyped-call]
    return turned


def locked_dropout(x: Tensor, share: float, *, training: bool) -> Tensor:
    """Dropout with one draw for all tokens of a document (Gal & Ghahramani 2016): (T, B, D) to (T, B, D)."""
    if not training or share == 0:
        return x
    kept = torch.rand(1, *x.shape[1:], device=x.device) >= share  # (1, B, D)
    return x * (kept / (1 - share)).to(x.dtype)


class Layer(nn.Module):
    """One layer: a direction, or two side by side. Tokens (T, B, D) to states (T, B, H or 2 H)."""

    def __init__(self, config: RecurrentConfig, inputs: int) -> None:
        super().__init__()
        self.directions = nn.ModuleList(
            Direction(config.cell, inputs, config.hidden, weight_drop=config.weight_drop)
            for _ in range(2 if config.bidirectional else 1)
        )

    def forward(self, x: Tensor, rows: Tensor) -> Tensor:
        """``rows`` are those of :func:`turned_rows`."""
        states: Tensor = self.directions[0](x)
        if len(self.directions) == 1:
            return states
        backwards = turn(self.directions[1](turn(x, rows)), rows)
        return torch.cat([states, backwards], dim=2)


class RecurrentNetwork(nn.Module):
    """Embeddings, recurrent layers, pooling, and a linear output.

    Its answers for a document depend neither on padding nor on the other documents of its batch.
    """

    def __init__(
        self, config: RecurrentConfig, *, vocabulary: int, outputs: int, table: Tensor | None
    ) -> None:
        super().__init__()
        self.config = config
        self.embedding = TokenEmbedding(
            vocabulary,
            config.dim,
            table=table,
            tune=config.tune,
            dropout=config.embedding_dropout,
        )
        width = config.hidden * (2 if config.bidirectional else 1)
        self.layers = nn.ModuleList(
            Layer(config, config.dim if number == 0 else width) for number in range(config.layers)
        )
        self.attention = AttentionPooling(width) if config.pooling == "attention" else None
        self.feature_dimensions = 3 * width if config.pooling == "concat" else width
        self.output = nn.Linear(self.feature_dimensions, outputs)

    @classmethod
    def build(
        cls, config: RecurrentConfig, *, vocabulary: int, outputs: int, table: Tensor | None
    ) -> Self:
        """A network with weights from torch's global generator.

        Args:
            config: of one of the three.
            vocabulary: V, rows of the embedding.
            outputs: labels, or 1 for a number.
            table: float32 (V, dim), the embeddings to start from; None: random.
        """
        return cls(config, vocabulary=vocabulary, outputs=outputs, table=table)

    @property
    def cell_weights(self) -> list[list[CellWeights]]:
        """The weights of each layer and direction, as ``cells.run_cells`` takes them."""
        return [
            [direction.weights for direction in layer.directions]  # type: ignore[union-attr]
            for layer in self.layers
        ]

    def states(self, vectors: Tensor, lengths: Tensor) -> Tensor:
        """The states of the top layer: token vectors (B, T, D) to (B, T, H or 2 H), forwards first."""
        x = vectors.transpose(0, 1)  # (T, B, D)
        rows = turned_rows(lengths.to(x.device), x.shape[0])
        for number, layer in enumerate(self.layers):
            share = self.config.dropout if number else 0.0
            x = layer(locked_dropout(x, share, training=self.training), rows)
        return x.transpose(0, 1)

    def pooled(self, states: Tensor, lengths: Tensor) -> Tensor:
        """One row for each document: (B, T, H or 2 H) to (B, F)."""
        match self.config.pooling:
            case "last":
                return self._last(states, lengths)
            case "mean":
                return mean_over_time(states, lengths)
            case "max":
                return max_over_time(states, lengths)
            case "attention":
                assert self.attention is not None
                rows: Tensor = self.attention(states, lengths)
                return rows
            case _:  # concat: Howard & Ruder (2018, ACL, section 3.3)
                parts = (
                    self._last(states, lengths),
                    max_over_time(states, lengths),
                    mean_over_time(states, lengths),
                )
                return torch.cat(parts, dim=1)

    def _last(self, states: Tensor, lengths: Tensor) -> Tensor:
        """The state of each direction when it has read all: at the last token, and at the first."""
        width = self.config.hidden
        forwards = last_in_time(states[..., :width], lengths)  # (B, H)
        if not self.config.bidirectional:
            return forwards
        return torch.cat([forwards, states[:, 0, width:]], dim=1)  # (B, 2 H)

    def features(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Ids, int64 (B, T), and lengths, int64 (B,), to what the output layer sees, (B, F)."""
        return self.pooled(self.states(self.embedding(ids), lengths), lengths)

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Ids, int64 (B, T), and lengths, int64 (B,), to logits or values, (B, outputs)."""
        features = nn.functional.dropout(
            self.features(ids, lengths), self.config.dropout, self.training
        )
        logits: Tensor = self.output(features)
        return logits
