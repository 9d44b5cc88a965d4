"""Attention in the format that its file's ending names: PNG, SVG, or one HTML page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nlpwb.report.drawing import kind_of

if TYPE_CHECKING:
    from nlpwb.workflows.looking.choosing import Shown

ENDINGS = ("png", "svg", "html")
OPTION = "-o"


def check_output(path: str) -> None:
    """Refuse a place that cannot be drawn into, before any work is done for it.

    Raises:
        UsageError: another ending than .png, .svg or .html.
        InputError: the folder is missing.
    """
    kind_of(path, ENDINGS, option=OPTION)


def write_output(found: Sequence[Shown], path: str, *, theme: str) -> str:
    """Draw texts into ``path``; returns what is to be said of it. A page has all layers and heads, and both themes.

    Raises:
        InputError: the place cannot be written.
    """
    kind = kind_of(path, ENDINGS, option=OPTION)
    if kind == "html":
        from nlpwb.report.attention_page import write_page

        return write_page([one.attended for one in found], path, option=OPTION)
    from nlpwb.report.attention_figure import plot_attention

    return plot_attention(found, path, kind=kind, theme=theme, option=OPTION)
