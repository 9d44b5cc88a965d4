"""A cache of the hub as huggingface_hub keeps it, and no way to the hub itself."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path
from typing import Any, NoReturn

import pytest

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def keep_in_hub(cache: Path, repository: str, base: Path, *, commit: str = COMMIT) -> str:
    """Put a base's folder into a cache as the ``main`` of a repository; returns the name by which it is asked for."""
    folder = cache / f"models--{repository.replace('/', '--')}"
    blobs, snapshot = folder / "blobs", folder / "snapshots" / commit
    blobs.mkdir(parents=True, exist_ok=True)
    (folder / "refs").mkdir(exist_ok=True)
    (folder / "refs" / "main").write_text(commit, encoding="utf-8")
    for path in sorted(base.rglob("*")):
        if path.is_file():
            name = path.relative_to(base)
            blob = blobs / f"{commit[:8]}-{str(name).replace('/', '-')}"
            shutil.copyfile(path, blob)
            place = snapshot / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(blob)
    return f"hub:{repository}"


def use_hub_cache(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    """Have huggingface_hub, which has read its environment by now, look into this cache."""
    from huggingface_hub import constants, scan_cache_dir

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.setitem(scan_cache_dir.__globals__, "HF_HUB_CACHE", str(cache))


def block_sockets(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let nobody open a socket or ask for an address; returns the list in which attempts are written down."""
    attempts: list[str] = []

    def refuse(*words: Any, **more: Any) -> NoReturn:
        attempts.append(f"{words[:2]}")
        raise AssertionError("a socket was opened")

    for name in ("socket", "create_connection", "getaddrinfo", "socketpair"):
        monkeypatch.setattr(socket, name, refuse)
    return attempts
