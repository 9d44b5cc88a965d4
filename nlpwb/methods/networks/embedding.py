"""Token ids to vectors: a table whose first row, padding, is zero and stays zero."""

from __future__ import annotations

import torch
from torch import Tensor, nn

PADDING = 0
UNKNOWN = 1

SCALE = 0.1
"""Standard deviation of rows that start at random: near that of trained word vectors, and of Kim's (2014) ±0.25."""


class TokenEmbedding(nn.Module):
    """Rows of a table, looked up by id.

    Args:
        vocabulary: V, rows of the table.
        dim: d, columns.
        table: float32 (V, d) to start from; it is copied. Without it rows are drawn from N(0, 0.1²).
        tune: whether the rows are trained.
        dropout: share of the *rows* of the table that are zero in a training step, the others scaled by
            1 / (1 - dropout): all occurrences of a token in the batch fall out together (Gal & Ghahramani
            2016, section 4.2; Merity et al. 2018, section 4.3).
    """

    def __init__(
        self,
        vocabulary: int,
        dim: int,
        *,
        table: Tensor | None = None,
        tune: bool = True,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        assert table is None or tuple(table.shape) == (vocabulary, dim), "one row for each token"
        assert 0 <= dropout < 1, "a share of rows"
        self.dropout = dropout
        start = torch.empty(vocabulary, dim)
        if table is None:
            nn.init.normal_(start, std=SCALE)
        else:
            start.copy_(table)
        start[PADDING] = 0
        self.weight = nn.Parameter(start, requires_grad=tune)

    def forward(self, ids: Tensor) -> Tensor:
        """Ids, int64 (B, T), to vectors, float32 (B, T, d)."""
        rows = nn.functional.embedding(ids, self.weight, padding_idx=PADDING)  # (B, T, d)
        if not self.training or self.dropout == 0:
            return rows
        # one draw for each row of the table, but only the rows that were looked up are multiplied
        kept = torch.rand(self.weight.shape[0], device=ids.device) >= self.dropout  # (V,)
        scale = kept.to(rows.dtype) / (1 - self.dropout)
        return rows * scale[ids].unsqueeze(-1)
