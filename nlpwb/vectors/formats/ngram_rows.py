"""The n-gram buckets of many words at once: what ``Subwords.numbers`` does for one, over arrays of bytes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_BASIS, _PRIME = np.uint32(2166136261), np.uint32(16777619)
_CONTINUES, _OF_BYTE = 0x80, 0xC0


def ngram_hashes(
    words: Sequence[bytes], shortest: int, longest: int
) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
    """For every character n-gram of ``<word>`` the word's number and the n-gram's hash, both (n-grams,), by word.

    All n-grams that begin at any character grow together, by a character and so by a few bytes at a time. Words are bytes, and
    characters what begins with no continuation byte of UTF-8, as in fastText, so that no word is too broken for it.
    """
    marked = [b"<%b>" % word for word in words]
    text = np.frombuffer(b"".join(marked), np.uint8)
    sizes = np.fromiter(map(len, marked), np.int64, len(marked))
    starts = np.flatnonzero((text & _OF_BYTE) != _CONTINUES)
    ends = np.append(starts[1:], len(text))
    owners = np.repeat(np.arange(len(words)), sizes)[starts]
    # The number, among all characters, of the one behind each word's last.
    behind = np.searchsorted(owners, np.arange(len(words)), side="right")
    signed = text.view(np.int8).astype(np.int32).view(np.uint32)
    begin = np.arange(len(starts))
    hashes = np.full(len(starts), _BASIS, dtype=np.uint32)
    found_owners, found = [], []
    for n in range(1, longest + 1):
        alive = begin + n - 1 < behind[owners[begin]]
        begin, hashes = begin[alive], hashes[alive]
        if not len(begin):
            break
        last = begin + n - 1
        at, end = starts[last], ends[last]
        for step in range(int((end - at).max())):
            within = at + step < end
            hashes[within] = (hashes[within] ^ signed[at[within] + step]) * _PRIME
        if n < shortest:
            continue
        kept = np.ones(len(begin), dtype=bool)
        if n == 1:
            first = np.concatenate(([0], behind[:-1]))
            kept = (begin != first[owners[begin]]) & (begin != behind[owners[begin]] - 1)
        found_owners.append(owners[begin[kept]])
        found.append(hashes[kept])
    if not found:
        return np.empty(0, np.int64), np.empty(0, np.uint32)
    all_owners, all_hashes = np.concatenate(found_owners), np.concatenate(found)
    order = np.argsort(all_owners, kind="stable")
    return all_owners[order], all_hashes[order]
