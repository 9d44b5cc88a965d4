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
_SPACE, _MINUS, _DOT, _SLASH, _ZERO = 32, 45, 46, 47, 48
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
_MOST_WRITTEN = 12
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


def shortest(rows: Floats) -> list[bytes]:
    """For each row of float32 (n, dim) its numbers, a space before each, as short as they are read back as the same float32."""
    flat = np.ascontiguousarray(rows).reshape(-1)
    number, places, settled = _digits(flat)
    whole = number // _TENS[places]
    part = (number - whole * _TENS[places]) * _TENS[_MOST_WRITTEN - places]
    wholes, parts = len(str(int(whole.max(initial=0)))), int(places.max(initial=0))
    # One column for each character that a number may have; what it does not have stays zero, and is taken out at the end.
    others = [_one(flat[index]) for index in np.flatnonzero(~settled)]
    width = max(3 + wholes + parts, 1 + max(map(len, others), default=0))
    text = np.zeros((len(flat), width), dtype=np.uint8)
    text[:, 0] = _SPACE
    text[:, 1] = _MINUS * np.signbit(flat)
    for column in range(wholes):
        left = whole // _TENS[wholes - 1 - column]
        digit = (left % 10 + _ZERO).astype(np.uint8)
        text[:, 2 + column] = digit if column == wholes - 1 else digit * (left > 0)
    text[:, 2 + wholes] = _DOT * (places > 0)
    halves = np.divmod(part, 10**6)
    for column in range(parts):
        half, unit = halves[column // 6].astype(np.uint32), np.uint32(10 ** (5 - column % 6))
        digit = (half // unit % np.uint32(10)).astype(np.uint8) + np.uint8(_ZERO)
        text[:, 3 + wholes + column] = digit * (places > column)
    for index, other in zip(np.flatnonzero(~settled).tolist(), others, strict=True):
        text[index, 1:] = 0
        text[index, 1 : 1 + len(other)] = np.frombuffer(other, np.uint8)
    lines = text.reshape(len(rows), -1)
    return [line.tobytes().translate(None, b"\0") for line in lines]


def _one(value: np.float32) -> bytes:
    return repr(float(str(value))).removesuffix(".0").encode("ascii")


def _digits(
    flat: Floats,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Whole numbers and decimal places that give the sizes of float32; and where they do.

    The fewest digits, of nine that always suffice, are sought for all at once in float64. Sizes that one writes with an exponent
    are left out.
    """
    size = np.abs(flat)
    wide = size.astype(np.float64)
    with np.errstate(divide="ignore"):
        exponents = np.floor(np.log10(wide))
    settled = wide == 0
    left = np.flatnonzero((exponents >= -4) & (exponents <= 8))
    number, places = np.zeros(len(flat), dtype=np.int64), np.zeros(len(flat), dtype=np.int64)
    exponents = exponents[left].astype(np.int64)
    for digits in range(9, 0, -1):
        shift = digits - 1 - exponents
        up, down = _SCALES[np.maximum(shift, 0)], _SCALES[np.maximum(-shift, 0)]
        rounded = np.rint(wide[left] * up / down)
        same = (rounded * down / up).astype(np.float32) == size[left]
        left, exponents = left[same], exponents[same]
        if not len(left):
            break
        number[left] = (rounded * down)[same].astype(np.int64)
        places[left] = np.maximum(shift[same], 0)
        settled[left] = True
    # What was rounded up to the next power of ten has a zero too many: 0.010.
    tens = (number % 10 == 0) & (places > 0)
    number[tens] //= 10
    places[tens] -= 1
    return number, places, settled
