"""Two texts that are one document, such as a premise and its hypothesis: one string, with a tab between them.

So a pair goes wherever a text goes: through splits, caches and counts of words, and down a pipe. What knows nothing of pairs
reads both one after the other.
"""

from __future__ import annotations

BETWEEN = "\t"


def pair_text(first: str, second: str) -> str:
    """Two texts as one; a tab inside of them becomes a space.

    >>> pair_text("a b", "c")
    'a b\\tc'
    """
    return f"{first.replace(BETWEEN, ' ')}{BETWEEN}{second.replace(BETWEEN, ' ')}"


def split_pair(text: str) -> tuple[str, str]:
    """The two texts of a pair; the second is empty where there is no tab.

    >>> split_pair("a b\\tc")
    ('a b', 'c')
    """
    first, _, second = text.partition(BETWEEN)
    return first, second
