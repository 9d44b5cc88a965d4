"""Cells in processes of their own: whatever becomes of one, its row says so and the others stand."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from nlpwb.cache.store import Cache
from nlpwb.errors import CacheError
from nlpwb.specs import parse_spec
from nlpwb.workflows.cells import Cell, Documents
from nlpwb.workflows.pool import Outcome, run_cells

pytestmark = pytest.mark.usefixtures("fork_server", "doubles")

DOCUMENTS = Documents(["a b", "c d", "a d"], ["x", "y", "x"], ["a", "c"])


def cell(spec: str, run: str = "holdout") -> Cell:
    """A cell of this spec on the documents above; ``run`` is in its key."""
    return Cell(parse_spec(spec), run, 0, f"train {run}", "test", ("x", "y"))


def outcomes(root: Path, *cells: Cell, **more) -> list[Outcome]:
    """How they ended, in the order in which they did."""
    options = {"jobs": 1, "threads": 1, "timeout": None, "warn": print} | more
    return list(run_cells(cells, lambda _: DOCUMENTS, cache_root=root, **options))


def failure(root: Path, what: str) -> str:
    """What a misbehaving cell's row says, between two that work and stand."""
    before, bad, after = outcomes(
        root, cell("majority"), cell(f"double:what={what}"), cell("double:what=works")
    )
    assert (before.failure, after.failure) == ("", "")
    assert Cache(root).get(before.cell.key) is not None
    assert Cache(root).get(after.cell.key) is not None
    assert Cache(root).get(bad.cell.key) is None
    assert not bad.timed_out
    return bad.failure


def gone(pid: int) -> bool:
    """Whether a process has ended; a moment is given to one that is just ending."""
    for _ in range(500):
        try:
            os.kill(pid, 0)
            # its parent may be slow to notice: a zombie has ended too
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.01)
    return False


def pids(side: Path, count: int) -> list[int]:
    """The processes of ``count`` doubles that have begun."""
    for _ in range(3000):
        lines = side.read_text().splitlines() if side.exists() else []
        if len(lines) >= count:
            return [int(line[1:]) for line in lines]
        time.sleep(0.01)
    raise AssertionError("they did not begin")


def test_a_cell_that_works_is_kept(tmp_path):
    (outcome,) = outcomes(tmp_path, cell("majority"))
    assert (outcome.failure, outcome.timed_out) == ("", False)
    artifact = Cache(tmp_path).get(outcome.cell.key)
    assert artifact is not None
    assert artifact.facts["summary"] == "majority, holdout, seed 0"


def test_a_killed_process_costs_its_cell(tmp_path):
    """As the kernel does where memory runs out."""
    assert failure(tmp_path, "killed") == (
        "killed, most likely for want of memory; try fewer --jobs or a smaller vocabulary"
    )


def test_memory_that_the_system_refuses(tmp_path):
    assert failure(tmp_path, "hungry") == (
        "out of memory; try fewer --jobs or a smaller vocabulary"
    )


def test_another_signal_is_named(tmp_path):
    assert failure(tmp_path, "terminated") == "ended by signal 15"


def test_a_process_that_leaves_without_a_word(tmp_path):
    assert failure(tmp_path, "leaves") == "its process ended with exit code 7 and said nothing"


def test_a_method_that_refuses_has_its_sentence_in_its_row(tmp_path):
    assert failure(tmp_path, "refuses") == "the texts are too sad; take happier ones"


def test_a_bug_is_called_one(tmp_path):
    assert failure(tmp_path, "errs") == (
        "a bug of ours, ValueError: an odd number; please report it with what `nlpwb --debug` prints"
    )


def test_a_message_longer_than_a_pipe_holds_does_not_stop_the_comparison(tmp_path):
    """The process cannot end before it is heard: waiting for its end first would wait forever."""
    assert failure(tmp_path, "talks") == "very long " * 100_000


def test_a_full_disk_ends_the_comparison_and_every_cell(tmp_path):
    """No later cell could be kept either."""
    side = tmp_path / "side"
    slow = cell(f"double:what=sleeps,side={side}")
    running = run_cells(
        [slow, cell("double:what=full")],
        lambda _: DOCUMENTS,
        cache_root=tmp_path / "cache",
        jobs=2,
        threads=1,
        timeout=None,
        warn=print,
    )
    with pytest.raises(CacheError, match=r"the cache .*: .*--cache-dir DIR or --no-cache"):
        list(running)
    assert all(gone(pid) for pid in (pids(side, 1) if side.exists() else []))


def test_a_cell_out_of_time_is_stopped_and_its_methods_other_cells_are_not_tried(tmp_path):
    slow = [cell("double:what=sleeps", run) for run in ("one", "two", "three")]
    quick = [cell("majority", run) for run in ("one", "two")]
    found = outcomes(tmp_path, slow[0], quick[0], *slow[1:], quick[1], timeout=0.5)
    failures = {(str(one.cell.spec), one.cell.run): one.failure for one in found}
    skipped = "not tried: an earlier part of it was stopped by --method-timeout"
    assert failures == {
        ("double:what=sleeps", "one"): "stopped after 0.5 s (--method-timeout); give it more time",
        ("double:what=sleeps", "two"): skipped,
        ("double:what=sleeps", "three"): skipped,
        ("majority", "one"): "",
        ("majority", "two"): "",
    }
    assert [one.cell.run for one in found if one.timed_out] == ["one"]


def test_no_more_cells_at_a_time_than_jobs(tmp_path):
    side = tmp_path / "side"
    asked = [cell(f"double:what=naps,side={side},number={number}") for number in range(6)]
    assert {one.failure for one in outcomes(tmp_path, *asked, jobs=2)} == {""}
    at_once, most = 0, 0
    for line in side.read_text().splitlines():
        at_once += 1 if line[0] == "+" else -1
        most = max(most, at_once)
    assert most == 2


def test_a_cell_uses_the_threads_it_is_given(tmp_path):
    side = tmp_path / "side"
    outcomes(tmp_path, cell(f"double:what=threads,side={side}"), threads=1)
    assert side.read_text().splitlines()[1] == "1 1"


def test_who_stops_listening_leaves_no_process_behind(tmp_path):
    """Ctrl-C in the caller closes the generator."""
    side = tmp_path / "side"
    sleepers = [cell(f"double:what=sleeps,side={side},number={number}") for number in (1, 2)]
    running = run_cells(
        [cell("majority"), *sleepers],
        lambda _: DOCUMENTS,
        cache_root=tmp_path / "cache",
        jobs=3,
        threads=1,
        timeout=None,
        warn=print,
    )
    assert next(running).cell.spec.representation.name == "majority"
    begun = pids(side, 2)
    running.close()
    assert all(gone(pid) for pid in begun)
    assert Cache(tmp_path / "cache").get(cell("majority").key) is not None


def test_damage_that_a_cell_meets_is_told(tmp_path):
    """The warning of a process of its own must reach the one that has a terminal."""
    (first,) = outcomes(tmp_path, cell("majority"))
    (Cache(tmp_path).folder(first.cell.key) / "scores.npy").write_bytes(b"")
    said: list[str] = []
    (again,) = outcomes(tmp_path, cell("majority"), warn=said.append)
    assert again.failure == ""
    assert len(said) == 1
    assert "is damaged (scores.npy is not what was written); set aside in" in said[0]
