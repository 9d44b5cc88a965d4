"""Attention as one HTML page that holds all it needs: no network, both themes; layer, head and word are picked in it."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlpwb.report.attention import shown
from nlpwb.report.attention_output import answer_words
from nlpwb.report.sink import write_whole
from nlpwb.report.themes import DARK, LIGHT, Theme

if TYPE_CHECKING:
    from nlpwb.workflows.looking.attention import Attended, AttentionMap

TEMPLATE = Path(__file__).with_name("attention_page.html")
MOST_WEIGHTS = 12_000_000
"""Weights of all texts, layers and heads that a page may hold (32 MB); of more it holds the means of heads."""
_STEPS = 65_535  # a weight is a whole number of these parts


def write_page(found: Sequence[Attended], path: str, *, option: str) -> str:
    """Write the page, whole; returns what is to be said of it.

    Raises:
        InputError: the place cannot be written.
    """
    text = page(found)

    def put(temporary: Path) -> None:
        temporary.write_text(text, encoding="utf-8", errors="replace")

    write_whole(Path(path), put, option=option)
    heads = sum(one.heads for attended in found for one in attended.maps)
    means = "; too many weights for one page, so it has the means of heads" if _large(found) else ""
    return f"{path}: {len(found)} {'text' if len(found) == 1 else 'texts'}, {heads} heads{means}"


def page(found: Sequence[Attended]) -> str:
    """The page as text: the template with both themes, and the weights as JSON."""
    notes = "A row of weights sums to 1. Below .01 no line is drawn, and of many the strongest."
    if any(attended.words for attended in found):
        notes += (
            " Pieces are joined to words: what is read of a word is the sum over its pieces, "
            "what a word reads is the mean over them."
        )
    if _large(found):
        notes += " There are too many weights for one page: it has the means of heads."
    parts = {
        "@TITLE@": html.escape(" ".join(found[0].text.split())[:200]),
        "@NOTES@": html.escape(notes),
        "@LIGHT@": _colours(LIGHT),
        "@DARK@": _colours(DARK),
        "@DATA@": _json(found),
    }
    # Cut at the places first: a text may be called @DATA@.
    text = TEMPLATE.read_text(encoding="utf-8")
    for name in parts:
        text = text.replace(name, f"\0{name}\0")
    return "".join(parts.get(piece, piece) for piece in text.split("\0"))


def _colours(theme: Theme) -> str:
    """What the page needs of a theme, as CSS variables; weights have one colour."""
    return (
        f"--paper: {theme.paper}; --ink: {theme.ink}; --quiet: {theme.quiet}; "
        f"--rule: {theme.rule}; --g0: {theme.groups[0]};"
    )


def packed(weights: Any) -> str:
    """Weights in 0 … 1 as whole numbers of 1/65535, two bytes each, low byte first, in base64."""
    import numpy as np

    levels = np.rint(np.clip(weights, 0, 1) * _STEPS).astype("<u2")
    return base64.b64encode(levels.tobytes()).decode("ascii")


def _large(found: Sequence[Attended]) -> bool:
    return sum(one.weights.size for attended in found for one in attended.maps) > MOST_WEIGHTS


def _json(found: Sequence[Attended]) -> str:
    """The data of the page; ``<`` is escaped, so that no word can end the element that holds it."""
    means = _large(found)
    first = "cross" if any("cross" in attended.kinds for attended in found) else found[0].kinds[0]
    value = {
        "first": name_of(first),
        "texts": [
            {
                "text": " ".join(attended.text.split()),
                "facts": f"{attended.method} says {answer_words(attended)}",
                "kinds": [
                    {
                        "name": name_of(kind),
                        "layers": [_layer(one, means) for one in attended.layers(kind)],
                    }
                    for kind in attended.kinds
                ],
            }
            for attended in found
        ],
    }
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")


def _layer(one: AttentionMap, means: bool) -> dict[str, Any]:
    weights = one.weights.mean(axis=0, keepdims=True) if means else one.weights
    return {
        "heads": int(weights.shape[0]),
        "queries": [shown(token) for token in one.queries],
        "keys": [shown(token) for token in one.keys],
        "weights": packed(weights),
    }


def name_of(kind: str) -> str:
    """What a kind of attention is called on a page."""
    return kind if kind == "pooling" else f"{kind}-attention"
