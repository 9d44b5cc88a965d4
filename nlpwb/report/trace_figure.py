"""The way of a text through a model as a figure: a column for each stack, a box for each step, numbers as shades."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nlpwb.report.attention import shown
from nlpwb.report.drawing import DPI, fitting, lines_of, write_lines
from nlpwb.report.lettering import measure_on
from nlpwb.report.numbers import MINUS
from nlpwb.report.panels import Measure
from nlpwb.report.themes import Theme
from nlpwb.report.trace import answer_line, shape

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from nlpwb.workflows.looking.trace import Trace, TraceStep

WIDTH, EDGE, GAP = 7.6, 0.12, 0.26  # inches
COLUMNS = 4
TITLE, FACT, NAME, NOTE = 11.0, 8.0, 7.0, 6.0  # points
PICTURE, WORDS, STEP = (
    0.3,
    0.16,
    0.14,
)  # inches: of a picture, of the line above it, to the next one
MOST = 8
"""Columns that are drawn; of a deep stack the first blocks and the last."""
DOTS = 2
"""Pixels of the narrowest cell in a strip; of numbers that share one, that farthest from zero is drawn."""
SHARES = ("weights", "_gate", "probabilities")
"""Steps that are shares in 0 … 1 and need one colour alone."""
_STACK = re.compile(r"^((?:encoder\.|decoder\.)?(?:block|layer)\d+(?:\.(?:forwards|backwards))?)\.")


@dataclass
class _Column:
    """Steps below each other under a name."""

    name: str
    steps: list[TraceStep] = field(default_factory=list)


def draw_trace(found: Trace, theme: Theme) -> Figure:
    """The figure: columns are read from top to bottom, and from left to right."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, 4.0), dpi=DPI)
    canvas = FigureCanvasAgg(figure)
    measure, bold = measure_on(canvas), measure_on(canvas, weight="bold")
    room = DPI * (WIDTH - 2 * EDGE)
    columns, left_out = _columns(found)
    facts = [f"{found.method} · ", f"{answer_line(found)} · "]
    facts += [
        "blue above 0, orange below, each strip in the range that stands under it · ",
        "a row is a token, heads side by side",
    ]
    if left_out:
        stacks = "1 stack" if left_out == 1 else f"{left_out} stacks"
        facts.append(f" · {stacks} in the middle left out")
    lines = [line.lstrip(" ·") for line in lines_of(facts, FACT, measure, width=room)]
    top = EDGE + 0.22 + 0.15 * len(lines) + 0.14
    bands = [columns[place : place + COLUMNS] for place in range(0, len(columns), COLUMNS)]
    heights = [0.24 + _height(max(len(one.steps) for one in band)) for band in bands]
    height = top + sum(heights) + EDGE
    figure.set_size_inches(WIDTH, height)
    title = fitting(" ".join(found.text.split()), TITLE, bold, width=room)
    write_lines(
        figure, [title], left=EDGE, top=EDGE, step=0, size=TITLE, weight="bold", color=theme.ink
    )
    write_lines(figure, lines, left=EDGE, top=EDGE + 0.22, step=0.15, size=FACT, color=theme.quiet)
    across = (WIDTH - 2 * EDGE - (COLUMNS - 1) * GAP) / COLUMNS
    for band, tall in zip(bands, heights, strict=True):
        for number, column in enumerate(band):
            left = EDGE + number * (across + GAP)
            _draw_column(figure, column, left, top, across, theme, measure, height=height)
            if column is not columns[-1] and number < len(band) - 1:
                at = (left + across + 0.08, top + 0.07)
                _arrow(figure, at, (left + across + GAP - 0.04, at[1]), theme, height=height)
        top += tall
    return figure


def _height(steps: int) -> float:
    return steps * (WORDS + PICTURE + STEP)


def _columns(found: Trace) -> tuple[list[_Column], int]:
    """The steps by their stacks, in order; and how many stacks are left out."""
    columns: list[_Column] = []
    for step in found.steps:
        stack = _STACK.match(step.name)
        if stack is not None:
            name = stack[1].replace(".", " ")
        elif columns and columns[-1].name not in ("input", "output"):
            name = "output"
        else:
            name = columns[-1].name if columns else "input"
        if not columns or columns[-1].name != name:
            columns.append(_Column(name))
        columns[-1].steps.append(step)
    for column in columns[1:-1]:
        if column.name == "output":  # what stands between an encoder and its decoder
            column.name = "between"
    if len(columns) <= MOST:
        return columns, 0
    first, last = columns[: MOST - 3], columns[-3:]
    return [*first, *last], len(columns) - MOST


def _draw_column(
    figure: Figure,
    column: _Column,
    left: float,
    top: float,
    across: float,
    theme: Theme,
    measure: Measure,
    *,
    height: float,
) -> None:
    write_lines(
        figure, [column.name], left=left, top=top, step=0, size=FACT, weight="bold", color=theme.ink
    )
    top += 0.24
    for number, step in enumerate(column.steps):
        said = shape(step.shape)
        room = DPI * across - measure(said, NOTE)[0] - 6
        short = step.name.removeprefix(column.name.replace(" ", ".") + ".")
        name = fitting(short, NAME, measure, width=room)
        write_lines(figure, [name], left=left, top=top, step=0, size=NAME, color=theme.ink)
        figure.text(
            (left + across) / WIDTH, 1 - (top + 0.01) / height, said,
            ha="right", va="top", size=NOTE, color=theme.quiet, parse_math=False,
        )  # fmt: skip
        box = (left, top + WORDS, across, PICTURE)
        if step.texts or step.name.split(".")[-1] == "ids":
            _write_texts(figure, step, box, theme, measure)
        else:
            _draw_values(figure, step, box, theme, height=height)
        if number < len(column.steps) - 1:
            middle = left + across / 2
            _arrow(
                figure,
                (middle, top + WORDS + PICTURE + 0.015),
                (middle, top + WORDS + PICTURE + STEP - 0.015),
                theme,
                height=height,
            )
        top += WORDS + PICTURE + STEP


