"""Rows of numbers with labels for the heads: sparse and dense, in two and three labels, where a head has something to learn."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from nlpwb.methods.protocol import Matrix
from nlpwb.specs import Part, parse_spec


def sparse_rows(labels: int, *, rows: int = 90, columns: int = 25, seed: int = 0) -> Matrix:
    """Counts; every label prefers columns of its own, and none is certain."""
    generator = np.random.default_rng(seed)
    targets = target_numbers(labels, rows=rows)
    rates = np.full((labels, columns), 0.3)
    for label in range(labels):
        rates[label, label::labels] = 0.8
    return sp.csr_matrix(generator.poisson(rates[targets]).astype(np.int32))


def dense_rows(labels: int, *, rows: int = 90, columns: int = 6, seed: int = 0) -> Matrix:
    """Float32 in columns of very different scale, one of them constant."""
    generator = np.random.default_rng(seed)
    targets = target_numbers(labels, rows=rows)
    centers = generator.normal(size=(labels, columns))
    values = centers[targets] + generator.normal(size=(rows, columns))
    values = values * 10.0 ** np.arange(-2, columns - 2) + 3
    values[:, -1] = 7
    return values.astype(np.float32)


def target_numbers(labels: int, *, rows: int = 90) -> NDArray[np.int64]:
    """Unequal labels: the first stands in about half of the rows."""
    cycle = [0] * labels + list(range(labels))
    return np.array([cycle[row % len(cycle)] for row in range(rows)], dtype=np.int64)


def head_part(words: str) -> Part:
    """The head of a spec, such as ``svm:C=3``."""
    part = parse_spec(f"tfidf+{words}").head
    assert part is not None
    return part
