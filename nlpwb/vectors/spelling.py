"""Words as somebody typed them and as a table spells them."""

from __future__ import annotations

import difflib
import heapq
from collections.abc import Sequence

from nlpwb.vectors.table import WordVectors

_COMPARED = 400  # words that are compared letter by letter
_NEAR = 0.66  # the share of letters that two spellings have in common, in order


def rows_ignoring_case(words: Sequence[str], *, restrict: int | None = None) -> dict[str, int]:
    """The row of each word in capitals, among the first ``restrict`` words; of several spellings the first has it.

    In a table that is sorted by falling count the first is the most frequent one.

    >>> rows_ignoring_case(["us", "king", "US"])
    {'US': 0, 'KING': 1}
    """
    rows: dict[str, int] = {}
    for row, word in enumerate(words if restrict is None else words[:restrict]):
        rows.setdefault(word.upper(), row)
    return rows


def row_of(vectors: WordVectors, word: str) -> int | None:
    """The row of a word as it is spelled; None where it has none.

    A single question walks through the list, which takes a tenth of the time of making ``vectors.numbers``. Whoever has
    many looks at those first.
    """
    if "numbers" in vars(vectors):
        return vectors.numbers.get(word)
    try:
        return vectors.words.index(word)
    except ValueError:
        return None


def similar_spellings(word: str, words: Sequence[str], *, n: int = 3) -> list[str]:
    """Up to ``n`` of the ``words`` that are spelled like ``word``, nearest first; of equally near ones the earlier.

    The same letters in another case or with other accents are nearest. Of the words of about its length those that share most
    pairs of letters are compared letter by letter; to do so with all would take a second of 100,000 words.
    """
    folded = _plain(word)
    pairs = {folded[start : start + 2] for start in range(len(folded) - 1)} or {folded}
    first, last = folded[:1], folded[-1:]
    slack = 1 if len(folded) < 5 else 2
    shortest, longest = len(folded) - slack, len(folded) + slack
    counted = []
    for row, other in enumerate(words):
        if shortest <= len(other) <= longest:
            low = other.lower()
            shared = low.startswith(first) + low.endswith(last)
            for pair in pairs:
                shared += pair in low
            if shared:
                counted.append((-shared, row))
    near = [row for _, row in heapq.nsmallest(_COMPARED, counted)]
    matcher = difflib.SequenceMatcher(b=folded, autojunk=False)
    ratios = []
    for row in near:
        matcher.set_seq1(_plain(words[row]))
        if matcher.quick_ratio() >= _NEAR and (ratio := matcher.ratio()) >= _NEAR:
            ratios.append((-ratio, row))
    return [words[row] for _, row in sorted(ratios)[:n]]


def _plain(word: str) -> str:
    from nlpwb.text.words import (
        strip_accents,
    )  # its patterns take 5 ms, and words are seldom unknown

    return strip_accents(word.casefold(), "unicode")
