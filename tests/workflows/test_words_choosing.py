"""Words that are chosen: those without a direction are left out, with their vectors and counts alike."""

from __future__ import annotations

import numpy as np
import pytest

from nlpwb.vectors.table import WordVectors
from nlpwb.workflows.words.choosing import Wanted, choose


def test_words_vectors_and_counts_stay_together_whatever_is_left_out() -> None:
    """Zeros and NaN among the rest: what is kept is named, counted and of length 1."""
    rows = np.array([[0, 0], [3, 4], [np.nan, 1], [0, 2e30], [1, np.inf], [0, -1e-30]], np.float32)
    table = WordVectors(["zero", "five", "nan", "long", "inf", "short"], rows, np.arange(6))
    said: list[str] = []
    chosen = choose(table, "t", Wanted(top=6), least=1, warn=said.append)
    assert (chosen.words, chosen.counts) == (["five", "long", "short"], [1, 3, 5])
    assert chosen.units.ravel().tolist() == pytest.approx([0.6, 0.8, 0, 1, 0, -1])
    assert said == [
        "left out, because their vectors are all zeros: zero",
        "left out, because their vectors are not finite: nan, inf",
    ]
