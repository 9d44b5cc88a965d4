"""Word vectors by counting: positive pointwise mutual information, and its strongest dimensions.

Church & Hanks (1990), CL 16; Levy & Goldberg (2014), NIPS; Levy, Goldberg & Dagan (2015), TACL 3. What tf-idf and lsa do with
words and documents is done here with words and the words around them.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from nlpwb.errors import MethodError
from nlpwb.methods.embeddings.cooccurrence import cooccurrences, flat, linear
from nlpwb.methods.embeddings.encoding import EncodedCorpus
from nlpwb.methods.embeddings.kernels.shared import kernel
from nlpwb.vectors.table import Floats, WordVectors

if TYPE_CHECKING:
    from nlpwb.methods.embeddings.config import PpmiConfig

Progress = Callable[[int, float, float], None]

OVERSAMPLES = 10
"""Directions beyond ``dim`` that the decomposition carries along (Halko et al. 2011, section 4.2)."""


@dataclass(frozen=True, eq=False)
class Rows:
    """A CSR matrix in the types that the products take: ``indptr`` int64, ``indices`` int32, ``data`` float32."""

    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]
    data: Floats

    @classmethod
    def of(cls, matrix: sp.csr_matrix) -> Rows:
        """Of what has its type already nothing is copied."""
        return cls(
            matrix.indptr.astype(np.int64, copy=False),
            matrix.indices.astype(np.int32, copy=False),
            matrix.data.astype(np.float32, copy=False),
        )


def train_ppmi(
    corpus: EncodedCorpus,
    config: PpmiConfig,
    *,
    seed: int,
    threads: int,
    progress: Progress | None = None,
) -> WordVectors:
    """Count, weigh and decompose: ``U S^p``, float32 (V, dim); a seed gives the same vectors again.

    Raises:
        MethodError: ``dim`` is more than there are words, or no two words stand together.
    """
    if config.dim > len(corpus.words):
        raise MethodError(
            f"ppmi:dim={config.dim} is more than the {len(corpus.words):,} words of the vocabulary; "
            f"give dim={len(corpus.words)} or less, or lower min_count"
        )
    weights = {"flat": flat, "linear": linear}[config.weighting](config.window)
    counts = cooccurrences(corpus, weights).matrix()
    matrix = positive_pmi(counts, smoothing=config.smoothing, shift=config.shift)
    del counts
    if not matrix.nnz:
        raise MethodError(
            "ppmi: no two words stand together more often than by chance; give more text or a lower shift"
        )

    def passed(number: int) -> None:
        if progress is not None:
            progress(number, (number + 1) / (config.iterations + 1), float("nan"))

    left, values = truncated_svd(
        matrix,
        config.dim,
        iterations=config.iterations,
        generator=np.random.default_rng(seed),
        threads=threads,
        passed=passed,
    )
    vectors = np.asarray(left * values**config.power, dtype=np.float32)
    return WordVectors(words=list(corpus.words), vectors=vectors, counts=corpus.counts)


def positive_pmi(counts: sp.csr_matrix, *, smoothing: float, shift: float) -> sp.csr_matrix:
    """``max(0, log(P(w, c) / (P(w) P_a(c))) - log shift)``, CSR float32, without its zeros (Levy et al. 2015, section 3).

    ``P_a(c)`` is a context word's share of all counts raised to the power ``smoothing``; ``shift`` is the k of Levy &
    Goldberg (2014), the number of noise words in word2vec.
    """
    sums = np.asarray(counts.sum(axis=1, dtype=np.float64)).ravel()
    contexts = sums**smoothing
    seen = np.maximum(sums, np.finfo(np.float64).tiny)
    rare = np.maximum(contexts / max(contexts.sum(), 1e-300), np.finfo(np.float64).tiny)
    values = np.log(counts.data)
    values -= np.repeat(np.log(seen), np.diff(counts.indptr)).astype(np.float32)
    values -= np.log(rare).astype(np.float32)[counts.indices]
    values -= np.float32(np.log(shift))
    matrix = sp.csr_matrix((values, counts.indices, counts.indptr), shape=counts.shape)
    matrix.data[matrix.data < 0] = 0
    matrix.eliminate_zeros()
    return matrix


def truncated_svd(
    matrix: sp.csr_matrix,
    dim: int,
    *,
    iterations: int,
    generator: np.random.Generator,
    threads: int = 1,
    passed: Callable[[int], None] = lambda _: None,
) -> tuple[Floats, NDArray[np.float64]]:
    """The strongest left singular vectors (V, dim) float32 and their values, falling: randomised subspace iteration.

    Halko et al. (2011), algorithms 4.4 and 5.1, in float32, with products that spread over threads. (ARPACK multiplies with one
    vector at a time, and scikit-learn's ``randomized_svd`` factorises tall matrices on the way, which takes most of its time.)
    ``passed`` is called after each of the ``iterations + 1`` passes; ``threads`` binds the library behind numpy's products, too.
    Every vector is turned so that its largest entry is positive: a seed changes no sign.
    """
    from threadpoolctl import threadpool_limits

    width = min(dim + OVERSAMPLES, *matrix.shape)
    start = generator.standard_normal((matrix.shape[1], width), dtype=np.float32)
    straight, turned = Rows.of(matrix), Rows.of(matrix.T.tocsr())
    with threadpool_limits(threads):
        span = _orthonormal(_times(straight, start, threads))
        passed(0)
        for number in range(iterations):
            span = _orthonormal(_times(turned, span, threads))
            span = _orthonormal(_times(straight, span, threads))
            passed(number + 1)
        # the small problem: matrix' span = V S W', so matrix is about span W S V'
        projected = _times(turned, span, threads)
        gram = projected.T.astype(np.float64) @ projected.astype(np.float64)
        squares, rotation = np.linalg.eigh(gram)
        values = np.sqrt(np.maximum(squares[::-1][:dim], 0))
        left = span @ rotation[:, ::-1][:, :dim].astype(np.float32)
    largest = np.abs(left).argmax(axis=0)
    left *= np.where(left[largest, np.arange(dim)] < 0, -1, 1).astype(np.float32)
    return left, values


def _orthonormal(columns: Floats) -> Floats:
    """An orthonormal basis of what the columns span, zeros in place of what they do not.

    By the eigenvectors of their products in float64, in a fifth of the time of Householder's reflections; the iteration keeps
    the columns far from parallel, so the squared condition number does no harm.
    """
    wide = columns.astype(np.float64)
    squares, rotation = np.linalg.eigh(wide.T @ wide)
    held = squares > 1e-12 * max(float(squares[-1]), 1e-300)
    scales = np.where(held, 1.0 / np.sqrt(np.where(held, squares, 1.0)), 0.0)
    return np.asarray(columns @ (rotation * scales).astype(np.float32), dtype=np.float32)


def _times(matrix: Rows, columns: Floats, threads: int) -> Floats:
    """``matrix @ columns``; each row is made by one thread, so that their number changes nothing."""
    columns = np.ascontiguousarray(columns)
    size, entries = len(matrix.indptr) - 1, matrix.indptr[-1]
    product = np.zeros((size, columns.shape[1]), dtype=np.float32)
    pieces = np.searchsorted(matrix.indptr, np.linspace(0, entries, 8 * threads + 1))
    pieces[0], pieces[-1] = 0, size
    with ThreadPoolExecutor(threads) as pool:
        for done in [
            pool.submit(
                _multiply, matrix.indptr, matrix.indices, matrix.data, columns, product, first, last
            )
            for first, last in itertools.pairwise(pieces.tolist())
        ]:
            done.result()
    return product


@kernel(
    "void(int64[::1], int32[::1], float32[::1], float32[:, ::1], float32[:, ::1], int64, int64)",
)
def _multiply(
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    data: Floats,
    columns: Floats,
    product: Floats,
    first: int,
    last: int,
) -> None:
    """Rows ``first`` to ``last`` of the product of a CSR matrix with ``columns`` (V, width)."""
    for row in range(first, last):
        for place in range(indptr[row], indptr[row + 1]):
            column = indices[place]
            value = data[place]
            for t in range(columns.shape[1]):
                product[row, t] += value * columns[column, t]
