"""The block of a decoder that reads a source: attention to itself, attention to the source, a feed-forward part.

Letters of shapes: B pairs, T places of the target, S of the source, H heads, h width of a head, d width of the model.
"""

from __future__ import annotations

from typing import Literal, cast

from torch import Tensor, nn

from nlpwb.methods.transformer.attention import (
    KeysValues,
    MultiHeadAttention,
    Sight,
    attention_weights,
)
from nlpwb.methods.transformer.blocks import Activation, FeedForward
from nlpwb.methods.transformer.dropout import Dropout

Norm = Literal["pre", "post"]


class DecoderBlock(nn.Module):
    """x + self-attention, x + attention to the source, x + feed-forward; LayerNorm before each part (pre) or after (post).

    Vaswani et al. 2017, section 3.1 (post); Xiong et al. 2020 (pre). Dropout as in
    :class:`nlpwb.methods.transformer.blocks.EncoderBlock`.
    """

    def __init__(
        self,
        dim: int,
        heads: int,
        *,
        width: int,
        norm: Norm = "pre",
        activation: Activation = "relu",
        dropout_rate: float = 0.0,
        attention_dropout_rate: float = 0.0,
    ) -> None:
        super().__init__()
        self.pre = norm == "pre"
        self.attention_norm = nn.LayerNorm(dim)
        self.attention = MultiHeadAttention(dim, heads, dropout_rate=attention_dropout_rate)
        self.cross_norm = nn.LayerNorm(dim)
        self.cross = MultiHeadAttention(dim, heads, dropout_rate=attention_dropout_rate)
        self.feed_forward_norm = nn.LayerNorm(dim)
        self.feed_forward = FeedForward(dim, width, activation)
        self.dropout = Dropout(dropout_rate)

    def forward(
        self,
        x: Tensor,
        sight: Sight,
        source: KeysValues,
        source_sight: Sight,
        *,
        before: KeysValues | None = None,
    ) -> Tensor:
        """(B, T, d) to (B, T, d).

        Args:
            sight: of the target's places to each other.
            source: what :meth:`source` made.
            source_sight: of the target's places to the source's.
            before: keys and values of all places that ``sight`` shows, these among them; None: those of ``x``.
        """
        queries, own = self.asked(x, sight)
        return self.answered(
            x, queries, own if before is None else before, sight, source, source_sight
        )

    def source(self, states: Tensor) -> KeysValues:
        """Keys and values of the encoder's states (B, S, d), made once for a source."""
        return self.cross.keys_values(states)

    def asked(self, x: Tensor, sight: Sight) -> tuple[Tensor, KeysValues]:
        """Queries, and keys and values, of the target's places (B, T, d): (B, H, T, h) each."""
        return self.attention.project(self.attention_norm(x) if self.pre else x, sight.turn)

    def answered(
        self,
        x: Tensor,
        queries: Tensor,
        seen: KeysValues,
        sight: Sight,
        source: KeysValues,
        source_sight: Sight,
    ) -> Tensor:
        """The rest of the block, from what :meth:`asked` gave and all that the queries may see."""
        x = self._added(x, self.attention.read(queries, seen, sight), self.attention_norm)
        asking = self.cross.queries(self.cross_norm(x) if self.pre else x)
        x = self._added(x, self.cross.read(asking, source, source_sight), self.cross_norm)
        inner = self.feed_forward(self.feed_forward_norm(x) if self.pre else x)
        return self._added(x, inner, self.feed_forward_norm)

    def weights(
        self, x: Tensor, sight: Sight, source: KeysValues, source_sight: Sight
    ) -> tuple[Tensor, Tensor]:
        """How much each place reads of the target, (B, H, T, T), and of the source, (B, H, T, S)."""
        queries, own = self.asked(x, sight)
        among = self.attention.weights(self.attention_norm(x) if self.pre else x, sight)
        x = self._added(x, self.attention.read(queries, own, sight), self.attention_norm)
        asking = self.cross.queries(self.cross_norm(x) if self.pre else x)
        return among, attention_weights(asking, source.keys, mask=source_sight.mask)

    def _added(self, x: Tensor, found: Tensor, norm: nn.Module) -> Tensor:
        x = x + self.dropout(found)
        return x if self.pre else cast(Tensor, norm(x))
