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

from nlpwb.methods.embeddings.cooccurrence import Cooccurrences, cooccurrences, harmonic
from nlpwb.methods.embeddings.encoding import EncodedCorpus
from nlpwb.methods.embeddings.kernels.shared import kernel
from nlpwb.vectors.table import Floats, WordVectors

if TYPE_CHECKING:
    from nlpwb.methods.embeddings.config import GloveConfig

Progress = Callable[[int, float, float], None]
"""Called with the epoch, the share of all epochs that is done, and the mean loss of a pair."""

GROUP = 512
"""Words of a group, at most. Pairs are taken a tile at a time, those of one group with those of another: their rows stay in the
processor's cache, which makes a step three times as fast as with rows from all over the table."""


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
    """
    tiles = in_tiles(cooccurrences(corpus, harmonic(config.window)))
    generator = np.random.default_rng(seed)
    words = start(len(corpus.words), config.dim, generator)
    contexts = start(len(corpus.words), config.dim, generator)
    for epoch in range(config.epochs):
        loss = epoch_of(
            tiles,
            words,
            contexts,
            order=generator.permutation(len(tiles.bounds) - 1),
            seed=int(generator.integers(1 << 30)),
            config=config,
            threads=threads,
        )
        if progress is not None:
            progress(epoch, (epoch + 1) / config.epochs, loss)
    vectors = words.vectors[:, 0] + contexts.vectors[:, 0]
    return WordVectors(words=list(corpus.words), vectors=vectors, counts=corpus.counts)


def start(words: int, dim: int, generator: np.random.Generator) -> Parameters:
    """Where the authors' program starts, too: uniform in ± 1 / 2 dim, and sums of squares of 1."""
    vectors = np.ones((words, 2, dim), dtype=np.float32)
    vectors[:, 0] = (generator.random((words, dim), dtype=np.float32) - 0.5) / dim
    biases = np.ones((words, 2), dtype=np.float32)
    biases[:, 0] = (generator.random(words, dtype=np.float32) - 0.5) / dim
    return Parameters(vectors, biases)


def in_tiles(pairs: Cooccurrences) -> Tiles:
    """Pairs by the groups of their words; groups are small enough that there are many tiles for the threads to share."""
    group = min(GROUP, -(-pairs.words // 16))
    groups = -(-pairs.words // group)
    rows, columns = np.empty_like(pairs.rows), np.empty_like(pairs.columns)
    values = np.empty_like(pairs.values)
    bounds = np.zeros(groups * groups + 1, dtype=np.int64)
    _sort_by_tile(pairs.rows, pairs.columns, pairs.values, group, bounds, rows, columns, values)
    return Tiles(rows, columns, values, bounds[np.diff(bounds, prepend=-1) > 0])


def epoch_of(
    tiles: Tiles,
    words: Parameters,
    contexts: Parameters,
    *,
    order: NDArray[np.int64],
    seed: int,
    config: GloveConfig,
    threads: int,
) -> float:
    """Take every pair once, the tiles in this ``order``, a tile's pairs shuffled by ``seed``; returns the mean loss."""
    loss = np.zeros((threads, 16))  # a line of the processor's cache each

    def work(thread: int) -> None:
        descend(
            tiles.rows,
            tiles.columns,
            tiles.values,
            tiles.bounds,
            order[thread::threads].copy(),
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

    others = [threading.Thread(target=work, args=(number,)) for number in range(1, threads)]
    for thread in others:
        thread.start()
    work(0)
    for thread in others:
        thread.join()
    return float(loss[:, 0].sum() / max(1.0, loss[:, 1].sum()))


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
    """Take each pair of some tiles once, in both its orders. ``loss`` (>= 2,) gathers the summed loss and the number of steps."""
    speed = np.float32(rate)
    total = 0.0
    steps = 0
    for tile in order:
        first, last = bounds[tile], bounds[tile + 1]
        state = np.uint64(seed) * np.uint64(len(bounds)) + np.uint64(tile)
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
