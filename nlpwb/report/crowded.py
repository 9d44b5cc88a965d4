"""Labels where there are hundreds: as many as fit, the important ones first, and none on another.

One label after the other takes the free place nearest to its point (Christensen, Marks & Shieber 1995, section 3.1); one that
finds none may push a single other aside, if that has somewhere to go. Lengths in pixels, y upwards, as in ``placement``.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from nlpwb.report.placement import DIRECTIONS, Box, Point

RINGS = (0.15, 0.5, 1.0, 1.7)
"""Distances between the rim of a point and its label, in heights of the label."""
_CELL = 40.0  # pixels: a side of the squares in which neighbours are looked for


def place_what_fits(
    points: Sequence[Point],
    sizes: Sequence[tuple[float, float]],
    *,
    radii: Sequence[float],
    order: Sequence[int],
    frame: Box,
) -> list[Box | None]:
    """A box for each label (width, height), or None where there is no room; ``order`` says who chooses first.

    No box overlaps another, covers a point, or leaves the frame; a label further from its point, which needs a line to it,
    lets nothing come between.
    """
    field_ = _Field(points, sizes, radii, frame)
    for index in order:
        box = field_.free_place(index)
        if box is not None:
            field_.put(index, box)
    for index in order:
        if field_.boxes[index] is None:
            field_.push_aside(index)
    return field_.boxes


@dataclass
class _Field:
    """The points, and the labels that stand already, each in the squares that it touches."""

    points: Sequence[Point]
    sizes: Sequence[tuple[float, float]]
    radii: Sequence[float]
    frame: Box
    boxes: list[Box | None] = field(init=False)
    dots: dict[tuple[int, int], list[int]] = field(init=False)
    labels: dict[tuple[int, int], set[int]] = field(init=False)

    def __post_init__(self) -> None:
        self.boxes = [None] * len(self.points)
        self.dots, self.labels = defaultdict(list), defaultdict(set)
        for index, point in enumerate(self.points):
            for square in _squares(_around(point, self.radii[index])):
                self.dots[square].append(index)

    def put(self, index: int, box: Box) -> None:
        self.boxes[index] = box
        for square in _squares(self._reach(index, box)):
            self.labels[square].add(index)

    def take(self, index: int) -> None:
        box = self.boxes[index]
        assert box is not None
        for square in _squares(self._reach(index, box)):
            self.labels[square].discard(index)
        self.boxes[index] = None

    def free_place(self, index: int) -> Box | None:
        """The nearest place where nothing stands."""
        for box in self._places(index):
            if not self._blockers(index, box):
                return box
        return None

    def push_aside(self, index: int) -> None:
        """Stand where one other label stands, if that finds another place."""
        for box in self._places(index):
            blockers = self._blockers(index, box)
            if len(blockers) != 1:
                continue
            (other,) = blockers
            was = self.boxes[other]
            assert was is not None
            self.take(other)
            self.put(index, box)
            found = self.free_place(other)
            if found is not None:
                self.put(other, found)
                return
            self.take(index)
            self.put(other, was)

    def _places(self, index: int) -> Iterator[Box]:
        """Boxes around a point that are in the frame and on no point, near ones first."""
        (x, y), (width, height) = self.points[index], self.sizes[index]
        for ring in RINGS:
            away = self.radii[index] + ring * height
            for angle in DIRECTIONS:
                left = x + away * math.cos(angle) - width * (1 - math.cos(angle)) / 2
                bottom = y + away * math.sin(angle) - height * (1 - math.sin(angle)) / 2
                box = Box(left, bottom, left + width, bottom + height)
                inside = (
                    box.left >= self.frame.left
                    and box.right <= self.frame.right
                    and box.bottom >= self.frame.bottom
                    and box.top <= self.frame.top
                )
                if inside and not self._on_a_point(index, box):
                    yield box

    def _on_a_point(self, index: int, box: Box) -> bool:
        """Whether a box covers a point, or a point stands between it and its own."""
        own = self.points[index]
        end = box.nearest(own)
        for square in _squares(self._reach(index, box)):
            for other in self.dots.get(square, ()):
                dot = _around(self.points[other], self.radii[other])
                hides = dot.overlap(_around(own, 1.0)) > 0  # one heap: no line can leave it freely
                if box.overlap(dot) or (other != index and not hides and dot.crosses(own, end)):
                    return True
        return False

    def _blockers(self, index: int, box: Box) -> set[int]:
        """The labels that stand in the way of a label or of its line, or whose line it would cut."""
        own = self.points[index]
        end = box.nearest(own)
        found = set()
        for square in _squares(self._reach(index, box)):
            for other in self.labels.get(square, ()):
                there = self.boxes[other]
                assert there is not None
                point = self.points[other]
                if (
                    there.overlap(box)
                    or there.crosses(own, end)
                    or box.crosses(point, there.nearest(point))
                ):
                    found.add(other)
        return found

    def _reach(self, index: int, box: Box) -> Box:
        """A label with the way to its point."""
        x, y = self.points[index]
        return Box(min(box.left, x), min(box.bottom, y), max(box.right, x), max(box.top, y))


def _around(point: Point, radius: float) -> Box:
    return Box(point[0] - radius, point[1] - radius, point[0] + radius, point[1] + radius)


def _squares(box: Box) -> Iterator[tuple[int, int]]:
    for across in range(math.floor(box.left / _CELL), math.floor(box.right / _CELL) + 1):
        for up in range(math.floor(box.bottom / _CELL), math.floor(box.top / _CELL) + 1):
            yield across, up
