"""Words or documents as points of a plane: PNG or SVG, light or dark."""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nlpwb.report.crowded import place_what_fits
from nlpwb.report.drawing import DPI, fitting, lines_of, write_figure, write_lines
from nlpwb.report.lettering import measure_on
from nlpwb.report.panels import Measure, pixels
from nlpwb.report.placement import Box, Point
from nlpwb.report.themes import MARKERS, THEMES, Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from nlpwb.vectors.picture import Mark, Picture

EDGE = 0.12  # inches
TITLE, FACT, LABEL, NOTE, NAME = 11.0, 8.0, 7.5, 7.0, 10.0  # points
SMALLEST, LARGEST = 1.4, 4.2  # points: the radius of a dot
LEADER = 4.0  # points: a label further from the rim of its dot is joined to it
NARROW, WIDE = 7.2, 14.0  # inches
_ROOM = 115  # labels for which the narrow figure has room


@dataclass(frozen=True)
class Drawn:
    """A figure, and how many of its labels there was no room for."""

    figure: Figure
    left_out: int


def plot_map(picture: Picture, path: str, *, kind: str, theme: str, option: str) -> int:
    """Draw a picture into ``path``, as PNG or SVG; returns how many labels there was no room for.

    Raises:
        InputError: the place cannot be written.
    """
    left_out = 0

    def draw() -> Figure:
        nonlocal left_out
        found = draw_map(picture, THEMES[theme])
        left_out = found.left_out
        return found.figure

    write_figure(path, draw, kind=kind, theme=THEMES[theme], option=option)
    return left_out


def draw_map(picture: Picture, theme: Theme) -> Drawn:
    """The figure: title, facts, legend, the map, notes; its size follows the number of labels.

    Labels for which there was no room are told of in a note.
    """
    found = _draw(picture, theme)
    if not found.left_out:
        return found
    note = f"{left_out_words(found.left_out)} for want of room."
    return _draw(dataclasses.replace(picture, notes=[*picture.notes, note]), theme)


def left_out_words(count: int) -> str:
    """What a figure and a note say of labels without room."""
    if count == 1:
        return "1 label was left out"
    return f"{count:,} labels, those of the rarest words in each crowd, were left out"


def _draw(picture: Picture, theme: Theme) -> Drawn:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    count = len(picture.marks) if picture.labels else 0
    width = min(WIDE, max(NARROW, NARROW * math.sqrt(count / _ROOM)))
    figure = Figure(figsize=(width, 5.0), dpi=DPI)
    canvas = FigureCanvasAgg(figure)
    measure, bold = measure_on(canvas), measure_on(canvas, weight="bold")
    room = DPI * (width - 2 * EDGE)
    title = fitting(picture.title, TITLE, bold, width=room)
    facts = lines_of([f"{fact} · " for fact in picture.facts], FACT, measure, width=room)
    legend = _legend_rows(picture, measure, room)
    axes_names = picture.axes is not None
    left, below = (0.42, 0.42) if axes_names else (EDGE, EDGE)
    top = EDGE + 0.22 + 0.15 * len(facts) + 0.08 + 0.17 * len(legend) + (0.04 if legend else 0)
    panel = (width - left - EDGE) * _shape(picture.marks)
    notes_at = top + panel + below
    notes = lines_of(
        [f"{word} " for note in picture.notes for word in note.split()],
        NOTE,
        measure,
        width=room,
    )
    height = notes_at + 0.13 * len(notes) + EDGE
    figure.set_size_inches(width, height)
    write_lines(
        figure, [title], left=EDGE, top=EDGE, step=0, size=TITLE, weight="bold", color=theme.ink
    )
    write_lines(figure, facts, left=EDGE, top=EDGE + 0.22, step=0.15, size=FACT, color=theme.quiet)
    write_lines(figure, notes, left=EDGE, top=notes_at, step=0.13, size=NOTE, color=theme.quiet)
    _draw_legend(figure, legend, theme, top=EDGE + 0.22 + 0.15 * len(facts) + 0.08)
    axes = figure.add_axes(
        (left / width, 1 - (top + panel) / height, 1 - (left + EDGE) / width, panel / height)
    )
    _dress(axes, picture, theme)
    radii = dot_radii(picture.marks)
    _draw_dots(axes, picture, radii, theme)
    left_out = _label(axes, picture, radii, theme, measure) if picture.labels else 0
    _name_groups(axes, picture, theme, bold)
    return Drawn(figure, left_out)


