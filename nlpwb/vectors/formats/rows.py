"""Rows of a file of word vectors, a block at a time: what every reader gives and every writer takes."""

from __future__ import annotations

import collections
import contextlib
import gzip
import itertools
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np

from nlpwb.errors import InputError
from nlpwb.vectors.formats.words import Reading, not_finite, shown
from nlpwb.vectors.table import Counts, Floats, Subwords, WordVectors

BLOCK_BYTES = 1 << 22
"""Bytes of the rows that are read, checked and written at a time."""
_LARGE = 1 << 26
_PART = 1 << 25
_PAGE = 1024  # float32 in the smallest page of a system


class Source(Protocol):
    """One format's reader.

    ``fill`` puts the next rows into an array float32 (n, dim) and gives their words: at most n, and none at the end only.
    ``place`` names a row of the file, counted from zero, as its reader finds it: a line, or the number of a word. ``broken`` is
    the number of words, so far, that were not UTF-8.
    """

    dimensions: int
    broken: int

    def fill(self, out: Floats) -> list[str]:
        """Put the next rows into ``out``; their words."""

    def place(self, row: int) -> str:
        """Where the row stands."""


@dataclass(eq=False)
class Rows:
    """A file being read: its rows in order, checked; what is known of it before and after.

    ``promised`` is the number of words that the file announces, None where it does not. ``room`` is an upper bound of it that
    the size of the file allows, so that no file can ask for more memory than it could fill. ``whole`` is the table itself where
    it is in memory, or mapped, already.
    """

    path: Path
    format: str
    source: Source
    reading: Reading = field(default_factory=Reading)
    promised: int | None = None
    room: int | None = None
    all_counts: Counts | None = None
    subwords: Subwords | None = None
    facts: Mapping[str, object] = field(default_factory=dict)
    whole: WordVectors | None = None
    _seen: dict[str, int] = field(default_factory=dict)
    _dropped: list[int] = field(default_factory=list)
    _row: int = 0

    @property
    def dimensions(self) -> int:
        """Numbers in a vector."""
        return self.source.dimensions

    @property
    def dropped(self) -> int:
        """How many rows were left out, so far, because their word had come before."""
        return len(self._dropped)

    @property
    def exact(self) -> int | None:
        """The number of words that will come, where it is certain."""
        return self.promised if self.reading == Reading() else None

    def fill(self, out: Floats) -> list[str]:
        """Put the next rows into ``out`` and give their words; none at the end only.

        Raises:
            InputError: the file is not what it seemed to be; the sentence names the word and its place.
        """
        words: list[str] = []
        while not words:
            try:
                found = self.source.fill(out)
            except (EOFError, gzip.BadGzipFile, zlib.error) as error:
                raise InputError(
                    f"{self.path}: the compressed file is cut short or damaged ({error}), after word {self._row:,}; copy it anew"
                ) from None
            except OSError as error:
                reason = (error.strerror or str(error)).lower()
                raise InputError(f"{self.path} cannot be read ({reason}); check it") from None
            if not found:
                return []
            self._check_numbers(found, out)
            words = self._distinct(found, out)
        return words

    def blocks(
        self, *, limit: int | None = None, normalize: bool = False
    ) -> Iterator[tuple[list[str], Floats]]:
        """The rows in blocks, words and float32 (n, dim), the array used again for each; at most ``limit`` rows in all.

        ``normalize`` divides each by its length; a row of zeros stays.
        """
        size = max(1, BLOCK_BYTES // (4 * self.dimensions))
        out = np.empty((size, self.dimensions), dtype=np.float32)
        left = limit
        while left is None or left > 0:
            words = self.fill(out if left is None else out[:left])
            if not words:
                return
            rows = out[: len(words)]
            if normalize:
                lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows, dtype=np.float64))
                lengths[lengths == 0] = 1
                rows /= lengths[:, None].astype(np.float32)
            left = None if left is None else left - len(words)
            yield words, rows

    def counts(self, words: int) -> Counts | None:
        """The counts of the first ``words`` rows that were given, int64; None where the file has none."""
        if self.all_counts is None or not self._dropped:
            return None if self.all_counts is None else self.all_counts[:words]
        return np.delete(self.all_counts, self._dropped)[:words]

    def _check_numbers(self, words: list[str], out: Floats) -> None:
        rows = out[: len(words)]
        if np.isfinite(rows).all():
            return
        row = int(np.flatnonzero(~np.isfinite(rows).all(axis=1))[0])
        raise not_finite(self.path, self.source.place(self._row + row), words[row], rows[row])

    def _distinct(self, words: list[str], out: Floats) -> list[str]:
        first = self._row
        self._row += len(words)
        seen, before = self._seen, len(self._seen)
        if self.reading.duplicates == "refuse" or seen.keys().isdisjoint(words):
            seen.update(zip(words, range(first, self._row), strict=True))
            if len(seen) == before + len(words):
                return words
            if self.reading.duplicates == "refuse":
                raise self._twice(words, first)
            for word in words:
                seen.pop(word, None)
        keep = []
        for number, word in enumerate(words):
            if word not in seen:
                seen[word] = first + number
                keep.append(number)
            else:
                self._dropped.append(first + number)
        out[: len(keep)] = out[keep]
        return [words[number] for number in keep]

    def _twice(self, words: list[str], first: int) -> InputError:
        """The sentence for a block with a word that came before, within it or before it."""
        # Its row is overwritten by now, but a dict keeps the order in which its words came first.
        rows = {word: row for row, word in enumerate(itertools.islice(self._seen, first))}
        for number, word in enumerate(words):
            if word in rows:
                return InputError(
                    f"{self.path}: the word {shown(word)} stands twice, at {self.source.place(rows[word])} and at "
                    f"{self.source.place(first + number)}; keep the first with: nlpwb words convert --duplicates first"
                )
            rows[word] = first + number
        raise AssertionError("no word comes twice, and yet they are fewer than rows")


