"""Random numbers that belong to a place in a text: who is written beside it, or how, does not change them.

The number is a hash, the output function of SplitMix64 (Steele, Lea & Flood 2014, figure 16) applied to a seed, the prompt, the
sample and the place, one after the other.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def row_keys(seed: int, rows: Sequence[tuple[int, int]]) -> NDArray[np.uint64]:
    """A key for each row, uint64 (B,); a row is the number of its prompt and of its sample."""
    numbers = np.array(rows, dtype=np.uint64).reshape(-1, 2)
    start = _mixed(np.full(len(numbers), seed, dtype=np.uint64))
    return _mixed(_mixed(start + numbers[:, 0]) + numbers[:, 1])


def uniforms(keys: NDArray[np.uint64], places: NDArray[np.int64]) -> NDArray[np.float64]:
    """A number in [0, 1) for each row at its place, float64 (B,)."""
    bits = _mixed(keys + places.astype(np.uint64)) >> np.uint64(11)
    return bits.astype(np.float64) * 2.0**-53


def _mixed(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Arithmetic of 64 bits, in which an overflow is meant."""
    found = (state + np.uint64(1)) * _GOLDEN
    found = (found ^ (found >> np.uint64(30))) * _FIRST
    found = (found ^ (found >> np.uint64(27))) * _SECOND
    return found ^ (found >> np.uint64(31))
