"""Hundreds of labels: none on another, none on a point, the important ones first, the same each time."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from nlpwb.report.crowded import place_what_fits
from nlpwb.report.placement import Box

FRAME = Box(0, 0, 600, 400)


def placed(points: list[tuple[float, float]], width: float = 50.0) -> list[Box | None]:
    n = len(points)
    return place_what_fits(
        points, [(width, 12.0)] * n, radii=[3.0] * n, order=range(n), frame=FRAME
    )


def test_a_label_alone_stands_to_the_right_of_its_point() -> None:
    (box,) = placed([(100.0, 100.0)])
    assert box is not None
    assert (box.left > 103, box.bottom, box.top) == (True, 94, 106)


def test_at_the_right_edge_it_stands_to_the_left() -> None:
    (box,) = placed([(590.0, 100.0)])
    assert box is not None
    assert box.right < 590


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.floats(5, 595), st.floats(5, 395)), min_size=1, max_size=120),
    st.integers(10, 120),
)
def test_labels_overlap_nothing_and_stay_inside(
    points: list[tuple[float, float]], width: int
) -> None:
    boxes = placed(points, float(width))
    there = [box for box in boxes if box is not None]
    assert all(a.overlap(b) == 0 for a, b in combinations(there, 2))
    for box in there:
        assert FRAME.left <= box.left < box.right <= FRAME.right
        assert FRAME.bottom <= box.bottom < box.top <= FRAME.top
        for x, y in points:
            assert box.overlap(Box(x - 3, y - 3, x + 3, y + 3)) == 0
    assert boxes == placed(points, float(width))


def test_the_first_of_the_order_have_a_label_where_there_is_room_for_few() -> None:
    """Thirty words in one place: the first ones are written, the last ones are not."""
    boxes = placed([(300.0, 200.0)] * 30, 90.0)
    fitted = [box is not None for box in boxes]
    assert fitted[0]
    assert 4 <= sum(fitted) < 30
    assert fitted == sorted(fitted, reverse=True)


def test_a_label_moves_aside_for_another() -> None:
    """One line of room: the first would stand between the two, where alone the second, near the edge, has room."""
    first, second = place_what_fits(
        [(70.0, 6.5), (120.0, 6.5)],
        [(40.0, 12.0)] * 2,
        radii=[3.0] * 2,
        order=[0, 1],
        frame=Box(0, 0, 150, 13),
    )
    assert first is not None
    assert second is not None
    assert first.right < 70 < second.left < second.right < 120
