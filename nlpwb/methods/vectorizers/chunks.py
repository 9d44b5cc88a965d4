"""A stream of texts in chunks, worked on in parallel, the results in order.

This module and what it imports is all that a worker process loads: numpy, and no scipy.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import numpy as np

from nlpwb.methods.vectorizers.analysis import Analyzer
from nlpwb.methods.vectorizers.ngrams import ChunkCounts, Entries, Integers, Level, count_ngrams

CHUNK_CHARACTERS = 1_500_000
CHUNK_DOCUMENTS = 20_000

T = TypeVar("T")


def chunked(
    texts: Iterable[str], *, characters: int | None = None, documents: int | None = None
) -> Iterator[list[str]]:
    """Cut a stream of texts into chunks of about equal work."""
    characters = CHUNK_CHARACTERS if characters is None else characters
    documents = CHUNK_DOCUMENTS if documents is None else documents
    chunk: list[str] = []
    size = 0
    for text in texts:
        chunk.append(text)
        size += len(text) + 16
        if size >= characters or len(chunk) >= documents:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def map_chunks(
    work: Callable[[list[str]], T], chunks: Iterable[list[str]], *, threads: int
) -> Iterator[T]:
    """``work`` on every chunk, in order; in other processes when there is more than one chunk and more than one thread.

    At most two chunks a process are under way, so a long stream is never held.
    """
    stream = iter(chunks)
    head = list(itertools.islice(stream, 2))
    if threads <= 1 or len(head) < 2:
        yield from map(work, itertools.chain(head, stream))
        return
    from concurrent.futures import Future, ProcessPoolExecutor

    with ProcessPoolExecutor(threads, mp_context=_context()) as pool:
        waiting: deque[Future[T]] = deque()
        for chunk in itertools.chain(head, stream):
            waiting.append(pool.submit(work, chunk))
            if len(waiting) >= 2 * threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def boot_workers() -> None:
    """Start the process that workers come from, without waiting for it: it loads numpy while the caller reads its first texts."""
    if _context().get_start_method() == "forkserver":
        from multiprocessing.forkserver import ensure_running

        ensure_running()


def _context() -> Any:
    from multiprocessing import get_all_start_methods, get_context

    if "forkserver" not in get_all_start_methods():
        return get_context("spawn")
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


@dataclasses.dataclass(frozen=True)
class CountChunk:
    """What a worker does with a chunk; a class, because processes are sent objects and not closures."""

    analyzer: Analyzer
    shortest: int
    longest: int

    def __call__(self, texts: list[str]) -> ChunkCounts:
        """The n-grams of a chunk, counted."""
        counts = count_ngrams(
            self.analyzer(texts),
            documents=len(texts),
            shortest=self.shortest,
            longest=self.longest,
        )
        return _packed(counts)


def _packed(counts: ChunkCounts) -> ChunkCounts:
    """The same counts in the smallest integers that hold them: they travel between processes, and wait for the merge."""
    return ChunkCounts(
        counts.documents,
        counts.symbols,
        [Level(_small(level.parents), _small(level.symbols)) for level in counts.levels],
        [
            None
            if entries is None
            else Entries(_small(entries.documents), _small(entries.nodes), _small(entries.counts))
            for entries in counts.entries
        ],
    )


def _small(array: Integers) -> Integers:
    top = int(array.max(initial=0))
    for kind in (np.uint8, np.uint16, np.int32):
        if top <= np.iinfo(kind).max:
            return array.astype(kind)
    return array
