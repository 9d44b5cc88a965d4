"""Dropout by cheap random numbers is dropout: its share, its mean, its repeatability."""

from __future__ import annotations

import pytest
import torch

from nlpwb.methods.transformer.dropout import Dropout, dropout


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_share_and_scale(rate: float) -> None:
    """A share other than the rate, or survivors scaled by other than its inverse, would train another network."""
    torch.manual_seed(0)
    dropped = dropout(torch.ones(401, 997), rate)  # a count that is no multiple of four
    share = float((dropped == 0).float().mean())
    assert share == pytest.approx(rate, abs=0.004)
    kept = dropped[dropped != 0]
    torch.testing.assert_close(kept, torch.full_like(kept, 1 / (1 - rate)), rtol=2e-4, atol=0)


def test_neighbours_fall_out_independently() -> None:
    """Four values share 64 random bits and must not share their fate."""
    torch.manual_seed(1)
    gone = (dropout(torch.ones(200_000), 0.5) == 0).float().view(-1, 4)
    together = torch.corrcoef(gone.T)
    assert float((together - torch.eye(4)).abs().max()) < 0.02


def test_gradient_passes_where_the_value_passed() -> None:
    """A gradient through a dropped value would train what was not there."""
    torch.manual_seed(2)
    x = torch.ones(64, requires_grad=True)
    read = dropout(x, 0.5)
    read.sum().backward()
    assert x.grad is not None
    torch.testing.assert_close(x.grad, read.detach())


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_seeded_and_of_the_type_that_came(dtype: torch.dtype) -> None:
    """A resumed training draws the same numbers from the generator that was kept."""
    x = torch.randn(5, 7).to(dtype)
    torch.manual_seed(3)
    first = dropout(x, 0.3)
    torch.manual_seed(3)
    assert torch.equal(first, dropout(x, 0.3))
    assert first.dtype == dtype


def test_nothing_falls_out_in_prediction_or_at_rate_zero() -> None:
    """Prediction is no lottery, and draws no random numbers."""
    x = torch.randn(5, 7)
    assert torch.equal(Dropout(0.5).eval()(x), x)
    torch.manual_seed(4)
    before = torch.get_rng_state()
    assert torch.equal(dropout(x, 0.0), x)
    assert torch.equal(torch.get_rng_state(), before)
