"""How often words stand near each other: the counts under GloVe and PPMI, in memory that follows the distinct pairs.

Pairs of frequent words are added up in a table with a place for each (their numbers are small, so the product of two tells
which; Pennington et al. do the same). The others are packed into 64-bit integers, sorted a buffer at a time, added up and
merged. A count stands once for both orders of its pair.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nlpwb.errors import MethodError
from nlpwb.methods.embeddings.encoding import EncodedCorpus
from nlpwb.methods.embeddings.kernels.shared import kernel

if TYPE_CHECKING:
    import scipy.sparse as sp

Weights = NDArray[np.float64]
Keys = NDArray[np.uint64]
Values = NDArray[np.float32]

WORD_BITS = 25
DISTANCE_BITS = 14
"""Two words and their distance fill a key of 64 bits."""
MOST_WORDS = 1 << WORD_BITS

_PRODUCT = 2_000_000  # a pair whose places in the vocabulary multiply to less has a place in the table: 120 MB at most
_BUFFER = 1 << 24  # keys that are sorted at a time: 130 MB


def harmonic(window: int) -> Weights:
    """A word at distance k counts 1/k (Pennington et al. 2014, section 4.2); float64 (window + 1,), by distance."""
    return np.concatenate([[0.0], 1.0 / np.arange(1, window + 1)])


def flat(window: int) -> Weights:
    """Every word of the window counts 1."""
    return np.concatenate([[0.0], np.ones(window)])


def linear(window: int) -> Weights:
    """(window - k + 1) / window: what word2vec's window of random width expects (Levy et al. 2015, section 3.1)."""
    return np.concatenate([[0.0], np.arange(window, 0, -1) / window])


@dataclass(frozen=True, eq=False)
class Cooccurrences:
    """Weighted counts of pairs, ``rows`` <= ``columns`` int32, ``values`` float32, all (n,), by row and then column.

    A value stands for both orders of its pair: ``X[i, j] = X[j, i]``. A word beside itself counts twice, once in each order.
    """

    words: int
    rows: NDArray[np.int32]
    columns: NDArray[np.int32]
    values: Values

    def __len__(self) -> int:
        return len(self.values)

    def sums(self) -> NDArray[np.float64]:
        """The sum of each word's row of the symmetric matrix, float64 (V,)."""
        sums: NDArray[np.float64] = np.bincount(self.rows, self.values, self.words).astype(
            np.float64
        )
        apart = self.rows != self.columns
        sums += np.bincount(self.columns[apart], self.values[apart], self.words)
        return sums

    def matrix(self) -> sp.csr_matrix:
        """The symmetric matrix, CSR float32 (V, V)."""
        import scipy.sparse as sp

        shape = (self.words, self.words)
        half = sp.csr_matrix((self.values, (self.rows, self.columns)), shape=shape)
        return (half + sp.triu(half, 1).T).tocsr()


def cooccurrences(corpus: EncodedCorpus, weights: Weights) -> Cooccurrences:
    """Count all pairs of words of a sentence that are at most ``len(weights) - 1`` apart, weighted by their distance.

    Raises:
        MethodError: the vocabulary is larger than a key can name.
    """
    size, window = len(corpus.words), len(weights) - 1
    if size > MOST_WORDS:
        raise MethodError(
            f"co-occurrences of {size:,} words are more than can be counted ({MOST_WORDS:,}); "
            "raise min_count"
        )
    assert 1 <= window < 1 << DISTANCE_BITS
    limits = _dense_limits(size)
    starts = np.concatenate([[0], np.cumsum(limits - np.arange(size))]).astype(np.int64)
    dense = np.zeros(int(starts[-1]), dtype=np.float64)
    buffer = np.empty(max(_BUFFER, 2 * window), dtype=np.uint64)
    runs: list[tuple[Keys, Values]] = []
    filled = 0
    for block in corpus.blocks():
        at = 0
        while at < len(block):
            at, filled = _count(block, at, weights, limits, starts, dense, buffer, filled)
            if at < len(block):
                _add_run(runs, buffer[:filled], weights)
                filled = 0
    _add_run(runs, buffer[:filled], weights)
    del buffer
    while len(runs) > 1:
        runs.append(_merged(*runs.pop(), *runs.pop()))
    keys, values = runs[0]
    total = int(np.count_nonzero(dense)) + len(keys)
    rows, columns = np.empty(total, dtype=np.int32), np.empty(total, dtype=np.int32)
    counts = np.empty(total, dtype=np.float32)
    _assemble(dense, limits, starts, keys, values, rows, columns, counts)
    return Cooccurrences(size, rows, columns, counts)


