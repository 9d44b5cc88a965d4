"""Two tables of vectors laid over each other: the rotation that brings one nearest to the other.

Schönemann 1966, "A generalized solution of the orthogonal Procrustes problem", Psychometrika 31:1; for words of two corpora
Hamilton, Leskovec & Jurafsky 2016, "Diachronic word embeddings reveal statistical laws of semantic change", equation 4.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nlpwb.vectors.table import BLOCK, Floats

Matrix = NDArray[np.float64]


def procrustes(a: Matrix, b: Matrix) -> Matrix:
    """The orthogonal R (dim, dim) with the least ‖a R - b‖, rows of ``a`` and ``b`` (n, dim) in pairs: R = U Vᵀ of aᵀ b."""
    return rotation(a.T @ b)


def rotation(product: Matrix) -> Matrix:
    """The R of :func:`procrustes` from the product aᵀ b (dim, dim), which can be added up a block of rows at a time."""
    U, _, Vt = np.linalg.svd(product)
    return np.asarray(U @ Vt, dtype=np.float64)


def centred_units(vectors: Floats, *, mean: NDArray[np.float64] | None = None) -> Matrix:
    """Vectors (n, dim) less their mean, or the one given, each of length 1, float64; a vector that is the mean stays zero."""
    moved = np.asarray(vectors, dtype=np.float64)
    moved = moved - (moved.mean(axis=0) if mean is None else mean)
    norms = np.linalg.norm(moved, axis=1, keepdims=True)
    units: Matrix = np.divide(moved, norms, out=np.zeros_like(moved), where=norms > 1e-12)
    return units


def aligned_cosines(a: Floats, b: Floats, *, rows: NDArray[np.int64] | None = None) -> Matrix:
    """The cosine of each of ``rows`` (all, where none are given) of ``a`` (n, d1) with its partner in ``b`` (n, d2), float64.

    Both are centred, and ``a`` is turned, by all their rows; they are read a block at a time, and no copy of them is made. Where
    one table has more dimensions, the other is filled up with zeros: turning it within the larger space is still a rotation.
    """
    of_a, of_b = (table.mean(axis=0, dtype=np.float64) for table in (a, b))
    width = max(a.shape[1], b.shape[1])
    product = np.zeros((width, width))
    for start in range(0, len(a), BLOCK):
        one = centred_units(a[start : start + BLOCK], mean=of_a)
        other = centred_units(b[start : start + BLOCK], mean=of_b)
        product[: a.shape[1], : b.shape[1]] += one.T @ other
    turn = rotation(product)[: a.shape[1], : b.shape[1]]
    asked = np.arange(len(a)) if rows is None else rows
    cosines = np.empty(len(asked))
    for start in range(0, len(asked), BLOCK):
        some = asked[start : start + BLOCK]
        one, other = centred_units(a[some], mean=of_a), centred_units(b[some], mean=of_b)
        cosines[start : start + BLOCK] = np.einsum("ij,ij->i", one @ turn, other)
    return cosines
