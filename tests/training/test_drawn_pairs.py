"""Pairs by label: who may stand beside whom, how often, and what rare and overlapping labels do to it."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpwb.training.drawn_pairs import LabelledTexts, draw


def drawn(targets: object, count: int, *, seed: int = 0, **options: bool) -> tuple[list, list]:  # type: ignore[type-arg]
    """Alike and unlike pairs of texts with these labels, as sorted pairs."""
    found = draw(LabelledTexts(np.array(targets)), count, np.random.default_rng(seed), **options)
    pairs = [tuple(sorted(pair)) for pair in found.pairs.tolist()]
    alike = (found.likeness > 0).tolist()
    return (
        [pair for pair, same in zip(pairs, alike, strict=True) if same],
        [pair for pair, same in zip(pairs, alike, strict=True) if not same],
    )


@given(
    targets=st.lists(st.integers(0, 4), min_size=2, max_size=40),
    count=st.integers(2, 200),
    seed=st.integers(0, 100),
)
def test_pairs_are_what_they_say(targets: list[int], count: int, seed: int) -> None:
    """No text stands beside itself, likeness is that of the labels, both kinds are equally many."""
    alike, unlike = drawn(targets, count, seed=seed)
    assert len(alike) == len(unlike) <= (count + 1) // 2
    for first, second in alike:
        assert first != second
        assert targets[first] == targets[second]
    for first, second in unlike:
        assert targets[first] != targets[second]


def test_every_pair_that_there_may_be_is_drawn() -> None:
    """Stepping over the text itself, or over its label's texts, must not step over a neighbour."""
    alike, unlike = drawn([0, 1, 0, 1, 0], 2000)
    assert set(alike) == {(0, 2), (0, 4), (2, 4), (1, 3)}
    assert set(unlike) == {(a, b) if a < b else (b, a) for a in (0, 2, 4) for b in (1, 3)}


def test_partners_are_drawn_evenly() -> None:
    texts = LabelledTexts(np.array([0, 0, 0, 0, 1, 2]))
    anchors = np.zeros(30_000, dtype=np.int64)
    partners = texts.alike(anchors, np.random.default_rng(0)).pairs[:, 1]
    np.testing.assert_allclose(np.bincount(partners) / 30_000, [0, 1 / 3, 1 / 3, 1 / 3], atol=0.02)
    others = texts.unlike(anchors, np.random.default_rng(0)).pairs[:, 1]
    np.testing.assert_allclose(np.bincount(others)[4:] / 30_000, [0.5, 0.5], atol=0.02)


def test_each_text_is_an_anchor_as_often_as_any_other() -> None:
    texts = LabelledTexts(np.array([0, 0, 0, 1]))
    found = texts.anchors(10, np.random.default_rng(0), balanced=False)
    assert sorted(np.bincount(found)) == [2, 2, 3, 3]


def test_balanced_anchors_ask_each_label_equally_often() -> None:
    texts = LabelledTexts(np.array([0] * 98 + [1, 1]))
    found = texts.anchors(10_000, np.random.default_rng(0), balanced=True)
    assert abs((found >= 98).mean() - 0.5) < 0.03


def test_a_label_of_one_text_is_only_told_apart() -> None:
    alike, unlike = drawn([0, 0, 0, 1], 400)
    assert all(3 not in pair for pair in alike)
    assert any(3 in pair for pair in unlike)
    assert LabelledTexts(np.array([0, 0, 0, 1])).lonely == 1


@pytest.mark.parametrize("targets", [[0, 1, 2, 3], [0, 0, 0]])
def test_without_one_kind_there_is_none_of_the_other(targets: list[int]) -> None:
    """All labels differ, or all are one: pairs of a single kind would only push all texts apart, or together."""
    assert drawn(targets, 100) == ([], [])


def test_sets_are_alike_by_what_they_share() -> None:
    """Jaccard: {0, 1} and {1} share half; the texts without a label share that."""
    sets = np.array([[1, 1, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0], [0, 0, 0]], dtype=bool)
    texts = LabelledTexts(sets)
    first, second = np.array([0, 0, 3, 1]), np.array([1, 2, 4, 1])
    assert texts.likeness(first, second).tolist() == [0.5, 0, 1, 1]
    alike, unlike = drawn(sets, 1000)
    assert set(alike) == {(0, 1), (3, 4)}
    assert (0, 1) not in unlike
    assert {(0, 2), (1, 2), (2, 3), (0, 3)} <= set(unlike)


def test_a_label_of_nearly_every_set_leaves_few_that_are_told_apart() -> None:
    """Whoever shares a label with all others finds nobody, and drawing ends."""
    sets = np.ones((50, 2), dtype=bool)
    sets[0] = [True, False]
    assert drawn(sets, 200) == ([], [])


def test_thousands_of_labels_take_memory_for_texts_and_pairs_alone() -> None:
    """n² pairs of 40,000 texts would be gigabytes."""
    targets = np.random.default_rng(0).integers(5000, size=40_000)
    tracemalloc.start()
    found = draw(LabelledTexts(targets), 4000, np.random.default_rng(0))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(found) == 4000
    assert peak < 40e6