def _dense_limits(size: int) -> NDArray[np.int64]:
    """Where the columns of each row leave the table, (V,): column j of row i <= j is in it where ``j < limits[i]``."""
    places = np.arange(size, dtype=np.int64)
    return np.clip(_PRODUCT // (places + 1), places, size)


def _add_run(runs: list[tuple[Keys, Values]], keys: Keys, weights: Weights) -> None:
    """Add up a buffer of keys; runs grow by half at least from one to the one before it, so each pair is merged a few times."""
    keys.sort()
    values = np.empty(len(keys), dtype=np.float32)
    n = _sum_equal(keys, weights, values)
    runs.append((keys[:n].copy(), values[:n].copy()))
    del values
    while len(runs) > 1 and len(runs[-2][0]) < 2 * len(runs[-1][0]):
        runs.append(_merged(*runs.pop(), *runs.pop()))


def _merged(first: Keys, first_values: Values, other: Keys, other_values: Values) -> Any:
    keys = np.empty(len(first) + len(other), dtype=np.uint64)
    values = np.empty(len(keys), dtype=np.float32)
    n = _merge(first, first_values, other, other_values, keys, values)
    return keys[:n].copy(), values[:n].copy()


@kernel(
    "UniTuple(int64, 2)(int32[::1], int64, float64[::1], int64[::1], int64[::1], float64[::1], uint64[::1], int64)",
)
def _count(
    ids: NDArray[np.int32],
    at: int,
    weights: Weights,
    limits: NDArray[np.int64],
    starts: NDArray[np.int64],
    dense: NDArray[np.float64],
    keys: Keys,
    filled: int,
) -> tuple[int, int]:
    """Count from place ``at`` until the block or the room for keys ends; where it stopped, and how many keys there are."""
    window = len(weights) - 1
    word_bits, distance_bits = np.uint64(WORD_BITS), np.uint64(DISTANCE_BITS)
    while at < len(ids) and filled + window <= len(keys):
        word = ids[at]
        if word >= 0:
            for distance in range(1, min(window, at) + 1):
                other = ids[at - distance]
                if other < 0:
                    break
                low, high = min(word, other), max(word, other)
                if high < limits[low]:
                    weight = weights[distance]
                    dense[starts[low] + high - low] += 2 * weight if low == high else weight
                else:
                    pair = (np.uint64(low) << word_bits) | np.uint64(high)
                    keys[filled] = (pair << distance_bits) | np.uint64(distance)
                    filled += 1
        at += 1
    return at, filled


@kernel("int64(uint64[::1], float64[::1], float32[::1])")
def _sum_equal(keys: Keys, weights: Weights, values: Values) -> int:
    """Sorted keys to one key a pair, in place, without its distance, and the sum of its weights; returns how many."""
    mask = np.uint64((1 << DISTANCE_BITS) - 1)
    word_mask = np.uint64((1 << WORD_BITS) - 1)
    n = 0
    place = 0
    while place < len(keys):
        pair = keys[place] >> np.uint64(DISTANCE_BITS)
        total = 0.0
        while place < len(keys) and keys[place] >> np.uint64(DISTANCE_BITS) == pair:
            total += weights[np.int64(keys[place] & mask)]
            place += 1
        if pair >> np.uint64(WORD_BITS) == pair & word_mask:
            total *= 2
        keys[n] = pair
        values[n] = total
        n += 1
    return n


@kernel(
    "int64(uint64[::1], float32[::1], uint64[::1], float32[::1], uint64[::1], float32[::1])",
)
def _merge(
    first: Keys,
    first_values: Values,
    other: Keys,
    other_values: Values,
    keys: Keys,
    values: Values,
) -> int:
    """Two sorted runs to one; returns its length."""
    i = j = n = 0
    while i < len(first) and j < len(other):
        if first[i] < other[j]:
            keys[n], values[n] = first[i], first_values[i]
            i += 1
        elif first[i] > other[j]:
            keys[n], values[n] = other[j], other_values[j]
            j += 1
        else:
            keys[n], values[n] = first[i], first_values[i] + other_values[j]
            i += 1
            j += 1
        n += 1
    while i < len(first):
        keys[n], values[n] = first[i], first_values[i]
        i += 1
        n += 1
    while j < len(other):
        keys[n], values[n] = other[j], other_values[j]
        j += 1
        n += 1
    return n


@kernel(
    "void(float64[::1], int64[::1], int64[::1], uint64[::1], float32[::1], int32[::1], int32[::1], float32[::1])",
)
def _assemble(
    dense: NDArray[np.float64],
    limits: NDArray[np.int64],
    starts: NDArray[np.int64],
    keys: Keys,
    values: Values,
    rows: NDArray[np.int32],
    columns: NDArray[np.int32],
    counts: Values,
) -> None:
    """The pairs of the table and the sorted ones, row by row; in a row those of the table come first, as their columns do."""
    n = sparse = 0
    for row in range(len(limits)):
        for column in range(row, limits[row]):
            count = dense[starts[row] + column - row]
            if count != 0:
                rows[n], columns[n], counts[n] = row, column, count
                n += 1
        while sparse < len(keys) and np.int64(keys[sparse] >> np.uint64(WORD_BITS)) == row:
            rows[n] = row
            columns[n] = np.int64(keys[sparse] & np.uint64((1 << WORD_BITS) - 1))
            counts[n] = values[sparse]
            n += 1
            sparse += 1
