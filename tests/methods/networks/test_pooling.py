"""Pooling: answers by head, and nothing of what stands behind the end of a document."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from nlpwb.methods.networks.pooling import (
    AttentionPooling,
    last_in_time,
    max_over_time,
    mean_over_time,
    real_places,
)

VALUES = torch.tensor(
    [[[1.0, -5.0], [3.0, -1.0], [9.0, 9.0]], [[-2.0, 4.0], [0.0, 0.0], [7.0, 7.0]]]
)
LENGTHS = torch.tensor([2, 1])
EVERY = [mean_over_time, max_over_time, last_in_time, AttentionPooling(2)]


def test_real_places_end_with_each_document() -> None:
    """A place too many would let padding in, one too few would lose a word."""
    assert real_places(LENGTHS, 3).tolist() == [[True, True, False], [True, False, False]]


def test_answers_by_head() -> None:
    """The third place is padding for both; negative maxima must not become the padding's zero."""
    assert mean_over_time(VALUES, LENGTHS).tolist() == [[2, -3], [-2, 4]]
    assert max_over_time(VALUES, LENGTHS).tolist() == [[3, -1], [-2, 4]]
    assert last_in_time(VALUES, LENGTHS).tolist() == [[3, -1], [-2, 4]]


def test_attention_weighs_by_its_formula() -> None:
    """u · tanh(W h + b), written out; the weights are a distribution over the tokens alone."""
    torch.manual_seed(0)
    pooling = AttentionPooling(2)
    W, b, u = pooling.project.weight, pooling.project.bias, pooling.query.weight[0]
    h = VALUES[0, :2]
    scores = torch.stack([u @ torch.tanh(W @ h[t] + b) for t in range(2)]).exp()
    weights = pooling.weights(VALUES, LENGTHS)
    torch.testing.assert_close(weights[0, :2], scores / scores.sum())
    assert weights[0, 2] == 0
    assert weights[1].tolist() == [1, 0, 0]
    torch.testing.assert_close(pooling(VALUES, LENGTHS)[0], weights[0, :2] @ h)


@pytest.mark.parametrize("pool", EVERY, ids=lambda pool: getattr(pool, "__name__", "attention"))
@pytest.mark.parametrize("rubbish", [0.0, 1e30, float("inf"), float("nan")])
def test_padding_has_no_influence(pool: nn.Module, rubbish: float) -> None:
    """Whatever a layer left behind the end, NaN included, in values and in gradients."""
    clean = VALUES[:1, :2].clone().requires_grad_()
    padded = torch.cat([VALUES[:1, :2], torch.full((1, 4, 2), rubbish)], dim=1).requires_grad_()
    expected: Tensor = pool(clean, LENGTHS[:1])
    found: Tensor = pool(padded, LENGTHS[:1])
    torch.testing.assert_close(found, expected)
    expected.sum().backward()
    found.sum().backward()
    assert clean.grad is not None
    assert padded.grad is not None
    torch.testing.assert_close(padded.grad[:, :2], clean.grad)
    assert (padded.grad[:, 2:] == 0).all()


@given(st.lists(st.integers(1, 6), min_size=1, max_size=5), st.integers(0, 3))
def test_a_batch_gives_what_each_document_gives_alone(lengths: list[int], extra: int) -> None:
    """Neighbours in a batch must not change a document."""
    torch.manual_seed(sum(lengths))
    values = torch.randn(len(lengths), max(lengths) + extra, 2)
    for pool in EVERY:
        together = pool(values, torch.tensor(lengths))
        for row, length in enumerate(lengths):
            alone = pool(values[row : row + 1, :length], torch.tensor([length]))
            torch.testing.assert_close(together[row : row + 1], alone)
