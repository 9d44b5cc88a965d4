"""Attention as a figure: a table of shaded cells for each layer and head that is wanted."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nlpwb.report.attention import shown
from nlpwb.report.attention_output import answer_words
from nlpwb.report.drawing import DPI, fitting, lines_of, write_figure, write_lines
from nlpwb.report.lettering import measure_on
from nlpwb.report.panels import Measure
from nlpwb.report.themes import THEMES, Theme

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from nlpwb.workflows.looking.attention import View
    from nlpwb.workflows.looking.choosing import Shown

WIDTH, EDGE, GAP = 7.2, 0.12, 0.16  # inches
TITLE, FACT, LABEL = 11.0, 8.0, 8.0  # points
CELL = 0.42  # inches, the widest cell
NUMBERS_FROM = 0.27  # inches of a cell from which on its number is written into it
LABELS_FROM = 0.075
MOST = 40
"""Places that can still be told apart; of a longer text those with the strongest edges are drawn."""
ACROSS = 4
"""Tables side by side, at most."""


@dataclass(frozen=True, eq=False)
class Panel:
    """A table to draw: weights (Q, K), the tokens of both sides, a title."""

    weights: NDArray[np.float32]
    queries: list[str]
    keys: list[str]
    title: str


def plot_attention(found: Sequence[Shown], path: str, *, kind: str, theme: str, option: str) -> str:
    """Draw texts below each other into ``path``; returns what is to be said of it.

    Raises:
        InputError: the place cannot be written.
    """
    colours = THEMES[theme]
    write_figure(
        path, lambda: draw_attention(found, colours), kind=kind, theme=colours, option=option
    )
    count = sum(len(one.views) for one in found)
    cut = any(len(view.keys) > MOST for one in found for view in one.views)
    tables = "table" if count == 1 else "tables"
    return f"{path}: {count} {tables} of weights" + (
        f"; of the longer ones the {MOST} places with the strongest edges" if cut else ""
    )


@dataclass(frozen=True)
class _Lines:
    """Text that has found its place, ``top`` inches from above."""

    lines: list[str]
    top: float
    size: float
    color: str
    weight: str = "normal"
    left: float = EDGE


@dataclass(frozen=True, eq=False)
class _Placed:
    """A table that has found its place; ``cell`` in inches, ``size`` of its labels in points, 0 for none."""

    panel: Panel
    left: float
    top: float
    cell: float
    size: float


def draw_attention(found: Sequence[Shown], theme: Theme) -> Figure:
    """The figure: for each text its words and its tables, and below all of them what a shade means."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, 4.0), dpi=DPI)
    canvas = FigureCanvasAgg(figure)
    measure, bold = measure_on(canvas), measure_on(canvas, weight="bold")
    said: list[_Lines] = []
    placed: list[_Placed] = []
    top = EDGE
    room = DPI * (WIDTH - 2 * EDGE)
    for one in found:
        attended = one.attended
        title = fitting(" ".join(attended.text.split()), TITLE, bold, width=room)
        *options, last = re.split(
            r"(?<=,)", attended.method
        )  # a long spec breaks behind its commas
        words = [*options, f"{last} · ", f"says {answer_words(attended)}"]
        facts = lines_of(words, FACT, measure, width=room)
        said.append(_Lines([title], top, TITLE, theme.ink, "bold"))
        said.append(_Lines(facts, top + 0.22, FACT, theme.quiet))
        top += 0.22 + 0.15 * len(facts) + 0.1
        rows = _rows([_panel(view, one.rows_of(view)) for view in one.views], measure)
        for row in rows:
            titles, tables, top = _place(row, len(rows[0]), top, theme, measure)
            said += titles
            placed += tables
    height = top + 0.42
    figure.set_size_inches(WIDTH, height)
    for line in said:
        write_lines(
            figure,
            line.lines,
            left=line.left,
            top=line.top,
            step=0.15,
            size=line.size,
            color=line.color,
            weight=line.weight,
        )
    most = max(float(view.weights.max()) for one in found for view in one.views)
    highest = 1.0 if most > 0.5 else max(0.05, math.ceil(20 * most) / 20)
    shades = _shades(theme)
    for table in placed:
        wide, high = table.cell * len(table.panel.keys), table.cell * len(table.panel.queries)
        box = (
            table.left / WIDTH,
            1 - (table.top + high) / height,
            wide / WIDTH,
            high / height,
        )
        _draw_panel(figure.add_axes(box), table, shades, theme, highest=highest)
    crossing = any(view.kind == "cross" for one in found for view in one.views)
    reads = "a word that is written" if crossing else "a word that reads"
    _bar(figure, shades, theme, highest=highest, top=top, height=height, reads=reads)
    return figure


def _place(
    row: list[Panel], columns: int, top: float, theme: Theme, measure: Measure
) -> tuple[list[_Lines], list[_Placed], float]:
    """Titles and tables of a line of tables that begins ``top`` inches from above, and where the next one begins."""
    across, cell, widest = _room(row, columns, measure)
    lines = max(len(panel.queries) for panel in row)
    size = min(LABEL, 0.8 * 72 * cell)
    if cell < LABELS_FROM:
        size = widest = 0.0
        cell = min(across / max(len(panel.keys) for panel in row), 8.0 / lines)
    titles, tables = [], []
    for number, panel in enumerate(row):
        left = EDGE + number * (across + GAP) + widest
        title = fitting(panel.title, FACT, measure, width=DPI * (across - widest))
        titles.append(_Lines([title], top, FACT, theme.ink, left=left))
        tables.append(_Placed(panel, left, top + 0.18, cell, size))
    return titles, tables, top + 0.18 + cell * lines + widest + 0.2


