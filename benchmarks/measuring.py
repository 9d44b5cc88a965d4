"""Whole processes, timed side by side: A B A B …, so that a machine whose speed drifts drifts for both."""

from __future__ import annotations

import os
import statistics
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Run:
    """One run of a command: wall seconds, processor seconds, and the most memory that all its processes held together."""

    wall: float
    cpu: float
    peak_mib: float


@dataclass(frozen=True)
class Versus:
    """Two commands in turn; the ratios are medians over the pairs, ours below theirs being better."""

    ours: list[Run]
    theirs: list[Run]

    def wall_ratio(self) -> float:
        """How many times longer theirs takes."""
        return statistics.median(
            b.wall / a.wall for a, b in zip(self.ours, self.theirs, strict=True)
        )

    def memory_ratio(self) -> float:
        """Our peak as a share of theirs."""
        return statistics.median(
            a.peak_mib / b.peak_mib for a, b in zip(self.ours, self.theirs, strict=True)
        )


def run(command: Sequence[str], *, env: dict[str, str] | None = None, memory: bool = True) -> Run:
    """Run a command to its end; its output is thrown away, a failure raises."""
    started = time.perf_counter()
    process = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**os.environ, **(env or {})},
    )
    watch = _Watch(process.pid)
    if memory:
        watch.start()
    assert process.stderr is not None
    complaint = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    watch.stop()
    if status:
        raise RuntimeError(f"{' '.join(command)} failed: {complaint.decode()[-2000:]}")
    peak = max(watch.peak_kib, usage.ru_maxrss)
    return Run(wall, usage.ru_utime + usage.ru_stime, peak / 1024)


def versus(ours: Sequence[str], theirs: Sequence[str], *, runs: int, memory: bool = True) -> Versus:
    """Both commands in turn, once unmeasured and then ``runs`` times."""
    run(ours, memory=False)
    run(theirs, memory=False)
    pairs = [(run(ours, memory=memory), run(theirs, memory=memory)) for _ in range(runs)]
    return Versus([a for a, _ in pairs], [b for _, b in pairs])


class _Watch:
    """Samples the proportional memory (PSS) of a process and all its descendants, every 20 ms, where the system tells it."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.peak_kib = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def start(self) -> None:
        if Path("/proc/self/smaps_rollup").exists():
            self._thread.start()

    def stop(self) -> None:
        self._done.set()
        if self._thread.is_alive():
            self._thread.join()

    def _sample(self) -> None:
        while not self._done.wait(0.02):
            total = sum(_pss_kib(pid) for pid in _family(self.pid))
            self.peak_kib = max(self.peak_kib, total)


def _family(pid: int) -> list[int]:
    members = [pid]
    for member in members:
        try:
            for task in Path(f"/proc/{member}/task").iterdir():
                members += [int(child) for child in (task / "children").read_text().split()]
        except OSError:
            continue
    return members


def _pss_kib(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0
