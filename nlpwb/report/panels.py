"""What the panels of a comparison's figure share: inks, the score's axis, limits, measures."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from nlpwb.records import Protocol
from nlpwb.report.comparison import metric_header

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Measure = Callable[[str, float], tuple[float, float]]
"""A text and its size in points -> its width and height in pixels."""

INK, QUIET = "#262626", "#4A4A4A"
LABEL = 7.5  # points


def dress(axes: Axes, protocol: Protocol, ends: Sequence[float]) -> None:
    """The score's axis, from the lowest to the highest of ``ends`` with a little air, and quiet lines."""
    from matplotlib.ticker import MaxNLocator

    low, high = min(ends), max(ends)
    air = max(0.04 * (high - low), 0.002)
    axes.set_ylim(low - air, high + air)
    better = "" if protocol.higher_is_better else " (lower is better)"
    axes.set_ylabel(metric_header(protocol.metric) + better)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=7, steps=[1, 2, 2.5, 5, 10]))
    axes.grid(axis="y", color="#E8E8E8", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def logarithmic(axes: Axes, values: Sequence[float], *, room: float, least: float) -> None:
    """A logarithmic axis with a share ``room`` of air at each end, ``least`` decades wide at least."""
    low, high = math.log10(min(values)), math.log10(max(values))
    air = max(room * (high - low), (least - (high - low)) / 2)
    axes.set_xscale("log")
    axes.set_xlim(10 ** (low - air), 10 ** (high + air))


def pixels(axes: Axes, x: float, y: float) -> tuple[float, float]:
    """Where a point of the data stands in the figure."""
    across, up = axes.transData.transform((x, y))
    return float(across), float(up)
