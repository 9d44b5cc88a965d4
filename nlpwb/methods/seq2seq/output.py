"""The two ends of every encoder-decoder: tables of embeddings, one or two, and the layer over the vocabulary.

Letters of shapes: d width of an embedding, V vocabulary.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from nlpwb.methods.networks.embedding import PADDING, TokenEmbedding
from nlpwb.methods.seq2seq.config import TranslatorConfig


class Tables(nn.Module):
    """Embeddings of source and target; one table where both sides share it (Vaswani et al. 2017, section 3.4).

    Rows are drawn from N(0, 1/d): the length of a row is about 1, so that a table that is the output layer, too, begins with
    logits of the size of what it is multiplied with.
    """

    def __init__(
        self, config: TranslatorConfig, source_vocabulary: int, target_vocabulary: int
    ) -> None:
        super().__init__()
        assert not config.shared or source_vocabulary == target_vocabulary, "one vocabulary"
        self.read = _table(source_vocabulary, config.dim)
        self.written = None if config.shared else _table(target_vocabulary, config.dim)

    @property
    def source(self) -> TokenEmbedding:
        """Of the tokens that are read."""
        return self.read

    @property
    def target(self) -> TokenEmbedding:
        """Of the tokens that are written."""
        return self.read if self.written is None else self.written


class Output(nn.Module):
    """Logits of the target vocabulary: x E + b, E being the table of target embeddings where it is ``tied``."""

    def __init__(self, dim: int, vocabulary: int, *, tied: bool) -> None:
        super().__init__()
        self.vocabulary = vocabulary
        self.weight = None if tied else nn.Parameter(torch.randn(vocabulary, dim) * dim**-0.5)
        self.bias = nn.Parameter(torch.zeros(vocabulary))

    def forward(self, hidden: Tensor, tables: Tables) -> Tensor:
        """(…, d) to (…, V)."""
        return functional.linear(hidden, *self.matrix(tables))

    def matrix(self, tables: Tables) -> tuple[Tensor, Tensor]:
        """E, (V, d), and b, (V,)."""
        return tables.target.weight if self.weight is None else self.weight, self.bias


def _table(vocabulary: int, dim: int) -> TokenEmbedding:
    rows = torch.randn(vocabulary, dim) * dim**-0.5
    rows[PADDING] = 0
    return TokenEmbedding(vocabulary, dim, table=rows)
