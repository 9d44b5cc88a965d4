"""Where a word stands in a text: as a whole, in this very form, by the text's own characters.

Inflections are other words. What a tokenizer makes of the text plays no part, so that every model is asked about the same places.
"""

from __future__ import annotations

import re
import unicodedata

from nlpwb.text.scripts import WITHOUT_SPACES, script_of

Place = tuple[int, int]
"""The first character, and the one behind the last."""
_NEGATED = re.compile(r"['’]t(?!\w)", re.IGNORECASE)
"""``can`` is no word of ``can't``, while ``bank`` is one of ``bank's``."""


class WordFinder:
    """Finds one word, whatever its case and the form of its accents; a word may be several with spaces between them.

    >>> WordFinder("bank").places("The banks, and a Bank's bank.")
    [(17, 21), (24, 28)]
    """

    def __init__(self, word: str) -> None:
        body = " ".join(word.split())
        assert body, "a word has a character at least"
        forms = dict.fromkeys(unicodedata.normalize(form, body) for form in ("NFC", "NFD"))
        patterns = (r"\s+".join(map(re.escape, form.split())) for form in forms)
        # nothing is consumed: a place that is no whole word may overlap one that is
        self._pattern = re.compile(f"(?=({'|'.join(patterns)}))", re.IGNORECASE)

    def places(self, text: str) -> list[Place]:
        """Where the word stands, in order, none on another."""
        found: list[Place] = []
        for match in self._pattern.finditer(text):
            start, end = match.span(1)
            if (not found or start >= found[-1][1]) and _is_whole(text, start, end):
                found.append((start, end))
        return found


def _is_whole(text: str, start: int, end: int) -> bool:
    if _goes_on(text[start - 1 : start], text[start]) or _goes_on(
        text[end - 1], text[end : end + 1]
    ):
        return False
    return _NEGATED.match(text, end) is None


def _goes_on(one: str, other: str) -> bool:
    """Whether two neighbours are of one word; in scripts without spaces nobody can tell, and they are taken for two."""
    if not (_wordly(one) and _wordly(other)):
        return False
    return not {script_of(one), script_of(other)} & WITHOUT_SPACES


def _wordly(character: str) -> bool:
    return character == "_" or (character != "" and unicodedata.category(character)[0] in "LNM")
