"""Where ``nlpwb train`` keeps what a training needs to go on: a hidden folder beside the model, one training at a time."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from nlpwb.errors import InputError, MethodError


@contextlib.contextmanager
def alone_at(target: Path) -> Iterator[Path]:
    """The folder ``.NAME.training`` beside a model, held alone; it leaves when the block ends well, and
    stays when it is interrupted and there is something in it.

    Raises:
        InputError: another process trains into the same model, or the folder cannot be made.
    """
    from filelock import FileLock, Timeout

    place = target.resolve()  # of a link its end, of ``.`` a name
    folder = place.with_name(f".{place.name}.training")
    lock = FileLock(place.with_name(f".{place.name}.lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise InputError(
            f"-o {target}: another process is training this model; wait for it, or choose another place"
        ) from None
    except OSError as error:
        raise _refused(target, error) from None
    try:
        try:
            folder.mkdir(exist_ok=True)
        except OSError as error:
            raise _refused(target, error) from None
        try:
            yield folder
        except MethodError:  # going on would end there again
            shutil.rmtree(folder, ignore_errors=True)
            raise
        except BaseException:
            with contextlib.suppress(
                OSError
            ):  # what was kept stays; where nothing was, nothing stays
                folder.rmdir()
            raise
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        Path(lock.lock_file).unlink(
            missing_ok=True
        )  # while it is held: nobody holds another of its name
        lock.release()


def _refused(target: Path, error: OSError) -> InputError:
    reason = (error.strerror or str(error)).lower()
    return InputError(f"-o {target}: {reason}; choose another place")
