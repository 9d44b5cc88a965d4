"""What the cache holds, what is wrong with it, and what leaving would free."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlpwb.cache.store import MANIFEST, inspect, write_failure
from nlpwb.errors import CacheError, UsageError

_NOT_KINDS = ("locks", "damaged")
_UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_UNITS |= {"KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40}


@dataclass(frozen=True)
class Entry:
    """One artifact as the inventory sees it; ``used`` in seconds since the epoch."""

    kind: str
    digest: str
    path: Path
    bytes: int
    used: float
    summary: str
    created: str
    seconds: float
    manifest: dict[str, Any]


@dataclass(frozen=True)
class Leftover:
    """What no artifact needs: unfinished folders of killed runs, and damaged artifacts set aside."""

    path: Path
    bytes: int
    reason: str


def entries(root: Path) -> list[Entry]:
    """Every artifact, the last used first."""
    found = []
    for folder in _folders(root):
        if folder.name.startswith("."):
            continue
        manifest, seconds = _manifest(folder), 0.0
        facts = manifest.get("facts")
        with contextlib.suppress(TypeError, ValueError):  # a damaged manifest may hold anything
            seconds = float(manifest.get("seconds", 0.0))
        found.append(
            Entry(
                kind=folder.parent.name,
                digest=folder.name,
                path=folder,
                bytes=_size(folder),
                used=_mtime(folder / MANIFEST),
                summary=str(facts.get("summary", "")) if isinstance(facts, dict) else "",
                created=str(manifest.get("created", "")),
                seconds=seconds,
                manifest=manifest,
            )
        )
    return sorted(found, key=lambda entry: (-entry.used, entry.digest))


def leftovers(root: Path, *, older_than: float = 3600.0) -> list[Leftover]:
    """Unfinished folders that nobody has touched for ``older_than`` seconds and nobody is making, and damaged artifacts."""
    now = time.time()
    found = [
        Leftover(folder, _size(folder), "unfinished")
        for folder in _folders(root)
        if folder.name.startswith(".")
        and now - _mtime(folder) > older_than
        and not _being_made(root, folder)
    ]
    damaged = root / "damaged"
    if damaged.is_dir():
        found += [Leftover(path, _size(path), "damaged") for path in sorted(damaged.iterdir())]
    return found


def verify(root: Path) -> list[tuple[Entry, str]]:
    """Each artifact with what is wrong with it; an empty string for a sound one."""
    return [(entry, inspect(entry.path)[1]) for entry in entries(root)]


def find(root: Path, start: str) -> Entry:
    """The artifact whose hash begins with ``start``.

    Raises:
        CacheError: none does, or several do.
    """
    matching = [entry for entry in entries(root) if entry.digest.startswith(start.lower())]
    if len(matching) == 1:
        return matching[0]
    if not matching:
        raise CacheError(
            f"the cache {root} has no entry {start!r}; `nlpwb cache list` shows those it has"
        )
    raise CacheError(
        f"{len(matching)} entries of the cache {root} begin with {start!r}; give more digits"
    )


def plan(
    found: list[Entry], *, max_size: int | None, older_than: float | None, kind: str | None
) -> list[Entry]:
    """The artifacts that would leave: those not used for ``older_than`` seconds, then the least recently used above the cap.

    Without a cap and an age every artifact of ``kind`` (or of all kinds) leaves.
    """
    candidates = [entry for entry in found if kind is None or entry.kind == kind]
    if max_size is None and older_than is None:
        return candidates
    now = time.time()
    leaving = {
        entry.digest: entry
        for entry in candidates
        if older_than is not None and now - entry.used > older_than
    }
    if max_size is not None:
        total = sum(entry.bytes for entry in found if entry.digest not in leaving)
        for entry in reversed(candidates):  # the least recently used first
            if total <= max_size:
                break
            if entry.digest not in leaving:
                leaving[entry.digest] = entry
                total -= entry.bytes
    return list(leaving.values())


def remove(root: Path, paths: list[Path]) -> None:
    """Delete folders of the cache.

    Raises:
        CacheError: the operating system refuses.
    """
    for path in paths:
        assert path.is_relative_to(root)
        try:
            # out of sight first, so that no reader meets half an artifact
            hidden = path.with_name(f".leaving.{os.getpid()}.{path.name.lstrip('.')}")
            path.replace(hidden)
            shutil.rmtree(hidden)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise CacheError(write_failure(root, error)) from error


def parse_size(text: str) -> int:
    """Bytes meant by ``500MB``, ``1.5GiB``, ``1000``.

    Raises:
        UsageError: not a size.
    """
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]*)", text.strip())
    if match is None or match[2].upper() not in _UNITS:
        raise UsageError(f"{text!r} is not a size; write for example 500MB or 2GB")
    return int(float(match[1]) * _UNITS[match[2].upper()])


def _folders(root: Path) -> Iterator[Path]:
    try:
        if not root.is_dir():
            return
        for kind in sorted(root.iterdir()):
            if kind.is_dir() and kind.name not in _NOT_KINDS:
                yield from sorted(path for path in kind.iterdir() if path.is_dir())
    except OSError as error:
        raise CacheError(write_failure(root, error)) from error


def _being_made(root: Path, folder: Path) -> bool:
    """Whether a process holds the lock of the key that an unfinished folder ``.<start of the hash>.…`` is made for."""
    from filelock import FileLock, Timeout

    for lock in (root / "locks").glob(f"{folder.name.split('.')[1]}*.lock"):
        try:
            with FileLock(lock, timeout=0):
                pass
        except Timeout:
            return True
        except OSError:
            continue
    return False


def _manifest(folder: Path) -> dict[str, Any]:
    """The manifest as far as it can be read, unchecked: empty where it cannot."""
    import json

    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return manifest if isinstance(manifest, dict) else {}


def _size(path: Path) -> int:
    """Bytes of a file, or of all files of a folder; what leaves meanwhile counts nothing."""
    size = 0
    for file in [path, *path.rglob("*")] if path.is_dir() else [path]:
        with contextlib.suppress(OSError):
            if file.is_file():
                size += file.stat().st_size
    return size


def _mtime(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
