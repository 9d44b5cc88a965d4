"""Tables laid over each other: a planted rotation is found, and a word that moved stands out."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import orthogonal_procrustes

from nlpwb.vectors.alignment import aligned_cosines, centred_units, procrustes
from tests.vectors.planted import grouped_table, turned, with_rows


def test_a_planted_rotation_is_found() -> None:
    rng = np.random.default_rng(0)
    a = rng.normal(size=(50, 6))
    planted = np.linalg.qr(rng.normal(size=(6, 6)))[0]
    found = procrustes(a, a @ planted)
    assert found == pytest.approx(planted)
    assert found @ found.T == pytest.approx(np.eye(6))


def test_a_quarter_turn_by_hand() -> None:
    """(1, 0) became (0, 1), and (0, 1) became (-1, 0)."""
    assert procrustes(np.eye(2), np.array([[0.0, 1.0], [-1.0, 0.0]])) == pytest.approx(
        np.array([[0.0, 1.0], [-1.0, 0.0]])
    )


def test_it_is_the_rotation_of_scipy() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(2, 40, 5))
    assert procrustes(a, b) == pytest.approx(orthogonal_procrustes(a, b)[0])


def test_a_turned_stretched_and_shifted_table_is_the_same() -> None:
    """Every training has a rotation of its own; none of that is drift."""
    a = grouped_table()
    b = turned(a, factor=3.0).vectors + np.float32(2.0)
    assert aligned_cosines(a.vectors, b) == pytest.approx(np.ones(len(a)), abs=1e-5)


def test_a_moved_word_has_the_lowest_cosine() -> None:
    a = grouped_table()
    b = turned(with_rows(a, {"fruit5": "tool3"}))
    found = aligned_cosines(a.vectors, b.vectors)
    assert a.words[int(found.argmin())] == "fruit5"
    assert np.sort(found)[1] > 0.9


def test_tables_of_other_widths_can_be_compared() -> None:
    a = grouped_table(dim=16)
    wide = np.pad(a.vectors, ((0, 0), (0, 9)))
    for one, other in ((a.vectors, wide), (wide, a.vectors)):
        assert aligned_cosines(one, other) == pytest.approx(np.ones(len(a)), abs=1e-5)


def test_a_vector_that_is_the_mean_has_no_direction() -> None:
    assert centred_units(np.ones((3, 2), dtype=np.float32)).tolist() == [[0, 0]] * 3


def test_blocks_and_some_rows_have_the_cosines_of_the_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The rotation is that of all rows, whatever the size of a block and whichever rows are asked for."""
    a = grouped_table()
    b = turned(with_rows(a, {"fruit5": "tool3"})).vectors
    whole = aligned_cosines(a.vectors, b)
    one, other = centred_units(a.vectors), centred_units(b)
    assert whole == pytest.approx(((one @ procrustes(one, other)) * other).sum(axis=1))
    monkeypatch.setattr("nlpwb.vectors.alignment.BLOCK", 5)
    rows = np.array([7, 0, 35, 7, 2, 3, 4])
    assert aligned_cosines(a.vectors, b, rows=rows) == pytest.approx(whole[rows])
    assert aligned_cosines(a.vectors, b) == pytest.approx(whole)
