"""A map in the format that its file's ending names: PNG, SVG, or one HTML page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlpwb.report.drawing import kind_of

if TYPE_CHECKING:
    from nlpwb.vectors.picture import Picture

ENDINGS = ("png", "svg", "html")


def check_map(path: str, *, option: str) -> None:
    """Refuse a place that cannot be drawn into, before any work is done for it.

    Raises:
        UsageError: another ending than .png, .svg or .html.
        InputError: the folder is missing.
    """
    kind_of(path, ENDINGS, option=option)


def write_map(picture: Picture, path: str, *, theme: str, option: str) -> str:
    """Draw a picture into ``path``; returns what is to be said of it. A page has both themes, whatever ``theme`` says.

    Raises:
        InputError: the place cannot be written.
        UsageError: another ending.
    """
    kind = kind_of(path, ENDINGS, option=option)
    said = f"{path}: {', '.join(picture.facts)}"
    if kind == "html":
        from nlpwb.report.map_page import write_page

        write_page(picture, path, option=option)
        return said
    from nlpwb.report.map_panel import left_out_words, plot_map

    left_out = plot_map(picture, path, kind=kind, theme=theme, option=option)
    return f"{said}; {left_out_words(left_out)} for want of room" if left_out else said
