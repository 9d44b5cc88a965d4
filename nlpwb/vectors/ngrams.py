"""Character n-grams of words and their hash, as fastText has them (Bojanowski et al. 2017)."""

from __future__ import annotations


def ngrams(word: str, shortest: int, longest: int) -> list[str]:
    """The character n-grams of ``<word>``; a mark of begin or end alone is none (Bojanowski et al. 2017, section 3.2).

    >>> ngrams("ab", 2, 3)
    ['<a', '<ab', 'ab', 'ab>', 'b>']
    """
    marked = f"<{word}>"
    return [
        marked[start : start + n]
        for start in range(len(marked))
        for n in range(shortest, longest + 1)
        if start + n <= len(marked) and not (n == 1 and start in (0, len(marked) - 1))
    ]


def fnv1a(text: str) -> int:
    """FNV-1a, 32 bits, over UTF-8 bytes taken as signed: the hash of fastText's dictionary."""
    value = 2166136261
    for byte in text.encode("utf-8", "surrogatepass"):
        signed = byte | 0xFFFFFF00 if byte > 127 else byte
        value = ((value ^ signed) * 16777619) & 0xFFFFFFFF
    return value
