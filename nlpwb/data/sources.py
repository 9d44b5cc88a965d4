"""From a name on the command line to bytes: regular files, pipes, standard input.

A source gives its first bytes (``head``), from which the format is judged, and then all of them, decompressed, block by
block. A regular file can be read as often as wanted, a pipe once.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from nlpwb.data.compression import SUFFIXES, decompressed, kind_of
from nlpwb.errors import InputError
from nlpwb.files import missing, unreadable

BLOCK = 1 << 16
HEAD = 1 << 18

_KINDS = (
    (b"\x89PNG\r\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"PK\x03\x04", "a zip archive (or a spreadsheet, or a word processor's file)"),
    (b"%PDF-", "a PDF"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"\x7fELF", "a program"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\x89HDF", "an HDF5 file"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"\xfd7zXZ", "an xz file, which nlpwb does not unpack"),
)
# Everything below the space, apart from tab, line feed, form feed, carriage return and escape.
_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\f\r\x1b") + b"\x7f"


@dataclass(frozen=True)
class Head:
    """The first bytes of the content, and whether they are all of it."""

    data: bytes
    complete: bool


class Source:
    """One file, pipe or standard input. ``name`` is how messages call it, ``suffix`` its format's, such as ``.csv``."""

    def __init__(self, path: Path | None, *, name: str | None = None) -> None:
        self.path = path
        self.name = name or (str(path) if path else "standard input")
        suffixes = [suffix.lower() for suffix in path.suffixes] if path else []
        if suffixes and suffixes[-1] in SUFFIXES:
            suffixes.pop()
        self.suffix = suffixes[-1] if suffixes else ""
        self.reopens = path is not None and stat.S_ISREG(_status(path).st_mode)
        self._digest = hashlib.sha256()
        self._kept: Head | None = None
        self._pipe: Iterator[bytes] | None = None

    def head(self) -> Head:
        """The first HEAD bytes of the content, or all where there are fewer."""
        if self._kept is None:
            blocks = self._content()
            data = b""
            complete = True
            for block in blocks:
                data += block
                if len(data) >= HEAD:
                    complete = False
                    break
            if not self.reopens:
                self._pipe = blocks
                self._kept = Head(data, complete)
                return self._kept
            self._kept = Head(data[:HEAD], complete)
        return self._kept

    def blocks(self) -> Iterator[bytes]:
        """The content from its first byte. Raises InputError when a pipe is read for a second time."""
        if self.reopens:
            yield from self._content()
            return
        head = self.head()
        rest, self._pipe = self._pipe, None
        if rest is None:
            raise InputError(
                f"{self.name} can be read only once; save it to a file and name that file"
            )
        yield head.data
        yield from rest

    def digest(self) -> str:
        """SHA-256 of the raw bytes read so far, in hexadecimal; of use for pipes, once they are at their end."""
        return self._digest.hexdigest()

    def _content(self) -> Iterator[bytes]:
        blocks = self._raw()
        first = next(blocks, b"")
        while len(first) < 4 and (more := next(blocks, b"")):
            first += more
        whole = _chain(first, blocks)
        kind = kind_of(first)
        yield from decompressed(whole, kind, name=self.name) if kind else whole

    def _raw(self) -> Iterator[bytes]:
        try:
            handle: BinaryIO = self.path.open("rb", 0) if self.path else sys.stdin.buffer
        except OSError as error:
            raise unreadable(self.name, error) from None
        try:
            while block := handle.read(BLOCK):
                if not self.reopens:
                    self._digest.update(block)
                yield block
        except OSError as error:
            raise unreadable(self.name, error) from None
        finally:
            if self.path:
                handle.close()


class TextBytes(io.BufferedIOBase):
    """A source's content as ``io.TextIOWrapper`` wants it, counting on the way what error messages need.

    ``read_bytes`` and ``lines`` count the bytes and line feeds handed out, ``has_nul`` says whether a NUL byte was among them.
    """

    def __init__(self, blocks: Iterator[bytes], *, skip: int) -> None:
        self._blocks = blocks
        self._skip = skip
        self.read_bytes = 0
        self.lines = 0
        self.has_nul = False

    def readable(self) -> bool:
        """Always: it holds nothing else."""
        return True

    def read1(self, _size: int = -1, /) -> bytes:
        """The next block, whatever its size: TextIOWrapper takes what it gets."""
        for block in self._blocks:
            self.read_bytes += len(block)
            self.lines += block.count(b"\n")
            self.has_nul = self.has_nul or b"\0" in block
            if self._skip:
                block, self._skip = block[self._skip :], max(0, self._skip - len(block))
            if block:
                return block
        return b""


def is_pipe(source: str) -> bool:
    """Whether a source can be read only once: standard input, a named pipe, the ``<(…)`` of a shell."""
    if source == "-":
        return True
    try:
        return stat.S_ISFIFO(Path(source).stat().st_mode) or Path(source).is_char_device()
    except OSError:
        return False


def refuse_known(name: str, head: bytes) -> None:
    """Raise InputError where the first bytes are those of a picture, an archive, a program or another known kind of file."""
    for magic, kind in _KINDS:
        if head.startswith(magic):
            raise InputError(f"{name} is {kind}, not text; export it as CSV, TSV or JSONL")
    if head[:1] == b"\x80" and head[1:2] in b"\x02\x03\x04\x05":
        raise InputError(
            f"{name} is a pickle, not text, and nlpwb never opens one; export it as CSV"
        )


def refuse_binary(name: str, head: bytes) -> None:
    """Raise InputError where more than a tenth of the first 64 KB are control characters."""
    block = head[:65536]
    controls = len(block) - len(block.translate(None, _CONTROLS))
    if controls > 0.1 * len(block):
        raise InputError(
            f"{name} is not text: {controls / len(block):.0%} of its first {len(block):,} bytes are control "
            "characters; export it as CSV, TSV or JSONL"
        )


def _status(path: Path) -> os.stat_result:
    try:
        return path.stat()
    except FileNotFoundError:
        raise missing(path) from None
    except OSError as error:
        raise unreadable(str(path), error) from None


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from rest
