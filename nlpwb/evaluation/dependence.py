"""Units that stand in a row and depend on their neighbours: bootstrap copies made of blocks, and few blocks to toss coins for.

Künsch 1989, "The jackknife and the bootstrap for general stationary observations", Ann. Statist. 17:1217: copies are made of
stretches of neighbours, so that what binds neighbours binds them in the copy too. The row is closed to a ring (Politis &
Romano 1992, "A circular block-resampling procedure for stationary data"), so that every unit is drawn equally often.

Blocks are a sixteenth of the row, whatever the units. A text is bound over sentences, scenes and chapters, and no row is long
enough to tell how far; with a few large blocks inference stays honest where that is not known, at the price of Student's t
with few degrees of freedom (Ibragimov & Müller 2010, "t-statistic based correlation and heterogeneity robust inference", JBES
28:453; for coins Canay, Romano & Shaikh 2017, Econometrica 85:1013).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nlpwb.evaluation.metrics import Floats, Ints
from nlpwb.evaluation.resampling import HELD_AT_ONCE

BLOCKS = 16
"""Blocks of a row: 2^16 ways for their coins to fall, and a quantile of t that is 9 % above the normal one."""


def block_length(units: int) -> int:
    """How many neighbours are kept together: 1 up to 16 units.

    >>> block_length(16), block_length(100)
    (1, 7)
    """
    return -(-units // BLOCKS)


def block_copies(sums: Floats, *, length: int, replicates: int, seed: int) -> Floats:
    """Sums (replicates, K) of copies of units (n, K) that are made of blocks of ``length`` neighbours, n units in each copy.

    The last block is cut where n is no multiple of the length. With length 1 it is the plain bootstrap.
    """
    rng = np.random.default_rng(seed)
    n = len(sums)
    blocks, rest = divmod(n, length)
    whole = _stretches(sums, length)
    drawn = np.concatenate([w @ whole for w in _weights(n, blocks, replicates, rng)])
    if rest:
        drawn += _stretches(sums, rest)[rng.integers(0, n, size=replicates)]
    return drawn


def joined(sums: Floats) -> Floats:
    """Units (n, K) in up to 16 blocks side by side, as long as each other but for one unit: (min(n, 16), K)."""
    n = len(sums)
    edges = np.arange(min(n, BLOCKS)) * n // min(n, BLOCKS)
    found: Floats = np.add.reduceat(sums, edges, axis=0)
    return found


def _stretches(sums: Floats, length: int) -> Floats:
    """The sum of ``length`` neighbours from each unit on, around the ring: (n, K)."""
    if length == 1:
        return sums
    ring = np.concatenate([sums, sums[: length - 1]])
    ends = np.concatenate([np.zeros((1, sums.shape[1])), np.cumsum(ring, axis=0)])
    found: Floats = ends[length:] - ends[:-length]
    return found


def _weights(n: int, draws: int, replicates: int, rng: np.random.Generator) -> Iterator[Floats]:
    """How often each of n starts is drawn in ``draws`` draws, in blocks (b, n) of all replicates."""
    rows = max(1, HELD_AT_ONCE // n)
    for start in range(0, replicates, rows):
        b = min(rows, replicates - start)
        drawn: Ints = rng.integers(0, n, size=(b, draws), dtype=np.int64)
        drawn += np.arange(0, b * n, n)[:, None]
        yield np.bincount(drawn.ravel(), minlength=b * n).reshape(b, n).astype(np.float64)
