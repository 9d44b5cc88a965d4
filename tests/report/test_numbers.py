"""Figures as people read them, at the places where their form changes."""

from __future__ import annotations

import doctest

import pytest

from nlpwb.report import numbers
from nlpwb.report.numbers import (
    count,
    decimals,
    difference,
    interval,
    percent,
    score,
    seconds,
    size,
)


def test_the_examples_in_the_documentation_hold() -> None:
    assert doctest.testmod(numbers).failed == 0


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, "0.00 s"),
        (0.004, "0.00 s"),
        (0.99, "0.99 s"),
        (0.996, "1.0 s"),
        (1, "1.0 s"),
        (59.94, "59.9 s"),
        (59.96, "1.0 min"),
        (3596, "59.9 min"),
        (3599, "1.0 h"),
        (360_000, "100.0 h"),
        (36_000_000, "10,000.0 h"),
    ],
)
def test_seconds(value: float, expected: str) -> None:
    """Never 1.00 s, 60.0 s or 60.0 min."""
    assert seconds(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, "0"),
        (0.4, "0"),
        (99.4, "99"),
        (100, "100"),
        (104, "100"),
        (105.1, "110"),
        (999, "1,000"),
    ],
)
def test_count(value: float, expected: str) -> None:
    assert count(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, "0.0 kB"),
        (100, "0.1 kB"),
        (999_900, "999.9 kB"),
        (999_960, "1.0 MB"),
        (80_400_000, "80.4 MB"),
        (999_999_999, "1.0 GB"),
        (2.5e12, "2,500.0 GB"),
    ],
)
def test_size(value: float, expected: str) -> None:
    """Never 1,000.0 kB or 1,000.0 MB."""
    assert size(value) == expected


def test_percent() -> None:
    assert (percent(0), percent(0.0005), percent(1)) == ("0.0 %", "0.1 %", "100.0 %")


@pytest.mark.parametrize(
    ("value", "metric", "expected"),
    [
        (0.80004, "accuracy", ".8000"),
        (1.0, "accuracy", "1.0000"),
        (0.0, "macro-f1", ".0000"),
        (0.5, "roc-auc", ".5000"),
        (0.5, "mcc", "0.5000"),
        (-0.25, "mcc", "−0.2500"),
        (1.0986, "log-loss", "1.0986"),
    ],
)
def test_score(value: float, metric: str, expected: str) -> None:
    """A leading zero says nothing where every value is between 0 and 1; elsewhere it does."""
    assert score(value, metric) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.8164, ".816"),
        (-0.5, "−.500"),
        (0.9996, "1.000"),
        (-1.0, "−1.000"),
        (10.162, "10.162"),
        (-20.5, "−20.500"),
        (100.2, "100.200"),
        (0.0, ".000"),
        (-0.0001, ".000"),
    ],
)
def test_decimals(value: float, expected: str) -> None:
    """The zero before the point goes; a zero within a number, as in 10.162, is part of it."""
    assert decimals(value) == expected


def test_interval() -> None:
    assert interval(0.7, 1.0, "accuracy") == ".700 to 1.000"
    assert interval(-0.1, 0.2, "mcc") == "−0.100 to 0.200"


@pytest.mark.parametrize(
    ("value", "low", "high", "metric", "expected"),
    [
        (-0.29, -0.361, -0.219, "accuracy", "−29.0 ± 7.1"),
        (0.0, -0.01, 0.01, "accuracy", "0.0 ± 1.0"),
        (-0.0004, -0.01, 0.01, "macro-f1", "0.0 ± 1.0"),
        (0.512, 0.5, 0.524, "log-loss", "+0.512 ± 0.012"),
        (-0.02, -0.03, -0.01, "roc-auc", "−0.020 ± 0.010"),
    ],
)
def test_difference(value: float, low: float, high: float, metric: str, expected: str) -> None:
    """Points for shares of documents; a log loss of half a nat is not 51.2 points."""
    assert difference(value, low, high, metric) == expected
