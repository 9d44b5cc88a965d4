"""The transformer encoder as a classifier: embedding, positions, blocks, pooling, one linear layer.

Letters of shapes: B documents, T places of the longest (one more with the vector of ``pooling=cls``), d width.
"""

from __future__ import annotations

import math
from typing import Self, cast

import torch
from torch import Tensor, nn

from nlpwb.methods.networks.embedding import TokenEmbedding
from nlpwb.methods.networks.pooling import max_over_time, mean_over_time, real_places
from nlpwb.methods.transformer.attention import Sight
from nlpwb.methods.transformer.blocks import (
    INITIAL_SCALE,
    Activation,
    EncoderBlock,
    Norm,
    initialise,
)
from nlpwb.methods.transformer.config import TransformerConfig
from nlpwb.methods.transformer.dropout import Dropout
from nlpwb.methods.transformer.positions import (
    PositionEmbedding,
    alibi,
    alibi_slopes,
    rotation,
    sinusoidal,
)


class TransformerNetwork(nn.Module):
    """Token ids to one row of outputs for each document.

    Vaswani et al. 2017 (encoder); Devlin et al. 2019 (a vector of its own in front, whose last state stands for the document).
    The stack ends in a LayerNorm where norms stand before the parts (GPT-2), and begins with one where they stand behind (BERT).
    """

    def __init__(
        self, config: TransformerConfig, *, vocabulary: int, outputs: int, table: Tensor | None
    ) -> None:
        super().__init__()
        self.config = config
        dim = config.dim
        self.embedding = TokenEmbedding(
            vocabulary, dim, table=table, tune=config.tune, dropout=config.word_dropout
        )
        self.first = (
            nn.Parameter(torch.randn(dim) * INITIAL_SCALE) if config.pooling == "cls" else None
        )
        self.positions = (
            PositionEmbedding(config.max_tokens + 1, dim) if config.positions == "learned" else None
        )
        self.embedding_norm = nn.LayerNorm(dim) if config.norm == "post" else None
        self.dropout = Dropout(config.dropout)
        self.blocks = nn.ModuleList(
            EncoderBlock(
                dim,
                config.heads,
                width=config.inner,
                norm=cast(Norm, config.norm),
                activation=cast(Activation, config.activation),
                dropout_rate=config.dropout,
                attention_dropout_rate=config.attention_dropout,
            )
            for _ in range(config.layers)
        )
        self.final_norm = nn.LayerNorm(dim) if config.norm == "pre" else None
        self.output = nn.Linear(dim, outputs)
        initialise(self, config.layers)

    @classmethod
    def build(
        cls, config: TransformerConfig, *, vocabulary: int, outputs: int, table: Tensor | None
    ) -> Self:
        """A network with weights drawn from torch's global generator; ``table`` is float32 (vocabulary, d) or None.

        Raises:
            UsageError: heads that cannot share d, which may be the width of the word vectors in ``table``.
        """
        config.check_width(own=table is None)
        return cls(config, vocabulary=vocabulary, outputs=outputs, table=table)

    @property
    def feature_dimensions(self) -> int:
        """Columns of :meth:`features`."""
        return self.config.dim

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Ids, int64 (B, T), and lengths, int64 (B,), each at least 1, to outputs, float (B, outputs)."""
        return cast(Tensor, self.output(self.dropout(self.features(ids, lengths))))

    def features(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """What the last layer sees: float (B, d)."""
        x, sight = self.begin(ids, lengths)
        for block in self.blocks:
            x = block(x, sight)
        if self.final_norm is not None:
            x = self.final_norm(x)
        if self.config.pooling == "cls":
            return x[:, 0]
        pool = mean_over_time if self.config.pooling == "mean" else max_over_time
        return pool(x, lengths)

    def attention_weights(self, ids: Tensor, lengths: Tensor) -> list[Tensor]:
        """How much each place reads of each other, (B, H, T, T) for each block."""
        x, sight = self.begin(ids, lengths)
        weights = []
        for block in self.blocks:
            weights.append(cast(EncoderBlock, block).attention_weights(x, sight))
            x = block(x, sight)
        return weights

    def begin(self, ids: Tensor, lengths: Tensor) -> tuple[Tensor, Sight]:
        """What enters the first block, (B, T, d), and what its places may see."""
        x = self.embedding(ids)  # (B, T, d)
        if self.config.positions == "sinusoidal":
            x = x * math.sqrt(self.config.dim)  # section 3.4; the waves have an amplitude of 1
        if self.first is not None:
            x = torch.cat((self.first.expand(x.shape[0], 1, -1), x), dim=1)
            lengths = lengths + 1
        places = torch.arange(x.shape[1], device=x.device)
        if self.config.positions == "sinusoidal":
            x = x + sinusoidal(places, self.config.dim)
        if self.positions is not None:
            x = x + self.positions(places)
        if self.embedding_norm is not None:
            x = self.embedding_norm(x)
        return self.dropout(x), self._sight(places, lengths)

    def _sight(self, places: Tensor, lengths: Tensor) -> Sight:
        """Nobody sees padding; a batch without any needs no mask."""
        mask = None
        if int(lengths.min()) < len(places):
            mask = real_places(lengths, len(places), places.device)[:, None, None]  # (B, 1, 1, T)
        bias = turn = None
        if self.config.positions == "alibi":
            slopes = alibi_slopes(self.config.heads).to(places.device)
            bias = alibi(slopes, places, places)  # (H, T, T)
        elif self.config.positions == "rotary":
            turn = rotation(places, self.config.dim // self.config.heads)
        return Sight(mask=mask, bias=bias, turn=turn)
