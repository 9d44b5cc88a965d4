"""Two tables of vectors laid over each other: the rotation that brings one nearest to the other.

Schönemann 1966, "A generalized solution of the orthogonal Procrustes problem", Psychometrika 31:1; for words of two corpora
Hamilton, Leskovec & Jurafsky 2016, "Diachronic word embeddings reveal statistical laws of semantic change", equation 4.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nlpwb.vectors.table import Floats

Matrix = NDArray[np.float64]


def procrustes(a: Matrix, b: Matrix) -> Matrix:
    """The orthogonal R (dim, dim) with the least ‖a R - b‖, rows of ``a`` and ``b`` (n, dim) in pairs: R = U Vᵀ of aᵀ b."""
    U, _, Vt = np.linalg.svd(a.T @ b)
    return np.asarray(U @ Vt, dtype=np.float64)


def centred_units(vectors: Floats) -> Matrix:
    """Vectors (n, dim) less their mean, each of length 1, float64; a vector that is the mean stays zero."""
    moved = np.asarray(vectors, dtype=np.float64)
    moved = moved - moved.mean(axis=0)
    norms = np.linalg.norm(moved, axis=1, keepdims=True)
    units: Matrix = np.divide(moved, norms, out=np.zeros_like(moved), where=norms > 1e-12)
    return units


def aligned_cosines(a: Floats, b: Floats) -> Matrix:
    """The cosine of each row of ``a`` (n, d1) with its partner in ``b`` (n, d2), after centring and rotation: float64 (n,).

    Where one table has more dimensions, the other is filled up with zeros: turning it within the larger space is still a
    rotation.
    """
    one, other = centred_units(a), centred_units(b)
    missing = one.shape[1] - other.shape[1]
    one = np.pad(one, ((0, 0), (0, max(0, -missing))))
    other = np.pad(other, ((0, 0), (0, max(0, missing))))
    return np.asarray(np.einsum("ij,ij->i", one @ procrustes(one, other), other), dtype=np.float64)
