"""Several processes and one cache: each thing is made once, and a killed maker holds nobody up."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nlpwb.cache.inventory import entries, leftovers
from nlpwb.cache.store import Cache

from .helpers import content, put, tree

MAKER = """
import os, sys, time
from pathlib import Path
from nlpwb.cache.store import Cache, Key

root, side, seconds = Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])

def make(folder):
    with side.open("a") as file:
        file.write(f"{os.getpid()}\\n")
    (folder / "content.txt").write_text(f"by {os.getpid()}")
    time.sleep(seconds)
    return {}

print((Cache(root).get_or_make(Key("thing", {"name": "a"}), make).path / "content.txt").read_text())
"""


def start(root: Path, side: Path, seconds: float) -> subprocess.Popen[str]:
    """A process that makes the thing ``a``, notes so in ``side``, and takes its time."""
    command = [sys.executable, "-c", MAKER, str(root), str(side), str(seconds)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def wait_for(side: Path) -> None:
    """Until a maker is at work."""
    for _ in range(3000):
        if side.exists() and side.read_text().endswith("\n"):
            return
        time.sleep(0.01)
    raise AssertionError("no maker began")


@pytest.fixture
def killed(tmp_path: Path) -> Path:
    """A cache whose only maker was killed in the middle."""
    root, side = tmp_path / "cache", tmp_path / "side"
    process = start(root, side, 600)
    wait_for(side)
    process.kill()
    process.communicate()
    side.unlink()
    return root


def test_of_processes_that_ask_at_once_one_makes_it(tmp_path):
    root, side = tmp_path / "cache", tmp_path / "side"
    processes = [start(root, side, 0.3) for _ in range(4)]
    said = {process.communicate()[0].strip() for process in processes}
    assert [process.returncode for process in processes] == [0] * 4
    (maker,) = side.read_text().split()
    assert said == {f"by {maker}"}


def test_a_maker_that_was_killed_leaves_what_the_inventory_finds(killed):
    assert entries(killed) == []
    (left,) = leftovers(killed, older_than=0)
    assert left.reason == "unfinished"
    assert left.bytes > 0
    assert leftovers(killed, older_than=3600) == [], "it may just be slow"


def test_the_next_maker_proceeds_and_clears_what_the_killed_one_left(killed):
    """A lock that outlived its holder would stop every later run."""
    assert content(put(Cache(killed), "a", "second")) == "second"
    assert leftovers(killed, older_than=0) == []
    assert len(tree(killed / "thing")) == 3  # the folder, its file, its manifest


def test_what_the_killed_one_left_of_another_key_stays(killed):
    """It could be another process's work under way: only the holder of that key's lock may know better."""
    put(Cache(killed), "b")
    assert len(leftovers(killed, older_than=0)) == 1


def test_work_under_way_is_no_leftover_however_old(tmp_path):
    """Hours of training write nothing until the end; pruning meanwhile must not pull the folder away."""
    root, side = tmp_path / "cache", tmp_path / "side"
    process = start(root, side, 600)
    wait_for(side)
    (folder,) = (root / "thing").iterdir()
    os.utime(folder, (0, 0))
    assert leftovers(root) == []
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert [one.path for one in leftovers(root)] == [folder]


def test_an_interrupted_maker_leaves_nothing(tmp_path):
    root, side = tmp_path / "cache", tmp_path / "side"
    process = start(root, side, 600)
    wait_for(side)
    process.send_signal(signal.SIGINT)
    process.communicate()
    assert tree(root) == ["thing"]
