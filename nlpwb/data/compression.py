"""Bytes out of gzip, bzip2 and Zstandard files, block by block.

All three are read by the same loop: a decompressor is fed until it says that its stream has ended, what it left over begins
the next stream, and a file that ends before its stream does is an error instead of a shorter corpus.
"""

from __future__ import annotations

import bz2
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

from nlpwb.errors import InputError

SUFFIXES = {".gz": "gzip", ".bz2": "bzip2", ".zst": "zstd"}
_MAGIC = {b"\x1f\x8b\x08": "gzip", b"BZh": "bzip2", b"\x28\xb5\x2f\xfd": "zstd"}


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


def kind_of(head: bytes) -> str | None:
    """``gzip``, ``bzip2`` or ``zstd`` where the first bytes say so, else None."""
    return next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), None)


def decompressed(blocks: Iterable[bytes], kind: str, *, name: str) -> Iterator[bytes]:
    """The content of a compressed stream; several streams one after the other are one content.

    Raises InputError where the bytes are damaged or end too early.
    """
    make, damage = _decompressor(kind)
    stream: _Decompressor = make()
    begun = False
    for block in blocks:
        rest = block
        while rest:
            if stream.eof:
                rest = rest.lstrip(b"\0")  # padding of tapes and block devices
                if not rest:
                    break
                stream = make()
            begun = True
            try:
                content = stream.decompress(rest)
            except damage as error:
                raise InputError(
                    f"{name} is damaged: its {kind} stream cannot be read ({error}); fetch it again"
                ) from None
            if content:
                yield content
            rest = stream.unused_data if stream.eof else b""
    if begun and not stream.eof:
        raise InputError(f"{name} is cut off: its {kind} stream ends too early; fetch it again")


def compressed(data: Iterable[bytes], kind: str) -> Iterator[bytes]:
    """The reverse, without a time stamp, so that equal content gives equal files."""
    if kind == "gzip":
        compressor: Any = zlib.compressobj(6, zlib.DEFLATED, 31)
    elif kind == "bzip2":
        compressor = bz2.BZ2Compressor()
    else:
        import zstandard

        compressor = zstandard.ZstdCompressor(level=9).compressobj()
    for block in data:
        yield compressor.compress(block)
    yield compressor.flush()


def _decompressor(
    kind: str,
) -> tuple[Callable[[], _Decompressor], tuple[type[Exception], ...]]:
    if kind == "gzip":
        return (lambda: zlib.decompressobj(31)), (zlib.error,)
    if kind == "bzip2":
        return bz2.BZ2Decompressor, (OSError, ValueError)
    import zstandard

    return (lambda: zstandard.ZstdDecompressor().decompressobj()), (zstandard.ZstdError,)
