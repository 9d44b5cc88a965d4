"""Methods that misbehave on purpose, for tests of what a comparison does then.

``double:what=killed`` and its kin are in the catalogue while a test wants them there (fixture ``doubles``), and in a cell's
process from the moment its config arrives there.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nlpwb.catalogue import CATALOGUE, Entry
from nlpwb.errors import MethodError
from nlpwb.methods.protocol import State
from nlpwb.options import option

ENTRY = Entry(
    name="double",
    role="method",
    family="tests",
    summary="misbehaves on purpose",
    source="none",
    config=f"{__name__}:DoubleConfig",
    code=f"{__name__}:Double",
    needs_head=False,
    probabilistic=True,
)


@dataclass(frozen=True, kw_only=True)
class DoubleConfig:
    """What it does, and a file in which it notes that it did."""

    what: str = option("works", help="a function below")
    side: str = option("none", help="a file")
    number: int = option(0, help="tells one from another")

    def __reduce__(self) -> tuple[Any, ...]:
        return _arrive, (self.what, self.side, self.number)


def _arrive(what: str, side: str, number: int) -> DoubleConfig:
    CATALOGUE.setdefault("double", ENTRY)
    return DoubleConfig(what=what, side=side, number=number)


class Double:
    """Does what its config says while it is fitted, then gives the first label to every text."""

    probabilistic = True

    def __init__(self, labels: int) -> None:
        self.labels = labels

    @classmethod
    def fit(
        cls,
        config: DoubleConfig,
        texts: Sequence[str],
        targets: Any,
        *,
        labels: int,
        seed: int,
        threads: int,
        task: str = "classify",
    ) -> Double:
        """Misbehave."""
        note = _note(config.side)
        note(f"+{os.getpid()}")
        _DEEDS[config.what](threads, note)
        note(f"-{os.getpid()}")
        return cls(labels)

    def scores(self, texts: Sequence[str], *, threads: int) -> Any:
        """The first label."""
        scores = np.zeros((len(texts), self.labels))
        scores[:, 0] = 1
        return scores

    def state(self) -> State:
        """Enough for a file to be written."""
        return State(arrays={"labels": np.array([self.labels])})


def _note(side: str) -> Callable[[str], None]:
    def note(text: str) -> None:
        if side != "none":
            with Path(side).open("a") as file:
                file.write(text + "\n")

    return note


def _allocate(threads: int, note: Callable[[str], None]) -> None:
    import resource

    room = 4 * 2**30  # address space enough for what is loaded, and not for what is asked
    resource.setrlimit(resource.RLIMIT_AS, (room, room))
    np.ones(2 * room // 8).sum()


def _write_on_a_full_disk(threads: int, note: Callable[[str], None]) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (16, 16))


def _refuse(threads: int, note: Callable[[str], None]) -> None:
    raise MethodError("the texts are too sad; take happier ones")


def _talk(threads: int, note: Callable[[str], None]) -> None:
    raise MethodError("very long " * 100_000)


def _err(threads: int, note: Callable[[str], None]) -> None:
    raise ValueError("an odd number")


def _count_threads(threads: int, note: Callable[[str], None]) -> None:
    from threadpoolctl import threadpool_info

    note(f"{threads} {max(pool['num_threads'] for pool in threadpool_info())}")


_DEEDS: dict[str, Callable[[int, Callable[[str], None]], None]] = {
    "works": lambda threads, note: None,
    "killed": lambda threads, note: os.kill(os.getpid(), signal.SIGKILL),
    "terminated": lambda threads, note: os.kill(os.getpid(), signal.SIGTERM),
    "leaves": lambda threads, note: os._exit(7),
    "naps": lambda threads, note: time.sleep(0.15),
    "sleeps": lambda threads, note: time.sleep(600),
    "hungry": _allocate,
    "full": _write_on_a_full_disk,
    "refuses": _refuse,
    "talks": _talk,
    "errs": _err,
    "threads": _count_threads,
}