def _write_texts(
    figure: Figure,
    step: TraceStep,
    box: tuple[float, float, float, float],
    theme: Theme,
    measure: Measure,
) -> None:
    left, top, across, _ = box
    if step.values is not None:
        pieces = [f"{number:.0f} · " for number in step.values.tolist()]
    else:
        pieces = [f"{shown(text)} · " for text in step.texts]
    if len(step.texts) == 1:
        pieces = [f"{word} " for word in step.texts[0].split()]
    lines = lines_of(pieces, NAME, measure, width=DPI * across)
    if len(lines) > 2:
        lines = [lines[0], fitting(f"{lines[1]} …", NAME, measure, width=DPI * across)]
    lines = [fitting(line, NAME, measure, width=DPI * across) for line in lines]
    write_lines(figure, lines, left=left, top=top, step=0.13, size=NAME, color=theme.quiet)


def _draw_values(
    figure: Figure,
    step: TraceStep,
    box: tuple[float, float, float, float],
    theme: Theme,
    *,
    height: float,
) -> None:
    import numpy as np

    left, top, across, tall = box
    assert step.values is not None, "a step of numbers"
    axes = figure.add_axes((left / WIDTH, 1 - (top + tall) / height, across / WIDTH, tall / height))
    picture = _picture(np.where(np.isfinite(step.values), step.values, np.nan))
    share = any(step.name.endswith(end) for end in SHARES)
    finite = picture[np.isfinite(picture)]
    most = float(np.max(finite) if share else np.quantile(np.abs(finite), 0.99)) or 1e-9
    figure.text(
        (left + across) / WIDTH, 1 - (top + tall + 0.01) / height, range_of(finite),
        ha="right", va="top", size=NOTE, color=theme.quiet, parse_math=False,
    )  # fmt: skip
    axes.imshow(
        np.ma.masked_invalid(
            _within(picture, rows=int(tall * DPI) // DOTS, columns=int(across * DPI) // DOTS)
        ),
        cmap=_shades(theme, signed=not share),
        vmin=0 if share else -most,
        vmax=most,
        aspect="auto",
        interpolation="nearest",
    )
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_edgecolor(theme.rule)


def range_of(values: NDArray[np.float64]) -> str:
    """The least and the largest of some numbers: ``−0.31 to 2.5``; one of them where they are the same.

    >>> import numpy
    >>> range_of(numpy.array([-0.31, 2.5])), range_of(numpy.array([0.25, 0.25]))
    ('−0.31 to 2.5', 'all 0.25')
    """
    low, high = (f"{float(end):.2g}" for end in (values.min(), values.max()))
    low, high = (f"{MINUS}{end[1:]}" if end.startswith("-") else end for end in (low, high))
    return f"all {low}" if low == high else f"{low} to {high}"


def _within(picture: NDArray[np.float64], *, rows: int, columns: int) -> NDArray[np.float64]:
    """A table of at most so many rows and columns: of each block that becomes a cell the number farthest from zero.

    What is no number counts where nothing else stands in a block. Left to the drawing, most of a vocabulary falls between the
    pixels, and the likeliest word with it.
    """
    import numpy as np

    for axis, most in ((0, rows), (1, columns)):
        size = picture.shape[axis]
        if size > most:
            starts = np.arange(most) * size // most
            above = np.fmax.reduceat(picture, starts, axis=axis)
            below = np.fmin.reduceat(picture, starts, axis=axis)
            picture = np.where(-below > above, below, above)
    return picture


def _picture(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Numbers as a table: heads side by side with a line of nothing between them, a vector as one row."""
    import numpy as np

    if values.ndim < 3:
        return values.reshape(1, -1) if values.ndim == 1 else values
    nothing = np.full((values.shape[1], max(1, values.shape[2] // 16)), np.nan)
    parts: Iterator[NDArray[np.float64]] = (part for head in values for part in (head, nothing))
    return np.concatenate(list(parts)[:-1], axis=1)


def _shades(theme: Theme, *, signed: bool) -> Colormap:
    from matplotlib.colors import LinearSegmentedColormap

    ends = [theme.groups[1]] if signed else []
    made = LinearSegmentedColormap.from_list("steps", [*ends, theme.paper, theme.groups[0]])
    return made.with_extremes(bad=theme.rule)


def _arrow(
    figure: Figure,
    start: tuple[float, float],
    end: tuple[float, float],
    theme: Theme,
    *,
    height: float,
) -> None:
    """An arrow between two places, in inches from the left and from above."""
    from matplotlib.patches import FancyArrowPatch

    figure.add_artist(
        FancyArrowPatch(
            (start[0] / WIDTH, 1 - start[1] / height),
            (end[0] / WIDTH, 1 - end[1] / height),
            transform=figure.transFigure,
            arrowstyle="-|>",
            mutation_scale=5,
            linewidth=0.7,
            color=theme.quiet,
            shrinkA=0,
            shrinkB=0,
        )
    )
