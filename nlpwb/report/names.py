"""Specs in a figure: shortened in the middle, and still told apart."""

from __future__ import annotations

from collections.abc import Sequence


def short_names(names: Sequence[str], limit: int = 32) -> list[str]:
    """Specs of at most ``limit`` characters, shortened in the middle: what comes first, and the head.

    >>> short_names(["tfidf:ngrams=2-5,analyzer=char_wb,sublinear_tf=yes+svm"])
    ['tfidf:ngrams=2-5,…+svm']

    Names that would become the same are given more room, until they differ.
    """
    while True:
        short = [_short(name, limit) for name in names]
        if len(set(short)) == len(set(names)) or limit >= max(map(len, names), default=0):
            return short
        limit += 4


def _short(name: str, limit: int) -> str:
    """Whole options as far as they fit, then the head; a value is cut only where not even the first option fits."""
    if len(name) <= limit:
        return name
    plus = name.rfind("+")
    tail = name[plus:] if plus > 0 and len(name) - plus <= limit // 2 else ""
    room = limit - len(tail) - 1
    return name[: name.rfind(",", 0, room) + 1 or room] + "…" + tail
