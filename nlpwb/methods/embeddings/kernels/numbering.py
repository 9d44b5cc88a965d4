"""Bytes of texts to word numbers: cut at separators, lower-cased, looked up in a hash table, all in one pass."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from nlpwb.methods.embeddings.encoding import END, LONGEST_SENTENCE
from nlpwb.methods.embeddings.kernels.shared import kernel

SEPARATOR = 0x20
END_OF_TEXT = 0xFF
"""A byte that no text in UTF-8 holds: it stands behind each."""
TYPES, USED, SINCE_END, TOKENS, WRITTEN = 0, 1, 2, 3, 4
"""Places in ``counters``: distinct words, bytes that they take, words since the last end, all words, numbers written."""


@njit(inline="always")
def _step(hashed: np.uint64, byte: np.uint8) -> np.uint64:
    """FNV-1a (Fowler, Noll & Vo), 64 bits."""
    return (hashed ^ np.uint64(byte)) * np.uint64(1099511628211)


@njit(inline="always")
def _slot(hashed: np.uint64, slots: NDArray[np.int32]) -> int:
    """Where the search for a word begins; high bits are mixed in, since FNV's low ones are the weakest."""
    mixed = hashed ^ (hashed >> np.uint64(29))
    return np.int64(mixed & np.uint64(slots.shape[0] - 1))


@kernel(
    "int64(Array(uint8, 1, 'C', readonly=True), int64, Array(uint8, 1, 'C', readonly=True), int64, int32[::1],"
    " uint64[::1], int64[::1], uint8[::1], int32[::1], int64[::1])"
)
def number_words(
    text: NDArray[np.uint8],
    at: int,
    table: NDArray[np.uint8],
    shortest: int,
    slots: NDArray[np.int32],
    hashes: NDArray[np.uint64],
    ends: NDArray[np.int64],
    spelled: NDArray[np.uint8],
    out: NDArray[np.int32],
    counters: NDArray[np.int64],
) -> int:
    """Number the words of ``text`` from byte ``at`` on; returns where it stopped: the end, or where ``slots`` must grow.

    ``table`` uint8 (256,) maps bytes to bytes (``SEPARATOR`` between words); words of fewer than ``shortest`` bytes are left
    out. Word w is ``spelled[ends[w - 1]:ends[w]]`` with its hash in ``hashes``; ``slots`` int32 (a power of two) holds numbers,
    -1 where there is none, and is kept half empty; ``hashes`` and ``ends`` have half its size, ``spelled`` has room for all of
    ``text``. Numbers go to ``out``, -1 behind each text that has words; ``counters`` as named above.
    """
    size = text.shape[0]
    types, used = counters[TYPES], counters[USED]
    since, tokens, written = counters[SINCE_END], counters[TOKENS], counters[WRITTEN]
    mask = slots.shape[0] - 1
    while at < size:
        byte = text[at]
        if byte == END_OF_TEXT:
            if since > 0:
                out[written] = END
                written += 1
                since = 0
            at += 1
            continue
        byte = table[byte]
        if byte == SEPARATOR:
            at += 1
            continue
        if 2 * types >= slots.shape[0]:
            break
        # the word is spelled where a new one would stand, and stays there if it is new
        length = 0
        hashed = np.uint64(14695981039346656037)
        while at < size and text[at] != END_OF_TEXT:
            byte = table[text[at]]
            if byte == SEPARATOR:
                break
            spelled[used + length] = byte
            hashed = _step(hashed, byte)
            length += 1
            at += 1
        if length < shortest:
            continue
        place = _slot(hashed, slots)
        word = np.int64(-1)
        while slots[place] >= 0:
            found = np.int64(slots[place])
            if hashes[found] == hashed:
                start = ends[found - 1] if found > 0 else np.int64(0)
                same = ends[found] - start == length
                for i in range(length if same else 0):
                    if spelled[start + i] != spelled[used + i]:
                        same = False
                        break
                if same:
                    word = found
                    break
            place = (place + 1) & mask
        if word < 0:
            word = types
            slots[place] = np.int32(word)
            hashes[word] = hashed
            used += length
            ends[word] = used
            types += 1
        if since == LONGEST_SENTENCE:
            out[written] = END
            written += 1
            since = 0
        out[written] = np.int32(word)
        written += 1
        since += 1
        tokens += 1
    counters[TYPES], counters[USED] = types, used
    counters[SINCE_END], counters[TOKENS], counters[WRITTEN] = since, tokens, written
    return at


@kernel("void(uint64[::1], int64, int32[::1])")
def place_words(hashes: NDArray[np.uint64], types: int, slots: NDArray[np.int32]) -> None:
    """Fill a new table with the numbers of the words that there are."""
    mask = slots.shape[0] - 1
    for word in range(types):
        place = _slot(hashes[word], slots)
        while slots[place] >= 0:
            place = (place + 1) & mask
        slots[place] = np.int32(word)
