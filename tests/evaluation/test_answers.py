"""Answers to analogy questions: copies by pairs of words, intervals, and how often equal models are told apart."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from nlpwb.evaluation.answers import (
    accuracy_copies,
    accuracy_interval,
    compare_answers,
    judged,
    word_pairs,
)
from nlpwb.evaluation.resampling import drawn_weights
from nlpwb.evaluation.significance import holm, mcnemar_exact


def all_with_all(pairs: int) -> np.ndarray:
    """Every pair of words asked with every other, as in the sets that people use: (n, 2)."""
    return np.array(list(permutations(range(pairs), 2)))


def test_a_question_is_made_of_two_pairs_of_words_in_any_case():
    questions = [
        ("Athens", "Greece", "Oslo", "Norway"),
        ("oslo", "norway", "athens", "greece"),
        ("Greece", "Athens", "Oslo", "Norway"),
    ]
    assert word_pairs(questions).tolist() == [[0, 1], [1, 0], [2, 1]]
    assert word_pairs([]).shape == (0, 2)


def test_copies_draw_pairs_of_words_and_not_questions():
    """Pairs drawn 2, 1, 0 times: a question of the first two counts 2 · 1, every question of the third not at all."""
    pairs = all_with_all(3)
    right = np.array([1, 0, 0, 1, 1, 0])
    weights = next(drawn_weights(3, 50, rng=np.random.default_rng(5)))
    found = accuracy_copies(right, pairs, replicates=50, seed=5)[0]
    for drawn, accuracy in zip(weights, found, strict=True):
        of_question = drawn[pairs[:, 0]] * drawn[pairs[:, 1]]
        whole = of_question.sum()
        expected = of_question @ right / whole if whole else np.nan
        assert accuracy == pytest.approx(expected, nan_ok=True)
    assert np.isnan(found).any()  # one pair drawn three times leaves no question


def test_the_numbers_of_the_pairs_do_not_matter_only_which_are_the_same():
    right = np.random.default_rng(0).integers(0, 2, size=20)
    pairs = all_with_all(5)
    found = accuracy_copies(right, 10 * pairs + 7, replicates=9, seed=1)
    assert np.array_equal(
        found, accuracy_copies(right, pairs, replicates=9, seed=1), equal_nan=True
    )


def test_blocks_do_not_change_the_copies(monkeypatch):
    pairs = all_with_all(12)
    right = np.random.default_rng(1).integers(0, 2, size=len(pairs))
    whole = accuracy_copies(right, pairs, replicates=20, seed=1)
    monkeypatch.setattr("nlpwb.evaluation.answers._HELD", 1)
    assert accuracy_copies(right, pairs, replicates=20, seed=1) == pytest.approx(whole)


def test_the_interval_is_wide_where_whole_pairs_of_words_are_right_or_wrong():
    """20 pairs of words, of which 10 are known: all their questions among themselves are right, 90 of 380. Wilson's interval for
    90 of 380 is .20 to .28; which pairs of words were asked moves the accuracy far more than that."""
    pairs = all_with_all(20)
    right = (pairs < 10).all(axis=1)
    assert np.count_nonzero(right) == 90
    low, high = accuracy_interval(right, pairs, seed=0)
    assert low < 0.12
    assert high > 0.40


def test_models_are_compared_on_what_both_answer():
    """30 questions in common: 12 that only the first gets right, 2 that only the second does; McNemar's p is exact."""
    pairs = np.arange(80).reshape(40, 2)
    answers = np.zeros((2, 40), dtype=np.int8)
    answers[0, :12] = 1
    answers[1, 12:14] = 1
    answers[0, 30:35] = -1
    answers[1, 33:40] = -1
    (pair,) = compare_answers(answers, pairs, least=30, seed=0)
    assert (pair.i, pair.j, pair.n) == (0, 1, 30)
    assert pair.delta == pytest.approx(10 / 30)
    assert pair.p_mcnemar == mcnemar_exact(12, 2)
    assert compare_answers(answers, pairs, least=31, seed=0) == []


def test_a_model_does_not_differ_from_itself():
    answers = np.tile(np.array([1, 0] * 45, dtype=np.int8), (2, 1))
    (pair,) = compare_answers(answers, all_with_all(10), least=30, seed=0)
    assert (pair.delta, pair.low, pair.high, pair.p, pair.p_mcnemar) == (0, 0, 0, 1, 1)


