"""How a network trained, as a figure: its loss by step, and its score on the tuning part after each epoch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nlpwb.errors import InputError
from nlpwb.report.drawing import DPI, fitting, kind_of, lines_of, write_figure, write_lines
from nlpwb.report.lettering import measure_on
from nlpwb.report.themes import LIGHT, Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Row = Mapping[str, Any]
ENDINGS = ("png", "svg", "pdf")
WIDTH, EDGE, LEFT, PANEL, GAP = 7.2, 0.12, 0.68, 2.3, 0.62  # inches
TITLE, FACT = 11.0, 8.0  # points
_MOST_LINES = 40
"""Epochs whose ends are drawn as lines; more would be a grey wall."""
_OF_THEIR_OWN = ("masked accuracy",)
"""Figures of the tuning part that get a panel beside the one that decides."""


def check_curves(path: str) -> str:
    """The format that the place names, checked before any work is done.

    Raises:
        UsageError: another ending than .png, .svg or .pdf.
        InputError: the folder is missing.
    """
    return kind_of(path, ENDINGS, option="--plot")


def plot_training(rows: Sequence[Row], path: str, *, title: str) -> None:
    """Draw a training log into ``path``.

    ``rows`` are the lines of a ``training.jsonl``: those whose ``record`` is ``step`` have ``step`` and ``loss``, those of
    ``epoch`` have ``epoch``, ``step`` and perhaps ``tuning`` with the score.

    Raises:
        InputError: the log holds no step, or the place cannot be written.
    """
    if not any(row["record"] == "step" for row in rows):
        raise InputError(f"--plot {path}: the training log holds no step to draw")
    write_figure(
        path,
        lambda: draw_training(rows, title=title, theme=LIGHT),
        kind=check_curves(path),
        theme=LIGHT,
        option="--plot",
    )


def draw_training(rows: Sequence[Row], *, title: str, theme: Theme) -> Figure:
    """The figure: title, facts, the loss, and below it the tuning score where there was a tuning part."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    steps = [row for row in rows if row["record"] == "step"]
    ends = [row for row in rows if row["record"] == "epoch"]
    judged = [row for row in ends if row.get("tuning") is not None]
    figure = Figure(figsize=(WIDTH, 4.0), dpi=DPI)
    canvas = FigureCanvasAgg(figure)
    room = DPI * (WIDTH - 2 * EDGE)
    facts = lines_of(
        [f"{fact} · " for fact in _facts(rows, ends)], FACT, measure_on(canvas), width=room
    )
    first = EDGE + 0.22 + 0.15 * len(facts) + 0.14
    further = [
        (name, [row for row in judged if name in row["tuning"]["figures"]])
        for name in _OF_THEIR_OWN
    ]
    further = [(name, known) for name, known in further if known]
    panels = 1 + bool(judged) + len(further)
    height = first + panels * PANEL + (panels - 1) * GAP + 0.5
    figure.set_size_inches(WIDTH, height)
    text = fitting(title, TITLE, measure_on(canvas, weight="bold"), width=room)
    write_lines(
        figure, [text], left=EDGE, top=EDGE, step=0, size=TITLE, weight="bold", color=theme.ink
    )
    write_lines(figure, facts, left=EDGE, top=EDGE + 0.22, step=0.15, size=FACT, color=theme.quiet)
    last = max(row["step"] for row in (*steps, *ends))
    loss = _panel(figure, first, last, ends, theme)
    _draw_loss(loss, steps, judged, theme)
    if judged:
        score = _panel(figure, first + PANEL + GAP, last, ends, theme)
        _draw_score(score, judged, theme)
    for number, (name, known) in enumerate(further, start=2):
        axes = _panel(figure, first + number * (PANEL + GAP), last, ends, theme)
        own = [
            {
                "step": row["step"],
                "tuning": {
                    "name": name,
                    "value": row["tuning"]["figures"][name],
                    "higher_is_better": True,
                },
            }
            for row in known
        ]
        _draw_score(axes, own, theme)
    figure.axes[-1].set_xlabel("step" + ("" if len(ends) > _MOST_LINES else " (lines: epochs)"))
    return figure


