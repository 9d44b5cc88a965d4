"""Last layers over a transformer: one answer for a text, or one for each of its tokens.

Which layers stand before the last one differs between the field's models, and is part of what their checkpoints hold.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from nlpwb.methods.finetuning.concat_head import concat_pooled
from nlpwb.methods.networks.pooling import last_in_time, max_over_time, mean_over_time
from nlpwb.methods.transformer.bert import draw
from nlpwb.methods.transformer.dropout import Dropout

Pooling = Literal["cls", "mean", "max", "last", "concat"]
Bend = Literal["tanh", "relu", "gelu"]
_BENDS: dict[Bend, Callable[[Tensor], Tensor]] = {
    "tanh": torch.tanh,
    "relu": functional.relu,
    "gelu": functional.gelu,
}


def pooled(states: Tensor, lengths: Tensor, pooling: Pooling) -> Tensor:
    """A vector for each text: its first token's, the mean, the maximum or its last token's; (B, T, d) to (B, d).

    ``concat``: the last three side by side, (B, 3 d).
    """
    if pooling == "concat":
        return concat_pooled(states, lengths)
    if pooling == "cls":
        return states[:, 0]
    if pooling == "last":
        return last_in_time(states, lengths)
    return (mean_over_time if pooling == "mean" else max_over_time)(states, lengths)


class TextHead(nn.Module):
    """A vector of a text to its outputs.

    Args:
        dim: d.
        outputs: of the last layer.
        bend: what stands behind the layer before the last one; None: there is no such layer.
        drop_first: whether features are dropped before that layer, too.
        offsets: whether the last layer has them.
        dropout: share of features set to zero in training.
    """

    def __init__(
        self,
        dim: int,
        outputs: int,
        *,
        bend: Bend | None,
        drop_first: bool = False,
        offsets: bool = True,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.bend = bend
        self.drop_first = drop_first
        self.dense = None if bend is None else nn.Linear(dim, dim)
        self.dropout = Dropout(dropout)
        self.output = nn.Linear(dim, outputs, bias=offsets)
        draw(self)

    def features(self, vectors: Tensor) -> Tensor:
        """What the last layer sees, (B, d) to (B, d)."""
        if self.dense is None or self.bend is None:
            return vectors
        return _BENDS[self.bend](self.dense(self.dropout(vectors) if self.drop_first else vectors))

    def forward(self, vectors: Tensor) -> Tensor:
        """(B, d) to (B, outputs)."""
        outputs: Tensor = self.output(self.dropout(self.features(vectors)))
        return outputs


class TokenHead(nn.Module):
    """A vector of each token to its outputs: (B, T, d) to (B, T, outputs)."""

    def __init__(self, dim: int, outputs: int, *, dropout: float = 0.1) -> None:
        super().__init__()
        self.dropout = Dropout(dropout)
        self.output = nn.Linear(dim, outputs)
        draw(self)

    def forward(self, states: Tensor) -> Tensor:
        """As above."""
        outputs: Tensor = self.output(self.dropout(states))
        return outputs
