"""Strings at which a text ends, found while it is written."""

from __future__ import annotations

from collections.abc import Sequence


class Stopper:
    """Takes a text piece by piece and gives back what is certain: neither a stop string nor the beginning of one.

    >>> stopper = Stopper(["\\n\\n"])
    >>> stopper.push("one\\n"), stopper.push("two\\n"), stopper.push("\\nthree"), stopper.stopped
    ('one', '\\ntwo', '', '\\n\\n')
    """

    def __init__(self, stops: Sequence[str]) -> None:
        assert all(stops), "an empty string would stop everything"
        self.stopped: str | None = None
        self._stops = tuple(stops)
        self._held = ""

    def push(self, piece: str) -> str:
        """What comes before a stop string; nothing after it."""
        if self.stopped is not None:
            return ""
        text = self._held + piece
        found = [(place, stop) for stop in self._stops if (place := text.find(stop)) >= 0]
        if found:
            place, self.stopped = min(found, key=lambda one: (one[0], -len(one[1])))
            self._held = ""
            return text[:place]
        waits = max((_overlap(text, stop) for stop in self._stops), default=0)
        self._held = text[len(text) - waits :]
        return text[: len(text) - waits]

    def finish(self) -> str:
        """What still waited for the rest of a stop string."""
        held, self._held = self._held, ""
        return held


def _overlap(text: str, stop: str) -> int:
    """The longest end of a text that is the beginning of a stop string, in characters."""
    longest = min(len(text), len(stop) - 1)
    return next((n for n in range(longest, 0, -1) if stop.startswith(text[len(text) - n :])), 0)
