"""Files that are there whole or not at all. Standard library only; every room may use it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path


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
