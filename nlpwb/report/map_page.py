"""A map as one HTML page that holds all it needs: no network, no library, both themes."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import TYPE_CHECKING

from nlpwb.report.sink import write_whole
from nlpwb.report.themes import DARK, LIGHT, Theme

if TYPE_CHECKING:
    from nlpwb.vectors.picture import Picture

TEMPLATE = Path(__file__).with_name("map_page.html")
_DECIMALS = 6


def write_page(picture: Picture, path: str, *, option: str) -> None:
    """Write the page, whole.

    Raises:
        InputError: the place cannot be written.
    """
    text = page(picture)

    def put(temporary: Path) -> None:
        temporary.write_text(text, encoding="utf-8", errors="replace")

    write_whole(Path(path), put, option=option)


def page(picture: Picture) -> str:
    """The page as text: the template with the picture's words, both themes, and the data as JSON."""
    parts = {
        "@TITLE@": html.escape(picture.title),
        "@FACTS@": html.escape(" · ".join(picture.facts)),
        "@NOTES@": html.escape(" ".join(picture.notes)),
        "@LIGHT@": _variables(LIGHT),
        "@DARK@": _variables(DARK),
        "@DATA@": _json(picture),
    }
    # Cut at the places first: a title may be called @DATA@.
    text = TEMPLATE.read_text(encoding="utf-8")
    for name in parts:
        text = text.replace(name, f"\0{name}\0")
    return "".join(parts.get(piece, piece) for piece in text.split("\0"))


def _variables(theme: Theme) -> str:
    """A theme as CSS variables."""
    colours = {"paper": theme.paper, "ink": theme.ink, "quiet": theme.quiet, "rule": theme.rule}
    colours |= {f"g{number}": colour for number, colour in enumerate(theme.groups)}
    return " ".join(f"--{name}: {colour};" for name, colour in colours.items())


def _json(picture: Picture) -> str:
    """The data of the page; ``<`` is escaped, so that no word can end the element that holds it."""
    value = {
        "groups": list(picture.groups),
        "axes": picture.axes,
        "labels": picture.labels,
        "centres": [list(centre) for centre in picture.centres],
        "marks": [
            {
                "text": mark.text,
                "x": round(mark.x, _DECIMALS),
                "y": round(mark.y, _DECIMALS),
                "group": mark.group,
                "count": mark.count,
                "row": mark.row,
                "near": [[word, round(cosine, _DECIMALS)] for word, cosine in mark.near],
            }
            for mark in picture.marks
        ],
    }
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")
