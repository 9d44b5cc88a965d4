"""The encoder that BERT's descendants share: three tables that are added, a norm, blocks with their norms behind the parts.

Devlin et al. 2019 (BERT); Liu et al. 2019 (RoBERTa: places are counted from behind the padding's row, one segment); Sanh et
al. 2019 (DistilBERT: no segments); Clark et al. 2020 (ELECTRA: tables that are narrower than the blocks). All are
configurations of one network.

Letters of shapes: B rows, T tokens of the longest, d width, e width of the tables, H heads, V vocabulary.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from nlpwb.methods.networks.pooling import real_places
from nlpwb.methods.transformer.attention import Sight
from nlpwb.methods.transformer.blocks import INITIAL_SCALE, Activation, EncoderBlock
from nlpwb.methods.transformer.dropout import Dropout
from nlpwb.methods.transformer.positions import PositionEmbedding


@dataclass(frozen=True, kw_only=True)
class BertShape:
    """What weights such a network has, and how they are used.

    Args:
        vocabulary: V.
        dim: d.
        layers: blocks.
        heads: H.
        inner: width inside the feed-forward parts.
        places: rows of the table of positions.
        first_place: the row of a text's first token; those before it are never read.
        segments: rows of the table of segments; 0: there is none.
        table_dim: e; None: d, and nothing stands between.
        activation: inside the feed-forward parts.
        epsilon: of the norms.
        dropout: share of features set to zero in training.
        attention_dropout: the same of attention weights.
        padding: the id that stands where nothing is.
    """

    vocabulary: int
    dim: int
    layers: int
    heads: int
    inner: int
    places: int
    first_place: int = 0
    segments: int = 2
    table_dim: int | None = None
    activation: Activation = "gelu"
    epsilon: float = 1e-12
    dropout: float = 0.1
    attention_dropout: float = 0.1
    padding: int = 0

    @property
    def longest(self) -> int:
        """The most tokens of a text."""
        return self.places - self.first_place


class BertNetwork(nn.Module):
    """Token ids to a vector for each token, from all tokens of its text."""

    def __init__(self, shape: BertShape) -> None:
        super().__init__()
        self.shape = shape
        width = shape.table_dim or shape.dim
        self.embedding = nn.Embedding(shape.vocabulary, width)
        self.positions = PositionEmbedding(shape.places, width)
        self.segments = nn.Embedding(shape.segments, width) if shape.segments else None
        self.embedding_norm = nn.LayerNorm(width, eps=shape.epsilon)
        self.widen = nn.Linear(width, shape.dim) if width != shape.dim else None
        self.dropout = Dropout(shape.dropout)
        self.blocks = nn.ModuleList(
            EncoderBlock(
                shape.dim,
                shape.heads,
                width=shape.inner,
                norm="post",
                activation=shape.activation,
                dropout_rate=shape.dropout,
                attention_dropout_rate=shape.attention_dropout,
                epsilon=shape.epsilon,
            )
            for _ in range(shape.layers)
        )
        draw(self)

    @property
    def dim(self) -> int:
        """Width of a token's vector."""
        return self.shape.dim

    def forward(self, ids: Tensor, lengths: Tensor, segments: Tensor | None = None) -> Tensor:
        """Ids int64 (B, T), lengths int64 (B,) and, of pairs, segments int64 (B, T), to vectors (B, T, d).

        What stands behind a text is not looked at; its own vectors mean nothing.
        """
        x, sight = self.begin(ids, lengths, segments)
        for block in self.blocks:
            x = block(x, sight)
        return x

    def states(
        self, ids: Tensor, lengths: Tensor, segments: Tensor | None = None
    ) -> tuple[Tensor, ...]:
        """What enters the first block, and what leaves each, (B, T, d)."""
        x, sight = self.begin(ids, lengths, segments)
        found = [x]
        for block in self.blocks:
            x = block(x, sight)
            found.append(x)
        return tuple(found)

    def attention_weights(
        self, ids: Tensor, lengths: Tensor, segments: Tensor | None = None
    ) -> list[Tensor]:
        """How much each token reads of each other, (B, H, T, T) for each block."""
        x, sight = self.begin(ids, lengths, segments)
        weights = []
        for block in self.blocks:
            assert isinstance(block, EncoderBlock)
            weights.append(block.attention_weights(x, sight))
            x = block(x, sight)
        return weights

    def begin(
        self, ids: Tensor, lengths: Tensor, segments: Tensor | None = None
    ) -> tuple[Tensor, Sight]:
        """What enters the first block, (B, T, d), and what its places may see."""
        places = torch.arange(ids.shape[1], device=ids.device) + self.shape.first_place
        x = self.embedding(ids) + self.positions(places)
        if self.segments is not None:
            # a text that is not one of a pair is the first segment
            x = x + (self.segments.weight[0] if segments is None else self.segments(segments))
        x = self.dropout(self.embedding_norm(x))
        if self.widen is not None:
            x = self.widen(x)
        mask = None
        if int(lengths.min()) < ids.shape[1]:
            mask = real_places(lengths, ids.shape[1], ids.device)[:, None, None]  # (B, 1, 1, T)
        return x, Sight(mask=mask)


class MaskedTokenHead(nn.Module):
    """What a masked token was: a layer, a norm, and the table of embeddings as the output (Devlin et al. 2019, section 3.1).

    Args:
        shape: of the body.
        activation: behind the layer; None: that of the body's feed-forward parts.
    """

    def __init__(self, shape: BertShape, *, activation: Activation | None = None) -> None:
        super().__init__()
        width = shape.table_dim or shape.dim
        self.activation = activation or shape.activation
        self.dense = nn.Linear(shape.dim, width)
        self.norm = nn.LayerNorm(width, eps=shape.epsilon)
        self.bias = nn.Parameter(torch.zeros(shape.vocabulary))
        draw(self)

    def forward(self, x: Tensor) -> Tensor:
        """(…, d) to what the table of embeddings is multiplied by, (…, e)."""
        inner: Tensor = self.dense(x)
        approximate = "tanh" if self.activation == "gelu_tanh" else "none"
        bent = (
            functional.relu(inner)
            if self.activation == "relu"
            else functional.gelu(inner, approximate=approximate)
        )
        normed: Tensor = self.norm(bent)
        return normed


@torch.no_grad()
def draw(module: nn.Module) -> None:
    """Draw the start of layers and tables: N(0, 0.02²), cut at two deviations; offsets 0 (BERT's program, Devlin et al. 2019)."""
    for part in module.modules():
        if isinstance(part, nn.Linear | nn.Embedding):
            nn.init.trunc_normal_(
                part.weight, std=INITIAL_SCALE, a=-2 * INITIAL_SCALE, b=2 * INITIAL_SCALE
            )
        if isinstance(part, nn.Linear) and part.bias is not None:
            nn.init.zeros_(part.bias)
