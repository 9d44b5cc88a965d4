"""How far words lean to named axes; and the numbers themselves."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from nlpwb.errors import InputError, UsageError
from nlpwb.workflows.words.asking import Asked, Known, UnknownWord, joined, look_up
from nlpwb.workflows.words.questions import ZEROS


@dataclass(frozen=True)
class Axis:
    """A direction, and the words that make it."""

    name: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class Leaning:
    """A word's share, cosine and standard deviations above the usual cosine, for each axis in order.

    Shares are None where the word leans to no axis; all are None where it has no vector, or one without a direction.
    """

    word: str
    shares: tuple[float | None, ...]
    cosines: tuple[float | None, ...]
    above: tuple[float | None, ...]
    note: str | None


@dataclass(frozen=True)
class Numbers:
    """A word's vector, its length, and whether it is the ``table``'s or made of ``n-grams``."""

    word: str
    vector: tuple[float, ...] | None
    norm: float | None
    source: str | None
    note: str | None


def parse_axis(text: str) -> Axis:
    """``fruit=banana,orange,pear``.

    Raises:
        UsageError: the name or the words are missing.
    """
    name, _, rest = text.partition("=")
    words = tuple(word.strip() for word in rest.split(",") if word.strip())
    if not name.strip() or not words:
        raise UsageError(
            f"--axis {text} names no words; write --axis NAME=WORD,WORD as in fruit=banana,orange"
        )
    return Axis(name.strip(), words)


def leanings(
    asked: Asked, axes: Sequence[Axis], words: Iterable[str], *, least: float
) -> Iterator[Leaning]:
    """How far each word leans to each axis; :mod:`nlpwb.vectors.axes` says what that means.

    Raises:
        InputError: a word of an axis is not known or all zeros, or its words cancel out; a word that is not known, unless
            in a batch.
    """
    import numpy as np

    from nlpwb.vectors.axes import direction, lean

    directions = np.stack([direction(_members(asked, axis)) for axis in axes])
    for axis, line in zip(axes, directions, strict=True):
        if not line.any():
            raise InputError(
                f"the words of the axis {axis.name} have no common direction; choose others"
            )
    missing = (None,) * len(axes)
    typed = list(words)
    found: list[Known | str] = []
    for word in typed:
        try:
            found.append(look_up(asked, word))
        except UnknownWord as error:
            if not asked.batch:
                raise
            found.append(str(error))
    known = [entry.vector for entry in found if not isinstance(entry, str)]
    table = np.stack(known) if known else np.empty((0, asked.vectors.dimensions), dtype=np.float32)
    result = lean(asked.vectors, table, directions, least=least)
    lines = zip(result.shares.tolist(), result.cosines.tolist(), result.above.tolist(), strict=True)
    for word, entry in zip(typed, found, strict=True):
        if isinstance(entry, str):
            yield Leaning(word, missing, missing, missing, entry)
            continue
        shares, cosines, above = next(lines)
        if not entry.vector.any():
            yield Leaning(word, missing, missing, missing, joined(entry.note, ZEROS))
            continue
        shares = [None if math.isnan(share) else share for share in shares]
        yield Leaning(word, tuple(shares), tuple(cosines), tuple(above), entry.note)


def _members(asked: Asked, axis: Axis) -> Any:
    import numpy as np

    strict = Asked(asked.name, asked.vectors, batch=False)
    try:
        found = [look_up(strict, word).vector for word in axis.words]
    except UnknownWord as error:
        raise InputError(f"--axis {axis.name}: {error}") from None
    for word, vector in zip(axis.words, found, strict=True):
        if not vector.any():
            raise InputError(
                f"--axis {axis.name}: {word} has no direction, for {ZEROS}; choose another word"
            )
    return np.stack(found)


def numbers(asked: Asked, words: Iterable[str]) -> Iterator[Numbers]:
    """The vector of each word.

    Raises:
        InputError: a word that is not known, unless it is one of a batch.
    """
    import numpy as np

    for word in words:
        try:
            found = look_up(asked, word)
        except UnknownWord as error:
            if not asked.batch:
                raise
            yield Numbers(word, None, None, None, str(error))
            continue
        norm = float(np.linalg.norm(found.vector.astype(np.float64)))
        source = "table" if found.row is not None else "n-grams"
        yield Numbers(word, tuple(found.vector.tolist()), norm, source, found.note)
