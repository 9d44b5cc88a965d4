"""GloVe: word vectors whose products are logarithms of co-occurrence counts (Pennington, Socher & Manning 2014, EMNLP).

Letters as in the paper: X counts; w, c vectors of a word and of a context word; b their biases.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from nlpwb.errors import MethodError
from nlpwb.methods.embeddings.cooccurrence import Cooccurrences, cooccurrences, harmonic
from nlpwb.methods.embeddings.encoding import EncodedCorpus
from nlpwb.methods.embeddings.kernels.shared import kernel
from nlpwb.vectors.table import Floats, WordVectors

if TYPE_CHECKING:
    from nlpwb.methods.embeddings.config import GloveConfig

Progress = Callable[[int, float, float], None]
"""Told the epoch (0 first), the share of all epochs that is done, and the mean loss of a pair (NaN before the first)."""

GROUP = 512
"""Words of a group, at most. Pairs are taken a tile at a time, those of one group with those of another: their rows stay in the
processor's cache, which makes a step three times as fast as with rows from all over the table."""
_MOST_GROUPS = 2_000  # the table of tiles has a place for each two of them: 32 MB
_CHUNK = 20_000_000  # numbers of the rows that a thread goes through before it looks up: some 20 ms
_CHUNKS_PER_THREAD = 16
_LOOK = 0.25  # seconds between two reports


@dataclass(frozen=True, eq=False)
class Parameters:
    """One side of the model: ``vectors`` float32 (V, 2, dim), a vector and AdaGrad's sums of its squared gradients; ``biases``
    float32 (V, 2) likewise."""

    vectors: Floats
    biases: Floats


@dataclass(frozen=True, eq=False)
class Tiles:
    """Pairs in tiles: those of tile t at ``bounds[t]:bounds[t + 1]``, in whatever order."""

    rows: NDArray[np.int32]
    columns: NDArray[np.int32]
    values: NDArray[np.float32]
    bounds: NDArray[np.int64]


def train_glove(
    corpus: EncodedCorpus,
    config: GloveConfig,
    *,
    seed: int,
    threads: int,
    progress: Progress | None = None,
) -> WordVectors:
    """Count co-occurrences and fit ``w + c`` to them, float32 (V, dim).

    With one thread a seed gives the same vectors again; with several, threads write into each other's rows (Recht et al. 2011)
    and only the quality repeats.

    Raises:
        MethodError: the steps are so long that numbers leave the range of float32.
    """
    tiles = in_tiles(cooccurrences(corpus, harmonic(config.window)))
    generator = np.random.default_rng(seed)
    words = start(len(corpus.words), config.dim, generator)
    contexts = start(len(corpus.words), config.dim, generator)
    epoch = 0

    def told(share: float, loss: float) -> None:
        if progress is not None:
            progress(epoch, (epoch + share) / config.epochs, loss)

    for epoch in range(config.epochs):
        epoch_of(
            tiles,
            words,
            contexts,
            order=generator.permutation(len(tiles.bounds) - 1),
            seed=int(generator.integers(1 << 30)),
            config=config,
            threads=threads,
            told=told,
        )
        if not (_finite(words.vectors) and _finite(contexts.vectors)):
            raise MethodError(f"glove diverged in epoch {epoch + 1}; lower learning_rate")
    vectors = words.vectors[:, 0] + contexts.vectors[:, 0]
    return WordVectors(words=list(corpus.words), vectors=vectors, counts=corpus.counts)


def start(words: int, dim: int, generator: np.random.Generator) -> Parameters:
    """Where the authors' program starts, too: uniform in ± 1 / 2 dim, and sums of squares of 1."""
    vectors = np.ones((words, 2, dim), dtype=np.float32)
    vectors[:, 0] = (generator.random((words, dim), dtype=np.float32) - 0.5) / dim
    biases = np.ones((words, 2), dtype=np.float32)
    biases[:, 0] = (generator.random(words, dtype=np.float32) - 0.5) / dim
    return Parameters(vectors, biases)


