"""An approximate index of a folder of word vectors: a graph of near words that is walked instead of the whole table.

HNSW (Malkov & Yashunin 2018, arXiv:1603.09320) as usearch has it. usearch and not faiss, because its wheel is an eighth of the
size (2.3 MB against 18.8), brings no second BLAS, maps the index from its file and is under the Apache licence. The graph holds
vectors in 8 bits; what it finds is compared again with the table, so that cosines are exact and only words can be missed.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nlpwb.errors import InputError, ModelError
from nlpwb.files import put_whole
from nlpwb.vectors.folder import FACTS, GRAPH, read_manifest
from nlpwb.vectors.neighbors import Rows, nearest
from nlpwb.vectors.similarity import unit_rows
from nlpwb.vectors.table import Floats, WordVectors

SAMPLE = 1000
"""Words whose neighbours are compared with the exact ones."""
DEPTH = 10
"""Neighbours that recall is measured on."""
_SPARE = 2  # candidates for each neighbour that is asked for: 8 bits blur their order


@dataclass(frozen=True)
class Facts:
    """How an index was made, and how much of the exact answer it finds; ``vectors`` is the hash of the table it belongs to."""

    vectors: str
    words: int
    bytes: int
    connectivity: int
    expansion_add: int
    expansion_search: int
    recall: float
    sampled: int


@dataclass(frozen=True, eq=False)
class Index:
    """A graph over the rows of a table."""

    graph: Any
    facts: Facts


def build_index(
    folder: Path,
    vectors: WordVectors,
    *,
    connectivity: int,
    expansion_add: int,
    expansion_search: int,
    seed: int = 0,
) -> Index:
    """Make the index of a folder of word vectors and write it beside the table; see :func:`build_graph`."""
    return build_graph(
        folder,
        vectors,
        table=read_manifest(folder)["files"]["vectors.npy"]["sha256"],
        connectivity=connectivity,
        expansion_add=expansion_add,
        expansion_search=expansion_search,
        seed=seed,
    )


def build_graph(
    folder: Path,
    vectors: WordVectors,
    *,
    table: str,
    connectivity: int = 16,
    expansion_add: int = 128,
    expansion_search: int = 128,
    seed: int = 0,
) -> Index:
    """Make the index of a folder's table, measure its recall, and write it beside the table.

    ``table`` is the hash of the file of vectors. ``connectivity`` are the links of a word, the paper's M; the expansions are
    the words that are looked at to add and to find one, the paper's efConstruction and ef. Recall is the share of the ten
    nearest words of a sample that is found.

    Raises:
        InputError: usearch is not installed, the folder cannot be written, or every vector is zero.
    """
    usearch = _usearch()
    norms = np.asarray(vectors.norms)
    rows = np.flatnonzero((norms > 0) & np.isfinite(norms))
    if not len(rows):
        raise InputError(
            f"{folder}: its vectors are all zeros, and there is nothing to index; train other vectors"
        )
    graph = usearch.Index(
        ndim=vectors.dimensions,
        metric="cos",
        dtype="i8",
        connectivity=connectivity,
        expansion_add=expansion_add,
        expansion_search=expansion_search,
    )
    held = np.asarray(vectors.vectors)
    graph.add(rows, held if len(rows) == len(held) else held[rows])
    sample = np.random.default_rng(seed).permutation(rows)[:SAMPLE]
    recall = _recall(vectors, graph, sample)
    try:
        put_whole(folder / GRAPH, lambda path: graph.save(str(path)))
        facts = Facts(
            vectors=table,
            words=len(rows),
            bytes=(folder / GRAPH).stat().st_size,
            connectivity=connectivity,
            expansion_add=expansion_add,
            expansion_search=expansion_search,
            recall=recall,
            sampled=len(sample),
        )
        text = json.dumps(asdict(facts), indent=1) + "\n"
        put_whole(folder / FACTS, lambda path: path.write_text(text, encoding="utf-8"))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"{folder / GRAPH} cannot be written: {reason}") from None
    return Index(graph, facts)


def open_index(folder: Path) -> Index:
    """The index of a folder of word vectors, mapped.

    Raises:
        InputError: there is none, or usearch is not installed.
        ModelError: it is damaged, or belongs to another table.
    """
    again = f"nlpwb words index {folder}"
    if not has_graph(folder):
        raise InputError(f"{folder} has no index; make one with: {again}")
    manifest = read_manifest(folder)
    return open_graph(
        folder,
        table=manifest["files"]["vectors.npy"]["sha256"],
        dimensions=manifest["dimensions"],
        again=f"make it again with: {again}",
    )


def has_graph(folder: Path) -> bool:
    """Whether an index stands beside the table of a folder."""
    return (folder / GRAPH).is_file() and (folder / FACTS).is_file()


def open_graph(folder: Path, *, table: str, dimensions: int, again: str) -> Index:
    """The index beside a table, mapped.

    Args:
        table: the hash of the file of vectors that it should belong to.
        dimensions: of these.
        again: the way out, where it cannot be used.

    Raises:
        InputError: usearch is not installed.
        ModelError: it is damaged, or belongs to another table.
    """
    usearch = _usearch()
    try:
        facts = Facts(**json.loads((folder / FACTS).read_text(encoding="utf-8")))
        # usearch trusts the file: of one that is cut off it would read what is not there.
        if (folder / GRAPH).stat().st_size != facts.bytes:
            raise ValueError(GRAPH)
        graph = usearch.Index.restore(str(folder / GRAPH), view=True)
        size = len(graph)
    except (OSError, ValueError, TypeError, RuntimeError):
        raise ModelError(f"the index of {folder} is not what was written; {again}") from None
    if size != facts.words or graph.ndim != dimensions:
        raise ModelError(f"the index of {folder} is damaged; {again}")
    if facts.vectors != table:
        raise ModelError(f"the index of {folder} belongs to other vectors; {again}")
    graph.expansion_search = facts.expansion_search
    return Index(graph, facts)


def nearest_by_index(
    vectors: WordVectors,
    index: Index,
    queries: Floats,
    *,
    k: int,
    exclude: Sequence[Collection[int]] | None = None,
) -> tuple[Rows, Floats]:
    """What :func:`~nlpwb.vectors.neighbors.nearest` returns, with words missing now and then; cosines are exact."""
    hidden = exclude if exclude is not None else [()] * len(queries)
    return _found(vectors, index.graph, queries, k, hidden)


def _found(
    vectors: WordVectors, graph: Any, queries: Floats, k: int, exclude: Sequence[Collection[int]]
) -> tuple[Rows, Floats]:
    units = unit_rows(queries)
    wanted = min(len(graph), _SPARE * (k + max(map(len, exclude), default=0)))
    # Of several queries usearch returns matrices, of one a single line.
    matches = graph.search(units, wanted)
    keys = np.reshape(matches.keys, (len(units), -1)).astype(np.int64)
    counts = matches.counts if len(units) > 1 else [keys.shape[1]]
    rows = np.full((len(units), max(k, wanted)), -1, dtype=np.int64)
    cosines = np.full(rows.shape, -np.inf, dtype=np.float32)
    for query, unit in enumerate(units):
        if unit.any():
            found = np.setdiff1d(keys[query][: counts[query]], list(exclude[query]))
            rows[query, : len(found)] = found
            cosines[query, : len(found)] = vectors.vectors[found] @ unit / vectors.norms[found]
    order = np.lexsort((rows, -cosines), axis=-1)[:, :k]
    rows, cosines = np.take_along_axis(rows, order, 1), np.take_along_axis(cosines, order, 1)
    return rows, np.where(rows < 0, np.float32(np.nan), cosines)


def _recall(vectors: WordVectors, graph: Any, sample: Rows) -> float:
    """The share of the nearest words of the sample that the graph finds."""
    queries = np.asarray(vectors.vectors[sample])
    own = [{int(row)} for row in sample]
    exact, _ = nearest(vectors, queries, k=DEPTH, exclude=own)
    found, _ = _found(vectors, graph, queries, DEPTH, own)
    right = there = 0
    for line, near in zip(exact.tolist(), found.tolist(), strict=True):
        right += len(set(line) & set(near) - {-1})
        there += len(set(line) - {-1})
    return right / there if there else 1.0


def _usearch() -> Any:
    try:
        import usearch.index
    except ImportError:
        raise InputError("an approximate index needs usearch: pip install 'nlpwb[index]'") from None
    return usearch.index
