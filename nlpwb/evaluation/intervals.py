"""How sure a score is: Wilson, the percentile bootstrap, and Nadeau and Bengio's interval for repeated folds.

Coverage is measured by simulation in ``tests/evaluation/test_calibration.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, sqrt
from typing import NamedTuple

import numpy as np
from scipy import special

from nlpwb.errors import InputError
from nlpwb.evaluation.metrics import Floats
from nlpwb.evaluation.resampling import bootstrap_scores
from nlpwb.evaluation.scoring import Predictions, right_answers
from nlpwb.tasks import PROPORTIONS, metric_info

CONFIDENCE = 0.95
REPLICATES = 2000


class Interval(NamedTuple):
    """A confidence interval, in the unit of the score."""

    low: float
    high: float


def wilson(successes: int, n: int, *, confidence: float = CONFIDENCE) -> Interval:
    """Interval of a proportion: ``successes`` of ``n`` (Wilson 1927; Brown, Cai & DasGupta 2001, equation 4)."""
    assert n > 0, n
    assert 0 <= successes <= n, (successes, n)
    z = float(special.ndtri((1 + confidence) / 2))
    p = successes / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    # The ends are 0 and 1 themselves at the extremes; rounding must not say otherwise.
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == n else min(1.0, centre + half)
    return Interval(low, high)


def percentiles(replicates: Floats, *, confidence: float = CONFIDENCE) -> Floats:
    """Lower and upper ends (2, ...) of the central ``confidence`` of replicates (..., B); NaN replicates are left out."""
    tail = (1 - confidence) / 2
    quantile = np.nanquantile if np.isnan(replicates).any() else np.quantile
    ends: Floats = np.asarray(quantile(replicates, [tail, 1 - tail], axis=-1), dtype=np.float64)
    return ends


def check_groups(predictions: Predictions) -> None:
    """Refuse grouped documents of one group only: nothing can be learnt about how groups vary."""
    groups = predictions.groups
    if groups is not None and (groups == groups[0]).all():
        raise InputError(
            f"all {predictions.n} test documents belong to one group, and an interval over groups needs "
            "two at least; test on more groups or compare without the group column"
        )


def bootstrap(
    predictions: Predictions,
    metric: str,
    *,
    replicates: int = REPLICATES,
    seed: int,
    confidence: float = CONFIDENCE,
) -> Interval:
    """Percentile bootstrap over documents, or over whole groups where ``predictions.groups`` is given.

    Efron & Tibshirani 1993, section 13.3; for groups Davison & Hinkley 1997, section 3.8. It knows only the mistakes it
    has seen: it has no width where every prediction is right, and is too narrow below some 30 groups. Errors as in
    :func:`nlpwb.evaluation.scoring.check_metric` and :func:`check_groups`.
    """
    check_groups(predictions)
    scores = bootstrap_scores(predictions, metric, replicates=replicates, seed=seed)
    low, high = percentiles(scores, confidence=confidence)
    return Interval(float(low), float(high))


def judged(
    delta: float, copies: Floats, *, freedom: int, confidence: float = CONFIDENCE
) -> tuple[float, float, float]:
    """Ends of the interval of a difference and its two-sided p-value, from the deviation of its bootstrap copies (B,).

    Student's t of delta / standard error, so that p < 1 - confidence if and only if the interval leaves out 0. Copies that do
    not vary tell nothing of the error: then p is that of a sign test in which all of the freedom + 1 units speak for one side,
    2^-freedom, or 1 for no difference, and the interval has no width.
    """
    error = float(np.nanstd(copies, ddof=1))
    if error < 1e-12:
        return delta, delta, 1.0 if abs(delta) < 1e-12 else 2.0**-freedom
    half = float(special.stdtrit(freedom, (1 + confidence) / 2)) * error
    p = 2 * float(special.stdtr(freedom, -abs(delta) / error))
    return delta - half, delta + half, p


def corrected_standard_error(values: Floats, *, test_size: float, train_size: float) -> Floats:
    """Standard error of a mean over J folds whose training sets overlap: values (..., J) -> (...).

    sqrt((1/J + n_test/n_train) s^2), Nadeau & Bengio 2003, section 3, "corrected resampled t-test".
    """
    J = values.shape[-1]
    error: Floats = np.sqrt((1 / J + test_size / train_size) * values.var(axis=-1, ddof=1))
    return error


def check_folds(folds: int) -> None:
    """Refuse statistics over fewer than two folds."""
    if folds < 2:
        raise InputError(
            f"an interval over folds needs two folds at least, got {folds}; use --folds 5"
        )


def nadeau_bengio(
    fold_scores: Sequence[float] | Floats,
    *,
    test_size: float,
    train_size: float,
    confidence: float = CONFIDENCE,
    metric: str | None = None,
) -> Interval:
    """Interval of the mean score over J (repeated) folds: Student's t with J - 1 degrees of freedom.

    ``test_size`` and ``train_size`` are documents in one fold's parts (means where folds differ). With ``metric`` the
    interval ends where the metric does. :class:`InputError` for fewer than two folds.
    """
    values = np.asarray(fold_scores, dtype=np.float64)
    J = len(values)
    check_folds(J)
    error = float(corrected_standard_error(values, test_size=test_size, train_size=train_size))
    half = float(special.stdtrit(J - 1, (1 + confidence) / 2)) * error
    low, high = (
        (-inf, inf) if metric is None else (metric_info(metric).low, metric_info(metric).high)
    )
    mean = float(values.mean())
    return Interval(max(low, mean - half), min(high, mean + half))


def interval(
    predictions: Predictions,
    metric: str,
    *,
    replicates: int = REPLICATES,
    seed: int,
    confidence: float = CONFIDENCE,
) -> Interval:
    """The interval of :func:`nlpwb.evaluation.scoring.score`: Wilson where it is a plain proportion, else the bootstrap."""
    if metric in PROPORTIONS and predictions.seeds == 1 and predictions.groups is None:
        right = int(np.count_nonzero(right_answers(predictions)))
        return wilson(right, predictions.n, confidence=confidence)
    return bootstrap(predictions, metric, replicates=replicates, seed=seed, confidence=confidence)
