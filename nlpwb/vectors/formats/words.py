"""Words between bytes and text, as the formats of other programs hold them."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nlpwb.errors import InputError

ENCODING_ERRORS = {"strict": "strict", "replace": "replace", "escape": "backslashreplace"}
DUPLICATES = ("refuse", "first")
# Where the formats' own readers end a word. Other white space (U+00A0, U+3000) is a part of words that fastText makes.
_ENDS = re.compile(r"[ \t\n\v\f\r\0]")


@dataclass(frozen=True)
class Reading:
    """What becomes of words that are not UTF-8 (``strict``, ``replace``, ``escape``) or come twice (``refuse``, ``first``).

    By default a text is refused, and a fastText model, which takes any bytes for words, shows them as ``\\x97``.
    """

    encoding_errors: str | None = None
    duplicates: str = "refuse"


def shown(word: str) -> str:
    """A word as a sentence quotes it: in marks, without control characters, not endless."""
    text = repr(word)
    return text if len(text) <= 60 else f"{text[:40]}…{text[-1]}"


def not_finite(path: Path, place: str, word: str, row: Any) -> InputError:
    """The sentence for a vector (dim,) that has a number which is none, at a ``place`` of the file."""
    column = int(np.flatnonzero(~np.isfinite(row))[0])
    return InputError(
        f"{path}: {place} ({shown(word)}) has {row[column]} as its number {column + 1:,}; a vector has finite numbers only, "
        "so make the file anew or leave the word out"
    )


def words_of(count: int) -> str:
    """``1 word``, ``2 words``."""
    return f"{count:,} word{'' if count == 1 else 's'}"


def decode(
    words: Sequence[bytes | bytearray],
    *,
    path: Path,
    reading: Reading,
    place: Callable[[int], str],
    first: int,
    between: bytes = b" ",
) -> tuple[list[str], int]:
    """Words decoded together, with a byte ``between`` them that none holds; and how many were not UTF-8.

    Raises:
        InputError: one is not UTF-8 and ``reading`` is strict; the sentence says which, and at which of its bytes.
    """
    if not words:
        return [], 0
    together, apart = between.join(words), between.decode()
    with contextlib.suppress(UnicodeDecodeError):
        return together.decode("utf-8").split(apart), 0
    errors = ENCODING_ERRORS[reading.encoding_errors or "strict"]
    broken = 0
    for number, word in enumerate(words):
        try:
            word.decode("utf-8")
        except UnicodeDecodeError as error:
            broken += 1
            if errors == "strict":
                raise InputError(
                    f"{path}: {place(first + number)} ({shown(word.decode('utf-8', 'backslashreplace'))}) is not UTF-8 at byte "
                    f"{error.start + 1} of the word; read it with: nlpwb words convert --encoding-errors replace"
                ) from None
    return together.decode("utf-8", errors).split(apart), broken


def encoded(words: Sequence[str], *, path: Path) -> list[bytes]:
    """Words as UTF-8.

    Raises:
        InputError: a word is empty, holds white space, or half of a surrogate pair: no reader would find it again.
    """
    try:
        if not _ENDS.search("".join(words)) and "" not in words:
            return " ".join(words).encode("utf-8").split(b" ") if words else []
    except UnicodeEncodeError:
        pass
    for word in words:
        if not word:
            why = "an empty word"
        elif _ENDS.search(word):
            why = f"the word {shown(word)}, in which white space would end it"
        elif any("\ud800" <= char <= "\udfff" for char in word):
            why = f"the word {shown(word)}, which is no Unicode text"
        else:
            continue
        raise InputError(
            f"{path}: this format cannot hold {why}; write a folder of vectors instead (a name without ending)"
        )
    raise AssertionError("all words can be written, and all together cannot")