def test_holm_counts_the_pairs_of_models():
    answers = np.random.default_rng(2).integers(0, 2, size=(3, 90)).astype(np.int8)
    pairs = compare_answers(answers, all_with_all(10), least=30, seed=0)
    assert [pair.p_holm for pair in pairs] == pytest.approx(list(holm([p.p for p in pairs])))


def test_a_difference_is_judged_by_students_t():
    """Copies of deviation 1 and a difference of 2: t = 2 with 10 degrees of freedom is p = .0734; the interval, 2 ± 2.228."""
    low, high, p = judged(2.0, np.array([-1.0, 0.0, 1.0]), freedom=10)
    assert p == pytest.approx(0.07339, abs=1e-5)
    assert (low, high) == pytest.approx((2 - 2.22814, 2 + 2.22814), abs=1e-5)


def test_copies_that_never_vary_are_judged_by_their_number():
    """Four units that all speak for one side: 2 of 16 ways to toss their signs are as extreme. Of two units, all are half."""
    assert judged(0.0, np.zeros(5), freedom=3) == (0, 0, 1)
    assert judged(0.5, np.full(5, 0.5), freedom=3) == (0.5, 0.5, 2 / 16)
    assert judged(0.5, np.full(5, 0.5), freedom=1) == (0.5, 0.5, 2 / 4)


def test_few_pairs_of_words_are_not_compared_however_many_questions_they_make():
    """All right against all wrong: two pairs of words asked 40 times over are two draws and no evidence; ten are some."""
    two = np.tile([[0, 1], [1, 0]], (20, 1))
    assert compare_answers(opposites(40), two, least=30, seed=0) == []
    assert compare_answers(opposites(72), all_with_all(9), least=30, seed=0) == []
    (pair,) = compare_answers(opposites(90), all_with_all(10), least=30, seed=0)
    assert (pair.delta, pair.p) == (1, 2**-9)


def opposites(questions: int) -> np.ndarray:
    """A model that is always right and one that never is."""
    return np.repeat(np.array([[1], [0]], dtype=np.int8), questions, axis=1)


def lucky_models(rng: np.random.Generator, pairs: np.ndarray, count: int) -> np.ndarray:
    """Models of equal worth: each knows each pair of words more or less well by luck, and answers the better the better it
    knows both."""
    units = pairs.max() + 1
    hardness = rng.normal(size=units)
    found = []
    for _ in range(count):
        known = hardness + 0.7 * rng.normal(size=units)
        found.append(known[pairs].sum(axis=1) + rng.normal(size=len(pairs)) > 0)
    return np.array(found, dtype=np.int8)


def false_claims(runs: int, *, units: int) -> tuple[float, float]:
    """How often two models of equal worth are told apart at 5 %: by their pairs of words, and by McNemar's test."""
    rng = np.random.default_rng(11)
    pairs = all_with_all(units)
    ours = mcnemar = 0
    for run in range(runs):
        (pair,) = compare_answers(
            lucky_models(rng, pairs, 2), pairs, least=1, replicates=300, seed=run
        )
        ours += pair.p < 0.05
        mcnemar += pair.p_mcnemar < 0.05
    return ours / runs, mcnemar / runs


def test_equal_models_are_seldom_told_apart_where_mcnemar_often_does():
    """Questions that share words are right or wrong together: to take them for independent finds differences in luck.

    200 runs; 5 %, two standard errors and a point are allowed.
    """
    ours, mcnemar = false_claims(200, units=25)
    assert ours < 0.091
    assert mcnemar > 0.3


@pytest.mark.slow
@pytest.mark.parametrize("units", [12, 25, 50])
def test_false_claims_of_the_paired_test(units):
    """600 runs: two standard errors are 1.8 points, and a point and a half for few pairs of words."""
    assert false_claims(600, units=units)[0] < 0.05 + 0.033


@pytest.mark.slow
@pytest.mark.parametrize("units", [15, 30])
def test_the_interval_over_words_holds_the_true_accuracy(units):
    """Other pairs of words, of the same kind: their accuracy is .5 by symmetry; 600 runs, two standard errors and two points."""
    rng = np.random.default_rng(12)
    pairs = all_with_all(units)
    held = 0
    for run in range(600):
        (right,) = lucky_models(rng, pairs, 1)
        low, high = accuracy_interval(right, pairs, replicates=300, seed=run)
        held += low <= 0.5 <= high
    assert held / 600 > 0.95 - 0.038
