"""Rows into a file: whole or not at all, with the number of words in its first line where the format wants it."""

from __future__ import annotations

import contextlib
import gzip
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, cast

from nlpwb.errors import InputError
from nlpwb.files import put_whole
from nlpwb.vectors.formats.binary import write_binary
from nlpwb.vectors.formats.recognise import BINARY, GLOVE
from nlpwb.vectors.formats.rows import Rows
from nlpwb.vectors.formats.text import write_text

_LEVEL = 6
_COPIED = 1 << 20


def check_file(target: Path) -> None:
    """Refuse a place that cannot become a file, before any work is done for it.

    Raises:
        InputError: its folder is missing, or it is a folder itself.
    """
    if not target.absolute().parent.is_dir():
        raise InputError(f"{target}: the folder {target.parent} does not exist; make it first")
    if target.is_dir():
        raise InputError(f"{target}: this is a folder; name a file in it")


def write_file(
    target: Path, rows: Rows, *, to: str, limit: int | None = None, normalize: bool = False
) -> int:
    """Write rows in a format, gzipped where the name ends in .gz; the number of words.

    Raises:
        InputError: the place cannot be written, or the format cannot hold a word.
    """
    check_file(target)
    count = 0

    def body(file: BinaryIO) -> int:
        blocks = rows.blocks(limit=limit, normalize=normalize)
        write = write_binary if to == BINARY else write_text
        return write(file, blocks, path=target)

    def header(words: int) -> bytes:
        return b"" if to == GLOVE else b"%d %d\n" % (words, rows.dimensions)

    def write(temporary: Path) -> None:
        nonlocal count
        packed = target.name.endswith(".gz")
        exact = rows.exact if limit is None or rows.exact is None else min(limit, rows.exact)
        if exact is None and to != GLOVE:
            count = _behind_header(temporary, body, header, packed=packed)
            return
        with _opened(temporary, packed=packed) as file:
            file.write(header(exact or 0))
            count = body(file)
        assert exact in (None, count)

    try:
        put_whole(target, write)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"{target}: {reason}; choose another place") from None
    return count


def _behind_header(
    temporary: Path,
    body: Callable[[BinaryIO], int],
    header: Callable[[int], bytes],
    *,
    packed: bool,
) -> int:
    """The rows into a file of their own, since only their end tells their number; then the header, and they behind it.

    Two gzip streams, one behind the other, are one gzip file.
    """
    aside = temporary.with_name(f"{temporary.name}.rows")
    try:
        with _opened(aside, packed=packed) as file:
            count = body(file)
        with _opened(temporary, packed=packed) as file:
            file.write(header(count))
        with temporary.open("ab") as joined, aside.open("rb") as rest:
            shutil.copyfileobj(rest, joined, _COPIED)
    finally:
        aside.unlink(missing_ok=True)
    return count


@contextlib.contextmanager
def _opened(path: Path, *, packed: bool) -> Iterator[BinaryIO]:
    with path.open("wb", buffering=_COPIED) as raw:
        if not packed:
            yield raw
            return
        # No name and no time within: the same vectors give the same bytes.
        with gzip.GzipFile("", "wb", _LEVEL, raw, mtime=0) as file:
            yield cast(BinaryIO, file)
