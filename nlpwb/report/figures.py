"""A comparison as a figure for a paper: quality against cost, and learning curves where there are budgets."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nlpwb.errors import InputError, UsageError
from nlpwb.records import Comparison, Protocol
from nlpwb.report.comparison import metric_header, protocol_words
from nlpwb.report.cost_panel import draw_cost
from nlpwb.report.curve_panel import curves_of, draw_curves
from nlpwb.report.drawing import fitting
from nlpwb.report.lettering import fonts, make_visible, measure_on
from nlpwb.report.names import short_names
from nlpwb.report.panels import INK, LABEL, QUIET, Measure
from nlpwb.report.sink import check_place, write_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DPI = 160
WIDTH = 7.2  # inches: across both columns of a page
LEFT, RIGHT = 0.68, 0.2
PANEL_GAP = 0.85  # the axis label above, the title of the panel below
EDGE = 0.1  # inches between the text and the figure's edges
TITLE, NOTE = 11.0, 7.0  # points
_STYLE = {
    "font.size": 8.0,
    "axes.labelsize": 8.5,
    "xtick.labelsize": 8.0,
    "ytick.labelsize": 8.0,
    "axes.linewidth": 0.7,
    "axes.edgecolor": QUIET,
    "axes.labelcolor": INK,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "text.color": INK,
    "svg.hashsalt": "nlpwb",
    "svg.fonttype": "path",
}


def plot_comparison(comparison: Comparison, path: str) -> None:
    """Draw a comparison into ``path``: a PNG of 160 dots an inch, or an SVG, as the ending says; whole or not at all.

    Raises:
        InputError: the place cannot be written, or no method has figures.
        UsageError: another ending.
    """
    place = Path(path)
    kind = place.suffix.lower().removeprefix(".")
    if kind not in ("png", "svg"):
        raise UsageError(f"--plot {path}: the ending says the format, .png or .svg")
    check_place(place, option="--plot")
    if all(result.score is None for result in comparison.results):
        raise InputError(
            f"--plot {path}: no method has figures to draw; see why they failed, or leave --plot out"
        )
    import matplotlib.style

    style = {**_STYLE, "font.family": fonts()}
    with warnings.catch_warnings(), matplotlib.style.context(["default", style]):
        warnings.filterwarnings("ignore", message="Glyph", category=UserWarning)
        figure = draw(comparison)
        make_visible(figure)
        metadata = {"Date": None} if kind == "svg" else {"Software": "nlpwb"}
        write_whole(
            place,
            lambda temporary: figure.savefig(temporary, format=kind, dpi=DPI, metadata=metadata),
            option="--plot",
        )


def draw(comparison: Comparison) -> Figure:
    """The figure, laid out in inches from the top: title, one or two panels, notes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, 4.0), dpi=DPI)
    canvas = FigureCanvasAgg(figure)
    measure = measure_on(canvas)
    bold, room = measure_on(canvas, weight="bold"), DPI * (WIDTH - 2 * EDGE)
    title = fitting(comparison.protocol.corpus, TITLE, bold, width=room)
    words = _lines([f"{phrase} · " for phrase in protocol_phrases(comparison.protocol)], 8, measure)
    notes = [
        line
        for text in notes_of(comparison)
        for line in _lines([f"{word} " for word in text.split()], NOTE, measure)
    ]
    curves = curves_of(comparison)
    count = sum(result.score is not None for result in comparison.results)
    panel = 3.0 + 0.07 * max(0, count - 6)  # inches
    words_at = EDGE + 0.2
    first = words_at + 0.15 * len(words) + 0.4
    second = first + panel + PANEL_GAP
    notes_at = (second if curves else first) + panel + 0.5
    height = notes_at + 0.13 * len(notes) + EDGE
    figure.set_size_inches(WIDTH, height)
    _write(figure, [title], EDGE, step=0.0, size=TITLE, weight="bold", color=INK)
    _write(figure, words, words_at, step=0.15, size=8, color=INK)
    _write(figure, notes, notes_at, step=0.13, size=NOTE, color=QUIET)
    axes = _panel(figure, "Quality against cost", top=first, height=panel, right=RIGHT)
    draw_cost(axes, comparison, measure)
    if curves:
        widest = (
            max(measure(name, LABEL)[0] for name in short_names([c.method for c in curves])) / DPI
        )
        axes = _panel(figure, "Learning curves", top=second, height=panel, right=widest + 0.34)
        draw_curves(axes, comparison, measure)
    return figure


def protocol_phrases(protocol: Protocol) -> list[str]:
    """The line under the title: metric, rows, labels, seeds."""
    metric = metric_header(protocol.metric)
    phrases = [phrase for phrase in protocol_words(protocol) if phrase != protocol.metric]
    return [f"{metric} with 95 % intervals", *phrases]


def notes_of(comparison: Comparison) -> list[str]:
    """What the marks mean, and which methods are missing."""
    protocol = comparison.protocol
    drawn = f"Vertical lines{' and bands' if comparison.curve else ''}"
    notes = [
        f"{drawn}: 95 % intervals ({protocol.interval}). Filled: the best, and what cannot be told apart from it "
        f"({protocol.significance}, α = {protocol.alpha:g}). Steps: the Pareto frontier (no method is both better and cheaper)."
    ]
    missing = dict.fromkeys(result.method for result in comparison.results if result.error)
    if missing:
        notes.append(f"Failed and left out: {', '.join(missing)}.")
    partly = dict.fromkeys(
        f"{result.method} at {result.budget:,}"
        for result in comparison.curve
        if result.error and result.budget is not None and result.method not in missing
    )
    if partly:
        notes.append(f"Failed for some numbers of training documents: {', '.join(partly)}.")
    return notes


def _panel(figure: Figure, title: str, *, top: float, height: float, right: float) -> Axes:
    """Axes ``top`` inches below the figure's upper edge, with a title over them."""
    whole = figure.get_figheight()
    _write(figure, [title], top - 0.24, step=0.0, size=9, weight="bold", color=INK)
    box = (LEFT / WIDTH, 1 - (top + height) / whole, 1 - (LEFT + right) / WIDTH, height / whole)
    return figure.add_axes(box)


def _write(
    figure: Figure,
    lines: Sequence[str],
    top: float,
    *,
    step: float,
    size: float,
    color: str,
    weight: str = "normal",
) -> None:
    """Lines from the left edge of the figure, ``top`` inches below its upper edge, ``step`` inches apart."""
    height = figure.get_figheight()
    for i, line in enumerate(lines):
        figure.text(
            EDGE / WIDTH,
            1 - (top + i * step) / height,
            line,
            va="top",
            size=size,
            weight=weight,
            color=color,
            parse_math=False,
        )


def _lines(pieces: Sequence[str], size: float, measure: Measure) -> list[str]:
    """Pieces of text in lines that are no wider than the figure; separators at the ends of lines go."""
    lines = [""]
    for piece in pieces:
        longer = lines[-1] + piece
        if lines[-1] and measure(longer.rstrip(" ·"), size)[0] > DPI * (WIDTH - 2 * EDGE):
            lines.append(piece)
        else:
            lines[-1] = longer
    return [line.rstrip(" ·") for line in lines]
