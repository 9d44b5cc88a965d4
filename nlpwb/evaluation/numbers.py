"""How good predicted numbers are: Pearson's correlation, RMSE and R² as functions of sums over documents.

Truth is float64 (n,), predictions are float64 (S, n) for S seeds. Because only sums are needed, a bootstrap copy is one row of
weights times one matrix. All figures agree with scipy's and scikit-learn's where the numbers vary. Predictions that are all
equal have the correlation 0: they say nothing of the truth. (scipy answers NaN.)
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nlpwb.evaluation.metrics import Floats

_NOISE = 1e-12  # a variance below this share of the mean square is rounding


def squared_errors(truth: Floats, predicted: Floats) -> Floats:
    """(predicted - truth)²: (n,), (S, n) -> (S, n)."""
    errors: Floats = (predicted - truth) ** 2
    return errors


def moments(truth: Floats, predicted: Floats) -> Floats:
    """What each document adds to the sums that :func:`pearson` needs, (n, 3 + 3 S): 1, y, y², then p, p², yp of each seed.

    Numbers are taken from their mean first, which changes no correlation and keeps the digits of large numbers.
    """
    y = truth - truth.mean()
    columns = [np.ones_like(y), y, y * y]
    for said in predicted:
        p = said - said.mean()
        columns += [p, p * p, y * p]
    return np.stack(columns, axis=1)


def pearson(sums: Floats) -> Floats:
    """Pearson's correlation, the mean over seeds, from weighted sums (..., 3 + 3 S) of :func:`moments` -> (...).

    0 where predictions do not vary, NaN where the truth does not.
    """
    n, y, yy = sums[..., 0:1], sums[..., 1:2], sums[..., 2:3]
    p, pp, yp = sums[..., 3::3], sums[..., 4::3], sums[..., 5::3]
    vary_y, vary_p = yy - y * y / n, pp - p * p / n
    flat = vary_p <= _NOISE * pp
    spread = np.sqrt(np.where(vary_y > 0, vary_y, 1.0) * np.where(flat, 1.0, vary_p))
    r = np.where(flat, 0.0, np.clip((yp - y * p / n) / spread, -1.0, 1.0))
    mean: Floats = np.where(vary_y[..., 0] <= _NOISE * yy[..., 0], np.nan, r.mean(axis=-1))
    return mean


def error_sums(truth: Floats, predicted: Floats) -> Floats:
    """What each document adds to the sums that :func:`rmse` and :func:`r2` need, (n, 3 + S): 1, y, y², squared errors."""
    y = truth - truth.mean()
    return np.column_stack([np.ones_like(y), y, y * y, squared_errors(truth, predicted).T])


def rmse(sums: Floats) -> Floats:
    """Root of the mean squared error, the mean over seeds, from sums (..., 3 + S) of :func:`error_sums` -> (...)."""
    mean: Floats = np.sqrt(sums[..., 3:] / sums[..., 0:1]).mean(axis=-1)
    return mean


def r2(sums: Floats) -> Floats:
    """1 - squared errors / squared deviations from the mean, from sums (..., 3 + S) -> (...); NaN where truth does not vary."""
    n, y, yy = sums[..., 0], sums[..., 1], sums[..., 2]
    vary = yy - y * y / n
    flat = vary <= _NOISE * yy
    share = sums[..., 3:].mean(axis=-1) / np.where(flat, 1.0, vary)
    found: Floats = np.where(flat, np.nan, 1.0 - share)
    return found


SUMS: dict[str, Callable[[Floats, Floats], Floats]] = {
    "pearson": moments,
    "rmse": error_sums,
    "r2": error_sums,
}
FINISH: dict[str, Callable[[Floats], Floats]] = {"pearson": pearson, "rmse": rmse, "r2": r2}
