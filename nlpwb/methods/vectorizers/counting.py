"""Documents to a sparse matrix of counts: chunks are counted in parallel, their vocabularies merged, columns numbered last.

Memory follows the matrix: a text is held only while its chunk is counted, and no n-gram is a string before somebody asks for
the vocabulary (:func:`nlpwb.methods.vectorizers.trie.terms`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from nlpwb.methods.vectorizers.analysis import Analyzer, numbering
from nlpwb.methods.vectorizers.chunks import CountChunk, chunked, map_chunks
from nlpwb.methods.vectorizers.ngrams import ChunkCounts, Entries, Ints
from nlpwb.methods.vectorizers.trie import (
    Limits,
    Places,
    Trie,
    column_frequencies,
    frequencies,
    limited,
    looked_up,
    merge,
    pruned,
    sorted_places,
    totals,
)


def fit_counts(
    texts: Iterable[str],
    analyzer: Analyzer,
    *,
    ngrams: tuple[int, int],
    limits: Limits,
    threads: int,
) -> tuple[Trie, sp.csr_matrix, Ints]:
    """Count all documents and choose the columns.

    Returns the trie, the matrix int32 (documents, columns) with sorted indices, and for every column its document frequency,
    int64 (columns,). All are empty where no term is left.
    """
    numbers = numbering()
    number = numbers.__getitem__
    chunks: list[ChunkCounts] = []
    maps: list[Ints] = []
    for counts in map_chunks(CountChunk(analyzer, *ngrams), chunked(texts), threads=threads):
        maps.append(np.fromiter(map(number, counts.symbols), np.int64, len(counts.symbols)))
        chunks.append(dataclasses.replace(counts, symbols=[]))
    symbols = sorted(numbers)
    rank = np.empty(len(symbols), dtype=np.int64)
    rank[np.fromiter(map(number, symbols), np.int64, len(symbols))] = np.arange(len(symbols))
    del numbers, number
    levels, node_maps = merge(chunks, [rank[numbered] for numbered in maps], len(symbols))
    sizes = [len(symbols), *(len(level.parents) for level in levels)]
    df = frequencies(chunks, node_maps, sizes)
    total = totals(chunks, node_maps, sizes) if limits.max_features is not None else None
    order = sorted_places(analyzer.joiner, symbols, levels, [counts > 0 for counts in df])
    documents = sum(chunk.documents for chunk in chunks)
    columns = limited(order, df, total, documents=documents, limits=limits)
    del order, total
    of_columns = column_frequencies(columns, df)
    del df
    trie = pruned(Trie(analyzer.joiner, symbols, levels, columns))
    matrix = _assemble(chunks, node_maps, columns, trie.width, binary=limits.binary)
    return trie, matrix, of_columns


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
    base = max(len(trie.symbols), 1)
    keys = [level.parents.astype(np.int64) * base + level.symbols for level in trie.levels]
    chunks: list[ChunkCounts] = []
    node_maps: list[list[Places]] = []
    for counts in map_chunks(CountChunk(analyzer, *ngrams), chunked(texts), threads=threads):
        symbol_map = np.fromiter(
            (numbers.get(symbol, -1) for symbol in counts.symbols), np.int64, len(counts.symbols)
        )
        nodes, maps = symbol_map, [symbol_map.astype(np.int32)]
        for n, level in enumerate(counts.levels):
            known = keys[n] if n < len(keys) else np.zeros(0, dtype=np.int64)
            nodes = _known_nodes(known, nodes[level.parents], symbol_map[level.symbols], base)
            maps.append(nodes.astype(np.int32))
        chunks.append(dataclasses.replace(counts, symbols=[], levels=[]))
        node_maps.append(maps)
    return _assemble(chunks, node_maps, trie.columns, trie.width, binary=binary)


def _known_nodes(known: Ints, parents: Ints, symbols: Ints, base: int) -> Ints:
    """Places in the sorted keys ``known`` of the pairs (parent, symbol), -1 for those that are not there."""
    found = np.full(len(parents), -1, dtype=np.int64)
    possible = np.flatnonzero((parents >= 0) & (symbols >= 0))
    if not len(known) or not len(possible):
        return found
    wanted = parents[possible] * base + symbols[possible]
    by_key = np.argsort(wanted)  # looking up in rising order keeps to the processor's cache
    wanted = wanted[by_key]
    at = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    hits = known[at] == wanted
    found[possible[by_key[hits]]] = at[hits]
    return found


def _assemble(
    chunks: list[ChunkCounts],
    node_maps: list[list[Places]],
    columns: list[Places],
    width: int,
    *,
    binary: bool,
) -> sp.csr_matrix:
    """Put the chunks' entries into one matrix; each chunk is let go as soon as its rows are written."""
    most = sum(
        len(entries.nodes) for chunk in chunks for entries in chunk.entries if entries is not None
    )
    # memory that is reserved and never written costs nothing
    indices = np.empty(most, dtype=np.int32)
    data = np.empty(most, dtype=np.int32)
    documents = sum(chunk.documents for chunk in chunks)
    lengths = np.zeros(documents + 1, dtype=np.int64)
    filled = row = 0
    for i, chunk in enumerate(chunks):
        rows, places, counts = _chunk_columns(chunk, node_maps[i], columns)
        lengths[row + 1 : row + 1 + chunk.documents] = np.bincount(rows, minlength=chunk.documents)
        places, counts = _row_sorted(rows, places, counts, chunk.documents, width)
        indices[filled : filled + len(places)] = places
        data[filled : filled + len(counts)] = 1 if binary else counts
        filled += len(places)
        row += chunk.documents
        chunks[i] = ChunkCounts(chunk.documents, [], [], [])
        node_maps[i] = []
    if filled < 0.9 * most:
        indices, data = indices[:filled].copy(), data[:filled].copy()
    indptr = np.cumsum(lengths)
    if filled < 2**31:
        indptr = indptr.astype(np.int32)
    matrix = sp.csr_matrix((data[:filled], indices[:filled], indptr), shape=(documents, width))
    matrix.has_sorted_indices = True
    return matrix


