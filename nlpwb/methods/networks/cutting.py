"""Texts cut into pieces of text, so that nothing is lost: joined, the pieces are the text."""

from __future__ import annotations

import functools
import re
import unicodedata

# Blocks that hold combining marks; the planes between have none.
_MARK_BLOCKS = (
    (0x300, 0x3100),
    (0xA660, 0xAC00),
    (0xFB1E, 0xFE30),
    (0x101FD, 0x12000),
    (0x13440, 0x13460),
    (0x16AF0, 0x17000),
    (0x1BC9D, 0x1E950),
    (0xE0100, 0xE01F0),
)


@functools.cache
def word_pattern() -> re.Pattern[str]:
    """The pattern whose matches are the pieces.

    Letters, digits, or other marks, each with the space before them; line breaks; other white space without the space that
    belongs to what follows. It is GPT-2's way of cutting (Radford et al. 2019), but for English endings, and but for line breaks
    that stand alone, so that the pieces of a line do not depend on the next one.
    """
    letters = r"[^\W\d_]"
    return re.compile(
        rf" ?{letters}+(?:[{_marks()}]+{letters}*)*"
        r"| ?\d+"
        r"| ?(?:[^\w\s]|_)+"
        r"|\n+"
        r"|[^\S\n]+(?!\S)"
        r"|[^\S\n]"
    )


def _marks() -> str:
    """The combining marks of all scripts, which belong to the letter before, as ranges of a character class."""
    found: list[list[int]] = []
    for start, end in _MARK_BLOCKS:
        for code in range(start, end):
            if unicodedata.category(chr(code))[0] == "M":
                if found and found[-1][1] == code - 1:
                    found[-1][1] = code
                else:
                    found.append([code, code])
    return "".join(f"{chr(low)}-{chr(high)}" for low, high in found)