def group_size(words: int) -> int:
    """Words of a group: few enough for the cache and for many tiles to share out, but no more than ``_MOST_GROUPS`` groups."""
    return max(min(GROUP, -(-words // 16)), -(-words // _MOST_GROUPS))


def in_tiles(pairs: Cooccurrences) -> Tiles:
    """Pairs by the groups of their words."""
    group = group_size(pairs.words)
    groups = -(-pairs.words // group)
    rows, columns = np.empty_like(pairs.rows), np.empty_like(pairs.columns)
    values = np.empty_like(pairs.values)
    bounds = np.zeros(groups * groups + 1, dtype=np.int64)
    _sort_by_tile(pairs.rows, pairs.columns, pairs.values, group, bounds, rows, columns, values)
    return Tiles(rows, columns, values, bounds[np.diff(bounds, prepend=-1) > 0])


def in_chunks(
    tiles: Tiles, order: NDArray[np.int64], *, dim: int, threads: int
) -> list[NDArray[np.int64]]:
    """The tiles of an order in runs that take a thread a moment; a run has one tile at least."""
    pairs = max(1, min(_CHUNK // dim, len(tiles.values) // (_CHUNKS_PER_THREAD * threads)))
    ends = np.cumsum(np.diff(tiles.bounds)[order])
    return np.split(order, np.flatnonzero(np.diff(ends // pairs)) + 1)


def epoch_of(
    tiles: Tiles,
    words: Parameters,
    contexts: Parameters,
    *,
    order: NDArray[np.int64],
    seed: int,
    config: GloveConfig,
    threads: int,
    told: Callable[[float, float], None] | None = None,
) -> float:
    """Take every pair once, the tiles in this ``order``, a tile's pairs shuffled by ``seed``; returns the mean loss.

    Chunks of tiles are dealt to the threads; an exception or Ctrl-C ends these at their next chunk. ``told`` is given the share
    of the pairs that is done and the mean loss, a few times a second and at the end.
    """
    chunks = iter(in_chunks(tiles, order, dim=config.dim, threads=threads))
    lock = threading.Lock()
    stop = threading.Event()
    failures: list[BaseException] = []
    loss = np.zeros((threads, 16))  # a line of the processor's cache each

    def work(thread: int) -> None:
        try:
            while not stop.is_set():
                with lock:
                    chunk = next(chunks, None)
                if chunk is None:
                    return
                descend(
                    tiles.rows,
                    tiles.columns,
                    tiles.values,
                    tiles.bounds,
                    chunk,
                    seed,
                    words.vectors,
                    words.biases,
                    contexts.vectors,
                    contexts.biases,
                    config.x_max,
                    config.alpha,
                    config.learning_rate,
                    loss[thread],
                )
        except BaseException as error:  # told to the caller below
            failures.append(error)
            stop.set()

    def tell() -> None:
        if told is not None:
            told(float(loss[:, 2].sum() / max(1, len(tiles.values))), _mean(loss))

    workers = [
        threading.Thread(target=work, args=(number,), daemon=True) for number in range(threads)
    ]
    for worker in workers:
        worker.start()
    try:
        for worker in workers:
            while worker.is_alive():
                worker.join(_LOOK)
                if worker.is_alive():
                    tell()
        if not failures:
            tell()
    finally:
        stop.set()
        for worker in workers:
            worker.join()
    if failures:
        raise failures[0]
    return _mean(loss)


def _mean(loss: NDArray[np.float64]) -> float:
    """Summed loss by number of steps, over all threads; NaN before the first."""
    summed, steps = loss[:, :2].sum(axis=0)
    return float(summed / steps) if steps else float("nan")


def _finite(table: Floats) -> bool:
    """Whether all numbers are, without a copy of the table: its least and its greatest are NaN where any is."""
    return bool(np.isfinite([table.min(), table.max()]).all())


@kernel(
    "void(int32[::1], int32[::1], float32[::1], int64, int64[::1], int32[::1], int32[::1], float32[::1])",
)
def _sort_by_tile(
    old_rows: NDArray[np.int32],
    old_columns: NDArray[np.int32],
    old_values: NDArray[np.float32],
    group: int,
    bounds: NDArray[np.int64],
    rows: NDArray[np.int32],
    columns: NDArray[np.int32],
    values: NDArray[np.float32],
) -> None:
    """A counting sort; ``bounds`` (tiles + 1,) comes as zeros."""
    groups = np.int64(np.sqrt(len(bounds) - 1))
    for pair in range(len(old_rows)):
        bounds[old_rows[pair] // group * groups + old_columns[pair] // group + 1] += 1
    for tile in range(1, len(bounds)):
        bounds[tile] += bounds[tile - 1]
    ends = bounds[:-1].copy()
    for pair in range(len(old_rows)):
        tile = old_rows[pair] // group * groups + old_columns[pair] // group
        place = ends[tile]
        ends[tile] += 1
        rows[place], columns[place] = old_rows[pair], old_columns[pair]
        values[place] = old_values[pair]


@njit(inline="always")
def _shuffle(
    rows: NDArray[np.int32],
    columns: NDArray[np.int32],
    values: NDArray[np.float32],
    state: np.uint64,
) -> None:
    """Fisher and Yates, with the linear congruential generator of Knuth."""
    for last in range(len(rows) - 1, 0, -1):
        state = state * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
        place = np.int64(((state >> np.uint64(32)) * np.uint64(last + 1)) >> np.uint64(32))
        rows[last], rows[place] = rows[place], rows[last]
        columns[last], columns[place] = columns[place], columns[last]
        values[last], values[place] = values[place], values[last]


@njit(inline="always")
def _step(
    W: Floats,
    W_biases: Floats,
    i: int,
    C: Floats,
    C_biases: Floats,
    j: int,
    log_x: np.float32,
    weight: np.float32,
    rate: np.float32,
) -> Any:
    """One step of AdaGrad (Duchi et al. 2011) on ``f(x) (w·c + b + b' - log x)²`` (equation 8); returns half that loss.

    As in the authors' program, the factor 2 of the gradient is part of the rate.
    """
    w, w_squares, c, c_squares = W[i, 0], W[i, 1], C[j, 0], C[j, 1]
    error = W_biases[i, 0] + C_biases[j, 0] - log_x
    for t in range(len(w)):
        error += w[t] * c[t]
    step = weight * error
    for t in range(len(w)):
        into_w = step * c[t]
        into_c = step * w[t]
        w[t] -= rate * into_w / np.sqrt(w_squares[t])
        c[t] -= rate * into_c / np.sqrt(c_squares[t])
        w_squares[t] += into_w * into_w
        c_squares[t] += into_c * into_c
    W_biases[i, 0] -= rate * step / np.sqrt(W_biases[i, 1])
    C_biases[j, 0] -= rate * step / np.sqrt(C_biases[j, 1])
    W_biases[i, 1] += step * step
    C_biases[j, 1] += step * step
    return np.float32(0.5) * step * error


@kernel(
    "void(int32[::1], int32[::1], float32[::1], int64[::1], int64[::1], int64, "
    "float32[:, :, ::1], float32[:, ::1], float32[:, :, ::1], float32[:, ::1], "
    "float64, float64, float64, float64[::1])",
)
def descend(
    rows: NDArray[np.int32],
    columns: NDArray[np.int32],
    values: NDArray[np.float32],
    bounds: NDArray[np.int64],
    order: NDArray[np.int64],
    seed: int,
    W: Floats,
    W_biases: Floats,
    C: Floats,
    C_biases: Floats,
    x_max: float,
    alpha: float,
    rate: float,
    loss: NDArray[np.float64],
) -> None:
    """Take each pair of some tiles once, in both its orders.

    ``loss`` (>= 3,) gathers the summed loss, the number of steps and that of pairs.
    """
    speed = np.float32(rate)
    total = 0.0
    steps = pairs = 0
    for tile in order:
        first, last = bounds[tile], bounds[tile + 1]
        state = np.uint64(seed) * np.uint64(len(bounds)) + np.uint64(tile)
        pairs += last - first
        _shuffle(rows[first:last], columns[first:last], values[first:last], state)
        for pair in range(first, last):
            i, j, x = rows[pair], columns[pair], values[pair]
            log_x = np.log(x)
            weight = np.float32(1.0 if x >= x_max else (x / x_max) ** alpha)  # equation 9
            total += _step(W, W_biases, i, C, C_biases, j, log_x, weight, speed)
            steps += 1
            if i != j:
                total += _step(W, W_biases, j, C, C_biases, i, log_x, weight, speed)
                steps += 1
    loss[0] += total
    loss[1] += steps
    loss[2] += pairs