def _facts(rows: Sequence[Row], ends: Sequence[Row]) -> list[str]:
    """How long it took and how it ended, as far as the log tells."""
    facts = [f"{len(ends)} epochs" if len(ends) != 1 else "1 epoch"]
    begun = [row for row in rows if row["record"] == "begun"]
    if begun:
        facts.append(f"{begun[-1]['parameters']:,} parameters")
        facts.append(f"{begun[-1]['precision']} on {begun[-1]['device']}")
    if len(begun) > 1:
        facts.append(f"resumed {len(begun) - 1} times" if len(begun) > 2 else "resumed once")
    ended = next((row for row in rows if row["record"] == "ended"), None)
    if ended is not None:
        facts.append(f"{ended['seconds']:,.0f} s")
        if ended["stopped_early"]:
            facts.append(f"stopped early, best epoch {ended['best_epoch'] + 1}")
    return facts


def _panel(figure: Figure, top: float, last: int, ends: Sequence[Row], theme: Theme) -> Axes:
    """Axes ``top`` inches below the upper edge, over all steps, with a quiet line where an epoch ends."""
    from matplotlib.ticker import MaxNLocator

    height = figure.get_figheight()
    box = (LEFT / WIDTH, 1 - (top + PANEL) / height, 1 - (LEFT + 0.2) / WIDTH, PANEL / height)
    axes = figure.add_axes(box)
    axes.set_xlim(0, max(1, last) * 1.01)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.grid(axis="y", color=theme.rule, linewidth=0.5)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    if len(ends) <= _MOST_LINES:
        for row in ends:
            axes.axvline(row["step"], color=theme.rule, linewidth=0.6, zorder=0)
    return axes


def _draw_loss(axes: Axes, steps: Sequence[Row], judged: Sequence[Row], theme: Theme) -> None:
    """The smoothed loss of training, and that of the tuning part where it is known."""
    known = [row for row in steps if row["loss"] is not None and math.isfinite(row["loss"])]
    axes.plot(
        [row["step"] for row in known],
        [row["loss"] for row in known],
        color=theme.groups[0],
        linewidth=1.3,
        label="training, smoothed",
        marker="o" if len(known) < 3 else None,
        markersize=3,
    )
    losses = [row for row in judged if "loss" in row["tuning"]["figures"]]
    if losses:
        axes.plot(
            [row["step"] for row in losses],
            [row["tuning"]["figures"]["loss"] for row in losses],
            color=theme.groups[1],
            linewidth=1.0,
            linestyle=(0, (3, 1.5)),
            marker="s",
            markersize=3.5,
            label="tuning part",
        )
        axes.legend(frameon=False, fontsize=FACT, labelcolor=theme.ink)
    axes.set_ylabel("loss")


def _draw_score(axes: Axes, judged: Sequence[Row], theme: Theme) -> None:
    """The score after each epoch; the best is a filled mark with its figure."""
    tuning = [row["tuning"] for row in judged]
    at = [row["step"] for row in judged]
    values = [float(one["value"]) for one in tuning]
    higher = tuning[0]["higher_is_better"]
    best = values.index(max(values) if higher else min(values))
    axes.plot(
        at,
        values,
        color=theme.groups[0],
        linewidth=1.3,
        marker="o",
        markersize=4,
        markerfacecolor=theme.paper,
    )
    axes.plot([at[best]], [values[best]], marker="o", markersize=5.5, color=theme.groups[0])
    axes.annotate(
        f"{values[best]:.4f}".lstrip("0") if higher else f"{values[best]:.4g}",
        (at[best], values[best]),
        xytext=(0, 6 if higher else -6),  # beyond the best there is no line
        textcoords="offset points",
        ha="center",
        va="bottom" if higher else "top",
        size=FACT,
        color=theme.ink,
    )
    axes.margins(y=0.18)
    name = str(tuning[0].get("name", "score"))
    axes.set_ylabel(f"{name} on the tuning part" + ("" if higher else " (lower is better)"))
