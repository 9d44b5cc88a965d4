"""Decimal numbers and float32: many at a time, read as the C library reads them, written as shortly as they can be read back.

Reading takes eight digits with three multiplications (a text's eight bytes as one 64-bit number), and divides the whole number
of all digits by a power of ten that a float64 holds exactly: one rounding below 2^53, so the same number as ``float(text)``
(Clinger 1990, "How to read floating point numbers accurately", the fast path). Above it the float64 may be off in its last two
bits, which a float32 only sees beside the middle of two of its values. Those, and what is written otherwise, go to ``float``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_PAD = 32
_SPACE, _MINUS, _DOT, _SLASH = 32, 45, 46, 47
_MOST_WHOLE, _MOST_PLACES, _MOST_DIGITS = 8, 18, 18
# The low nibbles of the last 0 to 8 bytes of eight: the last byte of a text is the highest of a little-endian number.
_LAST = np.array(
    [0] + [0x0F0F0F0F0F0F0F0F >> 8 * (8 - n) << 8 * (8 - n) for n in range(1, 9)], np.uint64
)
_TENS = np.array([10**n for n in range(_MOST_PLACES + 1)], dtype=np.int64)
_SCALES = np.array([10.0**n for n in range(_MOST_PLACES + 1)])
_EXACT = 1 << 53
_BELOW_FLOAT32 = (1 << 29) - 1
_MIDDLE = 1 << 28
_DOUBT = 8


def parse(text: bytes, count: int) -> Floats | None:
    """``count`` decimal numbers with one space between, float32 (count,); None where the text holds anything else."""
    padded = b" " * _PAD + text + b" "
    data = np.frombuffer(padded, np.uint8)
    ends = np.flatnonzero(data == _SPACE)[_PAD:]
    if len(ends) != count or not count:
        return None
    starts = np.empty_like(ends)
    starts[0] = _PAD
    starts[1:] = ends[:-1] + 1
    if (ends <= starts).any():
        return None
    negative = data[starts] == _MINUS
    points, odd = _points(data, starts, ends)
    strange = (data - np.uint8(_MINUS)) > 57 - _MINUS
    strange |= data == _SLASH
    if np.count_nonzero(data == _MINUS) != np.count_nonzero(negative):
        strange |= data == _MINUS
        strange[starts[negative]] = False
    strange &= data != _SPACE
    if strange.any():
        odd[np.searchsorted(ends, np.flatnonzero(strange))] = True
    whole = points - starts - negative
    places = np.maximum(ends - points - 1, 0)
    digits = whole + places
    odd |= (whole > _MOST_WHOLE) | (places > _MOST_PLACES) | (digits > _MOST_DIGITS) | (digits < 1)
    if odd.any():
        whole[odd], places[odd] = 0, 0
    values = _values(padded, ends, points, whole, places, odd)
    np.negative(values, out=values, where=negative)
    if not _repair(values, padded, starts, ends, odd):
        return None
    with np.errstate(over="ignore"):
        return values.astype(np.float32)


def _points(
    data: NDArray[np.uint8], starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Where each number has its point, or its end where it has none; and which have more than one."""
    there = data == _DOT
    points = np.flatnonzero(there)
    if len(points) == len(ends) and (points >= starts).all() and (points < ends).all():
        return points, np.zeros(len(ends), dtype=bool)
    owned = np.add.reduceat(there.view(np.uint8), starts)
    odd = owned > 1
    if odd.any():
        points = points[~odd[np.searchsorted(ends, points)]]
    found = ends.copy()
    found[owned == 1] = points
    return found, odd


def _values(
    text: bytes,
    ends: NDArray[np.int64],
    points: NDArray[np.int64],
    whole: NDArray[np.int64],
    places: NDArray[np.int64],
    odd: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """The numbers without their signs; those that the digits do not settle are marked as ``odd``."""
    eights = np.ndarray((len(text) - 7,), "<u8", text, 0, (1,))
    number = _eight(eights[ends - 8] & _LAST[np.minimum(places, 8)])
    most = int(places.max())
    if most > 8:
        number += _eight(eights[ends - 16] & _LAST[np.clip(places - 8, 0, 8)]) * 10**8
    if most > 16:
        number += _eight(eights[ends - 24] & _LAST[np.maximum(places - 16, 0)]) * 10**16
    number += _eight(eights[points - 8] & _LAST[whole]) * _TENS[places]
    values: NDArray[np.float64] = number / _SCALES[places]
    if int(number.max()) > _EXACT:
        beside = (values.view(np.int64) & _BELOW_FLOAT32) - _MIDDLE
        odd |= (number > _EXACT) & (np.abs(beside) <= _DOUBT)
    return values


def _eight(digits: NDArray[np.uint64]) -> NDArray[np.int64]:
    """The number of eight digits, one in each byte: pairs, then fours, then all."""
    pairs = (digits * np.uint64(2561) >> np.uint64(8)) & np.uint64(0x00FF00FF00FF00FF)
    fours = (pairs * np.uint64(6553601) >> np.uint64(16)) & np.uint64(0x0000FFFF0000FFFF)
    return (fours * np.uint64(42949672960001) >> np.uint64(32)).view(np.int64)


def _repair(
    values: NDArray[np.float64],
    text: bytes,
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    odd: NDArray[np.bool_],
) -> bool:
    """Read the odd ones one by one; False where one is no number."""
    strays = np.flatnonzero(odd)
    for index, start, end in zip(
        strays.tolist(), starts[strays].tolist(), ends[strays].tolist(), strict=True
    ):
        value = _slowly(text[start:end])
        if value is None:
            return False
        values[index] = value
    return True


def _slowly(text: bytes) -> float | None:
    if b"_" in text:
        return None
    try:
        return float(text)
    except ValueError:
        return None


def is_number(text: bytes) -> bool:
    """Whether a field of a line is a number, infinite and undefined ones among them."""
    return _slowly(text) is not None


def shortest(values: Floats) -> list[str]:
    """For each float32 the shortest text that is read back as the same float32.

    The fewest digits, of nine that always suffice, are sought for all at once in float64; the text is Python's own for the
    float64 that lies nearest to these digits.
    """
    flat = values.reshape(-1)
    wide = flat.astype(np.float64)
    size = np.abs(wide)
    with np.errstate(divide="ignore"):
        exponents = np.floor(np.log10(size))
    plain = (exponents >= -13) & (exponents <= 14)
    exponents[~plain] = 0
    best = wide.copy()
    open_rows = np.flatnonzero(plain)
    for digits in range(9, 0, -1):
        shift = digits - 1 - exponents[open_rows].astype(np.int64)
        scale = 10.0 ** np.abs(shift)
        there, up = wide[open_rows], shift >= 0
        rounded = np.rint(np.where(up, there * scale, there / scale))
        candidate = np.where(up, rounded / scale, rounded * scale)
        same = candidate.astype(np.float32) == flat[open_rows]
        open_rows = open_rows[same]
        best[open_rows] = candidate[same]
        if not len(open_rows):
            break
    texts = list(map(repr, best.tolist()))
    for index in np.flatnonzero(~plain & (size > 0)).tolist():
        texts[index] = repr(float(str(flat[index])))
    return [text.removesuffix(".0") for text in texts]
