"""Where each token stands in its text: (token, start, end) in characters of the text as given.

The tokens are those of the functions of :mod:`nlpwb.text.words`, also where lowering makes a text longer: "İ" becomes two
characters, and both stand where the one stood.
"""

from __future__ import annotations

import re

from nlpwb.text.words import WORD_PATTERN, WORDPUNCT_PATTERN

Span = tuple[str, int, int]

_WORDS = re.compile(WORD_PATTERN)
_WORDS_AND_SINGLES = re.compile(r"\w+")
_WORDPUNCT = re.compile(WORDPUNCT_PATTERN)


def word_spans(text: str, *, lowercase: bool = True, single_characters: bool = False) -> list[Span]:
    """The words of a text with their places."""
    pattern = _WORDS_AND_SINGLES if single_characters else _WORDS
    return _spans(pattern, text, lowercase=lowercase)


def wordpunct_spans(text: str, *, lowercase: bool = True) -> list[Span]:
    """The words and marks of a text with their places."""
    return _spans(_WORDPUNCT, text, lowercase=lowercase)


def whitespace_spans(text: str, *, lowercase: bool = False) -> list[Span]:
    """What stands between white space, with its places."""
    searched = text.lower() if lowercase else text
    spans, end = [], 0
    for token in searched.split():
        start = searched.index(token, end)
        end = start + len(token)
        spans.append((token, start, end))
    return _in_original(spans, text, searched)


def character_spans(text: str, *, lowercase: bool = False) -> list[Span]:
    """Every character with its place."""
    searched = text.lower() if lowercase else text
    spans = [(char, place, place + 1) for place, char in enumerate(searched)]
    return _in_original(spans, text, searched)


def _spans(pattern: re.Pattern[str], text: str, *, lowercase: bool) -> list[Span]:
    searched = text.lower() if lowercase else text
    spans = [(match.group(), match.start(), match.end()) for match in pattern.finditer(searched)]
    return _in_original(spans, text, searched)


def _in_original(spans: list[Span], text: str, lowered: str) -> list[Span]:
    """Places in a lowered text as places in the original one."""
    if len(lowered) == len(text):
        return spans
    origin = [place for place, char in enumerate(text) for _ in char.lower()]
    return [(token, origin[start], origin[end - 1] + 1) for token, start, end in spans]
