"""Where ``nlpwb train`` keeps what a training needs to go on: a hidden folder beside the model, one training at a time."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from nlpwb.errors import InputError


@contextlib.contextmanager
def alone_at(target: Path) -> Iterator[Path]:
    """The folder ``.NAME.training`` beside a model, held alone; it leaves when the block ends well, and stays otherwise.

    Raises:
        InputError: another process trains into the same model, or the folder cannot be made.
    """
    from filelock import FileLock, Timeout

    target = target.resolve()
    folder = target.with_name(f".{target.name}.training")
    lock = FileLock(target.with_name(f".{target.name}.lock"))
    try:
        lock.acquire(timeout=0)
        folder.mkdir(exist_ok=True)
    except Timeout:
        raise InputError(
            f"-o {target}: another process is training this model; wait for it, or choose another place"
        ) from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"-o {target}: {reason}; choose another place") from None
    try:
        yield folder
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        Path(lock.lock_file).unlink(
            missing_ok=True
        )  # under the lock: nobody holds another one of this name
        lock.release()