def collect(rows: Rows, *, limit: int | None = None) -> WordVectors:
    """The whole table of a file, read once into one array."""
    room = rows.room if rows.room is not None else 1 << 12
    if limit is not None:
        room = min(room, limit)
    step = max(1, BLOCK_BYTES // (4 * rows.dimensions))
    table = np.empty((max(room, 1), rows.dimensions), dtype=np.float32)
    words: list[str] = []
    with _pages(table) as wait_for:
        while limit is None or len(words) < limit:
            if len(words) == len(table):
                # The end must be seen, and a file without a header does not say how far it is.
                spare = np.empty((1, rows.dimensions), dtype=np.float32)
                found = rows.fill(spare)
                if not found:
                    break
                table.resize((len(table) + len(table) // 2 + 1, rows.dimensions), refcheck=False)
                table[len(words)] = spare[0]
            else:
                end = min(len(words) + step, len(table))
                wait_for(end)
                found = rows.fill(table[len(words) : end])
                if not found:
                    break
            words += found
    if len(words) < len(table):
        table.resize((len(words), rows.dimensions), refcheck=False)
    return WordVectors(
        words=words,
        vectors=table,
        counts=rows.counts(len(words)),
        subwords=rows.subwords,
        facts=rows.facts,
    )


@contextlib.contextmanager
def _pages(table: Floats) -> Iterator[Callable[[int], None]]:
    """Has the system find memory for a large table while its first rows are read: up to a third of the time of a binary file.

    A thread writes a zero into every page, part by part. Rows may be written where it has been: what is given waits until it has
    passed a row.
    """
    from concurrent.futures import ThreadPoolExecutor

    size = max(1, _PART // (4 * table.shape[1]))
    starts = range(0, len(table), size) if table.nbytes >= _LARGE else ()
    with ThreadPoolExecutor(1) as helper:
        parts = collections.deque(
            helper.submit(_touch, table[start : start + size].reshape(-1)) for start in starts
        )
        reached = 0

        def wait_for(end: int) -> None:
            nonlocal reached
            while parts and reached < end:
                parts.popleft().result()
                reached += size

        try:
            yield wait_for
        finally:
            for part in parts:
                part.cancel()


def _touch(part: Floats) -> None:
    part[::_PAGE] = 0


class TableRows:
    """The rows of a table that is in memory, or mapped."""

    def __init__(self, vectors: WordVectors) -> None:
        self.vectors = vectors
        self.dimensions = vectors.dimensions
        self.broken = 0
        self._row = 0

    def place(self, row: int) -> str:
        """Its number among the words."""
        return f"word {row + 1:,}"

    def fill(self, out: Floats) -> list[str]:
        """A slice."""
        words = list(self.vectors.words[self._row : self._row + len(out)])
        out[: len(words)] = self.vectors.vectors[self._row : self._row + len(words)]
        self._row += len(words)
        return words


def table_rows(vectors: WordVectors, *, path: Path, format: str) -> Rows:
    """A table as rows, so that what is written does not ask where it comes from."""
    size = len(vectors)
    return Rows(
        path=path,
        format=format,
        source=TableRows(vectors),
        promised=size,
        room=size,
        all_counts=vectors.counts,
        subwords=vectors.subwords,
        facts=vectors.facts,
        whole=vectors,
    )
