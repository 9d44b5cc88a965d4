"""A cache that cannot be written: what it holds is served, and anything else gets its sentence."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from nlpwb.cache.inventory import entries
from nlpwb.cache.store import Cache
from nlpwb.errors import CacheError

from .helpers import key, put, writer


def test_a_cache_that_is_a_file(tmp_path):
    place = tmp_path / "file"
    place.write_text("something else")
    assert Cache(place).get(key("a")) is None
    with pytest.raises(CacheError) as caught:
        put(Cache(place), "a")
    assert str(caught.value) == (
        f"the cache {place}: a file stands where a folder must be; move it away, "
        "or give --cache-dir DIR or --no-cache"
    )
    assert place.read_text() == "something else"
    assert entries(place) == []


@pytest.mark.parametrize("place", ["/dev/null/cache", "/proc/cache", "/proc/1/cache"])
def test_a_cache_where_no_folder_can_be(place):
    if not Path(place).parent.exists():
        pytest.skip(f"this system has no {Path(place).parent}")
    assert Cache(Path(place)).get(key("a")) is None
    with pytest.raises(CacheError, match=f"the cache {place}: .* or give --cache-dir DIR"):
        Cache(Path(place)).get_or_make(key("a"), writer())


UNPRIVILEGED = """
import json, os, sys
from pathlib import Path
import filelock, shutil, platform  # before the rights are dropped: the interpreter may lie where others cannot read
from nlpwb.cache import inventory
from nlpwb.cache.store import Cache, Key
from nlpwb.errors import CacheError
"import nothing below".encode("utf-8", "surrogatepass")

if os.geteuid() == 0:
    os.setegid(65534)
    os.seteuid(65534)

def write(folder):
    (folder / "content.txt").write_text("new")
    return {}

cache = Cache(Path(sys.argv[1]))
for ask in (
    lambda: cache.get(Key("thing", {"name": "a"})),
    lambda: cache.get_or_make(Key("thing", {"name": "a"}), write),
    lambda: cache.get(Key("thing", {"name": "b"})),
    lambda: cache.get_or_make(Key("thing", {"name": "b"}), write),
    lambda: len(inventory.entries(cache.root)),
    lambda: inventory.remove(cache.root, [entry.path for entry in inventory.entries(cache.root)]),
):
    try:
        found = ask()
        print((found.path / "content.txt").read_text() if hasattr(found, "path") else found)
    except CacheError as error:
        print(error)
"""


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that other users can look into, which pytest's own do not allow."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    for path in [folder, *folder.rglob("*")]:
        if path.is_dir():
            path.chmod(0o755)
    shutil.rmtree(folder)


def as_a_user_without_rights(root: Path) -> list[str]:
    """What such a user reads when asking for an artifact that is there, and for one that is not."""
    done = subprocess.run(
        [sys.executable, "-c", UNPRIVILEGED, str(root)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.skipif(os.name == "nt", reason="permissions are of another kind there")
def test_a_read_only_cache_serves_what_it_has(open_folder):
    put(Cache(open_folder), "a", "served")
    for folder in [open_folder, *open_folder.rglob("*")]:
        folder.chmod(0o555 if folder.is_dir() else 0o444)
    refused = (
        f"the cache {open_folder}: it cannot be written; make it writable, "
        "or give --cache-dir DIR or --no-cache"
    )
    assert as_a_user_without_rights(open_folder) == [
        "served", "served", "None", refused, "1", refused,
    ]  # fmt: skip


@pytest.mark.skipif(os.name == "nt", reason="permissions are of another kind there")
def test_a_cache_that_cannot_be_looked_into(open_folder):
    """Without search permission even the question whether an entry is there fails."""
    root = open_folder / "cache"
    put(Cache(root), "a")
    root.chmod(0o000)
    lines = as_a_user_without_rights(root)
    assert len(lines) == 6
    for line in lines:
        assert line.startswith(f"the cache {root}: it cannot be written; make it writable"), line
