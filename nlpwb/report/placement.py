"""Where labels stand in a figure: beside their points, on no other label, inside the frame; the same each time.

Greedy placement with candidate positions around each point, then a few rounds in which every label may move while the others
stand (Christensen, Marks & Shieber 1995, "An empirical study of algorithms for point-feature label placement", ACM Trans.
Graph. 14:203, sections 3.1 and 3.2). All lengths are in one unit, such as pixels; y grows upwards.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

Point = tuple[float, float]

DIRECTIONS = sorted(
    (2 * math.pi * turn / 16 for turn in range(16)),
    key=lambda angle: (round(abs(math.sin(angle)), 9), math.cos(angle) < 0, math.sin(angle) < 0),
)
"""Angles from a point to its label: beside it first, the right before the left, above before below."""
RINGS = (0.25, 0.6, 1.0, 1.6, 2.3, 3.1, 4.2, 5.5, 7.0, 9.0)
"""Distances between a point and its label, in heights of the label."""
ROUNDS = 4

# Costs, in heights of a label between it and its point.
_FORBIDDEN = 1e6  # per unit of area: on another label, or outside the frame
_ON_POINT = 40.0
_LEADER_CROSSED = 12.0  # by a label, or by a point of another
_NEARER_TO_ANOTHER = 3.0
_ON_LINE = 2.0
_PER_DIRECTION = 0.03  # the next direction of the list
_ASIDE = 2.0  # anywhere but around the point


@dataclass(frozen=True)
class Box:
    """A rectangle with sides along the axes."""

    left: float
    bottom: float
    right: float
    top: float

    def overlap(self, other: Box) -> float:
        """The area that both cover."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.top, other.top) - max(self.bottom, other.bottom)
        return width * height if width > 0 and height > 0 else 0.0

    def nearest(self, point: Point) -> Point:
        """The point of the rectangle that is nearest to ``point``."""
        return (
            min(max(point[0], self.left), self.right),
            min(max(point[1], self.bottom), self.top),
        )

    def crosses(self, start: Point, end: Point) -> bool:
        """Whether a segment has a point inside (Liang & Barsky 1984)."""
        first, last = 0.0, 1.0
        for a, b, low, high in (
            (start[0], end[0], self.left, self.right),
            (start[1], end[1], self.bottom, self.top),
        ):
            if a == b:
                if not low < a < high:
                    return False
                continue
            enters, leaves = sorted(((low - a) / (b - a), (high - a) / (b - a)))
            first, last = max(first, enters), min(last, leaves)
        return first < last


Candidate = tuple[float, Box]
"""What a place costs, and the place."""


def place_labels(
    points: list[Point],
    sizes: Sequence[tuple[float, float]],
    *,
    frame: Box,
    radius: float,
    lines: Sequence[Box] = (),
) -> list[Box]:
    """A box for each label, (width, height) in ``sizes``, near its point.

    No two boxes overlap and none leaves the frame, as long as there is room at all. ``radius`` is kept free around every
    point; ``lines`` (thin boxes: error bars, curves) are avoided where that costs little. Five orders are tried, and the
    cheapest placement is taken.
    """
    assert len(points) == len(sizes)

    def rated(index: int, places: Iterable[tuple[Box, float]]) -> list[Candidate]:
        return _rated(index, points, places, frame=frame, radius=radius, lines=lines)

    placing = _Placing(
        points,
        [rated(i, _around(points[i], size, radius)) for i, size in enumerate(sizes)],
        functools.cache(lambda i: rated(i, _lattice(points[i], sizes[i], frame))),
    )
    n = range(len(points))
    orders = [list(n)]
    for axis in (0, 1):
        orders += [sorted(n, key=lambda i: sign * points[i][axis]) for sign in (1, -1)]
    return min((placing.placed(order) for order in orders), key=lambda found: found[0])[1]


@dataclass(frozen=True)
class _Placing:
    """Points, and the places for their labels, the cheapest first: near them, and all over the frame."""

    points: Sequence[Point]
    near: Sequence[Sequence[Candidate]]
    far: Callable[[int], Sequence[Candidate]]

    def placed(self, order: Sequence[int]) -> tuple[float, list[Box]]:
        """The boxes when labels choose in this order, and the sum of their costs."""
        boxes: list[Box | None] = [None] * len(self.points)
        total = 0.0
        for _ in range(ROUNDS):
            before, total = list(boxes), 0.0
            for index in order:
                cost, boxes[index] = self._best(index, boxes)
                total += cost
            if boxes == before:
                break
        return total, [box for box in boxes if box is not None]

    def _best(self, index: int, boxes: Sequence[Box | None]) -> tuple[float, Box]:
        """The cheapest place of one label while the others stand; the first of equals."""
        least, best = self._cheapest(index, self.near[index], boxes)
        if least < _ON_POINT:
            return least, best
        return min((least, best), self._cheapest(index, self.far(index), boxes), key=_cost)

    def _cheapest(
        self, index: int, candidates: Sequence[Candidate], boxes: Sequence[Box | None]
    ) -> Candidate:
        least, best = math.inf, candidates[0][1]
        for alone, box in candidates:
            if alone >= least:  # the other labels can only add to it
                break
            cost = alone + self._crowding(index, box, boxes)
            if cost < least:
                least, best = cost, box
        return least, best

    def _crowding(self, index: int, box: Box, boxes: Sequence[Box | None]) -> float:
        point = self.points[index]
        end = box.nearest(point)
        total = 0.0
        for other, (there, label) in enumerate(zip(self.points, boxes, strict=True)):
            if label is not None and other != index:
                total += _FORBIDDEN * box.overlap(label)
                total += _LEADER_CROSSED * label.crosses(point, end)
                total += _LEADER_CROSSED * box.crosses(there, label.nearest(there))
        return total


