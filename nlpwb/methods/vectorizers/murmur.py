"""MurmurHash3 (x86, 32 bits; Appleby 2008, public domain) over many strings at once: the hash of ``HashingVectorizer``."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_C1 = np.uint32(0xCC9E2D51)
_C2 = np.uint32(0x1B873593)


def murmurhash3_32(strings: Sequence[str], seed: int = 0) -> NDArray[np.int32]:
    """The signed 32-bit hashes of the strings' UTF-8 bytes, int32 (n,)."""
    if not strings:
        return np.zeros(0, dtype=np.int32)
    raw = [string.encode("utf-8", "surrogatepass") for string in strings]
    lengths = np.fromiter(map(len, raw), dtype=np.int64, count=len(raw))
    hashes = np.empty(len(raw), dtype=np.uint32)
    by_length = np.argsort(lengths, kind="stable")
    starts = np.flatnonzero(np.diff(lengths[by_length], prepend=-1))
    with np.errstate(over="ignore"):
        for start, stop in zip(starts, [*starts[1:], len(raw)], strict=True):
            group = by_length[start:stop]
            length = int(lengths[group[0]])
            blob = b"".join(raw[i] for i in group.tolist())
            table = np.frombuffer(blob, dtype=np.uint8).reshape(len(group), length)
            hashes[group] = _hash_rows(table, length, seed)
    return hashes.view(np.int32)


def _hash_rows(table: NDArray[np.uint8], length: int, seed: int) -> NDArray[np.uint32]:
    """Hash rows of equal length, block of four bytes by block."""
    state = np.full(len(table), seed, dtype=np.uint32)
    blocks = length // 4
    for block in range(blocks):
        state ^= _mixed(_little_endian(table[:, 4 * block : 4 * block + 4]))
        state = (state << np.uint32(13)) | (state >> np.uint32(19))
        state = state * np.uint32(5) + np.uint32(0xE6546B64)
    if length % 4:
        state ^= _mixed(_little_endian(table[:, 4 * blocks :]))
    state ^= np.uint32(length)
    state ^= state >> np.uint32(16)
    state *= np.uint32(0x85EBCA6B)
    state ^= state >> np.uint32(13)
    state *= np.uint32(0xC2B2AE35)
    return state ^ (state >> np.uint32(16))


def _mixed(block: NDArray[np.uint32]) -> NDArray[np.uint32]:
    block = block * _C1
    return ((block << np.uint32(15)) | (block >> np.uint32(17))) * _C2


def _little_endian(table: NDArray[np.uint8]) -> NDArray[np.uint32]:
    value = np.zeros(len(table), dtype=np.uint32)
    for place in range(table.shape[1]):
        value |= table[:, place].astype(np.uint32) << np.uint32(8 * place)
    return value
