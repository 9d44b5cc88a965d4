"""A corpus as word numbers: read once, kept as one row of int32 in which -1 ends each sentence.

Words get provisional numbers in the order of their appearance, so one pass over the text is enough and a pipe will do; a
second pass, over numbers, counts them, leaves rare words out and renumbers the others by falling count. Memory follows the
distinct words, not the text.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nlpwb.errors import MethodError

Ids = NDArray[np.int32]

END = -1
"""Ends a sentence."""
_RARE = -2
BLOCK = 1 << 20
"""Numbers that are worked on at a time."""
LONGEST_SENTENCE = 10_000
"""Longer sentences are cut here, as in word2vec.c and gensim: a text of one line is dealt to threads like any other."""


@dataclass(frozen=True, eq=False)
class EncodedCorpus:
    """``words`` by falling count, ``counts`` int64 (V,), ``ids`` int32: word numbers, each sentence ended by -1.

    ``ids`` may be mapped from a file. Rare words are left out, and so is a sentence of which nothing is left.
    """

    words: Sequence[str]
    counts: NDArray[np.int64]
    ids: Ids

    @property
    def occurrences(self) -> int:
        """Words of the text that have a number."""
        return int(self.counts.sum())

    @property
    def has_windows(self) -> bool:
        """Whether two words stand together anywhere."""
        return any(
            bool(((block[1:] != END) & (block[:-1] != END)).any()) for block in self.blocks()
        )

    def blocks(self, size: int = BLOCK) -> Iterator[Ids]:
        """The ids in turn, ``size`` or a little more at a time, whole sentences in each; copies, so that a mapped file
        does not stay in memory."""
        for start, stop in self.bounds(size):
            yield self.block(start, stop)

    def block(self, start: int, stop: int) -> Ids:
        """A copy of a part of the ids. Of a mapped file it is read past the map, whose pages would count as this process's."""
        if isinstance(self.ids, np.memmap) and self.ids.filename is not None:
            offset = self.ids.offset + start * self.ids.itemsize
            return np.fromfile(self.ids.filename, np.int32, count=stop - start, offset=offset)
        return np.array(self.ids[start:stop])

    def bounds(self, size: int = BLOCK) -> list[tuple[int, int]]:
        """Where blocks begin and end: each ends behind the end of a sentence."""
        total = len(self.ids)
        bounds = []
        start = 0
        while start < total:
            stop = min(start + size, total)
            while stop < total and self.block(stop - 1, stop)[0] != END:
                ahead = self.block(stop, min(stop + 4096, total))
                ends = np.flatnonzero(ahead == END)
                stop += int(ends[0]) + 1 if len(ends) else len(ahead)
            bounds.append((start, stop))
            start = stop
        return bounds


class Numbering:
    """Tokens to provisional numbers, block by block to ``write``."""

    def __init__(self, write: Callable[[Ids], object]) -> None:
        self._numbers: defaultdict[str, int] = defaultdict()
        self._numbers.default_factory = self._numbers.__len__
        self._write = write
        self._buffer = array("i")
        self.tokens = 0

    def add(self, tokens: Sequence[str]) -> None:
        """Number one sentence, cut where it is too long."""
        number = self._numbers.__getitem__
        for start in range(0, len(tokens), LONGEST_SENTENCE):
            piece = (
                tokens
                if len(tokens) <= LONGEST_SENTENCE
                else tokens[start : start + LONGEST_SENTENCE]
            )
            self._buffer.extend(map(number, piece))
            self._buffer.append(END)
        self.tokens += len(tokens)
        if len(self._buffer) >= BLOCK:
            self._flush()

    def finish(self) -> list[str]:
        """Write what is left; returns the word of every provisional number."""
        self._flush()
        return list(self._numbers)

    def _flush(self) -> None:
        self._write(np.frombuffer(self._buffer, dtype=np.int32).copy())
        self._buffer = array("i")


@dataclass(frozen=True, eq=False)
class Renumbering:
    """From provisional numbers to the final ones: ``words`` and ``counts`` of what is kept, and the new number of each."""

    words: list[str]
    counts: NDArray[np.int64]
    number: Ids

    def blocks(self, provisional: Iterable[Ids]) -> Iterator[Ids]:
        """The final ids, block by block."""
        ended = True
        for block in provisional:
            ids = self.number[block]  # END is -1, which is the last place of the table
            ids = ids[ids != _RARE]
            if not len(ids):
                continue
            ends = ids == END
            before = np.empty_like(ends)
            before[0], before[1:] = ended, ends[:-1]
            ended = bool(ends[-1])
            yield ids[~(ends & before)]


def renumber(words: Sequence[str], provisional: Iterable[Ids], *, min_count: int) -> Renumbering:
    """Count provisional numbers and order the words by falling count, those of one count as they first appeared.

    Raises:
        MethodError: no word occurs ``min_count`` times.
    """
    counts = np.zeros(len(words), dtype=np.int64)
    for block in provisional:
        counts += np.bincount(block[block >= 0], minlength=len(words))
    order = np.argsort(-counts, kind="stable")
    order = order[counts[order] >= min_count]
    if not len(order):
        most = (
            f" (the most frequent, {words[int(counts.argmax())]!r}: {counts.max():,})"
            if words
            else ""
        )
        raise MethodError(
            f"no word of the documents occurs min_count={min_count} times{most}; lower min_count"
        )
    number = np.full(len(words) + 1, _RARE, dtype=np.int32)
    number[order] = np.arange(len(order), dtype=np.int32)
    number[-1] = END
    return Renumbering([words[place] for place in order.tolist()], counts[order], number)


def encode(documents: Iterable[Sequence[str]], *, min_count: int) -> EncodedCorpus:
    """Tokenised documents in memory, each a sentence.

    Raises:
        MethodError: no word occurs ``min_count`` times.
    """
    held: list[Ids] = []
    numbering = Numbering(held.append)
    for tokens in documents:
        numbering.add(tokens)
    words = numbering.finish()
    final = renumber(words, held, min_count=min_count)
    ids = np.concatenate([*final.blocks(held), np.zeros(0, dtype=np.int32)])
    return EncodedCorpus(final.words, final.counts, ids)
