"""Texts to tokens, as a config of the embeddings says."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nlpwb.methods.embeddings.config import TextConfig
from nlpwb.text.words import whitespace, words

PIECE = 1 << 20
_SPACE = re.compile(r"\s")


def pieces(text: str, size: int = PIECE) -> Iterator[str]:
    """A long text in parts of ``size`` characters and a little more, cut at white space; a short one as it is.

    Tokens take many times the room of their text, and a whole corpus may stand on one line.
    """
    start = 0
    while len(text) - start > size:
        space = _SPACE.search(text, start + size)
        if space is None:
            break
        yield text[start : space.start()]
        start = space.end()
    yield text[start:] if start else text


def analyze(text: str, config: TextConfig) -> list[str]:
    """The tokens of a text, in order."""
    if config.analyzer == "whitespace":
        return whitespace(text, lowercase=config.lowercase)
    return words(text, lowercase=config.lowercase)
