"""What the tests of this room share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from nlpwb.cache.store import Artifact, Cache, Key

Maker = Callable[[Path], Mapping[str, Any]]


def key(name: str, kind: str = "thing") -> Key:
    """A key that a name decides."""
    return Key(kind, {"name": name})


def writer(content: str = "some content", summary: str = "") -> Maker:
    """A maker of one file, ``content.txt``."""

    def make(folder: Path) -> Mapping[str, Any]:
        (folder / "content.txt").write_text(content)
        return {"summary": summary or content[:20]}

    return make


def put(cache: Cache, name: str, content: str = "some content", kind: str = "thing") -> Artifact:
    """Make an artifact, and return it."""
    return cache.get_or_make(key(name, kind), writer(content))


def refuse(folder: Path) -> Mapping[str, Any]:
    """A maker that must not be asked."""
    raise AssertionError("made although it was there")


def content(artifact: Artifact) -> str:
    """What a ``writer`` wrote."""
    return (artifact.path / "content.txt").read_text()


def tree(folder: Path) -> list[str]:
    """Every file and folder below a folder, but for the locks."""
    below = (path.relative_to(folder).as_posix() for path in folder.rglob("*"))
    return sorted(name for name in below if name.split("/")[0] != "locks")
