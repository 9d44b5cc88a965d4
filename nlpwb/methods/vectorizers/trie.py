"""The terms of a corpus as one trie: chunks' tries merged, columns numbered in the order of the strings, limits applied.

Arrays of one value a node stay in 32 bits: with millions of n-grams they, and not the texts, are what memory holds.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from nlpwb.methods.vectorizers.ngrams import ChunkCounts, Integers, Ints, Level, ranked

Places = NDArray[np.int32]
"""One column number a node, -1 for none."""

_BLOCK = 1 << 16


@dataclasses.dataclass(frozen=True)
class Trie:
    """The terms that are columns, as a trie of symbols.

    ``symbols`` are sorted strings. ``levels[0]`` holds the n-grams of two symbols, and so on. ``columns[k]`` int32 (m,): the
    column of each n-gram of length k + 1, -1 where it is none (it only begins longer ones).
    """

    joiner: str
    symbols: list[str]
    levels: list[Level]
    columns: list[Places]

    @property
    def width(self) -> int:
        """Number of columns."""
        return sum(int(np.count_nonzero(column >= 0)) for column in self.columns)


@dataclasses.dataclass(frozen=True)
class Limits:
    """Which terms become columns, in scikit-learn's terms; ``binary`` and ``as_float`` decide how ``max_features`` sees ties."""

    min_df: int | float = 1
    max_df: int | float = 1.0
    max_features: int | None = None
    binary: bool = False
    as_float: bool = False


def terms(trie: Trie) -> Iterator[str]:
    """The string of every column, in order, made block by block."""
    lengths = np.zeros(trie.width, dtype=np.uint8)
    nodes = np.zeros(trie.width, dtype=np.int32)
    for n, columns in enumerate(trie.columns):
        inside = columns >= 0
        lengths[columns[inside]] = n + 1
        nodes[columns[inside]] = np.flatnonzero(inside)
    symbols, joiner = trie.symbols, trie.joiner
    for start in range(0, len(nodes), _BLOCK):
        block, length = (
            nodes[start : start + _BLOCK].astype(np.int64),
            lengths[start : start + _BLOCK],
        )
        strings = [""] * len(block)
        for n in np.unique(length).tolist():
            rows = np.flatnonzero(length == n)
            # climb from the last symbol to the first
            at, path = block[rows], []
            for level in reversed(trie.levels[: n - 1]):
                path.append(level.symbols[at].tolist())
                at = level.parents[at].astype(np.int64)
            path.append(at.tolist())
            words = [map(symbols.__getitem__, ids) for ids in reversed(path)]
            for row, string in zip(
                rows.tolist(), map(joiner.join, zip(*words, strict=True)), strict=True
            ):
                strings[row] = string
        yield from strings


