"""Losses are sums over items: what they say for two items can be computed by head."""

from __future__ import annotations

import math

import pytest
import torch

from nlpwb.training.losses import binary_cross_entropy, cross_entropy, mean_squared_error

EVEN = torch.zeros(2, 2)  # logits of two items that say nothing
TARGETS = torch.tensor([0, 1])


def test_cross_entropy_of_no_opinion_is_log_two_each() -> None:
    total, items = cross_entropy()(EVEN, TARGETS)
    assert float(total) == pytest.approx(2 * math.log(2))
    assert items == 2


def test_weights_multiply_the_items_of_a_label() -> None:
    total, items = cross_entropy(torch.tensor([1.0, 3.0]))(EVEN, TARGETS)
    assert float(total) == pytest.approx(4 * math.log(2))
    assert items == 2


def test_smoothing_deals_some_of_the_truth_to_all_labels() -> None:
    """Logits 2 and 0: the loss is -(1 - s/2) log p_0 - (s/2) log p_1."""
    logits = torch.tensor([[2.0, 0.0]])
    p = torch.softmax(logits, 1)[0]
    expected = -(0.9 * p[0].log() + 0.1 * p[1].log())
    total, _ = cross_entropy(smoothing=0.2)(logits, torch.tensor([0]))
    assert float(total) == pytest.approx(float(expected))


def test_a_weight_is_that_of_the_item_also_when_smoothed() -> None:
    """torch would weigh the smoothed part by the other labels' weights: a rare label would then shout from every item."""
    logits, target = torch.tensor([[2.0, 0.0]]), torch.tensor([0])
    plain, _ = cross_entropy(smoothing=0.2)(logits, target)
    weighted, _ = cross_entropy(torch.tensor([3.0, 100.0]), 0.2)(logits, target)
    assert float(weighted) == pytest.approx(3 * float(plain))


def test_binary_cross_entropy_is_a_mean_over_labels() -> None:
    truth = torch.tensor([[True, False], [False, True]])
    total, items = binary_cross_entropy()(EVEN, truth)
    assert float(total) == pytest.approx(2 * math.log(2))
    assert items == 2


def test_squared_error_takes_one_output_an_item() -> None:
    total, items = mean_squared_error()(torch.tensor([[1.0], [4.0]]), torch.tensor([0.0, 2.0]))
    assert (float(total), items) == (5.0, 2)


def test_bf16_logits_are_summed_in_float32() -> None:
    """A sum of 500 losses in bf16 would be wrong in its second digit."""
    total, _ = cross_entropy()(torch.zeros(500, 2).bfloat16(), torch.zeros(500, dtype=torch.int64))
    assert float(total) == pytest.approx(500 * math.log(2), rel=1e-5)
