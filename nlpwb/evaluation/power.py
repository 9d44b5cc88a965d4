"""The smallest difference that a test set, or a set of folds, can separate.

A comparison that finds nothing says little until one knows what it could have found.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, sqrt

import numpy as np
from scipy import optimize, special, stats

from nlpwb.evaluation.intervals import check_folds
from nlpwb.evaluation.scoring import Predictions, right_answers

POWER = 0.8
ALPHA = 0.05
TAIL = 1e-10  # numbers of discordant documents less likely than this are left out


def median_discordance(methods: Sequence[Predictions]) -> float:
    """Share of the documents that one method of a pair gets right and the other wrong: the median over the pairs.

    Methods with several seeds count by the mean over their seeds. NaN for fewer than two methods.
    """
    right = np.stack([right_answers(p).mean(axis=0) for p in methods])
    only = right @ (1 - right).T / methods[0].n
    pairs = np.triu_indices(len(methods), 1)
    return float(np.median((only + only.T)[pairs])) if len(methods) > 1 else float("nan")


def connor(n: int, *, discordance: float, power: float = POWER, alpha: float = ALPHA) -> float:
    """The asymptotic answer to :func:`smallest_separable`, for a check by hand.

    Connor 1987 (Biometrics 43:207; unconditional form of Miettinen 1968): with z_a, z_b the normal quantiles of 1 - alpha/2
    and power, n = (z_a sqrt(psi) + z_b sqrt(psi - d^2))^2 / d^2, solved for d.
    """
    za, zb = float(special.ndtri(1 - alpha / 2)), float(special.ndtri(power))
    root = sqrt(max(0.0, n + zb**2 - za**2))
    return sqrt(discordance) * (za * sqrt(n) + zb * root) / (n + zb**2)


def mcnemar_power(difference: float, n: int, *, discordance: float, alpha: float = ALPHA) -> float:
    """Probability that exact McNemar on n documents finds ``difference`` in accuracy at level ``alpha``.

    ``discordance`` is the share of documents on which exactly one method is right; a difference cannot be larger, so that
    it counts as at least ``difference``. Exact: a sum over the number of discordant documents D ~ Binomial(n, discordance).
    """
    share = max(discordance, difference)
    if share == 0:
        return 0.0
    few, many = (int(stats.binom.ppf(q, n, share)) for q in (TAIL, 1 - TAIL))
    D = np.arange(max(few, 1), many + 1, dtype=np.int64)
    critical = np.asarray(stats.binom.ppf(alpha / 2, D, 0.5))
    # The largest smaller count that is significant: ppf gives the first that reaches alpha / 2.
    critical = np.where(special.bdtr(critical, D, 0.5) > alpha / 2, critical - 1, critical)
    better = (1 + difference / share) / 2
    found = np.where(
        critical >= 0,
        special.bdtr(np.maximum(critical, 0), D, 1 - better)
        + special.bdtr(np.maximum(critical, 0), D, better),
        0.0,
    )
    return float(stats.binom.pmf(D, n, share) @ found)


def smallest_separable(
    n: int, *, discordance: float, power: float = POWER, alpha: float = ALPHA
) -> float:
    """The smallest difference in accuracy that exact McNemar on n documents finds with probability ``power``.

    ``discordance`` is the share of documents on which exactly one of two methods is right (:func:`median_discordance`);
    ``alpha`` is for one pair: divide it by the number of pairs for what survives Holm at worst. ``inf`` where n documents
    separate nothing (at 0.05: five or fewer). Between the attainable levels of a small test set the power is not monotone;
    the answer is a difference at which it crosses ``power``.
    """

    def missing(difference: float) -> float:
        return mcnemar_power(difference, n, discordance=discordance, alpha=alpha) - power

    if missing(1.0) < 0:
        return inf
    return float(optimize.brentq(missing, 0.0, 1.0, xtol=1e-7))


def smallest_separable_normal(
    standard_error: float, *, power: float = POWER, alpha: float = ALPHA
) -> float:
    """The smallest difference that a two-sided normal test finds with probability ``power``, from its standard error.

    ``(z_{1 - alpha/2} + z_power) SE``: the usual approximation, here for differences whose interval comes from a bootstrap.
    """
    return float(special.ndtri(1 - alpha / 2) + special.ndtri(power)) * standard_error


def smallest_separable_folds(
    sd: float,
    folds: int,
    *,
    test_size: float,
    train_size: float,
    power: float = POWER,
    alpha: float = ALPHA,
) -> float:
    """The smallest mean difference that the corrected t-test over J folds finds with probability ``power``.

    ``sd`` is the standard deviation of the differences between two methods over the folds. The statistic is noncentral t
    with J - 1 degrees of freedom and noncentrality d / (sd sqrt(1/J + n_test/n_train)) (Nadeau & Bengio 2003).
    :class:`InputError` below two folds.
    """
    check_folds(folds)
    if sd == 0:
        return 0.0
    df = folds - 1
    critical = float(special.stdtrit(df, 1 - alpha / 2))

    def missing(shift: float) -> float:
        upper = 1 - special.nctdtr(df, shift, critical)
        # the other tail is far below any power here, and where it underflows scipy answers NaN
        return float(upper + np.nan_to_num(special.nctdtr(df, shift, -critical))) - power

    most = 4.0
    while missing(most) < 0:
        most *= 2
    shift = float(optimize.brentq(missing, 0.0, most, xtol=1e-9))
    return shift * sd * sqrt(1 / folds + test_size / train_size)
