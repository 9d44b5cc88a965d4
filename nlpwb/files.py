"""Files that are there whole or not at all, their hashes, and what to say when one is missing. Standard library only; every
room may use it."""

from __future__ import annotations

import difflib
import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from nlpwb.errors import InputError


def put_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Have ``write`` fill a file of another name in the same folder, then give it this name.

    A link is followed, and what is no plain file (a device, a named pipe) is written to and never replaced.

    Raises:
        OSError: the operating system refuses; nothing is left behind, and what was there stays.
    """
    # Asked before the link is followed: that of /dev/stdout ends at a pipe, which has no path.
    if path.exists() and not path.is_file():
        write(path)
        return
    target = path.resolve() if path.is_symlink() else path
    temporary = target.with_name(f".{os.getpid()}.{target.name}")
    try:
        write(temporary)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def put_folder_whole(place: Path, write: Callable[[Path], object]) -> None:
    """Have ``write`` fill an empty folder beside ``place``, then give it this name; what had the name stays until then.

    Raises:
        OSError: the operating system refuses; nothing is left behind, and what was there stays.
    """
    target = place.resolve()  # of a link its end, of ``.`` a name
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    old = target.with_name(f"{temporary.name}.old")
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        temporary.mkdir()
        write(temporary)
        if target.exists():
            target.rename(old)
        try:
            temporary.rename(target)
        except BaseException:
            if old.exists():
                old.rename(target)
            raise
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def sha256(path: Path) -> str:
    """The hash of a file's bytes, 64 hexadecimal digits, read a block at a time.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def missing(path: Path) -> InputError:
    """The sentence for a file that is not there, with the nearest name in its folder."""
    try:
        names = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        return InputError(f"{path}: no such file, and no folder {path.parent}; check the path")
    close = difflib.get_close_matches(path.name, names, n=1, cutoff=0.6)
    way_out = f"did you mean {path.parent / close[0]}?" if close else "check the path"
    return InputError(f"{path}: no such file or folder; {way_out}")


def unreadable(name: str, error: OSError) -> InputError:
    """The sentence for a file or folder that the system does not let us read."""
    reason = (error.strerror or str(error)).lower()
    return InputError(f"{name} cannot be read ({reason}); check its permissions")
