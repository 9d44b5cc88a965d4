"""The formulas of word-vector training, one a function, apart from the kernels that spend the time.

Sources: Mikolov et al. (2013a), arXiv:1301.3781; Mikolov et al. (2013b), arXiv:1310.4546; word2vec.c for what the papers
leave out.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

RANDOM_BITS = 31
"""The kernels' generator gives this many bits; probabilities are thresholds below 2**31."""


def keep_probability(counts: Counts, sample: float) -> Floats:
    """How likely an occurrence of each word stays, (V,): ``sqrt(t / f) + t / f``, at most 1; all 1 for ``sample`` 0.

    ``f`` is the word's share of all words, ``t`` is ``sample``. This is word2vec.c's form of the subsampling of Mikolov et al.
    (2013b), section 2.3, whose paper leaves the second term out.
    """
    if sample == 0:
        return np.ones(len(counts))
    share = counts / counts.sum()
    return np.asarray(np.minimum(1.0, np.sqrt(sample / share) + sample / share))


def noise_distribution(counts: Counts, power: float = 0.75) -> Floats:
    """The chance of each word to be drawn as noise, (V,): its count to the power 3/4, scaled to sum 1 (2013b, section 2.2)."""
    raised = counts.astype(np.float64) ** power
    return np.asarray(raised / raised.sum())


def alias_table(probabilities: Floats) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Walker's alias method in Vose's form (1991): two numbers draw from any distribution.

    Returns thresholds int64 (V,), scaled to 2**31, and aliases int32 (V,): a uniform place keeps itself when a second uniform
    number is below its threshold, and gives its alias otherwise.
    """
    size = len(probabilities)
    scaled = probabilities * size
    threshold = np.ones(size)
    alias = np.arange(size, dtype=np.int32)
    small = np.flatnonzero(scaled < 1).tolist()
    large = np.flatnonzero(scaled >= 1).tolist()
    while small and large:
        low, high = small.pop(), large[-1]
        threshold[low] = scaled[low]
        alias[low] = high
        scaled[high] -= 1.0 - scaled[low]
        if scaled[high] < 1:
            small.append(large.pop())
    return as_threshold(threshold), alias


def as_threshold(probability: Floats) -> NDArray[np.int64]:
    """Probabilities as numbers that a random integer of 31 bits is compared with."""
    return np.asarray(np.round(probability * 2.0**RANDOM_BITS), dtype=np.int64)


def learning_rate(start: float, end: float, progress: float) -> float:
    """The step size after a share ``progress`` (0 to 1) of all words: a straight line, never below ``end`` (2013a, 4.2)."""
    return max(end, start - (start - end) * progress)


@dataclass(frozen=True)
class HuffmanTree:
    """The path to every word w: inner nodes ``points`` int32 and turns ``codes`` int8 at ``offsets[w]:offsets[w + 1]``."""

    offsets: NDArray[np.int64]
    points: NDArray[np.int32]
    codes: NDArray[np.int8]


def huffman_tree(counts: Counts) -> HuffmanTree:
    """The binary Huffman tree over words for hierarchical softmax (2013b, section 2.1); V - 1 inner nodes, the root last made.

    Paths run from the root to the word; inner node n has row n of the output table.
    """
    size = len(counts)
    heap: list[tuple[int, int]] = [(int(count), word) for word, count in enumerate(counts)]
    heapq.heapify(heap)
    parent = np.full(2 * size - 1, -1, dtype=np.int64)
    turn = np.zeros(2 * size - 1, dtype=np.int8)
    for node in range(size, 2 * size - 1):
        first, second = heapq.heappop(heap), heapq.heappop(heap)
        parent[first[1]] = parent[second[1]] = node
        turn[second[1]] = 1
        heapq.heappush(heap, (first[0] + second[0], node))
    paths: list[list[int]] = []
    turns: list[list[int]] = []
    for word in range(size):
        path: list[int] = []
        codes: list[int] = []
        node = word
        while parent[node] >= 0:
            codes.append(int(turn[node]))
            node = int(parent[node])
            path.append(node - size)
        paths.append(path[::-1])
        turns.append(codes[::-1])
    lengths = [len(path) for path in paths]
    return HuffmanTree(
        offsets=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        points=np.array([node for path in paths for node in path], dtype=np.int32),
        codes=np.array([code for codes in turns for code in codes], dtype=np.int8),
    )
