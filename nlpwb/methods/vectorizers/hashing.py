"""Counts in hashed columns, equal to scikit-learn's ``HashingVectorizer``: no vocabulary is ever held."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from nlpwb.methods.vectorizers.analysis import Analyzer
from nlpwb.methods.vectorizers.chunks import CountChunk, chunked, map_chunks
from nlpwb.methods.vectorizers.murmur import murmurhash3_32


@dataclass(frozen=True)
class HashedChunk:
    """CSR parts of a chunk: ``lengths`` int64 (documents,), ``columns`` int32 and ``values`` float64 (entries,)."""

    lengths: NDArray[np.int64]
    columns: NDArray[np.int32]
    values: NDArray[np.float64]


@dataclass(frozen=True)
class _HashChunk:
    """What a worker does with a chunk."""

    count: CountChunk
    columns: int
    alternate_sign: bool
    binary: bool

    def __call__(self, texts: list[str]) -> HashedChunk:
        counts = self.count(texts)
        strings = counts.symbols
        rows: list[NDArray[np.int64]] = []
        places: list[NDArray[np.int64]] = []
        values: list[NDArray[np.float64]] = []
        for n, entries in enumerate(counts.entries):
            if n > 0:
                level = counts.levels[n - 1]
                strings = [
                    strings[parent] + self.count.analyzer.joiner + counts.symbols[symbol]
                    for parent, symbol in zip(
                        level.parents.tolist(), level.symbols.tolist(), strict=True
                    )
                ]
            if entries is None:
                continue
            hashes = murmurhash3_32(strings)[entries.nodes].astype(np.int64)
            places.append(np.abs(hashes) % self.columns)
            signs = np.where(hashes >= 0, 1.0, -1.0) if self.alternate_sign else 1.0
            values.append(signs * entries.counts.astype(np.float64))
            rows.append(entries.documents.astype(np.int64))
        triples = sp.coo_matrix(
            (np.concatenate(values), (np.concatenate(rows), np.concatenate(places))),
            shape=(len(texts), self.columns),
        )
        matrix = triples.tocsr()  # terms of one column are added up, and may cancel
        matrix.sort_indices()
        if self.binary:
            matrix.data.fill(1.0)
        return HashedChunk(
            np.diff(matrix.indptr).astype(np.int64),
            matrix.indices.astype(np.int32),
            matrix.data.astype(np.float64),
        )


def hash_counts(
    texts: Iterable[str],
    analyzer: Analyzer,
    *,
    ngrams: tuple[int, int],
    columns: int,
    alternate_sign: bool,
    binary: bool,
    threads: int,
) -> sp.csr_matrix:
    """Hashed counts of all documents: float64 (documents, columns), sorted indices."""
    work = _HashChunk(CountChunk(analyzer, *ngrams), columns, alternate_sign, binary)
    parts = list(map_chunks(work, chunked(texts), threads=threads))
    lengths = [part.lengths for part in parts] or [np.zeros(0, dtype=np.int64)]
    indptr = np.concatenate([[0], np.cumsum(np.concatenate(lengths))])
    indices = [part.columns for part in parts] or [np.zeros(0, dtype=np.int32)]
    data = [part.values for part in parts] or [np.zeros(0, dtype=np.float64)]
    if indptr[-1] < 2**31:
        indptr = indptr.astype(np.int32)
    return sp.csr_matrix(
        (np.concatenate(data), np.concatenate(indices), indptr),
        shape=(len(indptr) - 1, columns),
    )
