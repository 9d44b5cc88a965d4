"""Learning curves: the score by training documents, a line and a band for each method, its name beside the end."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nlpwb.records import Comparison
from nlpwb.report.names import short_names
from nlpwb.report.panels import INK, LABEL, Measure, dress, logarithmic, pixels
from nlpwb.report.placement import Point, spread

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe & Ito 2008, "Color Universal Design", without its yellow. In grey print the markers and dashes tell lines apart.
PALETTE = ("#0072B2", "#E69F00", "#000000", "#56B4E9", "#D55E00", "#009E73", "#CC79A7")
MARKERS = "os^DvPX*"
DASHES = ("solid", (0, (4.5, 1.6)), (0, (1.3, 1.3)))
MARKER = 3.6  # points


@dataclass(frozen=True)
class Curve:
    """A method's scores and intervals by training rows, the fewest first."""

    method: str
    rows: tuple[int, ...]
    scores: tuple[float, ...]
    lows: tuple[float, ...]
    highs: tuple[float, ...]


def curves_of(comparison: Comparison) -> list[Curve]:
    """The learning curves in the order of the results; what failed is left out."""
    found: dict[str, list[tuple[int, float, float, float]]] = {
        result.method: [] for result in [*comparison.results, *comparison.curve]
    }
    for result in comparison.curve:
        rows = comparison.protocol.train_rows if result.budget is None else result.budget
        value = result.score
        if value is not None:
            low = value if result.low is None else result.low
            high = value if result.high is None else result.high
            found[result.method].append((rows, value, low, high))
    return [
        Curve(method, *zip(*sorted(points), strict=True))
        for method, points in found.items()
        if points
    ]


def draw_curves(axes: Axes, comparison: Comparison, measure: Measure) -> None:
    """Draw the panel into empty axes; the names stand beyond their right-hand end."""
    curves = curves_of(comparison)
    rows = sorted({n for curve in curves for n in curve.rows})
    logarithmic(axes, rows, room=0.03, least=0.3)
    dress(axes, comparison.protocol, [end for c in curves for end in (*c.lows, *c.highs)])
    axes.set_xlabel("training documents")
    _row_ticks(axes, rows)
    light = min(0.14, max(0.045, 0.5 / len(curves)))
    for place, curve in enumerate(curves):
        colour = PALETTE[place % len(PALETTE)]
        axes.fill_between(
            curve.rows, curve.lows, curve.highs, color=colour, alpha=light, linewidth=0, zorder=1
        )
        axes.plot(
            curve.rows,
            curve.scores,
            color=colour,
            linestyle=DASHES[place // len(PALETTE) % len(DASHES)],
            linewidth=1.3,
            marker=MARKERS[place % len(MARKERS)],
            markersize=MARKER,
            zorder=4 + (len(curves) - place) / len(curves),  # the best on top
        )
    ends = [(curve.rows[-1], curve.scores[-1]) for curve in curves]
    _name_ends(axes, short_names([curve.method for curve in curves]), ends, measure)


def _name_ends(axes: Axes, names: Sequence[str], ends: Sequence[Point], measure: Measure) -> None:
    """Names below each other beyond the frame, each joined to the end of its line."""
    pixel = axes.figure.dpi / 72  # pixels in a point
    area = axes.get_window_extent()
    at = [pixels(axes, *end) for end in ends]
    gap = 1.12 * max(measure(name, LABEL)[1] for name in names)
    heights = spread([y for _, y in at], gap=gap, low=area.y0, high=area.y1)
    to_axes = axes.transAxes.inverted().transform
    for place, (name, here, height) in enumerate(zip(names, at, heights, strict=True)):
        turn, sign = (area.x1 + 3 * pixel, height), (area.x1 + 9 * pixel, height)
        path = [to_axes(point) for point in (here, turn, sign)]
        axes.plot(
            *zip(*path, strict=True),
            transform=axes.transAxes,
            color=PALETTE[place % len(PALETTE)],
            linewidth=0.6,
            marker=MARKERS[place % len(MARKERS)],
            markevery=[2],
            markersize=MARKER,
            clip_on=False,
            zorder=2,
        )
        x, y = to_axes((area.x1 + 14 * pixel, height))
        axes.text(
            x,
            y,
            name,
            transform=axes.transAxes,
            size=LABEL,
            color=INK,
            va="center_baseline",
            parse_math=False,
        )


def _row_ticks(axes: Axes, rows: Sequence[int]) -> None:
    """A tick for every number of training rows; its figure where there is room, the largest first."""
    from matplotlib.ticker import NullLocator

    low, high = (math.log10(value) for value in axes.get_xlim())
    named: list[int] = []
    for value in sorted(rows, reverse=True):
        if all(abs(math.log10(value / other)) > 0.075 * (high - low) for other in named):
            named.append(value)
    axes.set_xticks(list(rows), labels=[f"{value:,}" if value in named else "" for value in rows])
    axes.xaxis.set_minor_locator(NullLocator())
