"""Letters in a figure: fonts that know many scripts, and how much room a text takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlpwb.report.columns import visible
from nlpwb.report.panels import Measure

if TYPE_CHECKING:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

_MORE_SCRIPTS = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Source Han Sans SC",
    "WenQuanYi Zen Hei",
    "Hiragino Sans",
    "PingFang SC",
    "Noto Sans Arabic",
    "Noto Sans Devanagari",
)


def measure_on(canvas: FigureCanvasAgg, *, weight: str = "normal") -> Measure:
    """How wide and high a text will be, in pixels of the figure, as :func:`make_visible` leaves it."""
    from matplotlib.font_manager import FontProperties

    renderer = canvas.get_renderer()  # type: ignore[no-untyped-call]

    def measure(text: str, size: float) -> tuple[float, float]:
        font = FontProperties(size=size, weight=weight)
        width, height, _ = renderer.get_text_width_height_descent(visible(text), font, False)
        return float(width), float(height)

    return measure


def make_visible(figure: Figure) -> None:
    """Take control characters out of every text of a figure: an SVG with them is no XML, and half a surrogate pair no text."""
    from matplotlib.text import Text

    for text in figure.findobj(Text):
        assert isinstance(text, Text)
        shown = visible(text.get_text())
        if shown != text.get_text():
            text.set_text(shown)


def fonts() -> list[str]:
    """The default font, and those on this machine that know further scripts: a corpus may be called by any name."""
    from matplotlib.font_manager import fontManager

    there = {font.name for font in fontManager.ttflist}
    return ["DejaVu Sans", *(name for name in _MORE_SCRIPTS if name in there)]
