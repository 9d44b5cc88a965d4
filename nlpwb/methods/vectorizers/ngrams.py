"""N-grams as numbers: the nodes of a trie, level by level, without a string being made.

A node of level k is a pair (node of level k - 1, symbol); level 1 is the symbols themselves. When the symbols are numbered in
the order of their strings, sorting the pairs sorts the n-grams of one length, and walking the trie from parents to children
sorts those of all lengths: an n-gram comes before its extensions, and a space, which joins words, sorts below every word
character. So columns in the order of scikit-learn's sorted vocabulary fall out of integer sorts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlpwb.methods.vectorizers.analysis import SymbolStream

Ints = NDArray[np.int64]
Integers = NDArray[np.integer[Any]]
"""Integers as wide as their values need."""


@dataclass(frozen=True)
class Level:
    """The n-grams of one length: ``parents`` and ``symbols``, integers (m,), sorted by (parent, symbol)."""

    parents: Integers
    symbols: Integers


@dataclass(frozen=True)
class Entries:
    """How often the n-grams of one length occur: three arrays of integers (E,), sorted by (document, node)."""

    documents: Integers
    nodes: Integers
    counts: Integers


@dataclass(frozen=True)
class ChunkCounts:
    """The n-grams of a chunk: ``levels[0]`` belongs to n = 2; ``entries[k]`` to n = k + 1, None where not counted."""

    documents: int
    symbols: list[str]
    levels: list[Level]
    entries: list[Entries | None]


def count_ngrams(
    stream: SymbolStream, *, documents: int, shortest: int, longest: int
) -> ChunkCounts:
    """Count the n-grams of ``shortest`` to ``longest`` symbols in every document of a chunk."""
    ids, ends = stream.ids, stream.ends
    base = max(len(stream.symbols), 1)
    positions = np.arange(len(ids), dtype=np.int64)
    nodes = ids
    levels: list[Level] = []
    entries: list[Entries | None] = []
    whole_lengths = ends[stream.whole] - stream.whole
    for n in range(1, longest + 1):
        if n > 1:
            inside = positions + n <= ends[positions]
            positions, nodes = positions[inside], nodes[inside]
            pairs = nodes * base + ids[positions + n - 1]
            distinct, nodes = ranked(pairs)
            levels.append(Level(distinct // base, distinct % base))
        width = len(levels[-1].parents) if n > 1 else base
        if n >= shortest:
            entries.append(_count(stream.documents[positions], nodes, width))
        elif len(stream.whole) and np.any(whole_lengths == n):
            # words shorter than the shortest n-gram count once, as they are
            at = np.searchsorted(positions, stream.whole[whole_lengths == n])
            entries.append(_count(stream.documents[positions[at]], nodes[at], width))
        else:
            entries.append(None)
    return ChunkCounts(documents, stream.symbols, levels, entries)


def ranked(values: Ints) -> tuple[Ints, Ints]:
    """The distinct values, sorted, and for every value its place among them: ``numpy.unique(values, return_inverse=True)``.

    Value and position are packed into one integer where both fit, so that a plain sort, several times faster than an indirect
    one, carries the positions along.
    """
    count = len(values)
    bits = max(count - 1, 1).bit_length()
    top = int(values.max(initial=0))
    if top.bit_length() + bits > 63:
        distinct, places = np.unique(values, return_inverse=True)
        return distinct, places.astype(np.int64, copy=False)
    packed = (values << bits) | np.arange(count, dtype=np.int64)
    packed.sort()
    ordered = packed >> bits
    packed &= (1 << bits) - 1
    first = np.ones(count, dtype=bool)
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    inverse = np.empty(count, dtype=np.int64)
    inverse[packed] = np.cumsum(first) - 1
    return ordered[first], inverse


def _count(documents: Ints, nodes: Ints, width: int) -> Entries:
    """Sort (document, node) pairs as single integers and count the runs."""
    pairs = np.sort(documents * width + nodes)
    starts = np.flatnonzero(np.diff(pairs, prepend=-1))
    counts = np.diff(starts, append=len(pairs))
    firsts = pairs[starts]
    return Entries(firsts // width, firsts % width, counts)
