"""Traces and gradients as files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nlpwb.report.drawing import kind_of, write_figure
from nlpwb.report.themes import THEMES

if TYPE_CHECKING:
    from nlpwb.workflows.looking.gradients import Fading
    from nlpwb.workflows.looking.trace import Trace

ENDINGS = ("png", "svg")
OPTION = "-o"


def plot_trace(found: Trace, path: str, *, theme: str) -> str:
    """Draw a trace into ``path``; returns what is to be said of it.

    Raises:
        UsageError: another ending.
        InputError: the place cannot be written.
    """
    from nlpwb.report.trace_figure import draw_trace

    kind = kind_of(path, ENDINGS, option=OPTION)
    colours = THEMES[theme]
    write_figure(path, lambda: draw_trace(found, colours), kind=kind, theme=colours, option=OPTION)
    return f"{path}: {len(found.steps)} steps"


def plot_fading(found: Sequence[Fading], path: str, *, text: str) -> str:
    """Draw gradients by distance, a line for each model; returns what is to be said of it.

    Raises:
        UsageError: another ending.
        InputError: the place cannot be written.
    """
    from nlpwb.report.gradients import plot_gradients

    names = [Path(one.model).name for one in found]
    if len(set(names)) < len(names):
        names = [one.model for one in found]
    curves = {name: one.logarithms for name, one in zip(names, found, strict=True)}
    plot_gradients(curves, path, title=" ".join(text.split()), option=OPTION)
    return f"{path}: gradients of {len(curves)} {'model' if len(curves) == 1 else 'models'}"
