"""A cache that cannot take more: one sentence with the way out, and nothing of the attempt left."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from nlpwb.cache.store import Cache
from nlpwb.errors import CacheError

from .helpers import content, key, put, tree

FULL = "the disk is full; free some with `nlpwb cache prune --max-size 1GB`"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), FULL),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), FULL),
        (OSError("10000 requested and 496 written"), FULL),
        (OSError(errno.EFBIG, "File too large"), "file too large; look at the folder"),
        (OSError(errno.EROFS, "Read-only file system"), "it cannot be written; make it writable"),
        (OSError(errno.EIO, "Input/output error"), "input/output error; look at the folder"),
        (OSError("something"), "something; look at the folder"),
    ],
)
def test_what_the_system_refuses_becomes_a_sentence(tmp_path, error, reason):
    """The third is how numpy tells of a full disk: without the system's error number."""

    def make(folder: Path):
        (folder / "half").write_text("half")
        raise error

    with pytest.raises(CacheError) as caught:
        Cache(tmp_path).get_or_make(key("a"), make)
    assert str(caught.value) == (
        f"the cache {tmp_path}: {reason}, or give --cache-dir DIR or --no-cache"
    )
    assert tree(tmp_path) == ["thing"]


LIMITED = """
import resource, sys
from pathlib import Path
import numpy as np
from nlpwb.cache.store import Cache, Key
from nlpwb.errors import CacheError
from nlpwb.methods.protocol import State
from nlpwb.workflows.storage import save_states

big = np.zeros(10_000)
makers = {
    "numpy": lambda folder: np.save(folder / "big.npy", big) or {},
    "safetensors": lambda folder: {"facts": save_states(folder, [State(arrays={"big": big})])},
    "text": lambda folder: (folder / "big.txt").write_text("x" * 80_000) and {},
    "manifest": lambda folder: {"facts": "x" * 80_000},
}
resource.setrlimit(resource.RLIMIT_FSIZE, (8_192, 8_192))
for name, make in makers.items():
    try:
        Cache(Path(sys.argv[1])).get_or_make(Key("thing", {"name": name}), make)
        print(name, "was written")
    except CacheError as error:
        print(name, "|", error)
"""


def test_a_limit_of_the_system_is_met_in_a_real_write(tmp_path):
    """RLIMIT_FSIZE cuts writes short as a full disk does; each library tells of it in its own way, and we in one."""
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path / "cache")],
        capture_output=True,
        text=True,
        check=True,
    )
    lines = dict(line.split(" | ") for line in done.stdout.splitlines())
    assert list(lines) == ["numpy", "safetensors", "text", "manifest"]
    for name, sentence in lines.items():
        assert sentence.startswith(f"the cache {tmp_path / 'cache'}: "), name
        assert "the disk is full;" in sentence or "file too large;" in sentence, (name, sentence)
    assert tree(tmp_path / "cache") == ["thing"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 KiB; only an administrator of a Linux may mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("mounting a small file system takes root on Linux")
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)]
    mounted = subprocess.run(command, capture_output=True, text=True, check=False)
    if mounted.returncode != 0:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=False)


@pytest.mark.parametrize("library", ["numpy", "safetensors", "text"])
def test_a_disk_that_is_really_full(small_disk, library):
    import numpy as np

    from nlpwb.methods.protocol import State
    from nlpwb.workflows.storage import save_states

    cache = Cache(small_disk)
    put(cache, "small", "kept")
    big = np.zeros(100_000)

    def make(folder: Path):
        if library == "numpy":
            np.save(folder / "big.npy", big)
        elif library == "safetensors":
            save_states(folder, [State(arrays={"big": big})])
        else:
            (folder / "big.txt").write_text("x" * 800_000)
        return {}

    before = tree(small_disk)
    with pytest.raises(CacheError, match="the disk is full; free some with"):
        cache.get_or_make(key("big"), make)
    assert tree(small_disk) == before, "the half that was written must give its space back"
    assert content(put(cache, "another", "there is room for this")) == "there is room for this"
    assert cache.get(key("small")) is not None
