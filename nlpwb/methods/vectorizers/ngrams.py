"""N-grams as numbers: the nodes of a trie, level by level, without a string being made.

A node of level k is a pair (node of level k - 1, symbol); level 1 is the symbols themselves. When the symbols are numbered in
the order of their strings, sorting the pairs sorts the n-grams of one length, and walking the trie from parents to children
sorts those of all lengths: an n-gram comes before its extensions, and a space, which joins words, sorts below every word
character. So columns in the order of scikit-learn's sorted vocabulary fall out of integer sorts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nlpwb.methods.vectorizers.analysis import SymbolStream

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Level:
    """The n-grams of one length: ``parents`` and ``symbols``, int64 (m,), sorted by (parent, symbol)."""

    parents: Ints
    symbols: Ints


@dataclass(frozen=True)
class Entries:
    """How often the n-grams of one length occur: three int64 arrays (E,), sorted by (document, node)."""

    documents: Ints
    nodes: Ints
    counts: Ints


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
            distinct, nodes = np.unique(pairs, return_inverse=True)
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


def _count(documents: Ints, nodes: Ints, width: int) -> Entries:
    """Sort (document, node) pairs as single integers and count the runs."""
    pairs = np.sort(documents * width + nodes)
    starts = np.flatnonzero(np.diff(pairs, prepend=-1))
    counts = np.diff(starts, append=len(pairs))
    firsts = pairs[starts]
    return Entries(firsts // width, firsts % width, counts)
