"""Documents to a sparse matrix of counts: chunks are counted in parallel, their vocabularies merged, columns numbered last.

Memory follows the matrix: a text is held only while its chunk is counted, and no n-gram is a string before somebody asks for
the vocabulary (:func:`terms`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from nlpwb.methods.vectorizers.analysis import Analyzer, numbering
from nlpwb.methods.vectorizers.chunks import CountChunk, chunked, map_chunks
from nlpwb.methods.vectorizers.ngrams import ChunkCounts, Ints, Level


@dataclasses.dataclass(frozen=True)
class Trie:
    """The terms that are columns, as a trie of symbols.

    ``symbols`` are sorted strings. ``levels[0]`` holds the n-grams of two symbols, and so on. ``columns[k]`` int32 (m,): the
    column of each n-gram of length k + 1, -1 where it is none (it only begins longer ones).
    """

    joiner: str
    symbols: list[str]
    levels: list[Level]
    columns: list[NDArray[np.int32]]

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


def fit_counts(
    texts: Iterable[str],
    analyzer: Analyzer,
    *,
    ngrams: tuple[int, int],
    limits: Limits,
    threads: int,
) -> tuple[Trie, sp.csr_matrix, NDArray[np.int64], NDArray[np.int64]]:
    """Count all documents and choose the columns.

    Returns the trie, the matrix int32 (documents, columns) with sorted indices, and for every column its document frequency
    and total count, int64 (columns,). All are empty where no term is left.
    """
    work = CountChunk(analyzer, *ngrams)
    numbers = numbering()
    number = numbers.__getitem__
    chunks: list[ChunkCounts] = []
    maps: list[Ints] = []
    for counts in map_chunks(work, chunked(texts), threads=threads):
        maps.append(np.fromiter(map(number, counts.symbols), np.int64, len(counts.symbols)))
        chunks.append(dataclasses.replace(counts, symbols=[]))
    symbols = sorted(numbers)
    rank = np.empty(len(symbols), dtype=np.int64)
    rank[np.fromiter(map(number, symbols), np.int64, len(symbols))] = np.arange(len(symbols))
    del numbers, number
    levels, node_maps = _merge(chunks, [rank[numbered] for numbered in maps], len(symbols))
    for i, chunk in enumerate(chunks):
        chunks[i] = dataclasses.replace(chunk, levels=[])
    documents = sum(chunk.documents for chunk in chunks)
    sizes = [len(symbols), *(len(level.parents) for level in levels)]
    frequencies, totals = _frequencies(chunks, node_maps, sizes)
    order = _column_order(
        levels, [df > 0 for df in frequencies], _plain_order(symbols, analyzer.joiner)
    )
    if order is None:  # a symbol holds a character below the joining space: sort the strings
        order = _string_order(Trie(analyzer.joiner, symbols, levels, []), frequencies)
    kept = _kept_columns(order, frequencies, totals, documents, limits)
    columns = [_looked_up(kept, at).astype(np.int32) for at in order]
    trie, survivors = _prune(Trie(analyzer.joiner, symbols, levels, columns))
    width = trie.width
    matrix = _assemble(chunks, node_maps, columns, width, binary=limits.binary)
    df = np.zeros(width, dtype=np.int64)
    total = np.zeros(width, dtype=np.int64)
    for column, level_df, level_total in zip(columns, frequencies, totals, strict=True):
        inside = column >= 0
        df[column[inside]] = level_df[inside]
        total[column[inside]] = level_total[inside]
    del survivors
    return trie, matrix, df, total


def transform_counts(
    texts: Iterable[str],
    analyzer: Analyzer,
    trie: Trie,
    *,
    ngrams: tuple[int, int],
    binary: bool,
    threads: int,
) -> sp.csr_matrix:
    """Count the documents in the columns of a fitted trie: int32 (documents, columns), sorted indices."""
    numbers = {symbol: number for number, symbol in enumerate(trie.symbols)}
    keys = [level.parents * max(len(trie.symbols), 1) + level.symbols for level in trie.levels]
    chunks: list[ChunkCounts] = []
    node_maps: list[list[Ints]] = []
    for counts in map_chunks(CountChunk(analyzer, *ngrams), chunked(texts), threads=threads):
        nodes = np.fromiter(
            (numbers.get(symbol, -1) for symbol in counts.symbols),
            dtype=np.int64,
            count=len(counts.symbols),
        )
        symbol_map = nodes
        maps = [nodes]
        for n, level in enumerate(counts.levels):
            parents, lasts = nodes[level.parents], symbol_map[level.symbols]
            wanted = parents * max(len(trie.symbols), 1) + lasts
            known = keys[n] if n < len(keys) else np.zeros(0, dtype=np.int64)
            at = np.searchsorted(known, wanted)
            found = (parents >= 0) & (lasts >= 0) & (at < len(known))
            found[found] = known[at[found]] == wanted[found]
            nodes = np.where(found, at, -1)
            maps.append(nodes)
        chunks.append(dataclasses.replace(counts, symbols=[], levels=[]))
        node_maps.append(maps)
    return _assemble(chunks, node_maps, trie.columns, trie.width, binary=binary)


def terms(trie: Trie) -> list[str]:
    """The string of every column, in order."""
    found: list[str] = [""] * trie.width
    strings = trie.symbols
    for n, columns in enumerate(trie.columns):
        if n > 0:
            level = trie.levels[n - 1]
            strings = [
                strings[parent] + trie.joiner + trie.symbols[symbol]
                for parent, symbol in zip(
                    level.parents.tolist(), level.symbols.tolist(), strict=True
                )
            ]
        for string, column in zip(strings, columns.tolist(), strict=True):
            if column >= 0:
                found[column] = string
    return found


def _merge(
    chunks: list[ChunkCounts], symbol_maps: list[Ints], symbols: int
) -> tuple[list[Level], list[list[Ints]]]:
    """One trie of all chunks' tries; for every chunk and level, which node of it each of the chunk's nodes is."""
    base = max(symbols, 1)
    node_maps: list[list[Ints]] = [[symbol_map] for symbol_map in symbol_maps]
    levels: list[Level] = []
    depth = max((len(chunk.levels) for chunk in chunks), default=0)
    for n in range(depth):
        keys = [
            maps[n][chunk.levels[n].parents] * base + symbol_map[chunk.levels[n].symbols]
            for chunk, maps, symbol_map in zip(chunks, node_maps, symbol_maps, strict=True)
        ]
        distinct = _union(keys)
        levels.append(Level(distinct // base, distinct % base))
        for maps, key in zip(node_maps, keys, strict=True):
            maps.append(np.searchsorted(distinct, key))
    return levels, node_maps


def _union(keys: list[Ints]) -> Ints:
    """The distinct values of several arrays, sorted; pair by pair, so that repeats leave early."""
    if not keys:
        return np.zeros(0, dtype=np.int64)
    parts = [_distinct(key) for key in keys]
    while len(parts) > 1:
        parts = [_distinct(np.concatenate(parts[i : i + 8])) for i in range(0, len(parts), 8)]
    return parts[0]


def _distinct(values: Ints) -> Ints:
    """The distinct values, sorted. numpy.unique hashes integers, which takes ten times as long for millions of them."""
    ordered = np.sort(values)
    first = np.ones(len(ordered), dtype=bool)
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    return ordered[first]


def _frequencies(
    chunks: list[ChunkCounts], node_maps: list[list[Ints]], sizes: list[int]
) -> tuple[list[Ints], list[Ints]]:
    """For every node its document frequency and its total count; 0 for nodes that only begin longer n-grams."""
    frequencies = [np.zeros(size, dtype=np.int64) for size in sizes]
    totals = [np.zeros(size, dtype=np.int64) for size in sizes]
    for chunk, maps in zip(chunks, node_maps, strict=True):
        for n, entries in enumerate(chunk.entries):
            if entries is None or not len(entries.nodes):
                continue
            width = len(maps[n])
            frequencies[n][maps[n]] += np.bincount(entries.nodes, minlength=width)
            totals[n][maps[n]] += np.bincount(
                entries.nodes, weights=entries.counts, minlength=width
            ).astype(np.int64)
    return frequencies, totals


def _plain_order(symbols: list[str], joiner: str) -> bool:
    """Whether walking the trie gives the order of the strings: no symbol holds a character that sorts below the joiner."""
    return not joiner or not any(min(symbol) <= joiner for symbol in symbols)


def _column_order(
    levels: list[Level], included: list[NDArray[np.bool_]], plain: bool
) -> list[Ints] | None:
    """The place of every included node in a walk from parents to children, -1 for the others; None where that is no order."""
    if not plain and levels:
        return None
    below = [flags.astype(np.int64) for flags in included]
    for n in range(len(levels) - 1, -1, -1):
        below[n] += np.bincount(
            levels[n].parents, weights=below[n + 1], minlength=len(below[n])
        ).astype(np.int64)
    starts = np.cumsum(below[0]) - below[0]
    order = [np.where(included[0], starts, -1)]
    for n, level in enumerate(levels):
        parents = level.parents
        inside = np.cumsum(below[n + 1]) - below[n + 1]
        first = np.searchsorted(parents, parents)  # the first child of the same parent
        starts = starts[parents] + included[n][parents] + inside - inside[first]
        order.append(np.where(included[n + 1], starts, -1))
    return order


def _string_order(trie: Trie, frequencies: list[Ints]) -> list[Ints]:
    """The same for symbols that hold control characters: by sorting the strings themselves."""
    at = 0
    numbered: list[Ints] = []
    for df in frequencies:
        flags = df > 0
        numbered.append(np.where(flags, at + np.cumsum(flags) - 1, -1))
        at += int(np.count_nonzero(flags))
    strings = terms(
        dataclasses.replace(trie, columns=[number.astype(np.int32) for number in numbered])
    )
    places = np.empty(at, dtype=np.int64)
    places[np.array(sorted(range(at), key=strings.__getitem__), dtype=np.int64)] = np.arange(at)
    return [_looked_up(places, number) for number in numbered]


def _looked_up(table: NDArray[Any], places: Ints) -> Ints:
    """``table[places]``, and -1 where a place is -1; the table may be empty."""
    found = np.full(len(places), -1, dtype=np.int64)
    inside = places >= 0
    found[inside] = table[places[inside]]
    return found


def _kept_columns(
    order: list[Ints],
    frequencies: list[Ints],
    totals: list[Ints],
    documents: int,
    limits: Limits,
) -> Ints:
    """For every place in the sorted vocabulary its column, -1 where the limits drop the term."""
    width = sum(int(np.count_nonzero(places >= 0)) for places in order)
    df = np.zeros(width, dtype=np.int64)
    total = np.zeros(width, dtype=np.int64)
    for places, level_df, level_total in zip(order, frequencies, totals, strict=True):
        inside = places >= 0
        df[places[inside]] = level_df[inside]
        total[places[inside]] = level_total[inside]
    low = limits.min_df if isinstance(limits.min_df, int) else limits.min_df * documents
    high = limits.max_df if isinstance(limits.max_df, int) else limits.max_df * documents
    stays = (df >= low) & (df <= high)
    if limits.max_features is not None:
        weight = (df if limits.binary else total).astype(
            np.float64 if limits.as_float else np.int64
        )
        # the same call as scikit-learn's, for the same choice among terms of equal frequency
        best = (-weight[stays]).argsort()[: limits.max_features]
        chosen = np.zeros(width, dtype=bool)
        chosen[np.flatnonzero(stays)[best]] = True
        stays = chosen
    return np.where(stays, np.cumsum(stays) - 1, -1)


def _prune(trie: Trie) -> tuple[Trie, list[NDArray[np.bool_]]]:
    """The trie without the nodes that are no column and begin none."""
    alive = [columns >= 0 for columns in trie.columns]
    for n in range(len(trie.levels) - 1, -1, -1):
        alive[n][trie.levels[n].parents[alive[n + 1]]] = True
        alive[0][trie.levels[n].symbols[alive[n + 1]]] = True
    if all(bool(flags.all()) for flags in alive):
        return trie, alive
    renumbered = [np.cumsum(flags) - 1 for flags in alive]
    levels = [
        Level(
            renumbered[n][level.parents[alive[n + 1]]],
            renumbered[0][level.symbols[alive[n + 1]]],
        )
        for n, level in enumerate(trie.levels)
    ]
    return (
        Trie(
            trie.joiner,
            [
                symbol
                for symbol, stays in zip(trie.symbols, alive[0].tolist(), strict=True)
                if stays
            ],
            levels,
            [columns[flags] for columns, flags in zip(trie.columns, alive, strict=True)],
        ),
        alive,
    )


def _assemble(
    chunks: list[ChunkCounts],
    node_maps: list[list[Ints]],
    columns: list[NDArray[np.int32]],
    width: int,
    *,
    binary: bool,
) -> sp.csr_matrix:
    """Put the chunks' entries into one matrix; each chunk is let go as soon as its rows are written."""
    indices: list[NDArray[np.int32]] = []
    data: list[NDArray[np.int32]] = []
    row_lengths: list[Ints] = []
    for i, chunk in enumerate(chunks):
        documents, places, counts = _chunk_columns(chunk, node_maps[i], columns)
        rows = np.bincount(documents, minlength=chunk.documents)
        bits = int(counts.max(initial=1)).bit_length()
        if chunk.documents * max(width, 1) < 1 << (62 - bits):
            # document, column and count in one integer: a single sort, and no second array to carry along
            packed = np.sort(((documents * width + places) << bits) | counts)
            places, counts = (
                (packed >> bits) % width if width else packed,
                packed & ((1 << bits) - 1),
            )
        else:
            by_column = np.lexsort((places, documents))
            places, counts = places[by_column], counts[by_column]
        indices.append(places.astype(np.int32))
        data.append(np.ones(len(counts), np.int32) if binary else counts.astype(np.int32))
        row_lengths.append(rows)
        chunks[i] = ChunkCounts(chunk.documents, [], [], [])
        node_maps[i] = []
    total_rows = sum(chunk.documents for chunk in chunks)
    indptr = np.zeros(total_rows + 1, dtype=np.int64)
    if row_lengths:
        np.cumsum(np.concatenate(row_lengths), out=indptr[1:])
    flat_indices = _joined(indices)
    flat_data = _joined(data)
    if len(flat_indices) < 2**31:
        indptr = indptr.astype(np.int32)
    matrix = sp.csr_matrix((flat_data, flat_indices, indptr), shape=(total_rows, width))
    matrix.has_sorted_indices = True
    return matrix


