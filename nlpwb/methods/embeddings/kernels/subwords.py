"""The n-grams of a whole vocabulary at once, as numbers of hashed rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numba import njit
from numpy.typing import NDArray

from nlpwb.methods.embeddings.kernels.shared import kernel


@njit(inline="always")
def _fnv1a(value: np.uint64, byte: np.uint8) -> np.uint64:
    """One byte more; bytes are signed, as in ``vectors.ngrams.fnv1a``."""
    signed = np.uint64(byte) | np.uint64(0xFFFFFF00) if byte > 127 else np.uint64(byte)
    return ((value ^ signed) * np.uint64(16777619)) & np.uint64(0xFFFFFFFF)


@kernel("int64(uint8[::1], int64[::1], int64, int64, int64, int64[::1], int32[::1])")
def _hashed(
    text: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    shortest: int,
    longest: int,
    buckets: int,
    row_offsets: NDArray[np.int64],
    rows: NDArray[np.int32],
) -> int:
    """Number the n-grams of ``<word>`` for every word; with an empty ``rows`` only count them into ``row_offsets``."""
    words = offsets.shape[0] - 1
    count = 0
    for word in range(words):
        begin, end = offsets[word], offsets[word + 1]
        if rows.shape[0] > 0:
            rows[count] = word
        count += 1
        for start in range(begin, end):
            if text[start] & 0xC0 == 0x80:  # inside a character of UTF-8
                continue
            value = np.uint64(2166136261)
            length = 0
            at = start
            while at < end and length < longest:
                value = _fnv1a(value, text[at])
                at += 1
                while at < end and text[at] & 0xC0 == 0x80:
                    value = _fnv1a(value, text[at])
                    at += 1
                length += 1
                if length < shortest or (length == 1 and (start == begin or at == end)):
                    continue
                if rows.shape[0] > 0:
                    rows[count] = words + np.int64(value) % buckets
                count += 1
        row_offsets[word + 1] = count
    return count


def subword_rows(
    words: Sequence[str], *, shortest: int, longest: int, buckets: int
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """The input rows of every word: offsets int64 (V + 1,), rows int32; its own row first, then V + bucket for each n-gram.

    The n-grams and their hash are those of ``vectors.ngrams``.
    """
    encoded = [f"<{word}>".encode("utf-8", "surrogatepass") for word in words]
    text = np.frombuffer(bytearray(b"".join(encoded)), dtype=np.uint8)
    offsets = np.zeros(len(words) + 1, dtype=np.int64)
    np.cumsum([len(one) for one in encoded], out=offsets[1:])
    row_offsets = np.zeros(len(words) + 1, dtype=np.int64)
    total = _hashed(
        text, offsets, shortest, longest, buckets, row_offsets, np.zeros(0, dtype=np.int32)
    )
    rows = np.zeros(total, dtype=np.int32)
    _hashed(text, offsets, shortest, longest, buckets, row_offsets, rows)
    return row_offsets, rows
