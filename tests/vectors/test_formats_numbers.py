"""Decimal numbers in bulk: the same float32 as Python's, and texts that come back as the same float32."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpwb.vectors.formats.numbers import is_number, parse, shortest

DIGITS = st.text("0123456789", max_size=22)
PLAIN = st.builds(
    lambda sign, whole, point, places: f"{sign}{whole}{point}{places}",
    st.sampled_from(["", "-", "+"]),
    DIGITS,
    st.sampled_from([".", ""]),
    DIGITS,
)
EXPONENT = st.builds(
    lambda number, power: f"{number}e{power}",
    st.floats(-10, 10).map(lambda value: f"{value:.5f}"),
    st.integers(-40, 30),
)
WIDE = st.floats(allow_nan=False, allow_infinity=False)
NUMBERS = st.one_of(
    PLAIN,
    EXPONENT,
    WIDE.map(repr),
    st.floats(-2, 2).map(repr),
    st.sampled_from(["0", "-0", "1", "1e-05", "-1", ".5", "5.", "00.10"]),
).filter(lambda text: is_number(text.encode()))
FLOAT32 = st.floats(width=32, allow_nan=False, allow_infinity=False)


@given(st.lists(NUMBERS, min_size=1, max_size=40))
def test_numbers_are_those_that_python_reads(texts: list[str]) -> None:
    """Rounded otherwise, vectors would differ from those of other programs in their last bit."""
    with np.errstate(over="ignore"):
        expected = np.array([float(text) for text in texts]).astype(np.float32)
    found = parse(" ".join(texts).encode(), len(texts))
    assert found is not None
    assert found.tobytes() == expected.tobytes()


def test_seventeen_digits_beside_the_middle_of_two_float32_are_rounded_as_python_does() -> None:
    """Above 2^53 a product of eight-digit pieces may be off by two bits, which decides just there."""
    below = np.nextafter(np.float32(0.3), np.float32(0), dtype=np.float32)
    middle = (float(below) + float(np.float32(0.3))) / 2
    texts = [f"{middle + step * 2**-54:.18f}" for step in range(-6, 7)]
    found = parse(" ".join(texts).encode(), len(texts))
    assert found is not None
    assert found.tolist() == [float(np.float32(float(text))) for text in texts]


@pytest.mark.parametrize(
    "text", ["1 2", "1 2 3 4", "1 x 3", "1  3", "", "1 2 3_0", "1 2 --3", "1 2 3-", "1 1.2.3 3", "1 2 0x3", "1 2 -"]
)  # fmt: skip
def test_what_is_not_just_so_many_numbers_is_none(text: str) -> None:
    """A word among the numbers, or one number too many, must never become a vector."""
    assert parse(text.encode(), 3) is None


@given(st.lists(FLOAT32, min_size=1, max_size=30))
def test_written_numbers_come_back_and_are_as_short_as_numpy_has_them(values: list[float]) -> None:
    """One digit too few changes a vector; digits too many make files a third larger."""
    numbers = np.array(values, dtype=np.float32)
    texts = shortest(numbers)
    assert (
        np.array([float(text) for text in texts]).astype(np.float32).tobytes() == numbers.tobytes()
    )
    for text, number in zip(texts, numbers, strict=True):
        assert len(text) <= 1 + len(repr(float(str(number))))


def test_short_numbers_look_as_one_would_write_them() -> None:
    values = np.array([[0.5, -1, 0, 100], [0.1, -1e-5, 0.30000001192, 1e20]], dtype=np.float32)
    assert shortest(values) == [b" 0.5 -1 0 100", b" 0.1 -1e-05 0.3 1e+20"]


def test_no_digit_is_lost_beside_powers_of_ten() -> None:
    """There the number of digits before the point is easily taken for one too many or too few."""
    powers = np.float32([10.0**power for power in range(-6, 12)])
    near = [np.nextafter(powers, np.float32(side), dtype=np.float32) for side in (0, np.inf)]
    values = np.stack([powers, *near])
    texts = b"".join(shortest(values)).split()
    assert np.array([float(text) for text in texts], np.float32).tobytes() == values.tobytes()
    assert b" ".join(texts[:9]) == b"1e-06 1e-05 0.0001 0.001 0.01 0.1 1 10 100"
    assert [len(text) for text in texts[9:18]] == [4, 5, 6, 7, 8, 9, 10, 11, 12]
