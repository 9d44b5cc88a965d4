"""What every test may ask for."""

from __future__ import annotations

import hashlib
import os
import signal
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# numba keeps compiled code by the file of the outermost function alone: after an edit of a file that others take functions
# from, the old code would be tested. A place of its own for every state of these files; subprocesses inherit it.
_KERNELS = b"".join(
    path.read_bytes() for path in sorted((ROOT / "nlpwb/methods/embeddings").rglob("*.py"))
)
os.environ["NUMBA_CACHE_DIR"] = str(
    Path(tempfile.gettempdir()) / f"nlpwb-kernels-{hashlib.sha256(_KERNELS).hexdigest()[:16]}"
)


# tests run side by side, one on each core: a team of threads in each of them would mostly wait for the others
os.environ.setdefault("OMP_NUM_THREADS", "1")

# a shell's background job ignores Ctrl-C and hands that down to every process below it: tests that send one would wait forever
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data sets beside the checkout; a stranger's clone has none, and skips."""
    folder = Path(os.environ.get("NLPWB_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"the real data sets are not at {folder} (set NLPWB_SHARED_DATA)")
    return folder


@pytest.fixture
def cache_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the test's own."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("NLPWB_CACHE", str(folder))
    return folder
