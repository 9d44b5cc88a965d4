"""Quality against cost: every method with its interval and its name, and the Pareto frontier."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nlpwb.evaluation.cost import pareto
from nlpwb.records import Comparison, Result
from nlpwb.report.comparison import not_told_from_best
from nlpwb.report.names import short_names
from nlpwb.report.panels import INK, LABEL, Measure, dress, logarithmic, pixels
from nlpwb.report.placement import Box, Point, place_labels

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STRONG, STRONG_TEXT = "#0072B2", "#00527F"
GREY, GREY_TEXT = "#9A9A9A", "#5A5A5A"
FASTEST = 1e-4  # seconds: what is faster stands here, since a logarithm has no zero
DOT = 4.0  # points: radius of a marker and its rim
LEADER = 8.0  # points: a label further away is joined to its marker


@dataclass(frozen=True)
class CostPoint:
    """A method in the panel: seconds to fit and to label the test part, score and interval."""

    method: str
    cost: float
    score: float
    low: float
    high: float
    strong: bool
    frontier: bool


def cost_points(comparison: Comparison) -> list[CostPoint]:
    """The methods that have figures, in the order of the results."""
    protocol = comparison.protocol
    strong = not_told_from_best(comparison.results)
    found = [(r, r.score) for r in comparison.results if r.score is not None]
    costs = [seconds_of(result, protocol.test_rows) for result, _ in found]
    sign = 1 if protocol.higher_is_better else -1
    frontier = pareto([(sign * score, cost) for (_, score), cost in zip(found, costs, strict=True)])
    return [
        CostPoint(
            method=result.method,
            cost=cost,
            score=score,
            low=score if result.low is None else result.low,
            high=score if result.high is None else result.high,
            strong=result.method in strong,
            frontier=on,
        )
        for (result, score), cost, on in zip(found, costs, frontier, strict=True)
    ]


def seconds_of(result: Result, test_rows: int) -> float:
    """What a method costs: fitting once, and predicting the test rows once."""
    predicting = test_rows / result.docs_per_second if result.docs_per_second else 0.0
    return max(FASTEST, (result.fit_seconds or 0.0) + predicting)


def staircase(points: Sequence[CostPoint], right: float) -> list[Point]:
    """The frontier's corners: from its cheapest point to ``right``, a step at each point that is better."""
    steps = sorted({(point.cost, point.score) for point in points if point.frontier})
    corners = [steps[0]]
    for cost, score in steps[1:]:
        corners += [(cost, corners[-1][1]), (cost, score)]
    return [*corners, (right, corners[-1][1])]


def draw_cost(axes: Axes, comparison: Comparison, measure: Measure) -> None:
    """Draw the panel into empty axes."""
    points = cost_points(comparison)
    logarithmic(axes, [point.cost for point in points], room=0.09, least=1.0)
    dress(axes, comparison.protocol, [end for point in points for end in (point.low, point.high)])
    axes.set_xlabel("seconds to fit and to label the test part")
    _second_ticks(axes)
    corners = staircase(points, axes.get_xlim()[1])
    axes.plot(*zip(*corners, strict=True), color=INK, linewidth=0.7, zorder=2)
    for point in reversed(points):  # the best on top
        colour = STRONG if point.strong else GREY
        axes.vlines(
            point.cost,
            point.low,
            point.high,
            color=colour,
            linewidth=1.1 if point.strong else 0.9,
            zorder=3 + point.strong,
        )
        axes.plot(
            point.cost,
            point.score,
            marker="o",
            markersize=5.5,
            color=colour,
            markerfacecolor=colour if point.strong else "white",
            markeredgewidth=1.2,
            zorder=5 + point.strong,
        )
    _name_points(axes, points, corners, measure)


def _name_points(
    axes: Axes, points: Sequence[CostPoint], corners: Sequence[Point], measure: Measure
) -> None:
    """A name beside every point, with a white rim where it must stand on a line."""
    from matplotlib.patheffects import Normal, Stroke

    pixel = axes.figure.dpi / 72  # pixels in a point
    margin = 1.5 * pixel
    names = short_names([point.method for point in points])
    sizes = [(w + 2 * margin, h + 1.2 * margin) for w, h in (measure(n, LABEL) for n in names)]
    at = [pixels(axes, point.cost, point.score) for point in points]
    area = axes.get_window_extent()
    boxes = place_labels(
        at,
        sizes,
        frame=Box(area.x0 + margin, area.y0 + margin, area.x1, area.y1),
        radius=DOT * pixel,
        lines=_lines(axes, points, corners),
    )
    to_data = axes.transData.inverted().transform
    for point, name, here, box in zip(points, names, at, boxes, strict=True):
        end = box.nearest(here)
        distance = math.dist(here, end)
        if distance > LEADER * pixel:
            share = DOT * pixel / distance
            start = (here[0] + share * (end[0] - here[0]), here[1] + share * (end[1] - here[1]))
            leader = [to_data(start), to_data(end)]
            axes.plot(*zip(*leader, strict=True), color=GREY, linewidth=0.5, zorder=6)
        x, y = to_data((box.left + margin, (box.bottom + box.top) / 2))
        axes.text(
            x,
            y,
            name,
            size=LABEL,
            color=STRONG_TEXT if point.strong else GREY_TEXT,
            va="center_baseline",
            parse_math=False,
            zorder=8,
            path_effects=[Stroke(linewidth=2.2, foreground="white"), Normal()],
        )


def _lines(axes: Axes, points: Sequence[CostPoint], corners: Sequence[Point]) -> list[Box]:
    """The intervals and the frontier as boxes of a pixel's width."""
    path = [pixels(axes, *corner) for corner in corners]
    segments = list(itertools.pairwise(path))
    segments += [
        (pixels(axes, point.cost, point.low), pixels(axes, point.cost, point.high))
        for point in points
    ]
    return [
        Box(
            min(a[0], b[0]) - 0.5,
            min(a[1], b[1]) - 0.5,
            max(a[0], b[0]) + 0.5,
            max(a[1], b[1]) + 0.5,
        )
        for a, b in segments
    ]


def _second_ticks(axes: Axes) -> None:
    """Powers of ten; 2 and 5 between them where the axis is short."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    low, high = axes.get_xlim()
    subs = (1.0,) if math.log10(high / low) > 2.2 else (1.0, 2.0, 5.0)
    axes.xaxis.set_major_locator(LogLocator(subs=subs, numticks=20))
    axes.xaxis.set_major_formatter(
        FuncFormatter(lambda value, _: f"{value:,.0f}" if value >= 1 else f"{value:g}")
    )
    axes.xaxis.set_minor_formatter(NullFormatter())
