"""Cells in processes of their own: as many at a time as asked for, each with its own memory, time limit and end.

A crash or an out-of-memory kill costs one cell. The processes come from a fork server that has imported what the methods need,
so that starting one takes milliseconds. None of them outlives the process that asked for it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from multiprocessing import get_all_start_methods, get_context, parent_process
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from nlpwb.cache.store import Cache, Key
from nlpwb.errors import CacheError, NlpwbError
from nlpwb.specs import Spec
from nlpwb.workflows.classifier import NETWORKS

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

_GRACE = 10.0  # seconds for a process to leave after its last word


class Work(Protocol):
    """A cell of any kind: what it is, without its texts. It travels to the process that runs it."""

    @property
    def spec(self) -> Spec:
        """The method."""

    @property
    def key(self) -> Key:
        """The key of its artifact."""

    def make(self, cache: Cache, documents: Any, *, threads: int) -> object:
        """Compute its artifact from its texts where the cache has none."""


W = TypeVar("W", bound=Work)


@dataclass(frozen=True)
class Outcome(Generic[W]):
    """How a cell ended: ``failure`` is empty, or the sentence that stands in its row."""

    cell: W
    failure: str
    seconds: float
    timed_out: bool = False


@dataclass
class _Running(Generic[W]):
    cell: W
    process: BaseProcess
    pipe: Connection
    started: float


def run_cells(
    cells: Sequence[W],
    documents: Callable[[W], Any],
    *,
    cache_root: Path,
    jobs: int,
    threads: int,
    timeout: float | None,
    warn: Callable[[str], None],
) -> Generator[Outcome[W], None, None]:
    """Run cells and yield each as it ends; the results are in the cache.

    ``documents`` gives the texts of a cell when its turn comes. ``timeout`` is in seconds a cell.

    Raises:
        CacheError: the cache cannot be written; the cells under way are stopped.
    """
    context = _context(cells)
    waiting = list(cells)
    running: list[_Running[W]] = []
    too_slow: set[str] = set()  # methods that ran out of time once: their other cells are not tried
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                cell = waiting.pop(0)
                if str(cell.spec) in too_slow:
                    text = "not tried: an earlier part of it was stopped by --method-timeout"
                    yield Outcome(cell, text, 0.0)
                    continue
                running.append(_start(context, cell, documents(cell), cache_root, threads))
            for one in _ended(running, timeout) if running else []:
                running.remove(one)
                outcome, notes = _outcome(one, timeout)
                for note in notes:
                    warn(note)
                if outcome.timed_out:
                    too_slow.add(str(one.cell.spec))
                yield outcome
    finally:
        for one in running:
            one.process.kill()
        for one in running:
            one.process.join()
            one.pipe.close()


def _context(cells: Sequence[Work]) -> Any:
    """Where processes come from: a fork server with the methods' libraries loaded, or new interpreters."""
    if "forkserver" not in get_all_start_methods():
        return get_context("spawn")
    context = get_context("forkserver")
    modules = {"nlpwb.workflows.classifier", "safetensors.numpy"}
    for cell in cells:
        modules.add(type(cell).__module__)
        for part in cell.spec.parts:
            modules |= {*part.loads, part.entry.code.partition(":")[0]}
            if (
                part.entry.network
            ):  # torch takes seconds to load, and is loaded for those alone who ask for it
                modules.add(NETWORKS)
    context.set_forkserver_preload(sorted(modules))
    try:
        _start_server()
    except OSError:  # $TMPDIR is too long for the name of a socket
        return get_context("spawn")
    return context


def _start_server() -> None:
    """Start the fork server with SIGINT blocked, for itself and for all that come from it: Ctrl-C is the parent's to handle.

    Whatever they were doing, importing or unpacking texts, they would answer it with a traceback.
    """
    from multiprocessing import forkserver, resource_tracker

    resource_tracker.ensure_running()  # begins before we block: it unblocks SIGINT when it starts
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start(context: Any, cell: W, documents: Any, cache_root: Path, threads: int) -> _Running[W]:
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(
        target=_work, args=(sending, cache_root, cell, documents, threads), daemon=False
    )
    process.start()
    sending.close()
    return _Running(cell, process, receiving, time.monotonic())


def _work(pipe: Connection, cache_root: Path, cell: Work, documents: Any, threads: int) -> None:
    """The life of a cell's process: compute, and send what there is to say."""
    with contextlib.suppress(ValueError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # where there is no fork server to block it
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    from threadpoolctl import threadpool_limits

    notes: list[str] = []
    cache = Cache(cache_root, warn=notes.append)
    try:
        with threadpool_limits(threads):
            cell.make(cache, documents, threads=threads)
        pipe.send(("", "", notes))
    except NlpwbError as error:
        kind = "cache" if isinstance(error, CacheError) else "method"
        pipe.send((kind, str(error), notes))
    except MemoryError:
        text = "out of memory; try fewer --jobs or a smaller vocabulary"
        pipe.send(("method", text, notes))
    except Exception as error:
        pipe.send(("bug", f"{type(error).__name__}: {error}", notes))
        if "NLPWB_DEBUG" in os.environ:
            raise
    finally:
        pipe.close()
        sys.stderr.flush()


def _leave_with_parent() -> None:
    """End this process when the one that asked for it is gone (``kill -9``), and not after hours of work for nobody."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _ended(running: list[_Running[W]], timeout: float | None) -> list[_Running[W]]:
    """Wait until at least one process has said its last word, or has ended, or ran past its time and was killed.

    The word comes first: a process with much to say cannot end before it is heard.
    """
    while True:
        patience = 1.0
        if timeout is not None:
            left = min(one.started + timeout for one in running) - time.monotonic()
            patience = min(patience, max(0.0, left))
        handles = [handle for one in running for handle in (one.pipe, one.process.sentinel)]
        ready = set(wait(handles, patience))
        ended = [one for one in running if ready & {one.pipe, one.process.sentinel}]
        if timeout is not None:
            now = time.monotonic()
            late = [one for one in running if one not in ended and now - one.started > timeout]
            for one in late:
                one.process.kill()
            ended += late
        if ended:
            return ended


def _outcome(one: _Running[W], timeout: float | None) -> tuple[Outcome[W], list[str]]:
    seconds = time.monotonic() - one.started
    message: tuple[str, str, list[str]] | None = None
    with contextlib.suppress(EOFError, OSError):
        if one.pipe.poll():
            message = one.pipe.recv()
    one.process.join(_GRACE)
    if one.process.is_alive():
        one.process.kill()
        one.process.join()
    one.pipe.close()
    if message is not None:
        kind, text, notes = message
        if kind == "cache":
            raise CacheError(text)
        if kind == "bug":
            text = f"a bug of ours, {text}; please report it with what `nlpwb --debug` prints"
        return Outcome(one.cell, text, seconds), notes
    if timeout is not None and seconds > timeout:
        text = f"stopped after {timeout:g} s (--method-timeout); give it more time"
        return Outcome(one.cell, text, seconds, timed_out=True), []
    code = one.process.exitcode
    if code == -signal.SIGKILL:
        text = "killed, most likely for want of memory; try fewer --jobs or a smaller vocabulary"
    elif code is not None and code < 0:
        text = f"ended by signal {-code}"
    else:
        text = f"its process ended with exit code {code} and said nothing"
    return Outcome(one.cell, text, seconds), []
