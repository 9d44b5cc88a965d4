"""The shape of a table of word vectors: does it fill its space evenly, and do some words stand near everything?

Both are known to matter for nearest neighbours, and neither says by itself that vectors are good or bad.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nlpwb.vectors.similarity import unit_rows
from nlpwb.vectors.table import Floats, WordVectors

WORDS = 10_000
NEIGHBORS = 10
_SCORES = 1 << 22  # cosines in a block: 16 MB


@dataclass(frozen=True)
class Geometry:
    """Figures of the first ``words`` words that have a vector other than zero; what cannot be told of so few is None.

    ``hub`` is the word that is among the nearest ``neighbors`` of most others, and ``hub_count`` of how many.
    """

    words: int
    neighbors: int
    isotropy: float | None
    mean_cosine: float | None
    hubness: float | None
    antihubs: float | None
    hub: str | None
    hub_count: int | None


def geometry(vectors: WordVectors, *, words: int = WORDS, neighbors: int = NEIGHBORS) -> Geometry:
    """The figures of the first ``words`` words of the table: the most frequent ones, where it is in that order."""
    table = np.asarray(vectors.vectors[:words], dtype=np.float32)
    rows = np.flatnonzero(np.abs(table).max(axis=1, initial=0) > 0)
    table = table[rows]
    n = len(table)
    if n < 2:
        return Geometry(n, neighbors, None, None, None, None, None, None)
    units = unit_rows(table)
    if n <= neighbors:
        return Geometry(n, neighbors, isotropy(table), mean_cosine(units), None, None, None, None)
    counts = occurrences(units, neighbors)
    most = int(counts.argmax())
    return Geometry(
        words=n,
        neighbors=neighbors,
        isotropy=isotropy(table),
        mean_cosine=mean_cosine(units),
        hubness=skewness(counts),
        antihubs=float(np.mean(counts == 0)),
        hub=vectors.words[int(rows[most])],
        hub_count=int(counts[most]),
    )


def isotropy(table: Floats) -> float:
    """I = min Z(c) / max Z(c) over unit vectors c, with Z(c) = sum over words of exp(c . v); table (n, dim) -> 0 to 1.

    1 if no direction is preferred (Mu & Viswanath 2018, ICLR). As there, c runs over the eigenvectors of V'V, for want of a
    closed form over the sphere; here over both signs of each, since an eigenvector has none. It depends on the vectors' lengths
    as well as on their directions.
    """
    V = np.asarray(table, dtype=np.float64)
    _, directions = np.linalg.eigh(V.T @ V)
    along = V @ directions
    logs = np.concatenate([_log_sum_exp(along), _log_sum_exp(-along)])
    return float(np.exp(logs.min() - logs.max()))


def mean_cosine(units: Floats) -> float:
    """The mean cosine of two different words, units (n, dim) of length 1: (|sum of u|^2 - n) / (n (n - 1)), no sample needed.

    0 where directions cancel out; the mean cosine of random pairs by which Ethayarajh 2019 (EMNLP) measures how far
    vectors crowd into a cone.
    """
    n = len(units)
    total = units.sum(axis=0, dtype=np.float64)
    return float((total @ total - n) / (n * (n - 1)))


def occurrences(units: Floats, k: int) -> NDArray[np.int64]:
    """N_k (n,): among the k nearest neighbours, by cosine, of how many other words each word is; units (n, dim)."""
    n = len(units)
    assert n > k, (n, k)
    counts = np.zeros(n, dtype=np.int64)
    step = max(1, _SCORES // n)
    for start in range(0, n, step):
        cosines = units[start : start + step] @ units.T
        own = np.arange(start, start + len(cosines))
        cosines[own - start, own] = -np.inf
        nearest = np.argpartition(cosines, n - k, axis=1)[:, n - k :]
        counts += np.bincount(nearest.ravel(), minlength=n)
    return counts


def skewness(counts: NDArray[np.int64]) -> float:
    """S = E[(N - mean)^3] / sd^3 of occurrences N_k (n,): Radovanovic, Nanopoulos & Ivanovic 2010 (JMLR 11:2487).

    0 where every word is as often a neighbour as any other, large where a few hubs are neighbours of everything.
    """
    centred = counts - counts.mean()
    variance = float(np.mean(centred**2))
    return float(np.mean(centred**3)) / variance**1.5 if variance > 0 else 0.0


def _log_sum_exp(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """log of the sum of exp over axis 0, (n, m) -> (m,), where exp alone would overflow."""
    top = x.max(axis=0)
    total: NDArray[np.float64] = top + np.log(np.exp(x - top).sum(axis=0))
    return total
