"""A document cut in two: which other half belongs to this one?"""

from __future__ import annotations

import re
from typing import Literal

from nlpwb.text.words import WORD_PATTERN, words

Unit = Literal["words", "characters"]

_WORD = re.compile(WORD_PATTERN)
_CHARACTER = re.compile(r"\S")


def length(text: str, unit: Unit) -> int:
    """Words of a text, or its characters but for white space."""
    return len(words(text)) if unit == "words" else len("".join(text.split()))


def halves(text: str, unit: Unit) -> tuple[str, str]:
    """A text cut before the word (or character) at which its second half begins; of an odd number the first has one less.

    >>> halves("One word, two words.", "words")
    ('One word, ', 'two words.')
    """
    pattern = _WORD if unit == "words" else _CHARACTER
    starts = [found.start() for found in pattern.finditer(text)]
    cut = starts[len(starts) // 2] if starts else len(text)
    return text[:cut], text[cut:]
