"""The n-grams of a row of tokens and their counts, as a trie of arrays, a length at a time.

An n-gram is the node of its first n - 1 tokens and its last token, packed into one integer; sorting these integers groups equal
n-grams, and the place of a group is the n-gram's node. No n-gram is ever an object.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlpwb.methods.networks.sequence_tokens import BEGIN, END

Ids = NDArray[np.int32]
Integers = NDArray[np.integer[Any]]
"""Integers as wide as their values need."""
PACKED_BITS = 63
"""What fits into an integer that is sorted."""


@dataclass(frozen=True)
class Level:
    """The n-grams of one length n >= 2, sorted by (first n - 1 tokens, last token).

    Nodes of the level below are numbered in its own order; those of single tokens are the tokens.

    Args:
        symbols: the last token, integers (m,).
        starts: where the n-grams begin that a node of the level below begins, int32 (m below + 1,).
        counts: adjusted counts, integers (m,).
        totals: int32 (m below,); the sum of the adjusted counts of such n-grams, with those that were not kept.
    """

    symbols: Integers
    starts: NDArray[np.int32]
    counts: Integers
    totals: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.symbols)


@dataclass(frozen=True)
class Counts:
    """What Kneser-Ney smoothing needs.

    Args:
        unigrams: adjusted counts of single tokens, int64 (V,).
        levels: of two tokens and more.
        tallies: for each length, how many n-grams have the adjusted counts 1, 2, 3 and 4, int64 (order, 4).
    """

    unigrams: NDArray[np.int64]
    levels: list[Level]
    tallies: NDArray[np.int64]


def count(ids: Ids, *, vocabulary: int, order: int, prune: int = 0) -> Counts:
    """Count the n-grams of 1 to ``order`` tokens.

    The longest n-grams have the number of times that they occur, and so have those that begin a text, since nothing comes before
    them (Heafield et al. 2013, section 3.2). Others have the number of different tokens that come before them (Kneser & Ney 1995;
    Chen & Goodman 1998, section 3).

    Args:
        ids: int32 (n,), texts one after the other, each with END behind it.
        prune: n-grams of three tokens and more that occur so often or less are left out. The number of occurrences never grows
            with the length, so what is left is a trie.
    """
    row = with_beginning(ids)
    history = np.where(row == END, np.int32(BEGIN), row)
    positions = np.arange(len(row) - 1, dtype=np.int32)
    nodes = history  # of the n-gram that begins at each position
    texts = slice(BEGIN, BEGIN + 1)  # the nodes of the n-grams that begin a text
    kept = np.ones(vocabulary, dtype=bool)  # after pruning, of the level below the one that is made
    below = _Found(np.bincount(row[1:], minlength=vocabulary))
    unigrams = below.occurrences
    levels: list[Level] = []
    tallies = np.zeros((order, 4), dtype=np.int64)
    for n in range(2, order + 1):
        if n > 2:
            positions = positions[: np.searchsorted(positions, len(row) - n + 1)]
            positions = positions[row[positions + n - 2] != END]
        keys = nodes[positions].astype(np.int64) * vocabulary
        keys += row[positions + n - 1]
        groups = _grouped(keys)
        del keys
        after = positions[groups.firsts] + 1  # what begins behind the first token of each
        continued = np.bincount(
            row[after] if n == 2 else nodes[after], minlength=len(below.occurrences)
        )
        if n == 2:
            unigrams = continued
        else:
            continued[texts] = below.occurrences[texts]
            tallies[n - 2] = _tally(continued)
            level, kept = _level(below, continued, kept, vocabulary, prune if n > 3 else 0)
            levels.append(level)
        below = _Found(groups.counts, groups.distinct)
        if n < order:
            nodes = np.full(len(row), -1, dtype=np.int32)
            nodes[positions] = groups.places
        bounds = np.array([texts.start, texts.stop]) * vocabulary
        texts = slice(*np.searchsorted(groups.distinct, bounds).tolist())
    tallies[0] = _tally(unigrams)
    if order > 1:
        tallies[order - 1] = _tally(below.occurrences)
        limit = prune if order > 2 else 0
        levels.append(_level(below, below.occurrences, kept, vocabulary, limit)[0])
    return Counts(unigrams.astype(np.int64), levels, tallies)


def with_beginning(ids: Ids) -> Ids:
    """Texts with BEGIN before the first; an END that stands there already is what ended an earlier text."""
    return np.concatenate([[BEGIN], ids[1:] if len(ids) and ids[0] == END else ids]).astype(
        np.int32
    )


@dataclass(frozen=True)
class _Found:
    """N-grams whose adjusted counts are not known before longer ones are: occurrences and packed keys, int64 (m,)."""

    occurrences: NDArray[np.int64]
    keys: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))


@dataclass(frozen=True)
class _Groups:
    """Equal values, sorted: ``distinct``, ``counts``, the place of a first one (m,); the group of each of the values (n,)."""

    distinct: NDArray[np.int64]
    counts: NDArray[np.int64]
    firsts: Integers
    places: NDArray[np.int32]


def _grouped(keys: NDArray[np.int64]) -> _Groups:
    """Value and place are packed into one integer where both fit: a plain sort is several times faster than an indirect one."""
    size = len(keys)
    bits = max(size - 1, 1).bit_length()
    order: Integers
    if int(keys.max(initial=0)).bit_length() + bits <= PACKED_BITS:
        packed = keys << bits
        packed |= np.arange(size, dtype=np.int64)
        packed.sort()
        order = (packed & ((1 << bits) - 1)).astype(np.int32)
        packed >>= bits
    else:
        order = np.argsort(keys, kind="stable").astype(np.int32)
        packed = keys[order]
    first = np.ones(size, dtype=bool)
    np.not_equal(packed[1:], packed[:-1], out=first[1:])
    starts = np.flatnonzero(first)
    distinct = packed[starts]
    del packed
    places = np.empty(size, dtype=np.int32)
    places[order] = np.cumsum(first, dtype=np.int32) - 1
    return _Groups(distinct, np.diff(starts, append=size), order[starts], places)


def _level(
    found: _Found, counts: NDArray[np.int64], kept: NDArray[np.bool_], vocabulary: int, prune: int
) -> tuple[Level, NDArray[np.bool_]]:
    """The level of these n-grams after pruning, and which of them are kept; ``kept`` says the same of the level below."""
    parents = found.keys // vocabulary
    symbols = (found.keys % vocabulary).astype(np.min_scalar_type(vocabulary - 1))
    totals = np.bincount(parents, weights=counts, minlength=len(kept))[kept].astype(np.int32)
    stays = found.occurrences > prune
    if not stays.all():
        parents, symbols, counts = parents[stays], symbols[stays], counts[stays]
    children = np.bincount(parents, minlength=len(kept))[kept]
    starts = np.concatenate([[0], np.cumsum(children)]).astype(np.int32)
    narrow = counts.astype(np.min_scalar_type(int(counts.max(initial=0))))
    return Level(symbols, starts, narrow, totals), stays


def _tally(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many of the counts are 1, 2, 3 and 4."""
    return np.bincount(counts[counts < 5], minlength=5)[1:5]
