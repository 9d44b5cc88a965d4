"""The formulas that tell order, against answers by head and the properties that their papers claim."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpwb.methods.transformer.positions import (
    PositionEmbedding,
    alibi,
    alibi_slopes,
    rotate,
    rotation,
    sinusoidal,
)


def test_sinusoidal_by_head() -> None:
    """Width 4: the first pair turns by one radian a place, the second by a hundredth."""
    table = sinusoidal(torch.tensor([0, 3]), 4)
    expected = [[0, 1, 0, 1], [math.sin(3), math.cos(3), math.sin(0.03), math.cos(0.03)]]
    torch.testing.assert_close(table, torch.tensor(expected))


def test_sinusoidal_of_odd_width() -> None:
    """An odd width drops the last cosine and changes nothing else."""
    places = torch.arange(5)
    torch.testing.assert_close(sinusoidal(places, 1), places.sin().unsqueeze(1))
    assert sinusoidal(places, 7).shape == (5, 7)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**31), st.integers(0, 200), st.integers(0, 200), st.integers(0, 300))
def test_rotary_scores_depend_on_distance_alone(seed: int, i: int, j: int, shift: int) -> None:
    """Su et al.'s equation 16: moving both places leaves their score alone."""
    torch.manual_seed(seed)
    q, k = torch.randn(1, 8), torch.randn(1, 8)

    def score(at: int, of: int) -> float:
        turned = (
            rotate(q, rotation(torch.tensor([at]), 8)),
            rotate(k, rotation(torch.tensor([of]), 8)),
        )
        return float((turned[0] * turned[1]).sum())

    assert score(i, j) == pytest.approx(score(i + shift, j + shift), abs=2e-3)


def test_rotary_by_head() -> None:
    """Width 2 at place 1: a turn by one radian. A turn keeps lengths, and place 0 turns nothing."""
    turned = rotate(torch.tensor([[1.0, 0.0]] * 2), rotation(torch.tensor([0, 1]), 2))
    torch.testing.assert_close(turned, torch.tensor([[1, 0], [math.cos(1), math.sin(1)]]))


def test_alibi_slopes_by_head() -> None:
    """Eight heads: 1/2 … 1/256, as the paper says; twelve heads: those, and four of the sixteen's between them."""
    eight = [2.0**-n for n in range(1, 9)]
    assert alibi_slopes(8).tolist() == eight
    assert alibi_slopes(1).tolist() == [2.0**-8]
    twelve = alibi_slopes(12)
    assert twelve.tolist()[:8] == eight
    torch.testing.assert_close(twelve[8:], torch.tensor([2.0 ** -(n / 2) for n in (1, 3, 5, 7)]))


@given(st.integers(1, 64))
def test_alibi_slopes_differ_for_every_head(heads: int) -> None:
    """Two heads of one slope would be one head less."""
    slopes = alibi_slopes(heads)
    assert slopes.shape == (heads,)
    assert len(set(slopes.tolist())) == heads
    assert bool(((slopes > 0) & (slopes < 1)).all())


def test_alibi_by_head() -> None:
    """Slope times distance, in both directions, and nothing for oneself."""
    bias = alibi(torch.tensor([0.5]), torch.tensor([1, 2]), torch.arange(3))
    assert bias.tolist() == [[[-0.5, 0.0, -0.5], [-1.0, -0.5, 0.0]]]


def test_learned_positions_are_rows_of_a_table() -> None:
    """Each place its own row, whatever the length."""
    learned = PositionEmbedding(6, 4)
    assert torch.equal(learned(torch.tensor([2, 5])), learned.weight[[2, 5]])
