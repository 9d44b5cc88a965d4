"""Counts to weights: one formula, one function. Matrices are CSR and float64 unless said otherwise."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_BLOCK = 1 << 19


def inverse_document_frequency(df: Any, documents: int, *, smooth: bool) -> Floats:
    """``ln(n / df) + 1``, float64 (columns,); smooth adds one to ``n`` and ``df``, as if one more document held every term.

    Spärck Jones (1972), in scikit-learn's form (``TfidfTransformer``), whose added 1 keeps terms that are in all documents.
    """
    counts = np.asarray(df, dtype=np.float64) + float(smooth)
    return np.log((documents + int(smooth)) / counts) + 1.0


def sublinear(counts: Floats) -> Floats:
    """``1 + ln(tf)`` for counts above 0 (Manning et al. 2008, equation 6.13); in place."""
    np.log(counts, out=counts)
    counts += 1.0
    return counts


def weigh(
    counts: sp.csr_matrix, idf: Floats | None, *, sublinear_tf: bool, norm: str | None
) -> sp.csr_matrix:
    """TF-IDF weights of a matrix of counts: float64, the same pattern of entries."""
    data = counts.data.astype(np.float64)
    if sublinear_tf:
        sublinear(data)
    if idf is not None:
        for start in range(0, len(data), _BLOCK):
            data[start : start + _BLOCK] *= idf[counts.indices[start : start + _BLOCK]]
    weighted = sp.csr_matrix((data, counts.indices, counts.indptr), shape=counts.shape)
    weighted.has_sorted_indices = True
    return normalized(weighted, norm)


def normalized(matrix: sp.csr_matrix, norm: str | None) -> sp.csr_matrix:
    """Each row divided by its l1 or l2 length, in place; rows of zeros stay."""
    if norm is None:
        return matrix
    indptr = matrix.indptr
    row = 0
    while (
        row < matrix.shape[0]
    ):  # rows of about a block of entries at a time: no second matrix in memory
        last = max(row + 1, int(np.searchsorted(indptr, indptr[row] + _BLOCK, side="right")) - 1)
        entries = slice(int(indptr[row]), int(indptr[last]))
        lengths = np.diff(indptr[row : last + 1])
        rows = np.repeat(np.arange(last - row), lengths)
        values = matrix.data[entries]
        parts = np.abs(values) if norm == "l1" else values * values
        sums = np.bincount(rows, weights=parts, minlength=last - row)
        if norm == "l2":
            sums = np.sqrt(sums)
        sums[sums == 0] = 1.0
        matrix.data[entries] /= sums[rows]
        row = last
    return matrix
