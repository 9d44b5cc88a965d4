"""Numbers as tables and sentences show them: rounded to what a reader can use, with their unit."""

from __future__ import annotations

import math

from nlpwb.tasks import POINTS

MINUS = "−"
SHARES = (*POINTS, "roc-auc", "hamming-loss", "lrap")
"""Metrics between 0 and 1, shown without the leading zero."""
ERRORS = ("rmse", "mae")
"""Metrics in the unit of the numbers that are predicted: the larger, the fewer decimals."""


def score(value: float, metric: str, *, places: int = 4) -> str:
    """A score; shares without their leading zero.

    >>> score(0.8155, "accuracy"), score(-0.0312, "mcc"), score(1234.56, "rmse")
    ('.8155', '−0.0312', '1,234.6')
    """
    if metric in ERRORS:
        return f"{value:,.{_decimals_of(value, places)}f}"
    text = f"{value:.{places}f}"
    if metric in SHARES and text.startswith("0."):
        return text[1:]
    return _typographic(text)


def decimals(value: float, places: int = 3) -> str:
    """A cosine, or another figure that is mostly below 1, without the zero before the point; a zero has no sign.

    >>> decimals(0.8164), decimals(-0.04), decimals(10.162), decimals(0.98, 2)
    ('.816', '−.040', '10.162', '.98')
    """
    whole, point, digits = f"{abs(value):.{places}f}".partition(".")
    sign = MINUS if value < 0 and float(f"{whole}.{digits}") else ""
    return f"{sign}{whole if whole != '0' else ''}{point}{digits}"


def significant(value: float) -> str:
    """A number of any size: three decimals, fewer where it is large, and of a small one the three digits that count.

    >>> significant(0.3114), significant(-0.0031149), significant(1.2e-7), significant(12345.6), significant(0.0)
    ('0.311', '−0.00311', '1.20e-07', '12,346', '0')
    """
    sign = MINUS if value < 0 else ""
    size = abs(value)
    if size == 0:
        return "0"
    if size >= 1000:
        return f"{sign}{size:,.0f}"
    return sign + (f"{size:.3f}" if size >= 0.1 else f"{size:#.3g}")


def interval(low: float, high: float, metric: str) -> str:
    """The ends of an interval of a score.

    >>> interval(0.79675, 0.8333, "accuracy")
    '.797 to .833'
    """
    return f"{score(low, metric, places=3)} to {score(high, metric, places=3)}"


def difference(value: float, low: float, high: float, metric: str) -> str:
    """A difference of two scores and half the width of its interval: in points for shares of documents.

    >>> difference(-0.015, -0.032, 0.002, "accuracy")
    '−1.5 ± 1.7'
    """
    scale, places = (100, 1) if metric in POINTS else (1, 3)
    if metric in ERRORS:
        places = _decimals_of(max(abs(low), abs(high)), places)
    half = scale * (high - low) / 2
    text = f"{scale * value:+.{places}f}"
    if float(text) == 0:
        text = text[1:]  # a zero has no sign
    if abs(value - (low + high) / 2) > 0.05 * (high - low):  # not in the middle: both ends
        ends = (f"{_typographic(f'{scale * end:+.{places}f}')}" for end in (low, high))
        return f"{_typographic(text)} ({' to '.join(ends)})"
    return f"{_typographic(text)} ± {half:.{places}f}"


def _decimals_of(value: float, places: int) -> int:
    """So many decimals below 10, one fewer for each digit more."""
    return max(0, places + 1 - len(str(int(abs(value)))))


def seconds(value: float) -> str:
    """A time: hundredths under a second, then tenths of a second, of a minute, of an hour.

    >>> seconds(0.072), seconds(8.24), seconds(90), seconds(9000)
    ('0.07 s', '8.2 s', '1.5 min', '2.5 h')
    """
    if value < 0.995:
        return f"{value:.2f} s"
    if value < 59.95:
        return f"{value:.1f} s"
    return f"{value / 60:.1f} min" if value < 3597 else f"{value / 3600:,.1f} h"


def count(value: float) -> str:
    """A measured count: of three digits and more, two that matter.

    >>> count(41237), count(99.6), count(7)
    ('41,000', '100', '7')
    """
    if value >= 100:
        digits = 1 - math.floor(math.log10(value))
        return f"{round(value, digits):,.0f}"
    return f"{value:,.0f}"


def whole(value: int) -> str:
    """A number of which every digit counts, such as rows of a table: ``2,248``."""
    return f"{value:,}"


def size(value: float) -> str:
    """Bytes in decimal units, as disks are sold.

    >>> size(250563), size(6_100_000)
    ('250.6 kB', '6.1 MB')
    """
    for unit, scale in (("GB", 1e9), ("MB", 1e6)):
        if value >= 0.99995 * scale:  # 999.97 kB would be shown as 1,000.0
            return f"{value / scale:,.1f} {unit}"
    return f"{value / 1e3:,.1f} kB"


def mebibytes(value: float) -> str:
    """Memory, given in MiB."""
    return f"{value:,.0f} MiB"


def percent(value: float) -> str:
    """A share in percent.

    >>> percent(0.1222)
    '12.2 %'
    """
    return f"{100 * value:.1f} %"


def learned(value: float) -> str:
    """The share of a base's weights that learned, which may be tiny.

    >>> learned(1.0), learned(0.0033), learned(0.000034)
    ('100.0 %', '0.3 %', '0.003 %')
    """
    return percent(value) if value == 0 or value >= 0.0005 else f"{100 * value:.1g} %"


def _typographic(text: str) -> str:
    return text.replace("-", MINUS)
