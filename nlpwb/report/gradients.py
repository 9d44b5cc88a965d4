"""How far back a recurrent network remembers, as a figure: the length of its gradient by distance from the last token."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from nlpwb.report.drawing import DPI, fitting, kind_of, write_figure, write_lines
from nlpwb.report.lettering import measure_on
from nlpwb.report.themes import LIGHT, Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ENDINGS = ("png", "svg", "pdf")
WIDTH, HEIGHT, EDGE, LEFT, BOTTOM = 7.2, 3.7, 0.12, 0.72, 0.5  # inches
TITLE, FACT = 11.0, 8.0  # points
_FAINTEST = 1e-12
"""Where the axis ends at the latest: in float32 such a share is lost beside the others many times over."""


def plot_gradients(
    curves: Mapping[str, Sequence[float]], path: str, *, title: str, option: str = "-o"
) -> None:
    """Draw one line for each network into ``path``.

    Args:
        curves: name -> natural logarithms of gradient lengths, K of them; place k is k tokens before the last one, -inf a
            gradient of zero. Each is drawn as a share of its own first.
        path: .png, .svg or .pdf.
        title: above the figure.
        option: the option that named the path, for errors.

    Raises:
        UsageError: another ending.
        InputError: the place cannot be written.
    """
    kind = kind_of(path, ENDINGS, option=option)
    write_figure(
        path,
        lambda: draw_gradients(curves, title=title, theme=LIGHT),
        kind=kind,
        theme=LIGHT,
        option=option,
    )


def draw_gradients(curves: Mapping[str, Sequence[float]], *, title: str, theme: Theme) -> Figure:
    """The figure: a logarithmic axis of shares, a line for each network with its name at the line's end."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DPI)
    canvas = FigureCanvasAgg(figure)
    measure = measure_on(canvas)
    room = DPI * (WIDTH - 2 * EDGE)
    text = fitting(title, TITLE, measure_on(canvas, weight="bold"), width=room)
    write_lines(
        figure, [text], left=EDGE, top=EDGE, step=0, size=TITLE, weight="bold", color=theme.ink
    )
    names = max((measure(name, FACT)[0] for name in curves), default=0.0) / DPI
    width = WIDTH - LEFT - EDGE - names - 0.12
    top = EDGE + 0.34
    box = (LEFT / WIDTH, BOTTOM / HEIGHT, width / WIDTH, (HEIGHT - top - BOTTOM) / HEIGHT)
    axes = figure.add_axes(box)
    axes.grid(axis="y", color=theme.rule, linewidth=0.5)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_yscale("log")
    lowest = 1.0
    ends: list[tuple[str, tuple[float, float], str]] = []
    for number, (name, logarithms) in enumerate(curves.items()):
        relative = [one - logarithms[0] for one in logarithms]
        shares = {
            place: math.exp(one) for place, one in enumerate(relative) if one > math.log(_FAINTEST)
        }
        if not shares:
            continue
        lowest = min(lowest, *shares.values())
        colour = theme.groups[number % len(theme.groups)]
        axes.plot(list(shares), list(shares.values()), color=colour, linewidth=1.4)
        ends.append((name, list(shares.items())[-1], colour))
    axes.set_xlim(0, max((len(curve) for curve in curves.values()), default=1) - 1)
    axes.set_ylim(lowest / 3, 3)
    axes.set_xlabel("distance from the last token")
    axes.set_ylabel("gradient, as a share of the last token's")
    _name_ends(axes, ends)
    return figure


def _name_ends(axes: Axes, ends: Sequence[tuple[str, tuple[float, float], str]]) -> None:
    """The name of each line beside its last point, from the lowest upwards, none on another."""
    least = 1.25 * FACT
    below = -math.inf
    for name, end, colour in sorted(ends, key=lambda one: one[1][1]):
        height = float(axes.transData.transform(end)[1]) * 72 / DPI
        raised = max(height, below + least)
        axes.annotate(
            name,
            end,
            xytext=(4, raised - height),
            textcoords="offset points",
            va="center",
            size=FACT,
            color=colour,
        )
        below = raised
