"""Skip-gram, CBOW and fastText's model by kernels of our own: epochs, threads, learning rate, and a way to go on later.

Blocks of sentences are dealt to threads that write into the same two tables without locks (Recht et al. 2011). Every block of
every epoch has random numbers of its own, so one thread gives the same bytes for the same seed, also when it was stopped
between two epochs and went on from the tables that were kept.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlpwb.errors import MethodError
from nlpwb.methods.embeddings import formulas
from nlpwb.methods.embeddings.config import CbowConfig, FasttextConfig, WordVectorConfig
from nlpwb.methods.embeddings.encoding import EncodedCorpus
from nlpwb.vectors.table import Floats, Subwords, WordVectors

Progress = Callable[[int, float, float], None]
"""Told the epoch (0 first), the share of all epochs that is done, and the mean loss of a true pair (NaN before the first)."""

END_RATE = 1e-4
"""The last step size; gensim ends there, too."""
_BLOCK = 200_000
_LEAST_BLOCK = 2_000
_BLOCKS_PER_THREAD = 16
_LOOK = 0.25  # seconds between two reports
_PART = 1 << 22  # numbers of a table that are worked on at a time


@dataclass(frozen=True, eq=False)
class Tables:
    """What training moves, after ``epoch`` epochs: ``W`` float32, input rows, and ``C`` float32, output rows."""

    epoch: int
    W: Floats
    C: Floats


def train(
    corpus: EncodedCorpus,
    config: WordVectorConfig,
    *,
    seed: int,
    threads: int,
    start: Tables | None = None,
    keep: Callable[[Tables], None] | None = None,
    progress: Progress | None = None,
) -> WordVectors:
    """Train the vectors of all words of an encoded corpus.

    ``start`` are tables to go on from, ``keep`` is given the tables after each epoch but the last.

    Raises:
        MethodError: the tables do not fit into memory, or the step size is so large that they hold no numbers any more.
    """
    tables = start or _new_tables(corpus, config, seed=seed, threads=threads)
    run = _Run(corpus, config, tables, seed=seed, threads=threads)
    for epoch in range(tables.epoch, config.epochs):
        run.epoch(epoch, progress)
        if not _finite(tables.W):
            raise MethodError(
                f"training diverged in epoch {epoch + 1}: the vectors are no longer numbers; lower learning_rate "
                f"({config.learning_rate:g})"
            )
        if keep is not None and epoch + 1 < config.epochs:
            keep(Tables(epoch + 1, tables.W, tables.C))
    return _vectors(corpus, config, tables.W, run.rows)


def block_size(occurrences: int, threads: int) -> int:
    """Words of a block: small enough for all threads to end an epoch together."""
    return min(_BLOCK, max(_LEAST_BLOCK, occurrences // (_BLOCKS_PER_THREAD * threads)))


@dataclass(frozen=True, eq=False)
class _Rows:
    """The input rows of every word, and how many rows there are."""

    offsets: NDArray[np.int64]
    rows: NDArray[np.int32]
    total: int


class _Run:
    """One training: what the kernels need beside the tables."""

    def __init__(
        self,
        corpus: EncodedCorpus,
        config: WordVectorConfig,
        tables: Tables,
        *,
        seed: int,
        threads: int,
    ) -> None:
        self.corpus = corpus
        self.config = config
        self.tables = tables
        self.seed = seed
        self.threads = threads
        self.bounds = corpus.bounds(block_size(corpus.occurrences, threads))
        self.total = corpus.occurrences * config.epochs
        self.done = np.zeros(threads, dtype=np.int64)
        self.done[0] = corpus.occurrences * tables.epoch
        self.loss = np.zeros((threads, 2))
        self.rows = _rows_of(corpus, config)
        self._kernel, self._arguments = self._choose()

    def epoch(self, number: int, progress: Progress | None) -> None:
        """All blocks once, dealt to the threads; an exception or Ctrl-C ends the threads at their next block."""
        blocks = iter(list(enumerate(self.bounds)))
        lock = threading.Lock()
        stop = threading.Event()
        failures: list[BaseException] = []
        self.loss[:] = 0

        def work(thread: int) -> None:
            try:
                while not stop.is_set():
                    with lock:
                        block = next(blocks, None)
                    if block is None:
                        return
                    place, (first, last) = block
                    state = block_state(self.seed, number, place)
                    self._kernel(
                        self.corpus.block(first, last),
                        self.tables.W,
                        self.tables.C,
                        *self._arguments,
                        self.done,
                        thread,
                        self.total,
                        state,
                        self.loss,
                    )
            except BaseException as error:  # told to the caller below
                failures.append(error)
                stop.set()

        workers = [
            threading.Thread(target=work, args=(thread,), daemon=True)
            for thread in range(self.threads)
        ]
        for worker in workers:
            worker.start()
        try:
            for worker in workers:
                while worker.is_alive():
                    worker.join(_LOOK)
                    if progress is not None and worker.is_alive():
                        progress(number, self.share, self.mean_loss)
            if progress is not None and not failures:
                progress(number, self.share, self.mean_loss)
        finally:
            stop.set()
            for worker in workers:
                worker.join()
        if failures:
            raise failures[0]

    @property
    def share(self) -> float:
        """Of all words of all epochs, the share that was read."""
        return float(self.done.sum() / self.total)

    @property
    def mean_loss(self) -> float:
        """The objective of a true pair and its noise words, over this epoch so far."""
        summed, pairs = self.loss.sum(axis=0)
        return float(summed / pairs) if pairs else float("nan")

    def _choose(self) -> tuple[Any, tuple[Any, ...]]:
        """The kernel for a config, and the arguments that stay the same from block to block."""
        config, counts = self.config, self.corpus.counts
        keep = formulas.as_threshold(formulas.keep_probability(counts, config.sample))
        threshold, alias = formulas.alias_table(formulas.noise_distribution(counts))
        rates = (config.learning_rate, min(END_RATE, config.learning_rate))
        negative = 0 if config.hs else config.negative
        cbow = _is_cbow(config)
        if not (config.hs or isinstance(config, FasttextConfig)):
            if cbow:
                from nlpwb.methods.embeddings.kernels.cbow import cbow_negative as loop
            else:
                from nlpwb.methods.embeddings.kernels.skipgram import skipgram_negative as loop
            return loop, (keep, threshold, alias, config.window, negative, *rates)
        rows = (self.rows.offsets, self.rows.rows)
        if not (config.hs or cbow):
            from nlpwb.methods.embeddings.kernels.subword_skipgram import subword_skipgram

            shared = (keep, threshold, alias, *rows, config.window, negative, *rates)
            return subword_skipgram, shared
        from nlpwb.methods.embeddings.kernels.hidden import hidden_layer

        tree = formulas.huffman_tree(counts if config.hs else counts[:1])
        paths = (tree.offsets, tree.points, tree.codes)
        return hidden_layer, (
            *(keep, threshold, alias),
            *rows,
            *paths,
            *(cbow, config.window, negative),
            *rates,
        )


def block_state(seed: int, epoch: int, block: int) -> np.uint64:
    """Where the random numbers of a block begin: SplitMix64 (Steele, Lea & Flood 2014) over seed, epoch and block."""
    state = 0
    for number in (seed, epoch, block):
        state = (state + number + 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF
        state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
        state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & 0xFFFFFFFFFFFFFFFF
        state ^= state >> 31
    return np.uint64(state)


def _is_cbow(config: WordVectorConfig) -> bool:
    if isinstance(config, FasttextConfig):
        return config.architecture == "cbow"
    return isinstance(config, CbowConfig)


def _rows_of(corpus: EncodedCorpus, config: WordVectorConfig) -> _Rows:
    if isinstance(config, FasttextConfig):
        from nlpwb.methods.embeddings.kernels.subwords import subword_rows

        shortest, longest = config.ngrams
        offsets, rows = subword_rows(
            corpus.words, shortest=shortest, longest=longest, buckets=config.buckets
        )
        return _Rows(offsets, rows, len(corpus.words) + config.buckets)
    size = len(corpus.words)
    return _Rows(np.arange(size + 1, dtype=np.int64), np.arange(size, dtype=np.int32), size)


def _new_tables(
    corpus: EncodedCorpus, config: WordVectorConfig, *, seed: int, threads: int
) -> Tables:
    """Input rows uniform in ±1/dim, output rows zero, as in fastText and gensim (word2vec.c has half of that)."""
    total = len(corpus.words) + (config.buckets if isinstance(config, FasttextConfig) else 0)
    try:
        W = np.empty((total, config.dim), dtype=np.float32)
        C = np.zeros((len(corpus.words), config.dim), dtype=np.float32)
    except MemoryError:
        raise MethodError(
            f"tables of {total:,} and {len(corpus.words):,} rows of {config.dim} numbers do not fit into memory; lower "
            "dim or buckets, or raise min_count"
        ) from None
    numbers = W.reshape(-1)

    def fill(place: int) -> None:
        part = numbers[place * _PART : (place + 1) * _PART]
        # of large tables every part has random numbers of its own, so that threads may fill them side by side
        generator = np.random.default_rng([seed, place] if place else seed)
        generator.random(out=part, dtype=np.float32)
        part -= np.float32(0.5)
        part *= np.float32(2 / config.dim)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(fill, range(-(-numbers.size // _PART))))
    return Tables(0, W, C)


def _finite(W: Floats) -> bool:
    """Whether all are numbers; a block at a time, since the answers for a whole table would take a quarter of its room."""
    rows = max(1, _PART // max(1, W.shape[1]))
    return all(np.isfinite(W[start : start + rows]).all() for start in range(0, len(W), rows))


def _vectors(
    corpus: EncodedCorpus, config: WordVectorConfig, W: Floats, rows: _Rows
) -> WordVectors:
    """The table that training ends in; with subwords a word's vector is the mean of its rows."""
    words, counts = list(corpus.words), corpus.counts
    if not isinstance(config, FasttextConfig):
        return WordVectors(words, W, counts)
    vectors = np.empty((len(words), config.dim), dtype=np.float32)
    for word, (first, last) in enumerate(itertools.pairwise(rows.offsets.tolist())):
        vectors[word] = W[rows.rows[first:last]].mean(axis=0)
    subwords = Subwords(W[len(words) :], *config.ngrams)
    return WordVectors(words, vectors, counts, subwords)
