"""A vector for each document out of one for each token: mean, maximum, last, or a learned weighting.

Letters of shapes: B documents of a batch, T places of the longest, F features. What stands behind the end of a document
has no influence on any of these, whatever it is.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


def real_places(lengths: Tensor, longest: int, device: torch.device | None = None) -> Tensor:
    """Whether a place holds a token: bool (B, T), True up to each length.

    ``lengths`` is int64 (B,); ``longest`` is T; ``device`` is where the answer is wanted (None: where the lengths are).
    """
    lengths = lengths if device is None else lengths.to(device)
    return torch.arange(longest, device=lengths.device) < lengths.unsqueeze(1)  # (B, T)


def mean_over_time(values: Tensor, lengths: Tensor) -> Tensor:
    """The mean of each document's vectors: (B, T, F) and lengths (B,) to (B, F)."""
    real = real_places(lengths, values.shape[1], values.device).unsqueeze(-1)  # (B, T, 1)
    total = values.masked_fill(~real, 0.0).sum(dim=1)  # (B, F)
    return total / lengths.to(values.device).clamp(min=1).unsqueeze(1)


def max_over_time(values: Tensor, lengths: Tensor) -> Tensor:
    """The largest value of each feature in each document: (B, T, F) and lengths (B,) to (B, F)."""
    real = real_places(lengths, values.shape[1], values.device).unsqueeze(-1)  # (B, T, 1)
    return values.masked_fill(~real, -torch.inf).amax(dim=1)  # (B, F)


def last_in_time(values: Tensor, lengths: Tensor) -> Tensor:
    """The vector of each document's last token: (B, T, F) and lengths (B,) to (B, F)."""
    last = (lengths.to(values.device) - 1).view(-1, 1, 1)  # (B, 1, 1)
    return values.gather(1, last.expand(-1, 1, values.shape[2])).squeeze(1)  # (B, F)


class AttentionPooling(nn.Module):
    """A mean whose weights are learned: softmax over t of u · tanh(W h_t + b) (Yang et al. 2016, NAACL, equations 5 to 7)."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.project = nn.Linear(features, features)
        self.query = nn.Linear(features, 1, bias=False)  # u

    def weights(self, values: Tensor, lengths: Tensor) -> Tensor:
        """The weight of each token, (B, T): zero behind the end, one in sum for each document."""
        real = real_places(lengths, values.shape[1], values.device)  # (B, T)
        return self._weights(values.masked_fill(~real.unsqueeze(-1), 0.0), real)

    def forward(self, values: Tensor, lengths: Tensor) -> Tensor:
        """Vectors (B, T, F) and lengths (B,) to (B, F)."""
        real = real_places(lengths, values.shape[1], values.device)
        values = values.masked_fill(~real.unsqueeze(-1), 0.0)  # zero times infinity would be NaN
        weights = self._weights(values, real).to(values.dtype)
        return torch.bmm(weights.unsqueeze(1), values).squeeze(1)  # (B, F)

    def _weights(self, values: Tensor, real: Tensor) -> Tensor:
        scores: Tensor = self.query(torch.tanh(self.project(values))).squeeze(-1)  # (B, T)
        return scores.float().masked_fill(~real, -torch.inf).softmax(dim=1)
