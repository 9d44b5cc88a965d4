"""A figure of our own style, from nothing to a file: sizes in inches, letters, and how it is written."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlpwb.errors import UsageError
from nlpwb.report.lettering import fonts, make_visible
from nlpwb.report.panels import Measure
from nlpwb.report.sink import check_place, write_whole
from nlpwb.report.themes import Theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI = 160
# no date, so that the same figure has the same bytes
_METADATA: dict[str, dict[str, Any]] = {
    "png": {"Software": "nlpwb"},
    "svg": {"Date": None},
    "pdf": {"Creator": "nlpwb", "CreationDate": None},
}
_LONGEST = 400  # characters: no line of a figure has room for more


def kind_of(path: str, endings: Sequence[str], *, option: str) -> str:
    """The format that a place's ending names, of those that there are.

    Raises:
        UsageError: another ending.
        InputError: the folder is missing, or the place is a folder.
    """
    kind = Path(path).suffix.lower().removeprefix(".")
    if kind not in endings:
        *first, last = (f".{ending}" for ending in endings)
        raise UsageError(
            f"{option} {path}: the ending says the format, {', '.join(first)} or {last}"
        )
    check_place(Path(path), option=option)
    return kind


@contextmanager
def _styled(theme: Theme) -> Iterator[None]:
    """Matplotlib's own defaults in our letters and a theme's colours, whatever the user's settings are."""
    import matplotlib.style

    style: dict[str, Any] = {
        "font.size": 8.0,
        "font.family": fonts(),
        "axes.edgecolor": theme.quiet,
        "axes.labelcolor": theme.ink,
        "axes.linewidth": 0.7,
        "text.color": theme.ink,
        "xtick.color": theme.quiet,
        "ytick.color": theme.quiet,
        "figure.facecolor": theme.paper,
        "axes.facecolor": theme.paper,
        "savefig.facecolor": theme.paper,
        "svg.hashsalt": "nlpwb",
        "svg.fonttype": "none",
    }
    with warnings.catch_warnings(), matplotlib.style.context(["default", style]):
        warnings.filterwarnings("ignore", message="Glyph", category=UserWarning)
        yield


def write_figure(
    path: str, draw: Callable[[], Figure], *, kind: str, theme: Theme, option: str
) -> None:
    """Draw in a theme and write the figure whole: the same bytes each time, text as text in an SVG.

    Raises:
        InputError: the place cannot be written.
    """
    with _styled(theme):
        figure = draw()
        make_visible(figure)
        metadata = _METADATA[kind]
        write_whole(
            Path(path),
            lambda temporary: figure.savefig(temporary, format=kind, dpi=DPI, metadata=metadata),
            option=option,
        )


def drawn(draw: Callable[[], Figure], *, theme: Theme) -> Figure:
    """The figure itself, for those who want to look at its parts."""
    with _styled(theme):
        figure = draw()
        make_visible(figure)
        return figure


def lines_of(pieces: Sequence[str], size: float, measure: Measure, *, width: float) -> list[str]:
    """Pieces of text in lines of at most ``width`` pixels; separators at the ends of lines go."""
    lines = [""]
    for piece in pieces:
        longer = lines[-1] + piece
        if lines[-1] and measure(longer.rstrip(" ·"), size)[0] > width:
            lines.append(piece)
        else:
            lines[-1] = longer
    return [line.rstrip(" ·") for line in lines]


def fitting(title: str, size: float, measure: Measure, *, width: float) -> str:
    """A title of at most ``width`` pixels: the middle of a long one goes; one character of it stays in any case."""
    if len(title) < 2 or (len(title) <= _LONGEST and measure(title, size)[0] <= width):
        return title

    def shortened(kept: int) -> str:
        return f"{title[: kept // 2]}…{title[len(title) - (kept - kept // 2) :]}"

    fits, too_long = 1, min(len(title), _LONGEST + 1)
    while too_long - fits > 1:
        middle = (fits + too_long) // 2
        if measure(shortened(middle), size)[0] <= width:
            fits = middle
        else:
            too_long = middle
    return shortened(fits)


def write_lines(
    figure: Figure, lines: Sequence[str], *, left: float, top: float, step: float, **font: Any
) -> None:
    """Lines, ``left`` inches from the left and the first ``top`` inches from the upper edge, ``step`` inches apart."""
    width, height = figure.get_size_inches()
    for i, line in enumerate(lines):
        figure.text(
            left / width, 1 - (top + i * step) / height, line, va="top", parse_math=False, **font
        )
