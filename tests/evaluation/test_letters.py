"""The compact letter display says exactly which pairs are significant."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpwb.evaluation.letters import letters, letters_of


@st.composite
def relations(draw):
    """Scores of up to nine methods and any set of significant pairs, also impossible ones."""
    scores = draw(st.lists(st.integers(0, 5).map(float), min_size=1, max_size=9))
    pairs = list(combinations(range(len(scores)), 2))
    chosen = draw(st.sets(st.sampled_from(pairs))) if pairs else set()
    return scores, chosen


def sharing(display):
    sets = [set(letters_of(d)) for d in display]
    return {(i, j) for i, j in combinations(range(len(sets)), 2) if sets[i] & sets[j]}


@given(relations(), st.booleans())
def test_two_methods_share_a_letter_iff_their_pair_is_not_significant(case, higher):
    scores, significant = case
    display = letters(scores, significant, higher_is_better=higher)
    everyone = set(combinations(range(len(scores)), 2))
    assert sharing(display) == everyone - significant
    assert all(display)


@given(relations())
def test_letters_follow_the_ranks(case):
    """The best has an a, no letter is skipped, and no letter is spent for nothing."""
    scores, significant = case
    display = letters(scores, significant, higher_is_better=True)
    order = sorted(range(len(scores)), key=lambda m: -scores[m])
    assert "a" in letters_of(display[order[0]])
    first_seen = {}
    for rank, m in enumerate(order):
        for letter in letters_of(display[m]):
            first_seen.setdefault(letter, rank)
    assert sorted(first_seen.items(), key=lambda x: x[1]) == sorted(first_seen.items())
    for letter in first_seen:
        without = ["".join(x for x in letters_of(d) if x != letter) for d in display]
        assert sharing(without) != sharing(display) or not all(without)


@given(relations(), st.randoms())
def test_neither_the_order_of_pairs_nor_their_direction_matters(case, random):
    scores, significant = case
    turned = [pair if random.random() < 0.5 else pair[::-1] for pair in significant]
    random.shuffle(turned)
    assert letters(scores, turned, higher_is_better=True) == letters(
        scores, significant, higher_is_better=True
    )


@pytest.mark.parametrize(
    ("significant", "expected"),
    [
        ([], ["a", "a", "a"]),
        ([(0, 2)], ["a", "ab", "b"]),
        ([(0, 1), (0, 2)], ["a", "b", "b"]),
        ([(0, 1), (0, 2), (1, 2)], ["a", "b", "c"]),
        ([(0, 1)], ["a", "b", "ab"]),
    ],
)
def test_displays_that_one_would_write_by_hand(significant, expected):
    assert letters([0.9, 0.8, 0.7], significant, higher_is_better=True) == expected


def test_a_lower_loss_is_better():
    assert letters([0.9, 0.1], [(0, 1)], higher_is_better=False) == ["b", "a"]


def test_the_sweep_takes_out_what_other_letters_say():
    """A square of four methods around two diagonals: four letters of two, none to spare."""
    display = letters([4, 3, 2, 1], [(0, 2), (1, 3)], higher_is_better=True)
    assert display == ["ab", "ac", "cd", "bd"]


def test_letters_after_z_are_capitals_and_then_numbered():
    """Sixty methods, all different."""
    everyone = list(combinations(range(60), 2))
    display = letters(list(range(60, 0, -1)), everyone, higher_is_better=True)
    assert display[:2] == ["a", "b"]
    assert display[25:28] == ["z", "A", "B"]
    assert display[51:54] == ["Z", "a1", "b1"]
    assert letters_of("za1b1") == ["z", "a1", "b1"]


def test_no_method_has_no_letters():
    assert letters([], [], higher_is_better=True) == []
