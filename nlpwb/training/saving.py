"""When checkpoints are written, and by whom: a thread of its own, so that steps wait for a copy in memory and for no disk."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

from nlpwb.training.checkpoints import Checkpoints, Saved, finite

_MOST_SHARE = 0.05
"""Of the time that may go into checkpoints at ends of epochs; those at the interval are written in any case."""


class Saver:
    """Writes the checkpoints of a training; does nothing where ``checkpoints`` is None.

    ``seconds``: between two checkpoints; with 0 each step waits until its own is written. A disk that refuses is told in
    :meth:`notes`, and training goes on.
    """

    def __init__(self, checkpoints: Checkpoints | None, seconds: float) -> None:
        self._checkpoints = checkpoints
        self._seconds = seconds
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="checkpoint")
        self._running: Future[None] | None = None
        self._notes: list[str] = []
        self._last = time.perf_counter()
        self._cost = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.wait()
        self._pool.shutdown()

    def due(self, now: float, *, at_end: bool = False) -> bool:
        """Whether a checkpoint is to be written after this step; ``at_end``: an epoch has just ended."""
        if self._checkpoints is None or (
            self._seconds > 0 and self._running is not None and not self._running.done()
        ):
            return False
        passed = now - self._last
        return passed >= self._seconds or (at_end and passed * _MOST_SHARE >= self._cost)

    def save(self, take: Callable[[], Saved]) -> None:
        """Copy the state now, and have it written in the meantime."""
        if self._checkpoints is None:
            return
        self.wait()
        started = time.perf_counter()
        self._running = self._pool.submit(self._write, take(), started)
        self._last = time.perf_counter()
        if self._seconds == 0:
            self.wait()

    def wait(self) -> None:
        """Until what was to be written is there, or could not be."""
        if self._running is not None:
            self._running.result()

    def notes(self) -> list[str]:
        """Sentences for the user since the last call."""
        said, self._notes = self._notes, []
        return said

    def _write(self, saved: Saved, started: float) -> None:
        assert self._checkpoints is not None
        if not finite(saved.tensors):
            return  # the loop will find it, too, and say so; the checkpoint before it is the better one
        try:
            self._checkpoints.save(saved)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            self._notes.append(
                f"the checkpoint of step {saved.step:,} could not be written into {self._checkpoints.folder} ({reason}): "
                "training goes on, and the checkpoint before it stays"
            )
        self._cost = time.perf_counter() - started
