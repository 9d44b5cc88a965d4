"""Labels that can be read: apart from each other, inside the frame, near their points, the same each time."""

from __future__ import annotations

import math
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpwb.report.names import short_names
from nlpwb.report.placement import Box, place_labels, spread

FRAME = Box(0, 0, 800, 500)
coordinates = st.tuples(st.floats(20, 780), st.floats(20, 480))


def test_the_overlap_of_boxes() -> None:
    box = Box(0, 0, 10, 10)
    assert box.overlap(Box(8, 5, 20, 20)) == 2 * 5
    assert box.overlap(Box(10, 0, 20, 10)) == 0  # they touch
    assert box.overlap(Box(2, 2, 4, 4)) == 4


def test_whether_a_segment_crosses_a_box() -> None:
    box = Box(0, 0, 10, 10)
    assert box.crosses((-5, 5), (15, 5))
    assert box.crosses((-1, 9), (2, 12)) is False  # passes the corner
    assert box.crosses((5, 5), (6, 6))
    assert not box.crosses((-5, 11), (15, 11))
    assert not box.crosses((-5, 5), (-1, 5))  # ends before it
    assert not box.crosses((0, -5), (0, 15))  # along its side


def test_a_label_alone_stands_to_the_right_of_its_point_at_its_height() -> None:
    (box,) = place_labels([(100.0, 100.0)], [(60.0, 12.0)], frame=FRAME, radius=4)
    assert (box.left, box.bottom, box.right, box.top) == (107, 94, 167, 106)


def test_a_label_at_the_right_edge_stands_to_the_left() -> None:
    (box,) = place_labels([(790.0, 100.0)], [(60.0, 12.0)], frame=FRAME, radius=4)
    assert box.right < 790
    assert (box.bottom + box.top) / 2 == pytest.approx(100)


def test_a_label_keeps_off_a_line_where_that_is_cheap() -> None:
    line = Box(100, 99.5, 800, 100.5)
    (box,) = place_labels([(100.0, 100.0)], [(60.0, 12.0)], frame=FRAME, radius=4, lines=[line])
    assert box.overlap(line) == 0


@settings(max_examples=25, deadline=None)
@given(st.lists(coordinates, min_size=1, max_size=20), st.integers(40, 190))
def test_labels_overlap_no_other_and_stay_inside(
    points: list[tuple[float, float]], width: int
) -> None:
    """As many as a comparison may have, as long as a shortened spec, wherever the points are, even all in one place."""
    sizes = [(float(width), 14.0)] * len(points)
    boxes = place_labels(points, sizes, frame=FRAME, radius=5)
    assert all(a.overlap(b) == 0 for a, b in combinations(boxes, 2))
    for box in boxes:
        assert box.overlap(FRAME) == pytest.approx(width * 14)
    assert boxes == place_labels(points, sizes, frame=FRAME, radius=5)


@settings(deadline=None)
@given(st.lists(st.floats(0, 100), min_size=1, max_size=30))
def test_spread_positions_keep_their_order_their_gap_and_their_limits(wanted: list[float]) -> None:
    found = spread(wanted, gap=5, low=0, high=100)
    gap = min(5, 100 / max(1, len(wanted) - 1))
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    placed = [found[i] for i in order]
    assert all(b - a >= gap - 1e-9 for a, b in pairwise(placed))
    assert placed[0] >= -1e-9
    assert placed[-1] <= 100 + 1e-9


def test_spread_moves_only_what_is_too_close_and_keeps_the_mean() -> None:
    assert spread([10, 50, 52, 90], gap=6, low=0, high=100) == [10, 48, 54, 90]
    assert spread([52, 50], gap=6, low=0, high=100) == [54, 48]
    assert spread([1, 1, 1], gap=6, low=0, high=100) == [0, 6, 12]
    assert spread([99, 99], gap=6, low=0, high=100) == [94, 100]
    assert spread([], gap=6, low=0, high=100) == []


def test_names_are_shortened_in_the_middle() -> None:
    names = [
        "tfidf:ngrams=2-5,analyzer=char_wb,sublinear_tf=yes+svm",
        "fasttext:dim=300,epochs=20+logreg:C=auto",
        "bow",
        "a-method-of-a-stranger-with-a-name-that-does-not-end",
    ]
    assert short_names(names) == [
        "tfidf:ngrams=2-5,…+svm",
        "fasttext:dim=300,…+logreg:C=auto",
        "bow",
        "a-method-of-a-stranger-with-a-n…",
    ]


@settings(deadline=None)
@given(st.lists(st.text("ab,+:=", max_size=60), unique=True, max_size=8))
def test_shortened_names_still_tell_methods_apart(names: list[str]) -> None:
    short = short_names(names)
    assert len(set(short)) == len(names)
    assert all(len(a) <= max(32, len(b)) for a, b in zip(short, names, strict=True))


def test_names_that_differ_late_are_given_room() -> None:
    names = [f"tfidf:ngrams=1-2,min_df=2,max_df=0.9,stop_words={w}+svm" for w in ("en", "no")]
    assert short_names(names) == names


def test_distances_are_in_one_unit() -> None:
    assert math.dist((0, 0), Box(3, 4, 9, 9).nearest((0, 0))) == 5
