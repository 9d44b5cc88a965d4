"""Outputs come in the order of the rows, whatever the batches."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from nlpwb.errors import MethodError
from nlpwb.training.batches import TextBatches
from nlpwb.training.prediction import predict
from tests.training.tiny import SETTING, documents, source, tiny


class FirstToken(nn.Module):
    """The first id, and the length."""

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        return torch.stack([ids[:, 0], lengths], dim=1).float()


class Narrow(FirstToken):
    """Runs out of memory on more than ``most`` documents."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        if len(ids) > self.most:
            raise MemoryError
        return super().forward(ids, lengths)


def expected(of: Any) -> Tensor:
    starts = np.concatenate([[0], of.ends[:-1]])
    return torch.tensor(np.stack([of.ids[starts], of.ends - starts], axis=1)).float()


def test_outputs_stand_in_the_order_of_the_rows() -> None:
    """Batches sort by length; predictions shifted by a row would still look plausible."""
    ids, ends, _ = documents(100)
    data = TextBatches(ids, ends, tokens=60, documents=7, seed=3)
    assert torch.equal(
        predict(FirstToken(), data, SETTING), expected(SimpleNamespace(ids=ids, ends=ends))
    )


def test_dropout_sleeps_and_the_mode_comes_back() -> None:
    model = tiny(dropout=0.5).train()
    data = source(40)
    assert torch.equal(predict(model, data, SETTING), predict(model, data, SETTING))
    assert model.training


def test_another_call_gives_other_outputs() -> None:
    """``embed`` asks for features in place of logits."""
    data = source(10)
    lengths = predict(FirstToken(), data, SETTING, call=lambda _, batch: batch.lengths)
    assert torch.equal(lengths, torch.from_numpy(data.lengths).float())


def test_a_batch_that_does_not_fit_is_halved() -> None:
    ids, ends, _ = documents(30)
    data = TextBatches(ids, ends, tokens=10_000, documents=30)
    assert torch.equal(predict(Narrow(4), data, SETTING), predict(FirstToken(), data, SETTING))
    with pytest.raises(MethodError, match="single document"):
        predict(Narrow(0), data, SETTING)
