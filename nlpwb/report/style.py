"""The few colours of a terminal: SGR codes, and when there are none."""

from __future__ import annotations

import os
from typing import TextIO

BOLD, DIM, YELLOW = "1", "2", "33"


def has_colour(stream: TextIO) -> bool:
    """Whether a stream is a terminal that may be coloured: never a pipe or a file, nor under ``NO_COLOR`` or ``TERM=dumb``."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return stream.isatty()


def paint(text: str, code: str, *, on: bool) -> str:
    """The text in a colour, where colours are on; its indent stays plain."""
    if not on or not text.strip():
        return text
    body = text.lstrip(" ")
    return f"{text[: len(text) - len(body)]}\x1b[{code}m{body}\x1b[0m"
