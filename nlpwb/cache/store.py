"""Artifacts on disk, named by what went into them: computed once, written whole, checked when read.

    <root>/<kind>/<hash>/manifest.json      the key in clear, versions, seconds, size and SHA-256 of every file and of itself
    <root>/<kind>/<hash>/...                the files
    <root>/locks/<hash>.lock                one lock a key: of several processes one computes, the others wait
    <root>/damaged/...                      what failed its check, set aside

The hash is SHA-256 over kind, format version and key, as canonical JSON.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import platform
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlpwb.errors import CacheError
from nlpwb.files import sha256
from nlpwb.options import Json

FORMAT = 1
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Key:
    """What an artifact is: its kind and all that went into it."""

    kind: str
    parts: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """64 hexadecimal digits."""
        text = json.dumps(
            {"kind": self.kind, "format": FORMAT, "parts": self.parts},
            sort_keys=True,
            ensure_ascii=False,
            separators=(",", ":"),
        )
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True)
class Artifact:
    """A finished artifact: its folder and its manifest."""

    path: Path
    manifest: dict[str, Any]

    @property
    def facts(self) -> dict[str, Any]:
        """What its maker wrote into the manifest beside the key."""
        facts: dict[str, Any] = self.manifest["facts"]
        return facts

    @property
    def bytes(self) -> int:
        """Size of its files."""
        return sum(file["bytes"] for file in self.manifest["files"].values())


def cache_root(folder: str | os.PathLike[str] | None = None) -> Path:
    """The cache's folder: the argument, else ``$NLPWB_CACHE``, else the platform's user cache."""
    if folder is not None:
        return Path(folder).expanduser()
    if os.environ.get("NLPWB_CACHE"):
        return Path(os.environ["NLPWB_CACHE"]).expanduser()
    from platformdirs import user_cache_path

    return user_cache_path("nlpwb", appauthor=False)


class Cache:
    """A folder of artifacts.

    ``warn`` is told when an artifact was damaged and is set aside. One that does not last leaves with its command, and is no
    place for what only a later command could use.
    """

    def __init__(
        self, root: Path, *, warn: Callable[[str], None] = lambda _: None, lasts: bool = True
    ) -> None:
        self.root = root
        self.warn = warn
        self.lasts = lasts

    def folder(self, key: Key) -> Path:
        """Where the artifact of a key is, or would be."""
        return self.root / key.kind / key.digest

    def get(self, key: Key) -> Artifact | None:
        """The artifact, checked, or None; a damaged one is set aside and told to ``warn``.

        Raises:
            CacheError: the folder cannot be looked into, or a damaged artifact cannot be set aside.
        """
        found, fault = self._look(key)
        if fault:
            with self.locked(key):
                return self._sound(key)
        return found

    def get_or_make(self, key: Key, make: Callable[[Path], Mapping[str, Any]]) -> Artifact:
        """The artifact of ``key``; where there is none, ``make`` writes its files into an empty folder and returns facts.

        Of several processes that ask at once, one makes it and the others wait. Nothing is left if ``make`` fails.

        Raises:
            CacheError: the cache cannot be written; the sentence says why and what helps.
        """
        found, _ = self._look(key)
        if found is not None:
            return found
        with self.locked(key):
            return self._sound(key) or self._make(key, make)

    def _look(self, key: Key) -> tuple[Artifact | None, str]:
        """The artifact and nothing, or None and what is wrong with it: nothing where there is none."""
        folder = self.folder(key)
        with self._writing():
            if not folder.is_dir():
                return None, ""
        manifest, fault = inspect(folder)
        if manifest is None or fault:
            return None, fault
        with contextlib.suppress(OSError):
            os.utime(folder / MANIFEST)  # the time of its last use, for `cache prune`
        return Artifact(folder, manifest), ""

    def _sound(self, key: Key) -> Artifact | None:
        """Under the lock: the artifact, or None once a damaged one is out of the way.

        Looked at again, since a process that saw the same damage may have put a sound one there.
        """
        found, fault = self._look(key)
        if fault:
            aside = self._set_aside(self.folder(key))
            self.warn(
                f"the cached {key.kind} {key.digest[:12]} is damaged ({fault}); "
                f"set aside in {aside} and computed anew"
            )
        return found

    def _make(self, key: Key, make: Callable[[Path], Mapping[str, Any]]) -> Artifact:
        folder = self.folder(key)
        started = time.perf_counter()
        stem = f".{key.digest[:12]}."
        temporary = folder.with_name(f"{stem}{os.getpid()}.{time.time_ns()}")
        with self._writing():
            folder.parent.mkdir(parents=True, exist_ok=True)
            for stale in folder.parent.glob(
                f"{stem}*"
            ):  # of makers that were killed: we hold the lock
                shutil.rmtree(stale, ignore_errors=True)
            temporary.mkdir()
        try:
            with self._writing():
                facts = make(temporary)
                manifest = {
                    "format": FORMAT,
                    "kind": key.kind,
                    "digest": key.digest,
                    "key": key.parts,
                    "facts": dict(facts),
                    "seconds": round(time.perf_counter() - started, 6),
                    "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                    "python": platform.python_version(),
                    "command": [Path(sys.argv[0]).name, *sys.argv[1:]],
                    "files": {
                        path.relative_to(temporary).as_posix(): {
                            "bytes": path.stat().st_size,
                            "sha256": sha256(path),
                        }
                        for path in sorted(temporary.rglob("*"))
                        if path.is_file()
                    },
                }
                manifest = json.loads(json.dumps(manifest))  # as every later reader will see it
                manifest["check"] = _own_hash(manifest)
                write_json(temporary / MANIFEST, manifest)
                for path in [*temporary.rglob("*"), temporary]:
                    _flush(path)
                temporary.replace(folder)
                _flush(folder.parent)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
        return Artifact(folder, manifest)

    @contextlib.contextmanager
    def locked(self, key: Key) -> Iterator[None]:
        """Alone with a key: other processes that ask for it wait.

        Raises:
            CacheError: the cache cannot be written.
        """
        from filelock import FileLock

        locks = self.root / "locks"
        with self._writing():
            locks.mkdir(parents=True, exist_ok=True)
            lock = FileLock(locks / f"{key.digest}.lock")
            lock.acquire()
        try:
            yield
        finally:
            lock.release()

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """Turn the operating system's refusals into a sentence."""
        try:
            yield
        except OSError as error:
            raise CacheError(write_failure(self.root, error)) from error

    def _set_aside(self, folder: Path) -> Path:
        target = self.root / "damaged" / f"{folder.parent.name}-{folder.name[:12]}-{time.time_ns()}"
        with self._writing():
            target.parent.mkdir(parents=True, exist_ok=True)
            folder.replace(target)
        return target