def _cost(candidate: Candidate) -> float:
    return candidate[0]


def _rated(
    index: int,
    points: list[Point],
    places: Iterable[tuple[Box, float]],
    *,
    frame: Box,
    radius: float,
    lines: Sequence[Box],
) -> list[Candidate]:
    """Places with their costs as if there were no other label, the cheapest first."""
    point = points[index]
    others = points[:index] + points[index + 1 :]
    found = []
    for box, away in places:
        end = box.nearest(point)
        own = math.dist(point, end)
        area = (box.right - box.left) * (box.top - box.bottom)
        cost = away + _FORBIDDEN * (area - box.overlap(frame)) / area
        cost += sum(_ON_LINE for line in lines if box.overlap(line))
        cost += sum(_ON_POINT for there in points if box.overlap(_dot(there, radius)))
        for there in others:
            cost += _NEARER_TO_ANOTHER * (math.dist(there, box.nearest(there)) < own)
            cost += _LEADER_CROSSED * _dot(there, radius / 2).crosses(point, end)
        found.append((cost, box))
    return sorted(found, key=_cost)


def _dot(point: Point, radius: float) -> Box:
    return Box(point[0] - radius, point[1] - radius, point[0] + radius, point[1] + radius)


def _around(point: Point, size: tuple[float, float], radius: float) -> Iterator[tuple[Box, float]]:
    """Boxes around a point with their distance, near ones first."""
    width, height = size
    for ring in RINGS:
        away = radius + ring * height
        for step, angle in enumerate(DIRECTIONS):
            # The box lies beyond a point of the ring: its left edge to the right, its middle above and below.
            left = point[0] + away * math.cos(angle) - width * (1 - math.cos(angle)) / 2
            bottom = point[1] + away * math.sin(angle) - height * (1 - math.sin(angle)) / 2
            yield Box(left, bottom, left + width, bottom + height), ring + _PER_DIRECTION * step


def _lattice(point: Point, size: tuple[float, float], frame: Box) -> Iterator[tuple[Box, float]]:
    """Boxes all over the frame: for a label that finds no place near its point."""
    width, height = size
    columns = max(1, int((frame.right - frame.left - width) / (2 * height)))
    rows = max(1, int((frame.top - frame.bottom - height) / height))
    for row in range(rows + 1):
        for column in range(columns + 1):
            left = frame.left + (frame.right - frame.left - width) * column / columns
            bottom = frame.bottom + (frame.top - frame.bottom - height) * row / rows
            box = Box(left, bottom, left + width, bottom + height)
            yield box, _ASIDE + math.dist(point, box.nearest(point)) / height


def spread(wanted: Sequence[float], *, gap: float, low: float, high: float) -> list[float]:
    """Positions at least ``gap`` apart and within ``low`` .. ``high``, as near as can be to the wanted ones, in their order.

    Least squares with an order (pool adjacent violators; Barlow et al. 1972, section 1.2): neighbours that are too close
    become a block whose mean stays where it was. Where there is no room for all, the gaps are equal and smaller.
    """
    n = len(wanted)
    if n > 1:
        gap = min(gap, (high - low) / (n - 1))
    order = sorted(range(n), key=lambda i: wanted[i])
    blocks: list[tuple[float, int]] = []  # mean of wanted - rank * gap, and how many
    for rank, i in enumerate(order):
        mean, size = wanted[i] - rank * gap, 1
        while blocks and blocks[-1][0] >= mean:
            other, count = blocks.pop()
            mean = (mean * size + other * count) / (size + count)
            size += count
        blocks.append((mean, size))
    means = [mean for mean, size in blocks for _ in range(size)]
    positions = [0.0] * n
    for rank, (i, mean) in enumerate(zip(order, means, strict=True)):
        positions[i] = min(max(mean, low), high - (n - 1) * gap) + rank * gap
    return positions
