"""Cosines of contexts, by head."""

from __future__ import annotations

import numpy as np
import pytest

from nlpwb.workflows.contexts.records import cosines_of, layers_phrase
from tests.workflows.contexts.made import contexts


def test_cosines_are_those_of_the_vectors() -> None:
    """(3, 4) has .6 and .8 with the axes; the static vector is the same everywhere, and exactly 1."""
    found = contexts()
    np.testing.assert_allclose(found.cosines(), [[1, 0, 0.6], [0, 1, 0.8], [0.6, 0.8, 1]])
    assert (found.static_cosines() == 1).all()


def test_a_vector_of_zeros_is_like_nothing_but_itself() -> None:
    found = cosines_of(np.array([[0, 0], [1, 0]], dtype=np.float32))
    np.testing.assert_array_equal(found, [[1, 0], [0, 1]])


def test_the_usual_cosine_is_that_of_tokens_of_different_texts() -> None:
    """Texts 1 and 2 have .6, 2 and 3 have .4, 1 and 3 nothing; a text that holds the word twice counts once."""
    texts = ["a bank", "bank bank", "the bank"]
    others = [(1, 0), (0.6, 0.8), (0.6, 0.8), (0, 0)]
    found = contexts([(1, 0)] * 4, texts, others=others)
    assert found.usual() == pytest.approx(0.6), "text 3 has no other token"
    others[3] = (0.0, 0.5)
    assert contexts([(1, 0)] * 4, texts, others=others).usual() == pytest.approx((0.6 + 0.4) / 3)


def test_layers_are_told_in_words() -> None:
    assert [layers_phrase(layers) for layers in ((0,), (1, 2), (9, 10, 11, 12))] == [
        "layer 0",
        "mean of layers 1 to 2",
        "mean of layers 9 to 12",
    ]
