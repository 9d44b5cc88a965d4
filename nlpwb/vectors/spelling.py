"""Words as somebody typed them and as a table spells them."""

from __future__ import annotations

from collections.abc import Sequence


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
