"""Ctrl-C between two steps, never within one: weights that moved half a step could not be kept."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Self


class Between:
    """Within the context an interrupt waits until ``busy`` is False; a second one does not.

    Signals reach the main thread alone; in any other this does nothing. Whatever handler stood there is called, only later.
    """

    def __init__(self) -> None:
        self.busy = False
        self._waiting: bool = False
        self._before: Any = None

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            before = signal.getsignal(signal.SIGINT)
            if callable(before):
                self._before = before
                signal.signal(signal.SIGINT, self._handle)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # who has put another handler there since then keeps it
        if self._before is not None and signal.getsignal(signal.SIGINT) == self._handle:
            signal.signal(signal.SIGINT, self._before)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.busy and not self._waiting:
            self._waiting = True
            return
        self._waiting = False
        self._before(number, frame)

    def rest(self) -> None:
        """A step has ended: an interrupt that waited comes now."""
        self.busy = False
        if self._waiting:
            self._waiting = False
            self._before(signal.SIGINT, None)
