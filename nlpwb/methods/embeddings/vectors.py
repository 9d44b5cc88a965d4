"""Word vectors: a table of words, their counts and their vectors, with subword slots where the method has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Subwords:
    """fastText's slots: ``table`` float32 (buckets, dim); character n-grams of ``shortest`` to ``longest``."""

    table: Floats
    shortest: int
    longest: int

    def vector(self, word: str) -> Floats | None:
        """The mean of the slots of a word's n-grams, float32 (dim,); None for a word that has none."""
        hashes = [
            fnv1a(gram) % len(self.table) for gram in ngrams(word, self.shortest, self.longest)
        ]
        if not hashes:
            return None
        return np.asarray(self.table[hashes].mean(axis=0), dtype=np.float32)


@dataclass(frozen=True)
class WordVectors:
    """``words`` by falling count, ``counts`` int64 (V,), ``vectors`` float32 (V, dim), perhaps ``subwords``."""

    words: Sequence[str]
    counts: NDArray[np.int64]
    vectors: Floats
    subwords: Subwords | None = None

    @property
    def dimensions(self) -> int:
        """Numbers in a vector."""
        return int(self.vectors.shape[1])


def ngrams(word: str, shortest: int, longest: int) -> list[str]:
    """The character n-grams of ``<word>``; a mark of begin or end alone is none (Bojanowski et al. 2017, section 3.2).

    >>> ngrams("ab", 2, 3)
    ['<a', '<ab', 'ab', 'ab>', 'b>']
    """
    marked = f"<{word}>"
    return [
        marked[start : start + n]
        for start in range(len(marked))
        for n in range(shortest, longest + 1)
        if start + n <= len(marked) and not (n == 1 and start in (0, len(marked) - 1))
    ]


def fnv1a(text: str) -> int:
    """FNV-1a, 32 bits, over UTF-8 bytes taken as signed: the hash of fastText's dictionary."""
    value = 2166136261
    for byte in text.encode("utf-8", "surrogatepass"):
        signed = byte | 0xFFFFFF00 if byte > 127 else byte
        value = ((value ^ signed) * 16777619) & 0xFFFFFFFF
    return value