def _row_sorted(
    rows: Ints, places: Ints, counts: Ints, documents: int, width: int
) -> tuple[Ints, Ints]:
    """Columns and counts in the order of rows, then columns."""
    bits = int(counts.max(initial=1)).bit_length()
    if documents * max(width, 1) >= 1 << (62 - bits):
        order = np.lexsort((places, rows))
        return places[order], counts[order]
    # row, column and count in one integer: a plain sort, and no second array to carry along
    packed = rows * max(width, 1) + places
    packed <<= bits
    packed |= counts
    packed.sort()
    return (packed >> bits) % max(width, 1), packed & ((1 << bits) - 1)


def _chunk_columns(
    chunk: ChunkCounts, maps: list[Places], columns: list[Places]
) -> tuple[Ints, Ints, Ints]:
    """A chunk's entries that fall into columns: documents, columns, counts, each int64."""
    parts: list[tuple[NDArray[np.int64], ...]] = []
    for n, entries in enumerate(chunk.entries):
        if entries is None or n >= len(columns) or not len(columns[n]):
            continue
        parts.append(_entry_columns(entries, looked_up(columns[n], maps[n])))
    if not parts:
        empty = np.zeros(0, dtype=np.int64)
        return empty, empty, empty
    if len(parts) == 1:
        documents, places, counts = parts[0]
    else:
        documents, places, counts = (np.concatenate(group) for group in zip(*parts, strict=True))
    return documents, places, counts


def _entry_columns(entries: Entries, column_of_node: Places) -> tuple[Ints, Ints, Ints]:
    places = column_of_node[entries.nodes].astype(np.int64)
    documents, counts = entries.documents.astype(np.int64), entries.counts.astype(np.int64)
    inside = places >= 0
    if bool(inside.all()):
        return documents, places, counts
    return documents[inside], places[inside], counts[inside]