def merge(
    chunks: list[ChunkCounts], symbol_maps: list[Ints], symbols: int
) -> tuple[list[Level], list[list[Places]]]:
    """One trie of all chunks' tries; for every chunk and level, which node of it each of the chunk's nodes is.

    The chunks' own levels are let go as they are merged.
    """
    base = max(symbols, 1)
    node_maps: list[list[Places]] = [[symbol_map.astype(np.int32)] for symbol_map in symbol_maps]
    levels: list[Level] = []
    depth = max((len(chunk.levels) for chunk in chunks), default=0)
    for n in range(depth):
        sizes = [len(chunk.levels[n].parents) for chunk in chunks]
        keys = np.empty(sum(sizes), dtype=np.int64)
        stops = np.cumsum(sizes)
        for chunk, maps, symbol_map, stop, size in zip(
            chunks, node_maps, symbol_maps, stops, sizes, strict=True
        ):
            level = chunk.levels[n]
            keys[stop - size : stop] = maps[n][level.parents].astype(np.int64) * base
            keys[stop - size : stop] += symbol_map[level.symbols]
            chunk.levels[n] = Level(level.parents[:0].copy(), level.symbols[:0].copy())
        distinct, places = ranked(keys)
        del keys
        levels.append(
            Level((distinct // base).astype(np.int32), (distinct % base).astype(np.int32))
        )
        for maps, stop, size in zip(node_maps, stops, sizes, strict=True):
            maps.append(places[stop - size : stop].astype(np.int32))
    return levels, node_maps


def frequencies(
    chunks: list[ChunkCounts], node_maps: list[list[Places]], sizes: list[int]
) -> list[Places]:
    """For every node the number of documents that it is in; 0 for nodes that only begin longer n-grams."""
    found = [np.zeros(size, dtype=np.int32) for size in sizes]
    for chunk, maps in zip(chunks, node_maps, strict=True):
        for n, entries in enumerate(chunk.entries):
            if entries is not None and len(entries.nodes):
                found[n][maps[n]] += np.bincount(entries.nodes, minlength=len(maps[n]))
    return found


def totals(
    chunks: list[ChunkCounts], node_maps: list[list[Places]], sizes: list[int]
) -> list[Ints]:
    """For every node how often it occurs in all."""
    found = [np.zeros(size, dtype=np.int64) for size in sizes]
    for chunk, maps in zip(chunks, node_maps, strict=True):
        for n, entries in enumerate(chunk.entries):
            if entries is not None and len(entries.nodes):
                counts = np.bincount(entries.nodes, weights=entries.counts, minlength=len(maps[n]))
                found[n][maps[n]] += counts.astype(np.int64)
    return found


def sorted_places(
    joiner: str, symbols: list[str], levels: list[Level], included: list[NDArray[np.bool_]]
) -> list[Places]:
    """For every included node the place of its string in the sorted vocabulary, -1 for the others."""
    if joiner and levels and any(min(symbol) <= joiner for symbol in symbols):
        # a symbol holds a character that sorts below the joining space
        return _by_strings(Trie(joiner, symbols, levels, []), included)
    below = [flags.astype(np.int32) for flags in included]
    for n in range(len(levels) - 1, -1, -1):
        below[n] += np.bincount(
            levels[n].parents, weights=below[n + 1], minlength=len(below[n])
        ).astype(np.int32)
    starts = np.cumsum(below[0], dtype=np.int32) - below[0]
    order = [np.where(included[0], starts, np.int32(-1))]
    for n, level in enumerate(levels):
        parents = level.parents
        inside = np.cumsum(below[n + 1], dtype=np.int32) - below[n + 1]
        # the first child of every parent; parents stand sorted
        first = np.ones(len(parents), dtype=bool)
        np.not_equal(parents[1:], parents[:-1], out=first[1:])
        of_first = inside[first][np.cumsum(first) - 1]
        starts = starts[parents] + included[n][parents] + inside - of_first
        order.append(np.where(included[n + 1], starts, np.int32(-1)))
    return order


def _by_strings(trie: Trie, included: list[NDArray[np.bool_]]) -> list[Places]:
    """The same by sorting the strings themselves."""
    at = 0
    numbered: list[Places] = []
    for flags in included:
        places = np.where(flags, at + np.cumsum(flags) - 1, -1)
        numbered.append(places.astype(np.int32))
        at += int(np.count_nonzero(flags))
    strings = list(terms(dataclasses.replace(trie, columns=numbered)))
    order = np.empty(at, dtype=np.int32)
    order[np.array(sorted(range(at), key=strings.__getitem__), dtype=np.int64)] = np.arange(at)
    return [looked_up(order, places) for places in numbered]


def looked_up(table: Places, places: Places) -> Places:
    """``table[places]``, and -1 where a place is -1; the table may be empty."""
    found = np.full(len(places), -1, dtype=np.int32)
    inside = places >= 0
    found[inside] = table[places[inside]]
    return found


def limited(
    order: list[Places],
    df: list[Places],
    total: list[Ints] | None,
    *,
    documents: int,
    limits: Limits,
) -> list[Places]:
    """The columns of the nodes after the limits: as ``order``, without the terms that leave."""
    width = sum(int(np.count_nonzero(places >= 0)) for places in order)
    by_place = _in_order(order, df, width)
    low = limits.min_df if isinstance(limits.min_df, int) else limits.min_df * documents
    high = limits.max_df if isinstance(limits.max_df, int) else limits.max_df * documents
    stays = (by_place >= low) & (by_place <= high)
    if limits.max_features is not None:
        assert total is not None
        counts = by_place if limits.binary else _in_order(order, total, width)
        weight = counts.astype(np.float64) if limits.as_float else counts
        # the same call as scikit-learn's, for the same choice among terms of equal frequency
        best = (-weight[stays]).argsort()[: limits.max_features]
        chosen = np.zeros(width, dtype=bool)
        chosen[np.flatnonzero(stays)[best]] = True
        stays = chosen
    if bool(stays.all()):
        return order
    columns = np.where(stays, np.cumsum(stays, dtype=np.int32) - 1, np.int32(-1))
    return [looked_up(columns, places) for places in order]


def _in_order(order: list[Places], values: Sequence[Integers], width: int) -> Ints:
    """Values of the nodes in the order of their places, int64 (width,)."""
    found = np.zeros(width, dtype=np.int64)
    for places, of_nodes in zip(order, values, strict=True):
        inside = places >= 0
        found[places[inside]] = of_nodes[inside]
    return found


def column_frequencies(columns: list[Places], df: list[Places]) -> Ints:
    """The number of documents that every column is in, int64 (columns,)."""
    width = sum(int(np.count_nonzero(places >= 0)) for places in columns)
    return _in_order(columns, df, width)


def pruned(trie: Trie) -> Trie:
    """The trie without the nodes that are no column and begin none."""
    alive = [columns >= 0 for columns in trie.columns]
    for n in range(len(trie.levels) - 1, -1, -1):
        alive[n][trie.levels[n].parents[alive[n + 1]]] = True
        alive[0][trie.levels[n].symbols[alive[n + 1]]] = True
    if all(bool(flags.all()) for flags in alive):
        return trie
    renumbered = [np.cumsum(flags, dtype=np.int32) - 1 for flags in alive]
    levels = [
        Level(
            renumbered[n][level.parents[alive[n + 1]]],
            renumbered[0][level.symbols[alive[n + 1]]],
        )
        for n, level in enumerate(trie.levels)
    ]
    return Trie(
        trie.joiner,
        [symbol for symbol, stays in zip(trie.symbols, alive[0].tolist(), strict=True) if stays],
        levels,
        [columns[flags] for columns, flags in zip(trie.columns, alive, strict=True)],
    )
