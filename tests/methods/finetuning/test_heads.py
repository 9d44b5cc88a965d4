"""The last layers, by their formulas."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.nn import functional

from nlpwb.methods.finetuning.heads import TextHead, TokenHead, pooled

STATES = torch.tensor([[[1.0, 8.0], [3.0, 2.0], [9.0, 9.0]], [[4.0, 0.0], [6.0, 5.0], [5.0, 7.0]]])


@pytest.mark.parametrize(
    ("pooling", "expected"),
    [
        ("cls", [[1.0, 8.0], [4.0, 0.0]]),
        ("mean", [[2.0, 5.0], [5.0, 4.0]]),
        ("max", [[3.0, 8.0], [6.0, 7.0]]),
        ("last", [[3.0, 2.0], [5.0, 7.0]]),
    ],
)
def test_a_text_is_pooled_from_its_own_tokens(pooling: Any, expected: list[list[float]]) -> None:
    """Two of three states of the first text are its own."""
    assert pooled(STATES, torch.tensor([2, 3]), pooling).tolist() == expected


@pytest.mark.parametrize(
    ("bend", "function"),
    [("tanh", torch.tanh), ("relu", functional.relu), ("gelu", functional.gelu)],
)
def test_a_layer_stands_before_the_last_one(bend: Any, function: Any) -> None:
    head = TextHead(4, 3, bend=bend).eval()
    x = torch.randn(5, 4)
    assert head.dense is not None
    expected = head.output(function(x @ head.dense.weight.T + head.dense.bias))
    torch.testing.assert_close(head(x), expected)


def test_gpt2s_head_is_one_matrix() -> None:
    head = TextHead(4, 3, bend=None, offsets=False).eval()
    assert [tuple(weights.shape) for weights in head.parameters()] == [(3, 4)]
    x = torch.randn(5, 4)
    torch.testing.assert_close(head(x), x @ head.output.weight.T)


@pytest.mark.parametrize("drop_first", [True, False])
def test_features_are_dropped_where_the_family_drops_them(drop_first: bool) -> None:
    """RoBERTa drops before the layer, too; all drop before the last one."""
    torch.manual_seed(0)
    head = TextHead(64, 3, bend="relu", drop_first=drop_first, dropout=0.5).train()
    x = torch.randn(4, 64)
    assert torch.equal(head.features(x), head.features(x)) is not drop_first
    assert not torch.equal(head(x), head(x))


def test_each_token_has_its_own_answer() -> None:
    head = TokenHead(2, 3).eval()
    answers = head(STATES)
    assert answers.shape == (2, 3, 3)
    torch.testing.assert_close(answers[1, 2], head.output(STATES[1, 2]))
