"""word2vec's binary format: a line with the number of words and of dimensions, then each word, a space, and its float32.

The original program puts a line end after each vector, others do not; both are read, and none is written, as gensim does.
Source: the program of Mikolov et al. 2013, https://code.google.com/archive/p/word2vec/.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import numpy as np

from nlpwb.errors import InputError
from nlpwb.vectors.formats.words import Reading, decode, encoded, shown, words_of
from nlpwb.vectors.table import Floats

_BUFFER = 1 << 18
_LONGEST_WORD = 1 << 16


class BinaryRows:
    """The rows after the header. ``file`` stands behind it, at byte ``start``."""

    def __init__(
        self,
        file: BinaryIO,
        *,
        path: Path,
        words: int,
        dimensions: int,
        start: int,
        reading: Reading,
    ) -> None:
        self.file = file
        self.path = path
        self.words = words
        self.dimensions = dimensions
        self.reading = reading
        self._width = 4 * dimensions
        self._buffer = bytearray(max(_BUFFER, 2 * self._width) + _LONGEST_WORD)
        self._start = self._end = 0
        self._at = start
        self.broken = 0
        self._row = 0

    def place(self, row: int) -> str:
        """Its number among the words."""
        return f"word {row + 1:,}"

    def fill(self, out: Floats) -> list[str]:
        """As many rows as ``out`` holds: each vector is copied once, from the buffer to its place."""
        wanted = min(len(out), self.words - self._row)
        if wanted == 0 and self._row == self.words:
            self._expect_the_end()
            return []
        target = out.reshape(-1).view(np.uint8).data
        found: list[bytes | bytearray] = []
        while len(found) < wanted:
            if not self._take(found, wanted, target) and not self._more():
                raise self._cut_short(self._row + len(found) + 1)
        if b"\n" in b"".join(found):
            found = [word.lstrip(b"\n") for word in found]
        words, broken = decode(
            found,
            path=self.path,
            reading=self.reading,
            place=self.place,
            first=self._row,
        )
        self._row += len(words)
        self.broken += broken
        return words

    def _take(self, found: list[bytes | bytearray], wanted: int, target: memoryview) -> bool:
        """The rows that the buffer holds whole, at most ``wanted`` with those found before; whether there was one.

        This loop is what reading costs, so that its names are all local.
        """
        width, buffer, end = self._width, self._buffer, self._end
        view, find, append = memoryview(buffer), buffer.find, found.append
        start, put = self._start, len(found) * width
        before = len(found)
        for _ in range(wanted - before):
            # Behind the end lies what was read before: it may hold a space, but no row that ends before the end.
            space = find(b" ", start)
            after = space + 1 + width
            if space < 0 or after > end:
                break
            append(buffer[start:space])
            target[put : put + width] = view[space + 1 : after]
            put += width
            start = after
        self._start = start
        return len(found) > before

    def _more(self) -> bool:
        """Read on behind what is left of the buffer; False at the end of the file, or where a word does not end."""
        left = self._end - self._start
        self._buffer[:left] = self._buffer[self._start : self._end]
        self._at += self._start
        self._start, self._end = 0, left
        if left > self._width + _LONGEST_WORD:
            return False
        got: int = self.file.readinto(memoryview(self._buffer)[left:])  # type: ignore[attr-defined]
        self._end += got
        return got > 0

    def _cut_short(self, word_number: int) -> InputError:
        space = self._buffer.find(b" ", self._start, self._end)
        number = f"word {word_number:,} of {self.words:,}"
        end = self._at + self._end
        if self._end - self._start > self._width + _LONGEST_WORD and space < 0:
            return InputError(
                f"{self.path}: {number} at byte {self._at + self._start:,} has no end; is this a word2vec binary file with "
                f"{self.dimensions:,} dimensions?"
            )
        if self._end == self._start or not bytes(self._buffer[self._start : self._end]).strip():
            what = f"the file ends before {number}, at byte {end:,}"
        elif space < 0:
            what = f"the file ends within {number}, at byte {end:,}"
        else:
            word = bytes(self._buffer[self._start : space]).lstrip(b"\n")
            have = self._end - space - 1
            what = (
                f"the file ends within the vector of {number} ({shown(word.decode('utf-8', 'replace'))}), at byte {end:,}, "
                f"with {have:,} of its {self._width:,} bytes"
            )
        return InputError(
            f"{self.path}: {what}; copy it anew, or correct its header {self.words} {self.dimensions}"
        )

    def _expect_the_end(self) -> None:
        while True:
            rest = bytes(self._buffer[self._start : self._end]).strip()
            if rest:
                at = self._at + self._start
                raise InputError(
                    f"{self.path}: the header promises {words_of(self.words)} of {self.dimensions:,} dimensions, but more "
                    f"follows at byte {at:,}; correct the header"
                )
            self._start = self._end
            if not self._more():
                return


def write_binary(file: BinaryIO, blocks: Iterable[tuple[list[str], Floats]], *, path: Path) -> int:
    """Write rows behind a header that stands already; how many there were."""
    count = 0
    for words, rows in blocks:
        width = 4 * rows.shape[1]
        data = np.ascontiguousarray(rows, dtype="<f4").view(np.uint8).reshape(-1).data
        pieces: list[bytes | memoryview] = []
        for number, word in enumerate(encoded(words, path=path)):
            pieces += (word, b" ", data[number * width : (number + 1) * width])
        file.write(b"".join(pieces))
        count += len(words)
    return count
