"""fastText's classifier: the mean of the vectors of a document's words and hashed n-grams, and a linear layer
(Joulin, Grave, Bojanowski & Mikolov 2017, EACL, arXiv:1607.01759, section 2).

Letters of shapes: B documents of a batch, T tokens of the longest, G its n-grams, d dimensions, K outputs.
"""

from __future__ import annotations

from typing import Self

import torch
from torch import Tensor, nn

from nlpwb.methods.bags.config import NbowConfig
from nlpwb.methods.bags.hashing import hashed_ngrams
from nlpwb.methods.networks.embedding import PADDING
from nlpwb.methods.networks.pooling import real_places


class BagNetwork(nn.Module):
    """Vectors of words and of buckets of n-grams, averaged; then a linear layer.

    Both tables have sparse gradients: a step moves the rows of the batch's words alone.
    """

    def __init__(
        self, config: NbowConfig, *, vocabulary: int, outputs: int, table: Tensor | None
    ) -> None:
        super().__init__()
        dim = config.dim if table is None else table.shape[1]
        self.longest = config.ngrams[1]
        self.buckets = config.buckets
        self.dropout = config.dropout
        self.words = nn.EmbeddingBag(
            vocabulary, dim, mode="sum", sparse=True, include_last_offset=True
        )
        with torch.no_grad():
            if table is None:
                self.words.weight.uniform_(-1 / dim, 1 / dim)
            else:
                self.words.weight.copy_(table)
            self.words.weight[PADDING] = 0
        self.words.weight.requires_grad_(config.tune)
        self.ngrams: nn.EmbeddingBag | None = None
        if self.longest > 1:
            self.ngrams = nn.EmbeddingBag(
                self.buckets, dim, mode="sum", sparse=True, include_last_offset=True
            )
            # n-grams that training never saw then add nothing
            nn.init.zeros_(self.ngrams.weight)
        self.output = nn.Linear(dim, outputs)
        nn.init.zeros_(self.output.bias)

    @classmethod
    def build(
        cls, config: NbowConfig, *, vocabulary: int, outputs: int, table: Tensor | None
    ) -> Self:
        """A network with random vectors, or those of ``table``, float32 (vocabulary, d)."""
        return cls(config, vocabulary=vocabulary, outputs=outputs, table=table)

    @property
    def feature_dimensions(self) -> int:
        """Columns of :meth:`features`."""
        return self.words.embedding_dim

    def features(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """The mean of the vectors of words and n-grams: ids (B, T) and lengths (B,) to (B, d)."""
        lengths = lengths.to(ids.device)
        real = real_places(lengths, ids.shape[1])  # (B, T)
        total, count = self._sum(self.words, ids, real)
        if self.ngrams is not None:
            rows, is_ngram = hashed_ngrams(ids, lengths, self.longest, self.buckets)  # (B, G)
            more, ngrams = self._sum(self.ngrams, rows, is_ngram)
            total, count = total + more, count + ngrams
        return total / count.clamp(min=1).unsqueeze(1)

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Ids (B, T) and lengths (B,) to logits, or values, (B, K)."""
        logits: Tensor = self.output(self.features(ids, lengths))
        return logits

    def _sum(self, bag: nn.EmbeddingBag, rows: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
        """The sum of the rows that are real, (B, d), and their number, (B,); in training some fall out."""
        if self.training and self.dropout > 0:
            real = real & (torch.rand(rows.shape, device=rows.device) >= self.dropout)
        counts = real.sum(dim=1)  # (B,)
        ends = torch.cat([counts.new_zeros(1), counts.cumsum(0)])
        vectors: Tensor = bag(rows[real], ends)
        return vectors, counts
