"""Encodings of positions: a table of similarity by distance, every number for programs, and a figure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from nlpwb.report.columns import Column
from nlpwb.report.drawing import DPI, fitting, kind_of, lines_of, write_figure, write_lines
from nlpwb.report.lettering import measure_on
from nlpwb.report.themes import THEMES, Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from nlpwb.report.sink import Sink
    from nlpwb.workflows.looking.positions import Positions

ENDINGS = ("png", "svg")
OPTION = "-o"
WIDTH, EDGE, LEFT, GAP, PANEL = 7.2, 0.12, 0.62, 0.78, 2.6  # inches
TITLE, FACT = 11.0, 8.0  # points
_NAMED = 4
"""Lines that have their names in the figure; of more the first and the last have."""


def print_positions(sink: Sink, found: Positions) -> None:
    """Similarity by distance; JSON has the encoding, too, and other formats every distance."""
    rows = list(_rows(found))
    shown = (
        rows if sink.format not in ("table", "md") else [r for r in rows if _round(r["distance"])]
    )
    sink.table(
        shown,
        [
            Column("line", "of", keep=True),
            Column("distance", "distance", right=True, keep=True),
            Column("value", "value", right=True, keep=True, show=_number),
            Column("deviation", "deviation", right=True, show=_number),
        ],
        before=[title_of(found)],
        after=[found.note, "Distances are powers of two here; other formats have all of them."],
        records=rows,
        document=document(found),
    )


def _rows(found: Positions) -> Iterator[dict[str, Any]]:
    for line in found.similarities:
        for distance, (value, spread) in enumerate(
            zip(line.values.tolist(), line.spread.tolist(), strict=True)
        ):
            yield {"line": line.name, "distance": distance, "value": value, "deviation": spread}


def _round(distance: int) -> bool:
    """Whether a table shows a distance: 0, and powers of two."""
    return distance & (distance - 1) == 0


def document(found: Positions) -> dict[str, Any]:
    """An encoding as JSON has it."""
    return {
        "kind": found.kind,
        "length": found.length,
        "dim": found.dim or None,
        "heads": found.heads or None,
        "source": found.source or None,
        "rows": found.rows,
        "columns": found.columns,
        "encoding": found.encoding.tolist(),
        "similarities": [
            {
                "line": line.name,
                "values": line.values.tolist(),
                "deviations": line.spread.tolist(),
            }
            for line in found.similarities
        ],
        "note": found.note,
    }


def title_of(found: Positions) -> str:
    """``sinusoidal positions, 128 places, 64 wide``."""
    what = f"{found.heads} heads" if found.heads else f"{found.dim} wide"
    return f"{found.kind} positions, {found.length:,} places, {what}"


def plot_positions(found: Positions, path: str, *, theme: str) -> str:
    """Draw an encoding into ``path``; returns what is to be said of it.

    Raises:
        UsageError: another ending.
        InputError: the place cannot be written.
    """
    kind = kind_of(path, ENDINGS, option=OPTION)
    colours = THEMES[theme]
    write_figure(
        path, lambda: draw_positions(found, colours), kind=kind, theme=colours, option=OPTION
    )
    return f"{path}: {title_of(found)}"


def draw_positions(found: Positions, theme: Theme) -> Figure:
    """The figure: the encoding as a picture on the left, similarity by distance on the right."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, 4.0), dpi=DPI)
    canvas = FigureCanvasAgg(figure)
    measure, bold = measure_on(canvas), measure_on(canvas, weight="bold")
    room = DPI * (WIDTH - 2 * EDGE)
    notes = lines_of([f"{word} " for word in found.note.split()], FACT, measure, width=room)
    top = EDGE + 0.22 + 0.15 * len(notes) + 0.16
    height = top + PANEL + 0.5
    figure.set_size_inches(WIDTH, height)
    title = fitting(title_of(found), TITLE, bold, width=room)
    write_lines(
        figure, [title], left=EDGE, top=EDGE, step=0, size=TITLE, weight="bold", color=theme.ink
    )
    write_lines(figure, notes, left=EDGE, top=EDGE + 0.22, step=0.15, size=FACT, color=theme.quiet)
    across = (WIDTH - LEFT - GAP - 0.75 - EDGE) / 2
    bottom, tall = 1 - (top + PANEL) / height, PANEL / height
    _picture(
        figure,
        figure.add_axes((LEFT / WIDTH, bottom, across / WIDTH, tall)),
        found,
        theme,
    )
    left = LEFT + across + 0.75 + GAP - 0.12
    _lines(
        figure.add_axes((left / WIDTH, bottom, (WIDTH - left - EDGE - 0.1) / WIDTH, tall)),
        found,
        theme,
    )
    return figure


def _picture(figure: Figure, axes: Axes, found: Positions, theme: Theme) -> None:
    import numpy as np
    from matplotlib.colors import LinearSegmentedColormap

    most = float(np.abs(found.encoding).max()) or 1.0
    one_sided = found.encoding.max() <= 0
    ends = [theme.groups[1], theme.paper]
    shades = LinearSegmentedColormap.from_list(
        "positions", ends if one_sided else [*ends, theme.groups[0]]
    )
    image = axes.imshow(
        found.encoding,
        cmap=shades,
        vmin=-most,
        vmax=0 if one_sided else most,
        aspect="auto",
        interpolation="nearest",
        extent=(-0.5, found.encoding.shape[1] - 0.5, found.encoding.shape[0] - 0.5, -0.5)
        if not found.heads
        else (-0.5, found.length - 0.5, found.heads + 0.5, 0.5),
    )
    axes.set_xlabel(found.columns)
    axes.set_ylabel(found.rows)
    axes.tick_params(labelsize=7)
    for spine in axes.spines.values():
        spine.set_edgecolor(theme.rule)
    box = axes.get_position()
    bar = figure.add_axes((box.x1 + 0.012, box.y0, 0.014, box.height))
    figure.colorbar(image, cax=bar).outline.set_edgecolor(theme.rule)
    bar.tick_params(labelsize=7, length=2)


def _lines(axes: Axes, found: Positions, theme: Theme) -> None:
    lines = found.similarities
    for number, line in enumerate(lines):
        colour = theme.groups[0] if len(lines) > _NAMED else theme.groups[number]
        style = "-" if number == 0 or len(lines) > _NAMED else "--"
        distances = range(len(line.values))
        axes.plot(
            distances, line.values, color=colour, linewidth=1.2, linestyle=style, label=line.name
        )
        if line.spread.any() and number == len(lines) - 1:
            axes.fill_between(
                distances,
                line.values - line.spread,
                line.values + line.spread,
                color=colour,
                alpha=0.18,
                linewidth=0,
            )
    axes.set_xlabel("distance between two places")
    axes.set_ylabel("bias of a score" if found.heads else "similarity")
    axes.grid(axis="y", color=theme.rule, linewidth=0.5)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlim(0, max(1, found.length - 1))
    axes.tick_params(labelsize=7)
    if len(lines) > _NAMED:
        for number in (0, len(lines) - 1):
            line = lines[number]
            axes.annotate(
                line.name,
                (len(line.values) - 1, line.values[-1]),
                xytext=(-14, -2) if number == 0 else (-4, 7),
                textcoords="offset points",
                ha="right",
                va="center",
                size=FACT,
                color=theme.ink,
            )
    else:
        axes.legend(frameon=False, fontsize=7.5, labelcolor=theme.ink)


def _number(value: float) -> str:
    return f"{value:.3f}".replace("-", "−")
