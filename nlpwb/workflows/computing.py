"""From cells to artifacts: those that the cache has are left alone, the others run, and somebody is told of each."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from nlpwb.cache.store import Cache

if TYPE_CHECKING:
    from nlpwb.workflows.pool import Work

W = TypeVar("W", bound="Work")


@dataclass(frozen=True)
class Progress:
    """How far a comparison is: cells done of all, those that came from the cache, and the one that just ended."""

    done: int
    total: int
    kept: int
    method: str
    failure: str
    seconds: float


def compute(
    cells: Iterable[W],
    documents: Callable[[W], Any],
    *,
    cache: Cache,
    jobs: int,
    threads: int,
    timeout: float | None,
    progress: Callable[[Progress], None],
) -> dict[str, str]:
    """Compute the cells that the cache does not have; returns the failures by digest of the cell's key.

    ``documents`` gives the texts of a cell when its turn comes; it is not called where nothing is missing.
    """
    distinct = {cell.key.digest: cell for cell in cells}
    missing = [cell for cell in distinct.values() if cache.get(cell.key) is None]
    total, kept = len(distinct), len(distinct) - len(missing)
    if not missing:
        return {}
    from nlpwb.workflows.pool import run_cells

    done = kept
    progress(Progress(done, total, kept, "", "", 0.0))
    failures: dict[str, str] = {}
    outcomes = run_cells(
        missing,
        documents,
        cache_root=cache.root,
        jobs=jobs,
        threads=threads,
        timeout=timeout,
        warn=cache.warn,
    )
    with contextlib.closing(outcomes):  # an interruption here, too, ends the cells under way
        for outcome in outcomes:
            done += 1
            if outcome.failure:
                failures[outcome.cell.key.digest] = outcome.failure
            method = str(outcome.cell.spec)
            progress(Progress(done, total, kept, method, outcome.failure, outcome.seconds))
    return failures
