"""Units that stand in a row and depend on their neighbours: how long blocks must be, and bootstrap copies made of blocks.

Künsch 1989, "The jackknife and the bootstrap for general stationary observations", Ann. Statist. 17:1217: copies are made of
stretches of neighbours, so that what binds neighbours binds them in the copy too. The row is closed to a ring (Politis &
Romano 1992, "A circular block-resampling procedure for stationary data"), so that every unit is drawn equally often.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, log10, sqrt

import numpy as np

from nlpwb.evaluation.metrics import Floats, Ints
from nlpwb.evaluation.resampling import HELD_AT_ONCE

LEAST_BLOCKS = 8
"""Blocks are never so long that fewer of them stand in the row: a test tosses a coin for each."""


def block_length(values: Floats) -> int:
    """How many neighbours to keep together when the mean of values (n,) is resampled; 1 where nothing binds them.

    Politis & White 2004, "Automatic block-length selection for the dependent bootstrap", Econom. Rev. 23:53, section 3.2,
    with the constants of Patton, Politis & White 2009, Econom. Rev. 28:372: (2 G^2 / D)^(1/3) n^(1/3) with
    D = 4/3 g(0)^2 for the circular bootstrap, rounded up; the sums of autocovariances behind G and g(0) end where the
    autocorrelations do.
    """
    n = len(values)
    most = max(1, min(ceil(3 * sqrt(n)), n // LEAST_BLOCKS))
    centred = values - values.mean()
    spread = float(centred @ centred) / n
    if most == 1 or spread <= 1e-24 * max(1.0, float(np.abs(values).max()) ** 2):
        return 1
    reach = min(n - 1, 2 * (ceil(sqrt(n)) + _quiet_lags(n)))
    covariances = np.array([float(centred[k:] @ centred[: n - k]) / n for k in range(reach + 1)])
    M = min(reach, 2 * _last_lag(covariances / spread, n))
    lags = np.arange(-M, M + 1)
    window = np.clip(2 * (1 - np.abs(lags) / max(1, M)), 0, 1)
    around = covariances[np.abs(lags)]
    G = float((window * np.abs(lags) * around).sum())
    g0 = float((window * around).sum()) if M else spread
    if (
        G <= 0 or g0 <= 0
    ):  # neighbours that repel each other make a copy of single units too careful, not too bold
        return 1
    return int(min(most, ceil((2 * G**2 / (4 / 3 * g0**2)) ** (1 / 3) * n ** (1 / 3))))


def _quiet_lags(n: int) -> int:
    """How many autocorrelations in a row must be small."""
    return max(5, ceil(sqrt(log10(n))))


def _last_lag(correlations: Floats, n: int) -> int:
    """The lag behind which K autocorrelations are within 2 sqrt(log10(n) / n) of 0 (Politis & White, footnote c)."""
    K = _quiet_lags(n)
    small = np.abs(correlations[1:]) < 2 * sqrt(log10(n) / n)
    for lag in range(len(small) - K + 1):
        if small[lag : lag + K].all():
            return lag
    loud = np.flatnonzero(~small)
    return int(loud[-1]) + 1 if len(loud) else 0


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


def joined(sums: Floats, *, length: int) -> Floats:
    """Units (n, K) in blocks of ``length`` neighbours side by side (ceil(n / length), K); the last may be shorter."""
    found: Floats = np.add.reduceat(sums, np.arange(0, len(sums), length), axis=0)
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
