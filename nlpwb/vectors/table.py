"""Word vectors: a table of words and their vectors, with counts and subword slots where they are known."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nlpwb.vectors.ngrams import fnv1a, ngrams

Floats = NDArray[np.float32]
Counts = NDArray[np.int64]
BLOCK = 1 << 14
"""Rows that are worked on at a time where the whole table would be too much."""


def lengths(rows: Floats) -> Floats:
    """The length of each row (n, dim), float32 (n,).

    Added up in float64: in float32 the squares of numbers beyond 1e19 are infinite, and those below 1e-23 are zero.
    """
    squares = np.einsum("ij,ij->i", rows, rows, dtype=np.float64)
    with np.errstate(over="ignore"):
        return np.asarray(np.sqrt(squares), dtype=np.float32)


@dataclass(frozen=True, eq=False)
class Subwords:
    """fastText's slots: ``table`` float32 (buckets, dim); character n-grams of ``shortest`` to ``longest``.

    ``rows`` maps a bucket to its row where the table keeps only some of them (a pruned model); None for all.
    """

    table: Floats
    shortest: int
    longest: int
    rows: Mapping[int, int] | None = None
    buckets: int | None = None

    def numbers(self, word: str) -> list[int]:
        """The rows of a word's n-grams."""
        size = self.buckets or len(self.table)
        hashes = [fnv1a(gram) % size for gram in ngrams(word, self.shortest, self.longest)]
        if self.rows is None:
            return hashes
        return [self.rows[bucket] for bucket in hashes if bucket in self.rows]

    def vector(self, word: str) -> Floats | None:
        """The mean of the slots of a word's n-grams, float32 (dim,); None for a word that has none."""
        rows = self.numbers(word)
        if not rows:
            return None
        return np.asarray(self.table[rows].mean(axis=0), dtype=np.float32)


@dataclass(frozen=True, eq=False)
class WordVectors:
    """``words``, by falling count where one is known; ``vectors`` float32 (V, dim), perhaps mapped from a file.

    ``counts`` int64 (V,) are None where a file does not tell them. ``facts`` says where the table comes from: the method and
    its options, corpus, seed; of a file its format. ``lowercase`` tells whether the words were folded into lower case.
    """

    words: Sequence[str]
    vectors: Floats
    counts: Counts | None = None
    subwords: Subwords | None = None
    known_norms: Floats | None = None
    facts: Mapping[str, object] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.words)

    @property
    def dimensions(self) -> int:
        """Numbers in a vector."""
        return int(self.vectors.shape[1])

    @functools.cached_property
    def numbers(self) -> dict[str, int]:
        """The row of each word."""
        return dict(zip(self.words, range(len(self.words)), strict=True))

    @functools.cached_property
    def norms(self) -> Floats:
        """The length of every vector, float32 (V,)."""
        if self.known_norms is not None:
            return self.known_norms
        norms = np.empty(len(self.vectors), dtype=np.float32)
        for start in range(0, len(norms), BLOCK):
            norms[start : start + BLOCK] = lengths(self.vectors[start : start + BLOCK])
        return norms

    def vector(self, word: str) -> Floats | None:
        """A word's vector, float32 (dim,): its row, else the mean of its n-grams where there are any, else None."""
        number = self.numbers.get(word)
        if number is not None:
            return np.asarray(self.vectors[number], dtype=np.float32)
        return self.subwords.vector(word) if self.subwords is not None else None