def dot_radii(marks: Sequence[Mark]) -> list[float]:
    """The radius of each dot in points: by the logarithm of the count; without counts, smaller where there are more."""
    counts = [mark.count for mark in marks if mark.count]
    if not counts or min(counts) == max(counts):
        usual = 2.4 if len(marks) <= 300 else max(0.9, 2.4 * (300 / len(marks)) ** 0.3)
        return [usual] * len(marks)
    low, high = math.log(min(counts)), math.log(max(counts))
    return [
        SMALLEST + (LARGEST - SMALLEST) * (math.log(mark.count) - low) / (high - low)
        if mark.count
        else SMALLEST
        for mark in marks
    ]


def _shape(marks: Sequence[Mark]) -> float:
    """The height of the map as a share of its width: as the points lie, but neither a stripe nor a tower."""
    across = max(mark.x for mark in marks) - min(mark.x for mark in marks)
    up = max(mark.y for mark in marks) - min(mark.y for mark in marks)
    return min(0.95, max(0.55, up / across if across else 0.95))


def _dress(axes: Axes, picture: Picture, theme: Theme) -> None:
    """Limits with the same unit on both axes, room at the edges, and names of axes that mean something."""
    xs, ys = [mark.x for mark in picture.marks], [mark.y for mark in picture.marks]
    box = axes.get_window_extent()
    across, up = max(xs) - min(xs), max(ys) - min(ys)
    beside, above = (0.6, 0.25) if picture.labels else (0.15, 0.15)  # inches
    room = box.width - 2 * beside * DPI, box.height - 2 * above * DPI
    unit = max(across / room[0], up / room[1]) or 1.0  # data in a pixel
    middle = (max(xs) + min(xs)) / 2, (max(ys) + min(ys)) / 2
    axes.set_xlim(middle[0] - unit * box.width / 2, middle[0] + unit * box.width / 2)
    axes.set_ylim(middle[1] - unit * box.height / 2, middle[1] + unit * box.height / 2)
    axes.spines[:].set_color(theme.rule)
    axes.set_xticks([])
    axes.set_yticks([])
    if picture.axes is not None:
        axes.set_xlabel(picture.axes[0], color=theme.quiet, labelpad=5)
        axes.set_ylabel(picture.axes[1], color=theme.quiet, labelpad=5)


def _draw_dots(axes: Axes, picture: Picture, radii: Sequence[float], theme: Theme) -> None:
    """Groups in their own colours and shapes; the smallest dots on top."""
    groups: dict[int | None, list[int]] = {}
    for index, mark in enumerate(picture.marks):
        groups.setdefault(mark.group, []).append(index)
    many = len(picture.marks) > 1000
    for group, indices in sorted(groups.items(), key=lambda item: (item[0] is None, item[0] or 0)):
        axes.scatter(
            [picture.marks[i].x for i in indices],
            [picture.marks[i].y for i in indices],
            s=[(2 * radii[i]) ** 2 for i in indices],
            marker=MARKERS[group % len(MARKERS)] if group is not None else "o",
            color=_colour(group, theme),
            alpha=0.75 if many else 1.0,
            linewidths=0.4,
            edgecolors=theme.paper,
            zorder=3,
        )


