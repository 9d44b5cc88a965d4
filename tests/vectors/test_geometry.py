"""Isotropy, mean cosine and hubness of tables whose figures can be computed by head."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from nlpwb.vectors.geometry import geometry, isotropy, mean_cosine, occurrences, skewness
from nlpwb.vectors.similarity import unit_rows
from nlpwb.vectors.table import WordVectors


def table(rows: np.ndarray) -> WordVectors:
    return WordVectors([f"w{n}" for n in range(len(rows))], np.asarray(rows, dtype=np.float32))


def ring(n: int) -> np.ndarray:
    angles = 2 * np.pi * np.arange(n) / n
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def star(n: int) -> np.ndarray:
    """n words at right angles, and one in the middle of them all, which comes last."""
    return np.concatenate([np.eye(n), np.full((1, n), 1 / math.sqrt(n))]).astype(np.float32)


def test_words_on_both_ends_of_every_axis_are_isotropic():
    """Z is 2 cosh(1) + 2 (dim - 1) in each direction, and the vectors sum to zero: cosines are -1 / (n - 1) on average."""
    cross = np.concatenate([np.eye(5), -np.eye(5)]).astype(np.float32)
    assert isotropy(cross) == pytest.approx(1)
    assert mean_cosine(cross) == pytest.approx(-1 / 9)


def test_one_direction_alone_has_the_ratio_of_its_two_ends():
    """All words at length a on one axis: Z is n e^a one way and n e^-a the other."""
    same = np.zeros((7, 3), dtype=np.float32)
    same[:, 1] = 0.75
    assert isotropy(same) == pytest.approx(math.exp(-1.5))
    assert mean_cosine(unit_rows(same)) == pytest.approx(1)


def test_the_sign_of_an_eigenvector_does_not_matter():
    rng = np.random.default_rng(0)
    lopsided = rng.normal(size=(200, 4)) + np.array([2, 0, 0, 0])
    assert isotropy(lopsided) == pytest.approx(isotropy(-lopsided))


def test_long_vectors_do_not_overflow():
    """exp(800) is no float64; the ratio of two such sums is."""
    assert isotropy(800 * np.concatenate([np.eye(3), -np.eye(3)])) == pytest.approx(1)


def test_gaussian_vectors_are_nearly_isotropic_and_a_common_direction_makes_them_less_so():
    rng = np.random.default_rng(1)
    round_ = rng.normal(size=(5000, 20)) / math.sqrt(20)
    pushed = round_ + np.eye(20)[0]
    assert isotropy(round_) > 0.95
    assert isotropy(pushed) < 0.2
    assert abs(mean_cosine(unit_rows(round_))) < 0.001
    # cosine of v + e and w + e with |v|, |w| near 1: e.e over the squared length 2
    assert mean_cosine(unit_rows(pushed)) == pytest.approx(0.5, abs=0.02)


def test_the_mean_cosine_is_that_of_all_pairs():
    """The closed form must be what a loop over pairs gives."""
    units = unit_rows(np.random.default_rng(2).normal(size=(30, 5)) + 0.3)
    pairs = [units[i] @ units[j] for i in range(30) for j in range(i)]
    assert mean_cosine(units) == pytest.approx(np.mean(pairs), abs=1e-6)


def test_a_ring_has_no_hubs():
    found = geometry(table(ring(24)), neighbors=2)
    assert (found.hubness, found.antihubs, found.hub_count) == (0, 0, 2)


def test_a_word_in_the_middle_of_a_star_is_the_nearest_of_every_other():
    """N_1 is 20 for the hub, 1 for the word that happens to be the hub's own nearest, 0 for the other 19 of 21."""
    found = geometry(table(star(20)), neighbors=1)
    assert (found.hub, found.hub_count) == ("w20", 20)
    assert found.antihubs == pytest.approx(19 / 21)
    assert found.hubness == pytest.approx(stats.skew([20, 1, *[0] * 19]))


def test_skewness_is_scipys():
    counts = np.random.default_rng(3).poisson(3, size=500)
    assert skewness(counts) == pytest.approx(stats.skew(counts))


def test_blocks_do_not_change_the_counts(monkeypatch):
    """A block of one row must count what one block of all rows counts; and each word has k neighbours."""
    units = unit_rows(np.random.default_rng(4).normal(size=(60, 4)))
    whole = occurrences(units, 5)
    monkeypatch.setattr("nlpwb.vectors.geometry._SCORES", 1)
    assert np.array_equal(occurrences(units, 5), whole)
    assert whole.sum() == 60 * 5


def test_only_the_first_words_count_and_zeros_are_left_out():
    """A vector of zeros has no direction; rows beyond the first are not looked at."""
    rows = np.concatenate([ring(12), np.zeros((1, 2)), np.full((5, 2), 100.0)])
    found = geometry(table(rows), words=13, neighbors=2)
    assert (found.words, found.hub_count, found.hubness) == (12, 2, 0)


@pytest.mark.parametrize(("n", "known"), [(0, False), (1, False), (2, True), (10, True)])
def test_too_few_words_for_neighbours_have_no_hubness(n, known):
    """Ten neighbours are found among eleven words or more; cosines among two or more."""
    found = geometry(table(ring(10)[:n]))
    assert (found.words, found.hubness, found.hub) == (n, None, None)
    assert (found.isotropy is not None) == (found.mean_cosine is not None) == known
