"""The library whose checkpoints are read and written."""

from __future__ import annotations

from typing import Any

import pytest

from .theirs import KINDS, their_model


@pytest.fixture(scope="session")
def library() -> Any:
    """transformers, with the modules of all families imported, which takes seconds."""
    found = pytest.importorskip("transformers")
    found.logging.set_verbosity_error()
    found.logging.disable_progress_bar()
    for kind in KINDS:
        their_model(found, kind, "encoder")
    return found
