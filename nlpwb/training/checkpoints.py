"""Checkpoints on disk: whole or not there, verified when read, and nothing in them is ever executed.

    <folder>/checkpoint-<identity>-<step>/tensors.safetensors
    <folder>/checkpoint-<identity>-<step>/checkpoint.json       step, facts, identity, the SHA-256 of the tensors and of itself
    <folder>/damaged-…/                                        what failed its check, set aside
    <folder>/.lock                                             held while a training writes here

The two newest stay. Whatever else lies in the folder is left alone.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock, Timeout
from torch import Tensor

from nlpwb.errors import InputError
from nlpwb.files import sha256, unreadable

FORMAT = 1
KEPT = 2
TENSORS, FACTS = "tensors.safetensors", "checkpoint.json"
_UNFINISHED = ".unfinished-"


@dataclass(frozen=True, eq=False)
class Saved:
    """A training between two steps: ``tensors`` on the processor, ``facts`` as JSON knows them."""

    step: int
    tensors: Mapping[str, Tensor]
    facts: Mapping[str, Any]


class _Damaged(Exception):
    """A checkpoint that is not what was written."""


class Checkpoints:
    """The checkpoints of one training in a folder of its own, which is made where it is missing.

    ``identity``: all that decides what is trained, as JSON; a checkpoint of another identity is not gone on from.
    """

    def __init__(self, folder: Path, identity: Mapping[str, Any]) -> None:
        self.folder = Path(folder)
        self.identity: Any = json.loads(_canonical(identity))
        digest = hashlib.sha256(_canonical(self.identity).encode()).hexdigest()
        self._prefix = f"checkpoint-{digest[:16]}-"

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else trains into the folder within the context; the operating system unlocks it if the process dies.

        Raises:
            InputError: somebody does, or the folder cannot be made.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.folder / ".lock", timeout=0)
            lock.acquire()
        except Timeout:
            raise InputError(
                f"another training writes into {self.folder} at the moment; wait for its end, or choose another folder"
            ) from None
        except OSError as error:
            raise unreadable(f"the folder {self.folder}", error) from None
        try:
            for rest in self.folder.glob(f"{_UNFINISHED}*"):
                shutil.rmtree(rest, ignore_errors=True)
            yield
        finally:
            lock.release()

    def save(self, saved: Saved) -> None:
        """Write a checkpoint, and remove those that it makes needless.

        Raises:
            OSError: the disk is full, or the folder may not be written to; the checkpoints that are there stay.
        """
        from safetensors.torch import save

        name = f"{self._prefix}{saved.step:09d}"
        unfinished = self.folder / f"{_UNFINISHED}{os.getpid()}-{name}"
        shutil.rmtree(unfinished, ignore_errors=True)
        try:
            unfinished.mkdir()
            content = save(dict(saved.tensors))
            _write(unfinished / TENSORS, content)
            facts = {
                "format": FORMAT,
                "identity": self.identity,
                "step": saved.step,
                "facts": dict(saved.facts),
                "files": {
                    TENSORS: {
                        "bytes": len(content),
                        "sha256": hashlib.sha256(content).hexdigest(),
                    }
                },
            }
            facts["sha256"] = hashlib.sha256(_canonical(facts).encode()).hexdigest()
            _write(unfinished / FACTS, (_canonical(facts) + "\n").encode())
            target = self.folder / name
            if target.exists():  # the same step, saved again after a resumption
                shutil.rmtree(target)
            unfinished.rename(target)
            _sync(self.folder)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
        self._remove_old()

    def load(self, note: Callable[[str], None]) -> Saved | None:
        """The newest checkpoint that is as it was written; a damaged one is renamed, with a note. None where there is none.

        Raises:
            InputError: the folder cannot be read.
        """
        try:
            mine = sorted(self.folder.glob(f"{self._prefix}*"), reverse=True)
            others = self._others()
        except OSError as error:
            raise unreadable(f"the folder {self.folder}", error) from None
        for number, path in enumerate(mine):
            try:
                return _read(path)
            except _Damaged as damage:
                aside = _set_aside(path)
                instead = (
                    "the one before it is used"
                    if number + 1 < len(mine)
                    else "training begins anew"
                )
                note(
                    f"the checkpoint {path} is damaged ({damage}): it is now {aside.name}, and {instead}"
                )
        if others and not mine:
            note(
                f"the checkpoints in {self.folder} are of another training (options, documents or machine differ): training "
                "begins anew, and replaces them"
            )
        return None

    def clear(self) -> None:
        """Remove all checkpoints, once what they lead to is kept elsewhere."""
        for path in (*self.folder.glob(f"{self._prefix}*"), *self._others()):
            shutil.rmtree(path, ignore_errors=True)

    def _others(self) -> list[Path]:
        return [
            path
            for path in self.folder.glob("checkpoint-*-*")
            if not path.name.startswith(self._prefix)
        ]

    def _remove_old(self) -> None:
        mine = sorted(self.folder.glob(f"{self._prefix}*"), reverse=True)
        for path in (*mine[KEPT:], *self._others()):
            shutil.rmtree(path, ignore_errors=True)


def _read(path: Path) -> Saved:
    """A checkpoint, checked.

    Raises:
        _Damaged: a file is missing, or not what was written.
    """
    from safetensors.torch import load_file

    try:
        facts = json.loads((path / FACTS).read_bytes())
        own = facts.pop("sha256")
        if hashlib.sha256(_canonical(facts).encode()).hexdigest() != own:
            raise _Damaged(f"{FACTS} has changed")
        if facts["format"] != FORMAT:
            raise _Damaged(f"its format is {facts['format']}, and this program reads {FORMAT}")
        if sha256(path / TENSORS) != facts["files"][TENSORS]["sha256"]:
            raise _Damaged(f"{TENSORS} has changed")
        tensors = load_file(path / TENSORS)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _Damaged(f"{FACTS} or {TENSORS} cannot be read: {error}") from None
    return Saved(facts["step"], tensors, facts["facts"])


def _set_aside(path: Path) -> Path:
    number = 1
    while (aside := path.with_name(f"damaged-{number}-{path.name}")).exists():
        number += 1
    with contextlib.suppress(OSError):
        path.rename(aside)
    return aside


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    """Have the disk know the names in a folder; not every file system can be asked."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"), default=str)


def finite(tensors: Mapping[str, Tensor]) -> bool:
    """Whether all numbers of all tensors are finite."""
    return all(
        bool(torch.isfinite(tensor).all())
        for tensor in tensors.values()
        if tensor.is_floating_point()
    )
