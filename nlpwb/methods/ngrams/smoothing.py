"""Modified Kneser-Ney discounts, and what they leave for shorter n-grams (Chen & Goodman 1998, section 3)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlpwb.methods.ngrams.counts import Integers, Level

FALLBACK = (0.5, 1.0, 1.5)
"""Discounts where the counts of counts say nothing."""
LEAST = 1e-9
"""Below this a discount is rounding's word for none."""


def discounts(tally: NDArray[np.int64]) -> NDArray[np.float64]:
    """What is taken from a count of 0, 1, 2 and of 3 or more, float64 (4,); the first is 0.

    With n_k n-grams of count k and Y = n_1 / (n_1 + 2 n_2): D_k = k - (k + 1) Y n_{k+1} / n_k (Chen & Goodman 1998, equation
    26). Where one of the n_k is 0 (tiny corpora, single characters), or a discount would not be above 0, all three
    are FALLBACK: where nothing is taken, nothing is left for what was never seen.

    Args:
        tally: n_1 to n_4, int64 (4,).

    >>> discounts(np.array([4, 2, 1, 1])).tolist()
    [0.0, 0.5, 1.25, 1.0]
    """
    if not tally.all():
        return np.array([0.0, *FALLBACK])
    n = tally.astype(np.float64)
    k = np.arange(1, 4)
    found = k - (k + 1) * n[0] / (n[0] + 2 * n[1]) * n[1:] / n[:3]
    # they are below k by their form
    return np.array([0.0, *(FALLBACK if (found < LEAST).any() else found)])


def discounted(counts: Integers, taken: NDArray[np.float64]) -> NDArray[np.float64]:
    """Counts less their discounts, float64 (m,)."""
    return counts - taken[np.minimum(counts, 3)]


def unigram_distribution(
    counts: NDArray[np.int64], taken: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The shortest n-grams, interpolated with the uniform distribution, float64 (V,): no token is impossible."""
    left = discounted(counts, taken)
    total = counts.sum()
    found: NDArray[Any] = left / total + (total - left.sum()) / total / len(counts)
    return found


def backoffs(level: Level, taken: NDArray[np.float64]) -> NDArray[np.float32]:
    """The share of a context's probability that shorter contexts deal out, float32 (m below,); 1 for what is no context.

    It is one less what the discounted n-grams have, so pruned ones are in it.
    """
    begins = level.starts[:-1]
    some = level.starts[1:] > begins
    mass = np.zeros(len(begins))
    if some.any():
        mass[some] = np.add.reduceat(discounted(level.counts, taken), begins[some])
    found = np.ones(len(begins), dtype=np.float32)
    np.subtract(1, mass / np.maximum(level.totals, 1), out=found, casting="same_kind")
    return found
