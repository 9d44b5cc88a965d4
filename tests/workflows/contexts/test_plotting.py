"""Contexts as points of a plane."""

from __future__ import annotations

import pytest

from nlpwb.errors import InputError
from nlpwb.workflows.contexts.asking import Answer
from nlpwb.workflows.contexts.finding import find_in_texts
from nlpwb.workflows.contexts.leaning import Lean, Leanings
from nlpwb.workflows.contexts.plotting import LONGEST, map_contexts, snippet
from nlpwb.workflows.contexts.senses import divide
from nlpwb.workflows.words.leaning import Axis
from tests.workflows.contexts.made import contexts
from tests.workflows.contexts.test_senses import clouds, texts


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("bank", "bank"),
        ("the river bank flows", "the river bank flows"),
        ("one two three four bank, five six seven", "three four bank, five six seven"),
        ("the (bank\n  robber)", "the (bank robber)"),
        ("an extraordinarily incomprehensible bank robbery", "incomprehensible bank robbery"),
    ],
)
def test_a_label_is_the_word_with_its_neighbours(text: str, label: str) -> None:
    """Three words on each side and no more than fits beside a point; marks stay with the word."""
    (place,) = find_in_texts("bank", [text])
    assert snippet(place) == label
    assert len(label) <= LONGEST


def test_few_contexts_are_labelled_and_each_has_its_colour() -> None:
    """Three points lie in a plane: nothing is hidden, and no note says so."""
    picture = map_contexts(Answer(contexts()), seed=0)
    assert [mark.text for mark in picture.marks] == [
        "money bank grows",
        "the river bank flows",
        "went to the bank to pay",
    ]
    assert [mark.group for mark in picture.marks] == [0, 1, 2]
    assert (picture.labels, picture.named_groups, picture.notes) == (True, False, [])
    assert picture.marks[0].near[0][0] == "went to the bank to pay"
    assert picture.marks[0].near[0][1] == pytest.approx(0.6)
    assert picture.facts[:2] == ["3 contexts", "mean of layers 3 to 6"]


def test_senses_have_colours_and_names() -> None:
    """More than 40 points have no labels, and their sentences are kept for a page's reader."""
    many = contexts(clouds((20, 30)), texts(50))
    picture = map_contexts(Answer(many, senses=divide(many, count=None, seed=0)), seed=0)
    assert list(picture.groups) == ["sense 1", "sense 2"]
    assert [mark.group for mark in picture.marks] == [1] * 20 + [0] * 30
    assert not picture.labels
    assert picture.marks[3].text == "bank number 3"
    assert picture.notes


def test_two_axes_are_the_plane() -> None:
    """The cosines that are compared, and the word alone among them."""
    found = contexts()
    leans = [
        Lean(place, cosines, (0.0, 0.0), axis, 0.1)
        for place, cosines, axis in zip(
            found.places, [(0.5, 0.1), (0.1, 0.6), (0.3, 0.3)], ["money", "river", None], strict=True
        )
    ]  # fmt: skip
    axes = (Axis("money", ("cash",)), Axis("river", ("shore", "stream")))
    leanings = Leanings(axes, "{}", 0.02, (0.4, 0.4), tuple(leans), ())
    picture = map_contexts(Answer(found, leanings=leanings), seed=0)
    assert [(mark.x, mark.y) for mark in picture.marks] == [(0.5, 0.1), (0.1, 0.6), (0.3, 0.3), (0.4, 0.4)]  # fmt: skip
    assert [mark.group for mark in picture.marks] == [0, 1, None, None]
    assert picture.marks[3].text == "bank alone"
    assert picture.axes == ("mean cosine to money", "mean cosine to river")
    assert "river: shore, stream" in picture.facts


def test_two_points_are_no_picture() -> None:
    two = contexts([(1, 0), (0, 1)], ["a bank", "the bank"])
    with pytest.raises(InputError, match="2 contexts make no picture, 3 are needed; give more"):
        map_contexts(Answer(two), seed=0)
