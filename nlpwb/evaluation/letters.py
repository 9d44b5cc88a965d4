"""The compact letter display: methods that share a letter cannot be told apart.

Piepho 2004, "An algorithm for a letter-based representation of all-pairwise comparisons", J. Comput. Graph. Stat. 13:456:
insert a column for each significant pair, absorb columns that lie inside others, then sweep out redundant entries.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from math import isnan
from string import ascii_letters

Column = frozenset[int]


def letters(
    scores: Sequence[float], significant_pairs: Iterable[tuple[int, int]], *, higher_is_better: bool
) -> list[str]:
    """Letters of M methods: two share one if and only if their pair is not significant.

    ``significant_pairs`` are (i, j) in either order. The best method has an ``a``, and letters follow the ranks of their
    members, best first; equal scores rank in the given order. After ``z`` come ``A`` to ``Z``, then ``a1`` and so on.
    Methods without a score are the caller's to leave out.
    """
    assert not any(isnan(x) for x in scores), "a method without a score"
    M = len(scores)
    order = sorted(range(M), key=lambda m: -scores[m] if higher_is_better else scores[m])
    rank = {method: r for r, method in enumerate(order)}
    pairs = {frozenset((rank[i], rank[j])) for i, j in significant_pairs}
    columns = _sweep(_insert_and_absorb(M, pairs), pairs)
    columns = sorted(columns, key=sorted)
    return [
        "".join(_letter(c) for c, column in enumerate(columns) if rank[m] in column)
        for m in range(M)
    ]


def letters_of(display: str) -> list[str]:
    """The letters in one method's display, digits staying with their letter.

    >>> letters_of("aba1")
    ['a', 'b', 'a1']
    """
    found: list[str] = []
    for character in display:
        if character.isdigit():
            found[-1] += character
        else:
            found.append(character)
    return found


def _letter(number: int) -> str:
    again, place = divmod(number, len(ascii_letters))
    return ascii_letters[place] + (str(again) if again else "")


def _insert_and_absorb(M: int, pairs: set[Column]) -> list[Column]:
    """All maximal sets of 0 .. M-1 that hold no significant pair."""
    columns: list[Column] = [frozenset(range(M))] if M else []
    for pair in sorted(pairs, key=sorted):
        untouched = [column for column in columns if not pair <= column]
        split = [column - {member} for column in columns if pair <= column for member in pair]
        # Parts of one column cannot hold an untouched one, which was not inside that column either.
        kept: list[Column] = []
        for part in sorted(set(split), key=lambda c: (-len(c), sorted(c))):
            if not any(part <= other for other in untouched + kept):
                kept.append(part)
        columns = untouched + kept
    return columns


def _sweep(columns: list[Column], pairs: set[Column]) -> list[Column]:
    """Take a member out of a column where other columns already join it to every one of its companions."""
    together: dict[Column, int] = {}
    membership: dict[int, int] = {}
    for column in columns:
        for pair in map(frozenset, combinations(sorted(column), 2)):
            assert pair not in pairs
            together[pair] = together.get(pair, 0) + 1
        for member in column:
            membership[member] = membership.get(member, 0) + 1
    swept = []
    # Later columns and worse members first, so that the best keep the first letters.
    for column in sorted(columns, key=sorted, reverse=True):
        left = column
        for member in sorted(column, reverse=True):
            links = [frozenset((member, other)) for other in left - {member}]
            if membership[member] > 1 and all(together[link] > 1 for link in links):
                left = left - {member}
                membership[member] -= 1
                for link in links:
                    together[link] -= 1
        if left:
            swept.append(left)
    return swept
