"""Whether borrowed knowledge pays on a corpus: the best method with other people's weights against the best without, in words."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

from nlpwb.records import PairResult, Result
from nlpwb.tasks import METRICS, POINTS


def borrowing(
    results: Sequence[Result],
    pairs: Sequence[PairResult],
    costs: Sequence[float],
    metric: str,
    *,
    based: Collection[str],
    rows: int | None = None,
) -> str:
    """A sentence on the best method that begins with a base against the best one that does not.

    Empty where one of the two kinds is missing. The interval is that of their pair, so it is as wide as the table's.

    Args:
        results: best first.
        pairs: of the same methods.
        costs: of each result, seconds of fitting and of work on the test part; NaN where it is not known.
        metric: by which they were judged.
        based: the methods that begin with a base.
        rows: they learned from so many, where these are not all.
    """
    borrowed, own = (
        next((n for n, result in enumerate(results) if (result.method in based) is kind), None)
        for kind in (True, False)
    )
    if borrowed is None or own is None:
        return ""
    name, other = results[borrowed].method, results[own].method
    found = _between(name, other, pairs)
    if found is None:
        return ""
    sign = 1 if METRICS[metric].higher_is_better else -1
    gain, low, high = (sign * found[0], *sorted((sign * found[1], sign * found[2])))
    price = _price(costs[borrowed], costs[own])
    amount = f"{_amount(gain, metric)} [{_amount(low, metric, bare=True)}, {_amount(high, metric, bare=True)}]"
    if rows is not None:
        if low > 0:
            return f"With {rows:,} training rows {name} gains {amount} over {other}{price}."
        if high < 0:
            return f"With {rows:,} training rows {name} stays {_amount(-gain, metric)} behind {other}{price}."
        return f"With {rows:,} training rows nothing is shown: {name} gains {amount} over {other}{price}."
    if low > 0:
        return f"Borrowed weights pay here: {name} gains {amount} over {other}{price}."
    if high < 0:
        return f"Borrowed weights do not pay here: {name} stays {_amount(-gain, metric)} behind {other}{price}."
    return f"Borrowed weights are not shown to pay here: {name} gains {amount} over {other}{price}."


def _between(a: str, b: str, pairs: Sequence[PairResult]) -> tuple[float, float, float] | None:
    """a's score minus b's, with its interval."""
    for pair in pairs:
        if (pair.a, pair.b) == (a, b):
            return pair.delta, pair.low, pair.high
        if (pair.a, pair.b) == (b, a):
            return -pair.delta, -pair.high, -pair.low
    return None


def _price(borrowed: float, own: float) -> str:
    if math.isnan(borrowed) or math.isnan(own) or own <= 0:
        return ""
    ratio = borrowed / own
    if ratio < 1:
        return ", and takes less time"
    return (
        f" for {ratio:,.0f} times the time" if ratio >= 10 else f" for {ratio:.1f} times the time"
    )


def _amount(value: float, metric: str, *, bare: bool = False) -> str:
    """``4.1 points``, or the number where a metric has no points."""
    minus = "−" if value < 0 else ""
    if metric in POINTS:
        return f"{minus}{abs(100 * value):.1f}" + ("" if bare else " points")
    return f"{minus}{abs(value):.3g}"
