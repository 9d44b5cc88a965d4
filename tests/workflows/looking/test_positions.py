"""Encodings of positions: the numbers of the networks, and their similarity over distance."""

from __future__ import annotations

import math

import numpy as np
import pytest

from nlpwb.errors import UsageError
from nlpwb.workflows.looking.positions import positions


def test_sinusoidal_similarity_is_a_sum_of_cosines() -> None:
    """Two waves of width 4: (cos k + cos k/100) / 2 at distance k, whatever the place."""
    found = positions("sinusoidal", length=20, dim=4, heads=1)
    product, cosine = found.similarities
    wanted = [(math.cos(k) + math.cos(k / 100)) / 2 for k in range(20)]
    np.testing.assert_allclose(product.values, wanted, atol=1e-6)
    np.testing.assert_allclose(cosine.values, wanted, atol=1e-6)
    np.testing.assert_allclose(product.spread, 0, atol=1e-6)


def test_rotary_scores_are_the_mean_over_vectors_that_ask_for_themselves() -> None:
    """Against draws: the mean and the deviation of q · R_k q for random q of length 1."""
    from torch import arange, from_numpy

    from nlpwb.methods.transformer.positions import rotate, rotation

    found = positions("rotary", length=16, dim=8, heads=1)
    (line,) = found.similarities
    drawn = np.random.default_rng(0).normal(size=(20_000, 8))
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    turn = rotation(arange(16), 8)
    scores = np.stack(
        [
            (
                rotate(from_numpy(drawn), type(turn)(turn.cosine[k], turn.sine[k])).numpy() * drawn
            ).sum(1)
            for k in (0, 1, 5, 15)
        ]
    )
    np.testing.assert_allclose(line.values[[0, 1, 5, 15]], scores.mean(axis=1), atol=0.01)
    np.testing.assert_allclose(line.spread[[0, 1, 5, 15]], scores.std(axis=1), atol=0.01)


def test_alibi_has_a_line_for_each_head() -> None:
    found = positions("alibi", length=4, dim=2, heads=2)
    assert [line.name for line in found.similarities] == ["head 1", "head 2"]
    np.testing.assert_allclose(found.similarities[0].values, [0, -1 / 16, -2 / 16, -3 / 16])
    np.testing.assert_allclose(found.encoding[1], [0, -1 / 256, -2 / 256, -3 / 256])


def test_learned_positions_begin_without_likeness_and_depend_on_the_seed_alone() -> None:
    one = positions("learned", length=50, dim=64, heads=1, seed=3)
    again = positions("learned", length=50, dim=64, heads=1, seed=3)
    np.testing.assert_array_equal(one.encoding, again.encoding)
    assert abs(one.similarities[1].values[1:20]).max() < 0.1


def test_what_cannot_be_shown_is_said() -> None:
    from pathlib import Path

    with pytest.raises(UsageError, match="--dim 7: rotary positions turn pairs"):
        positions("rotary", length=4, dim=7, heads=1)
    with pytest.raises(UsageError, match="--model shows learned positions, and alibi is a formula"):
        positions("alibi", length=4, dim=8, heads=1, model=Path("m"))