def write_failure(root: Path, error: OSError) -> str:
    """The sentence for a cache that cannot be written."""
    # numpy reports a write that the disk cut short without the system's error number
    cut_short = error.errno is None and "requested" in str(error)
    if cut_short or error.errno in (errno.ENOSPC, errno.EDQUOT):
        reason, way_out = "the disk is full", "free some with `nlpwb cache prune --max-size 1GB`"
    elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        reason, way_out = "it cannot be written", "make it writable"
    elif error.errno in (errno.ENOTDIR, errno.EEXIST):
        reason, way_out = "a file stands where a folder must be", "move it away"
    else:
        reason, way_out = (error.strerror or str(error)).lower(), "look at the folder"
    return f"the cache {root}: {reason}; {way_out}, or give --cache-dir DIR or --no-cache"


def inspect(folder: Path) -> tuple[dict[str, Any] | None, str]:
    """The manifest of an artifact's folder, and what is wrong with it: an empty string when every file is as it was written."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        files = dict(manifest["files"])
        sound = manifest["check"] == _own_hash(manifest)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None, "its manifest cannot be read"
    if not sound or manifest["digest"] != folder.name:
        return manifest, "its manifest is not what was written"
    for name, expected in files.items():
        path = folder / name
        try:
            if path.stat().st_size != expected["bytes"] or sha256(path) != expected["sha256"]:
                return manifest, f"{name} is not what was written"
        except OSError:
            return manifest, f"{name} is missing"
    return manifest, ""


def write_json(path: Path, value: Json | Mapping[str, Any]) -> None:
    """Write JSON in UTF-8, keys in their order; what is no character (half a surrogate pair) as JSON's escape."""
    text = json.dumps(value, ensure_ascii=False, indent=1) + "\n"
    path.write_text(text, encoding="utf-8", errors="backslashreplace")


def _own_hash(manifest: Mapping[str, Any]) -> str:
    """SHA-256 of a manifest without its ``check``: figures stand in it, and a flipped digit must not pass for one."""
    kept = {name: value for name, value in manifest.items() if name != "check"}
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode("ascii")).hexdigest()


def _flush(path: Path) -> None:
    """Bring a file or a folder's list of names to the disk, so that a power cut leaves all of it or nothing."""
    if os.name == "nt" and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