def _label(
    axes: Axes, picture: Picture, radii: Sequence[float], theme: Theme, measure: Measure
) -> int:
    """A word beside each dot, the most frequent first; returns how many had no room."""
    marks = picture.marks
    pixel = DPI / 72
    line = measure("lp", LABEL)[1]  # no text is laid out lower than this
    sizes = [
        (width + 2 * pixel, max(height, line) + pixel)
        for width, height in (measure(mark.text, LABEL) for mark in marks)
    ]
    at = [pixels(axes, mark.x, mark.y) for mark in marks]
    area = axes.get_window_extent()
    order = sorted(range(len(marks)), key=lambda i: -(marks[i].count or 0))
    boxes = place_what_fits(
        at,
        sizes,
        radii=[(radius + 0.6) * pixel for radius in radii],
        order=order,
        frame=Box(area.x0 + 2, area.y0 + 2, area.x1 - 2, area.y1 - 2),
    )
    to_data = axes.transData.inverted().transform
    for mark, here, radius, box in zip(marks, at, radii, boxes, strict=True):
        if box is None:
            continue
        leader = _leader(here, box, radius * pixel, pixel)
        if leader is not None:
            ends = [to_data(point) for point in leader]
            axes.plot(*zip(*ends, strict=True), color=theme.quiet, linewidth=0.45, zorder=2)
        x, y = to_data(((box.left + box.right) / 2, (box.bottom + box.top) / 2))
        axes.text(
            x,
            y,
            mark.text,
            size=LABEL,
            color=_colour(mark.group, theme),
            ha="center",
            va="center",
            parse_math=False,
            zorder=5,
        )
    return sum(box is None for box in boxes)


def _leader(here: Point, box: Box, radius: float, pixel: float) -> tuple[Point, Point] | None:
    """A line from the rim of a dot to its label, where that is not beside it."""
    end = box.nearest(here)
    away = math.dist(here, end)
    if away - radius < LEADER * pixel:
        return None
    share = radius / away
    return (here[0] + share * (end[0] - here[0]), here[1] + share * (end[1] - here[1])), end


def _name_groups(axes: Axes, picture: Picture, theme: Theme, bold: Measure) -> None:
    """The names of groups that stand apart, written where they stand; one that would cover another is left to the legend."""
    from matplotlib.patheffects import Normal, Stroke

    area = axes.get_window_extent()
    taken: list[Box] = []
    for group, x, y in picture.centres:
        name = fitting(picture.groups[group], NAME, bold, width=area.width / 3)
        width, height = bold(name, NAME)
        across, up = pixels(axes, x, y)
        across = min(max(across, area.x0 + width / 2 + 4), area.x1 - width / 2 - 4)
        up = min(max(up, area.y0 + height / 2 + 4), area.y1 - height / 2 - 4)
        box = Box(across - width / 2, up - height / 2, across + width / 2, up + height / 2)
        if any(box.overlap(other) for other in taken):
            continue
        taken.append(box)
        left, low = axes.transData.inverted().transform((across, up))
        axes.text(
            left,
            low,
            name,
            size=NAME,
            weight="bold",
            color=_colour(group, theme),
            ha="center",
            va="center",
            parse_math=False,
            zorder=6,
            path_effects=[Stroke(linewidth=3.0, foreground=theme.paper), Normal()],
        )


def _legend_rows(
    picture: Picture, measure: Measure, room: float
) -> list[list[tuple[int, str, float]]]:
    """Lines of entries (group, text, pixels from the left) that fit into ``room``."""
    if not picture.groups or not picture.named_groups:
        return []
    sizes = Counter(mark.group for mark in picture.marks)
    rows: list[list[tuple[int, str, float]]] = [[]]
    at = 0.0
    for group, name in enumerate(picture.groups):
        text = fitting(f"{name} ({sizes[group]:,})", FACT, measure, width=room / 3)
        width = measure(text, FACT)[0] + DPI * 0.32
        if rows[-1] and at + width > room:
            rows.append([])
            at = 0.0
        rows[-1].append((group, text, at))
        at += width
    return rows


def _draw_legend(
    figure: Figure, rows: Sequence[Sequence[tuple[int, str, float]]], theme: Theme, *, top: float
) -> None:
    from matplotlib.lines import Line2D

    width, height = figure.get_size_inches()
    for line, row in enumerate(rows):
        up = 1 - (top + 0.17 * line + 0.06) / height
        for group, text, at in row:
            left = EDGE + at / DPI
            figure.add_artist(
                Line2D(
                    [(left + 0.05) / width],
                    [up],
                    marker=MARKERS[group % len(MARKERS)],
                    color=_colour(group, theme),
                    markersize=5,
                    linestyle="",
                )
            )
            figure.text(
                (left + 0.13) / width,
                up,
                text,
                size=FACT,
                color=_colour(group, theme),
                va="center",
                parse_math=False,
            )


def _colour(group: int | None, theme: Theme) -> str:
    return theme.ink if group is None else theme.groups[group % len(theme.groups)]
