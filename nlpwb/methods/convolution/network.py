"""A convolution over the words of a sentence, and the maximum over time (Kim 2014, EMNLP, equations 1 to 4).

Letters of shapes: B documents of a batch, T tokens of the longest, d dimensions, w a width, C filters of each width, F
features, K outputs.
"""

from __future__ import annotations

from typing import Self

import torch
from torch import Tensor, nn

from nlpwb.methods.convolution.config import CnnConfig
from nlpwb.methods.networks.embedding import TokenEmbedding
from nlpwb.methods.networks.pooling import max_over_time


class ConvolutionNetwork(nn.Module):
    """Embeddings, filters of several widths, the maximum of each, and a linear layer behind dropout."""

    def __init__(
        self, config: CnnConfig, *, vocabulary: int, outputs: int, table: Tensor | None
    ) -> None:
        super().__init__()
        dim = config.dim if table is None else table.shape[1]
        self.embedding = TokenEmbedding(
            vocabulary, dim, table=table, tune=config.tune, dropout=config.embedding_dropout
        )
        low, high = config.widths
        # w - 1 zeros on either side: a filter sees each word at each of its places, and a document may be shorter than w
        self.filters = nn.ModuleList(
            nn.Conv1d(dim, config.filters, width, padding=width - 1)
            for width in range(low, high + 1)
        )
        self.dropout = nn.Dropout(config.dropout)
        self.output = nn.Linear(self.feature_dimensions, outputs)

    @classmethod
    def build(
        cls, config: CnnConfig, *, vocabulary: int, outputs: int, table: Tensor | None
    ) -> Self:
        """A network with random embeddings, or those of ``table``, float32 (vocabulary, d)."""
        return cls(config, vocabulary=vocabulary, outputs=outputs, table=table)

    @property
    def feature_dimensions(self) -> int:
        """Columns of :meth:`features`: C for each width."""
        return sum(int(bank.out_channels) for bank in self._banks)

    @property
    def _banks(self) -> list[nn.Conv1d]:
        return [bank for bank in self.filters if isinstance(bank, nn.Conv1d)]

    def features(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """The strongest answer of each filter: ids (B, T) and lengths (B,) to (B, F)."""
        words = self.embedding(ids).transpose(1, 2)  # (B, d, T)
        strongest = []
        for bank in self._banks:
            answers = bank(words).transpose(1, 2)  # (B, T + w - 1, C)
            windows = lengths + (bank.kernel_size[0] - 1)  # those that touch a word
            strongest.append(max_over_time(answers, windows))  # (B, C)
        return torch.relu(torch.cat(strongest, dim=1))  # the maximum and relu may change places

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Ids (B, T) and lengths (B,) to logits, or values, (B, K)."""
        logits: Tensor = self.output(self.dropout(self.features(ids, lengths)))
        return logits
