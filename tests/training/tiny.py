"""A task that is learnt in a second: does a document hold more tokens below 26 than above?"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from nlpwb.training.batches import TextBatches
from nlpwb.training.device import Setting
from nlpwb.training.losses import cross_entropy, supervised
from nlpwb.training.optimizers import Group, groups_of
from nlpwb.training.prediction import predict
from nlpwb.training.recipe import Recipe
from nlpwb.training.records import Judgement

SETTING = Setting(torch.device("cpu"))
LOSS = supervised(cross_entropy())
VOCABULARY = 50


class Tiny(nn.Module):
    """The mean of embeddings, dropout, a hidden layer with a norm, two logits."""

    def __init__(self, *, dropout: float = 0.0, sparse: bool = False) -> None:
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, 8, padding_idx=0, sparse=sparse)
        self.dropout = nn.Dropout(dropout)
        self.hidden = nn.Linear(8, 8)
        self.norm = nn.LayerNorm(8)
        self.output = nn.Linear(8, 2)

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        mean = self.embedding(ids).sum(1) / lengths.to(ids.device).unsqueeze(1)
        logits: Tensor = self.output(self.norm(self.hidden(self.dropout(mean))).tanh())
        return logits


def tiny(*, dropout: float = 0.0, sparse: bool = False) -> Tiny:
    """The same weights each time."""
    torch.manual_seed(7)
    return Tiny(dropout=dropout, sparse=sparse)


def stages_of(model: Tiny) -> list[Group]:
    """The last layer first, the hidden one from the third epoch on, the embeddings from the fifth, each half as fast."""
    hidden = nn.ModuleList([model.hidden, model.norm])
    return [
        *groups_of(model.output),
        *groups_of(hidden, rate=0.5, begins=2),
        *groups_of(model.embedding, rate=0.25, begins=4),
    ]


def documents(count: int = 300, *, seed: int = 0) -> tuple[Any, Any, Any]:
    """Ids int32, ends int64, labels int64."""
    random = np.random.default_rng(seed)
    lengths = random.integers(1, 20, count)
    ends = lengths.cumsum()
    ids = random.integers(2, VOCABULARY, ends[-1]).astype(np.int32)
    low = np.add.reduceat(ids < 26, ends - lengths)
    return ids, ends, (2 * low > lengths).astype(np.int64)


def source(count: int = 300, *, tokens: int = 200, most: int = 16, seed: int = 0) -> TextBatches:
    ids, ends, labels = documents(count, seed=seed)
    return TextBatches(ids, ends, labels, tokens=tokens, documents=most, seed=seed)


def judge_on(data: TextBatches) -> Any:
    """Accuracy on the data's own documents."""
    assert data.targets is not None
    truth = data.targets

    def judge(model: nn.Module) -> Judgement:
        said = predict(model, data, SETTING).argmax(1)
        return Judgement(float((said == truth).float().mean()))

    return judge


def recipe(**changes: Any) -> Recipe:
    """Three epochs with steps that learn the task."""
    return Recipe(**{"epochs": 3, "learning_rate": 0.05, **changes})
