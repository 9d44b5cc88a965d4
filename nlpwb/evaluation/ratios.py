"""Metrics that are functions of sums over units: bits per byte, perplexity, BLEU. Their intervals, and tests between methods.

A method is judged by ``figure(sum of its units)``. Under another test set the units would be others: bootstrap copies are sums
of units that were drawn (Koehn 2004, "Statistical significance tests for machine translation evaluation"), in blocks of
neighbours where the units are stretches of a running text (:mod:`nlpwb.evaluation.dependence`). Between two methods,
approximate randomisation (Riezler & Maxwell 2005, "On some pitfalls in automatic evaluation and significance testing for MT"): a
coin is tossed for every unit, or block of neighbours, for which method its two results belong to.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import nan, sqrt

import numpy as np
from scipy import special

from nlpwb.evaluation.dependence import block_copies, block_length, joined
from nlpwb.evaluation.intervals import CONFIDENCE, REPLICATES
from nlpwb.evaluation.metrics import Floats
from nlpwb.evaluation.permutation import coin_sums
from nlpwb.evaluation.significance import PERMUTATIONS, PERMUTATIONS_PER_PAIR, Pair, holm

Figure = Callable[[Floats], Floats]
"""Sums (..., K) to figures (...)."""


@dataclass(frozen=True)
class Estimate:
    """A figure with its interval; ``block`` neighbours were kept together. The ends are NaN for a single unit."""

    value: float
    low: float
    high: float
    block: int = 1


def ratio(sums: Floats) -> Floats:
    """The figure of sums (..., 2): the first over the second."""
    found: Floats = sums[..., 0] / sums[..., 1]
    return found


def interval_of_ratio(
    numerator: Floats,
    denominator: Floats,
    *,
    seed: int,
    confidence: float = CONFIDENCE,
    replicates: int = REPLICATES,
) -> Estimate:
    """sum(numerator) / sum(denominator) over units (m,) of a running text, with its interval: :func:`interval_of`."""
    units = np.stack([numerator, denominator], axis=-1).astype(np.float64)
    return interval_of(
        units[None], ratio, running=True, seed=seed, confidence=confidence, replicates=replicates
    )


def interval_of(
    units: Floats,
    figure: Figure,
    *,
    running: bool,
    seed: int,
    confidence: float = CONFIDENCE,
    replicates: int = REPLICATES,
) -> Estimate:
    """The mean over S trainings of ``figure`` of their summed units, units (S, n, K), with its interval.

    ``running``: units depend on their neighbours. The interval is Student's, from the deviation of the copies and with as many
    degrees of freedom as there are blocks, less one.
    """
    n = units.shape[1]
    value = float(_value(units.sum(axis=1), figure))
    if n < 2:
        return Estimate(value, nan, nan)
    block = block_length(n) if running else 1
    copies = _value(_copies(units, block, replicates, seed), figure)
    half = _half(copies, n / block, confidence)
    return Estimate(value, value - half, value + half, block)


def compare_figures(
    methods: Sequence[Floats],
    figure: Figure,
    *,
    running: bool,
    seed: int,
    confidence: float = CONFIDENCE,
    replicates: int = REPLICATES,
    permutations: int | None = None,
) -> list[Pair]:
    """All pairs of methods, each of units (S, n, K), by ``figure``; Holm over all of them.

    But for ``p_holm``, no figure depends on which other methods take part (below 100 pairs). With a single unit nothing can be
    told: p is 1, and the ends are NaN.
    """
    pairs = list(combinations(range(len(methods)), 2))
    tosses = permutations or max(PERMUTATIONS, PERMUTATIONS_PER_PAIR * len(pairs))
    found = []
    for i, j in pairs:
        a, b = methods[i], methods[j]
        assert a.shape == b.shape, "methods were asked different units"
        n = a.shape[1]
        delta = float(_value(a.sum(axis=1), figure) - _value(b.sum(axis=1), figure))
        if n < 2:
            found.append((i, j, delta, nan, nan, 1.0))
            continue
        block = block_length(n) if running else 1
        both = _copies(np.concatenate([a, b]), block, replicates, seed)
        copies = _value(both[:, : len(a)], figure) - _value(both[:, len(a) :], figure)
        half = _half(copies, n / block, confidence)
        p = _swap_p(a, b, figure, running=running, replicates=tosses, seed=seed)
        found.append((i, j, delta, delta - half, delta + half, p))
    adjusted = holm([row[5] for row in found])
    return [Pair(*row, float(p)) for row, p in zip(found, adjusted, strict=True)]


def _value(sums: Floats, figure: Figure) -> Floats:
    """The mean over trainings of the figure of sums (..., S, K)."""
    found: Floats = figure(sums).mean(axis=-1)
    return found


def _copies(units: Floats, block: int, replicates: int, seed: int) -> Floats:
    """Sums (B, S, K) of units (S, n, K) on the same copies for all S."""
    S, n, K = units.shape
    side_by_side = np.ascontiguousarray(units.transpose(1, 0, 2)).reshape(n, S * K)
    found = block_copies(side_by_side, length=block, replicates=replicates, seed=seed)
    return found.reshape(replicates, S, K)


def _half(copies: Floats, blocks: float, confidence: float) -> float:
    """Half the width of the interval; what copies vary too little, because blocks stand around their own mean, is put back."""
    freedom = max(1.0, blocks - 1)
    error = float(copies.std(ddof=1)) * sqrt((freedom + 1) / freedom)
    return float(special.stdtrit(freedom, (1 + confidence) / 2)) * error


def _swap_p(
    a: Floats, b: Floats, figure: Figure, *, running: bool, replicates: int, seed: int
) -> float:
    """Two-sided p of units (S, n, K): (1 + hits) / (1 + replicates); a hit is a toss that reaches the observed difference."""
    S, n, K = a.shape
    d = (a - b).transpose(1, 0, 2).reshape(n, S * K)
    if running:
        d = joined(d)
    sum_a, sum_b = a.sum(axis=1), b.sum(axis=1)
    observed = abs(float(_value(sum_a, figure) - _value(sum_b, figure)))
    # the swap of all units gives the same difference but for rounding: a tie is a hit
    reached = observed * (1 - 1e-9) - 1e-12
    hits = 0
    coins = np.ones(len(d), dtype=np.int64)
    for swapped in coin_sums(coins, d, replicates, rng=np.random.default_rng(seed)):
        moved = swapped.reshape(-1, S, K)
        differences = _value(sum_a - moved, figure) - _value(sum_b + moved, figure)
        hits += int(np.count_nonzero(np.abs(differences) >= reached))
    return (1 + hits) / (1 + replicates)
