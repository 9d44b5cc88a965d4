"""The head of ULMFiT: what a text ends with, the largest and the mean of each feature, and two layers behind them.

Howard & Ruder 2018, section 3.3: concat pooling h_c = [h_T, maxpool(H), meanpool(H)], then two linear layers, with batch
normalisation and dropout before each and a ReLU between them.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from nlpwb.methods.networks.pooling import last_in_time, max_over_time, mean_over_time
from nlpwb.methods.transformer.dropout import Dropout

HIDDEN = 50
DROPOUT, LAST_DROPOUT = 0.4, 0.1
"""Shares before the two layers; the first is the paper's, the second that of its program."""
_LEAST_MOMENTUM = 0.1


def concat_pooled(states: Tensor, lengths: Tensor) -> Tensor:
    """[last; max; mean] of each text's vectors: (B, T, d) and lengths (B,) to (B, 3 d)."""
    states = states.float()
    parts = (
        last_in_time(states, lengths),
        max_over_time(states, lengths),
        mean_over_time(states, lengths),
    )
    return torch.cat(parts, dim=1)


class BatchNorm(nn.Module):
    """Features with mean 0 and variance 1 over a batch (Ioffe & Szegedy 2015, algorithms 1 and 2).

    What is known of mean and variance afterwards is at first the mean over all batches, so that a training of a few steps leaves
    something useful, and then forgets as torch's does. A text that is alone in its batch is normalised by that.
    """

    mean: Tensor
    variance: Tensor
    seen: Tensor

    def __init__(self, features: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(features))
        self.bias = nn.Parameter(torch.zeros(features))
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("variance", torch.ones(features))
        self.register_buffer("seen", torch.zeros(1, dtype=torch.int64))

    def forward(self, x: Tensor) -> Tensor:
        """(B, F) to (B, F)."""
        together = self.training and len(x) > 1
        momentum = 0.0
        if together:
            self.seen += 1
            momentum = max(_LEAST_MOMENTUM, 1 / int(self.seen))
        return functional.batch_norm(
            x.float(), self.mean, self.variance, self.weight, self.bias, together, momentum
        )


class ConcatHead(nn.Module):
    """A text's three vectors to its outputs.

    Args:
        dim: d, width of one of them.
        outputs: of the last layer.
        hidden: width of the layer between.
        drop_mult: multiplies both shares of dropout.
    """

    bend = None
    """It is no head of a family's."""

    def __init__(
        self, dim: int, outputs: int, *, hidden: int = HIDDEN, drop_mult: float = 1.0
    ) -> None:
        super().__init__()
        self.norm = BatchNorm(3 * dim)
        self.dropout = Dropout(min(DROPOUT * drop_mult, 0.99))
        self.dense = nn.Linear(3 * dim, hidden)
        self.last_norm = BatchNorm(hidden)
        self.last_dropout = Dropout(min(LAST_DROPOUT * drop_mult, 0.99))
        self.output = nn.Linear(hidden, outputs)

    def features(self, vectors: Tensor) -> Tensor:
        """What the last layer sees, (B, 3 d) to (B, hidden)."""
        inner: Tensor = self.dense(self.dropout(self.norm(vectors)))
        normed: Tensor = self.last_norm(functional.relu(inner))
        return normed

    def forward(self, vectors: Tensor) -> Tensor:
        """(B, 3 d) to (B, outputs)."""
        outputs: Tensor = self.output(self.last_dropout(self.features(vectors)))
        return outputs
