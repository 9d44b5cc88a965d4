"""A running text to words as corpora of labelled words have them: marks apart from words, each with its place in the text."""

from __future__ import annotations

import re

_WORD = re.compile(
    r"(?:[^\W\d_]\.){2,}"  # U.S.
    r"|\d+(?:[.,:/]\d+)*"  # 1,000.5  12:30  3/4
    r"|\w+(?:[-&@]\w+)*"  # well-known  AT&T
    r"|['’](?:s|S|ll|re|ve|d|m)\b"  # John 's
    r"|\S"
)


def running_words(text: str) -> list[tuple[str, int, int]]:
    """Words and single marks with their first character and the one behind their last.

    >>> [word for word, _, _ in running_words("John's dog, a U.S. one, cost $1,000.50.")]
    ['John', "'s", 'dog', ',', 'a', 'U.S.', 'one', ',', 'cost', '$', '1,000.50', '.']
    """
    return [(found[0], found.start(), found.end()) for found in _WORD.finditer(text)]