def _rows(panels: list[Panel], measure: Measure) -> list[list[Panel]]:
    """Tables in lines: as many side by side as leave room for the names of their places."""
    across = min(ACROSS, len(panels))
    while across > 1 and _room(panels, across, measure)[1] < LABELS_FROM:
        across -= 1 if across < ACROSS else 2
    return [panels[place : place + across] for place in range(0, len(panels), across)]


def _room(panels: list[Panel], across: int, measure: Measure) -> tuple[float, float, float]:
    """Inches of a table with its names, of a cell, and of the names, where so many tables stand side by side."""
    each = (WIDTH - 2 * EDGE - (across - 1) * GAP) / across
    columns = max(len(panel.keys) for panel in panels)
    lines = max(len(panel.queries) for panel in panels)
    words = [word for panel in panels for word in (*panel.queries, *panel.keys)]
    longest = max(measure(word, LABEL)[0] for word in words) / DPI
    widest, cell = longest + 0.06, 0.0
    for _ in range(2):  # smaller letters take less room, which the cells may have
        cell = min(CELL, (each - widest) / columns, 8.0 / lines)
        widest = longest * min(1.0, max(0.0, 0.8 * 72 * cell / LABEL)) + 0.06
    return each, cell, widest


def _panel(view: View, rows: Sequence[int]) -> Panel:
    """A view as it is drawn: all places, or the queries with the strongest edges and the keys that are read most."""
    import numpy as np

    queries, keys = list(rows), list(range(len(view.keys)))
    if len(queries) > MOST or len(keys) > MOST:
        asked = view.weights[queries].max(axis=1)
        read = view.weights[queries].sum(axis=0)
        chosen = np.argsort(-asked, kind="stable")[:MOST].tolist()
        queries = sorted(queries[place] for place in chosen)
        keys = sorted(np.argsort(-read, kind="stable")[:MOST].tolist())
    parts = view.title.split(", ")
    title = ", ".join(parts[1:] or parts)
    if not title.startswith(("layer", "rollout")) or view.kind not in ("self",):
        title = view.title
    if len(queries) < len(rows) or len(keys) < len(view.keys):
        title += f" · {len(queries)} of {len(rows)} × {len(keys)} of {len(view.keys)} tokens"
    return Panel(
        weights=view.weights[queries][:, keys],
        queries=[_short(shown(view.queries[place])) for place in queries],
        keys=[_short(shown(view.keys[place])) for place in keys],
        title=title,
    )


def _short(word: str) -> str:
    return word if len(word) <= 16 else f"{word[:8]}…{word[-6:]}"


def _shades(theme: Theme) -> Colormap:
    """From the paper to the first colour of groups, which stands well against it."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("weights", [theme.paper, theme.groups[0]])


def _draw_panel(
    axes: Axes, placed: _Placed, shades: Colormap, theme: Theme, *, highest: float
) -> None:
    panel, cell, size = placed.panel, placed.cell, placed.size
    axes.imshow(panel.weights, cmap=shades, vmin=0, vmax=highest, aspect="auto")
    axes.tick_params(length=0, pad=2)
    for spine in axes.spines.values():
        spine.set_edgecolor(theme.rule)
    if size:
        axes.set_xticks(range(len(panel.keys)))
        axes.set_xticklabels(panel.keys, rotation=90, size=size, color=theme.ink, parse_math=False)
        axes.set_yticks(range(len(panel.queries)))
        axes.set_yticklabels(panel.queries, size=size, color=theme.ink, parse_math=False)
    else:
        axes.set_xticks([])
        axes.set_yticks([])
    if cell < NUMBERS_FROM:
        return
    for row, line in enumerate(panel.weights.tolist()):
        for column, weight in enumerate(line):
            if weight == 0:
                continue
            strong = weight > 0.55 * highest
            axes.text(
                column,
                row,
                f"{weight:.2f}".removeprefix("0"),
                ha="center",
                va="center",
                size=min(7.0, 72 * cell / 3.4),
                color=theme.paper if strong else theme.ink,
            )


def _bar(
    figure: Figure,
    shades: Colormap,
    theme: Theme,
    *,
    highest: float,
    top: float,
    height: float,
    reads: str,
) -> None:
    """What a shade means, and how a row is read."""
    import numpy as np

    wide, high = 1.4, 0.1
    axes = figure.add_axes((EDGE / WIDTH, 1 - (top + high) / height, wide / WIDTH, high / height))
    axes.imshow(np.linspace(0, highest, 64)[None], cmap=shades, vmin=0, vmax=highest, aspect="auto")
    axes.set_yticks([])
    axes.set_xticks([-0.5, 63.5])
    axes.set_xticklabels(["0", f"{highest:g}"], size=7)
    axes.tick_params(length=2, pad=1.5)
    for spine in axes.spines.values():
        spine.set_edgecolor(theme.rule)
    write_lines(
        figure,
        [f"a row is {reads}, a column a word that is read; a row sums to 1"],
        left=EDGE + wide + 0.15,
        top=top - 0.01,
        step=0,
        size=7.0,
        color=theme.quiet,
    )
