"""Words as the formats with spaces between can hold them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from nlpwb.errors import InputError
from nlpwb.vectors.formats.rows import shown

# Where the formats' own readers end a word. Other white space (U+00A0, U+3000) is a part of words that fastText makes.
_ENDS = re.compile(r"[ \t\n\v\f\r\0]")


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
