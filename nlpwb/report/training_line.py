"""What a person sees while something trains: one line on the terminal, in place; nothing anywhere else."""

from __future__ import annotations

import contextlib
import math
import shutil
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from nlpwb.workflows.networks.conditions import NetworkProgress
    from nlpwb.workflows.words.training import TrainingProgress

_CLEAR = "\r\x1b[K"
_BETWEEN = "   "
P = TypeVar("P")


class TrainingLine(Generic[P]):
    """A line on stderr that is written over, as ``words`` says it; ``live`` False for one that says nothing."""

    def __init__(self, words: Callable[[P], str], *, live: bool) -> None:
        self._words = words
        self._live = live
        self._open = False

    def show(self, progress: P) -> None:
        """Write the line anew, no wider than the terminal: a line that breaks cannot be written over."""
        if self._live:
            room = shutil.get_terminal_size((100, 24)).columns - 1
            sys.stderr.write(_CLEAR + within(self._words(progress), room))
            sys.stderr.flush()
            self._open = True

    def above(self, note: Callable[[str], None]) -> Callable[[str], None]:
        """A note that does not run into the line."""

        def say(text: str) -> None:
            self.close()
            note(text)

        return say

    def close(self) -> None:
        """Take the line away."""
        if self._open:
            sys.stderr.write(_CLEAR)
            sys.stderr.flush()
            self._open = False


def within(line: str, room: int) -> str:
    """As many parts of a line, from the left, as ``room`` characters hold; its first part in any case, cut if it must be.

    >>> within("epoch 2 of 5   step 310   loss 0.412", 25)
    'epoch 2 of 5   step 310'
    """
    while len(line) > room and _BETWEEN in line:
        line = line[: line.rindex(_BETWEEN)].rstrip()
    return line[:room]


def words_line(progress: TrainingProgress) -> str:
    """``epoch 2 of 5    31 %    1,240,000 words/s   loss 2.214    35 s left``."""
    parts = [
        f"epoch {progress.epoch + 1} of {progress.epochs}",
        f"{progress.share:4.0%}",
        f"{progress.words_per_second:9,.0f} words/s",
    ]
    if math.isfinite(progress.loss):
        parts.append(f"loss {progress.loss:.3f}")
    if math.isfinite(progress.seconds_left):
        parts.append(f"{_clock(progress.seconds_left)} left")
    return _BETWEEN.join(parts)


def network_line(progress: NetworkProgress) -> str:
    """``epoch 2 of 5   step 310 of 1,200   loss 0.412   98,000 tokens/s   1:05 left   1.2 GiB``."""
    step = progress.step
    parts = [
        f"epoch {step.epoch + 1} of {progress.epochs}",
        f"step {step.step:,} of {step.steps:,}",
    ]
    if math.isfinite(step.loss):
        parts.append(f"loss {step.loss:.3f}")
    parts += [f"{name} {value:.3f}" for name, value in progress.judged.items()]
    parts.append(f"{step.tokens_per_second:,.0f} tokens/s")
    if step.left is not None and math.isfinite(step.left):
        parts.append(f"{_clock(step.left)} left")
    if step.memory:
        parts.append(f"{step.memory / 2**30:.1f} GiB")
    return _BETWEEN.join(parts)


def _clock(seconds: float) -> str:
    """``48 s``, ``3:05``, ``1:02:07``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    hours, minutes = divmod(whole // 60, 60)
    tail = f"{minutes:02d}:{whole % 60:02d}"
    return f"{hours}:{tail}" if hours else f"{minutes}:{whole % 60:02d}"


@contextlib.contextmanager
def training_line(words: Callable[[P], str], *, quiet: bool) -> Iterator[TrainingLine[P]]:
    """A line for as long as the context lasts, on a terminal and unless ``quiet``."""
    line = TrainingLine(words, live=sys.stderr.isatty() and not quiet)
    try:
        yield line
    finally:
        line.close()
