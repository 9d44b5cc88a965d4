"""Tables whose groups, rotations and moved words are planted, so that one knows what must be found."""

from __future__ import annotations

import numpy as np

from nlpwb.vectors.table import WordVectors

GROUPS = ("fruit", "city", "tool")


def grouped_table(
    *, size: int = 12, dim: int = 16, noise: float = 0.25, seed: int = 0, counts: bool = True
) -> WordVectors:
    """Three groups of ``size`` words around directions at right angles: fruit0, city0, tool0, fruit1, … by falling count."""
    rng = np.random.default_rng(seed)
    words, rows = [], []
    for number in range(size):
        for group, name in enumerate(GROUPS):
            words.append(f"{name}{number}")
            rows.append(np.eye(dim)[group] + noise * rng.normal(size=dim) / np.sqrt(dim))
    n = len(words)
    held = np.array([1000 // (place + 1) + 1 for place in range(n)], dtype=np.int64)
    return WordVectors(words, np.array(rows, dtype=np.float32), held if counts else None)


def turned(table: WordVectors, *, seed: int = 1, factor: float = 1.0) -> WordVectors:
    """The same table in another rotation, and stretched."""
    dim = table.dimensions
    rotation = np.linalg.qr(np.random.default_rng(seed).normal(size=(dim, dim)))[0]
    rows = (factor * table.vectors @ rotation).astype(np.float32)
    return WordVectors(list(table.words), rows, table.counts)


def with_rows(table: WordVectors, rows: dict[str, str]) -> WordVectors:
    """The table in which some words have the vectors of others."""
    vectors = np.array(table.vectors)
    for word, other in rows.items():
        vectors[table.numbers[word]] = table.vectors[table.numbers[other]]
    return WordVectors(list(table.words), vectors, table.counts)
