"""The installed program for tests that type what the pages and examples say."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def typed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment with this interpreter's ``nlpwb`` first on the path, and a cache of the session's own."""
    programs = Path(sys.executable).parent
    if not (programs / "nlpwb").exists():
        pytest.skip(f"there is no nlpwb beside {sys.executable}; pip install -e . makes it")
    return {
        **os.environ,
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "NLPWB_CACHE": str(tmp_path_factory.mktemp("cache")),
        "COLUMNS": "100",
        "LC_ALL": "C.UTF-8",
    }