def _joined(parts: list[NDArray[np.int32]]) -> NDArray[np.int32]:
    """Concatenate and let go of each part at once, so that both never stand in memory together."""
    whole = np.empty(sum(len(part) for part in parts), dtype=np.int32)
    at = 0
    for i, part in enumerate(parts):
        whole[at : at + len(part)] = part
        at += len(part)
        parts[i] = whole[:0]
    return whole


def _chunk_columns(
    chunk: ChunkCounts, maps: list[Ints], columns: list[NDArray[np.int32]]
) -> tuple[Ints, Ints, Ints]:
    """A chunk's entries that fall into columns: documents, columns, counts, each int64."""
    parts: list[tuple[Ints, Ints, Ints]] = []
    for n, entries in enumerate(chunk.entries):
        if entries is None or n >= len(columns) or not len(columns[n]):
            continue
        known = maps[n]
        place_of_node = _looked_up(columns[n], known)
        places = place_of_node[entries.nodes]
        inside = places >= 0
        parts.append(
            (
                entries.documents[inside].astype(np.int64),
                places[inside],
                entries.counts[inside].astype(np.int64),
            )
        )
    if not parts:
        empty = np.zeros(0, dtype=np.int64)
        return empty, empty, empty
    documents, places, counts = (np.concatenate(group) for group in zip(*parts, strict=True))
    return documents, places, counts
