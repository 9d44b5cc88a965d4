"""Vectors in two dimensions: principal components, whose axes say how much they show, and t-SNE, whose axes say nothing.

Pearson 1901 for the former; van der Maaten & Hinton 2008, "Visualizing data using t-SNE", JMLR 9:2579, for the latter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

PROJECTIONS = ("pca", "tsne")
LEAST = 3
"""Points below which a map shows nothing."""
_PERPLEXITY = 30.0
_REDUCED_TO = (
    50  # dimensions in which t-SNE looks for neighbours; the paper's own number (section 4.2)
)


@dataclass(frozen=True)
class Projected:
    """``places`` float64 (n, 2). ``shares``: of the variance, what each axis shows (PCA). ``perplexity``: t-SNE's."""

    places: NDArray[np.float64]
    shares: tuple[float, float] | None = None
    perplexity: float | None = None


def project(vectors: Any, method: str, *, seed: int) -> Projected:
    """Rows (n, dim), dense or scipy-sparse, as points of a plane; the same on every run, whatever the number of cores."""
    from threadpoolctl import threadpool_limits

    assert method in PROJECTIONS, method
    assert vectors.shape[0] >= LEAST, vectors.shape
    with threadpool_limits(1):  # sums in another order are other sums, and t-SNE magnifies that
        return _pca(vectors, seed=seed) if method == "pca" else _tsne(vectors, seed=seed)


def perplexity_for(n: int) -> float:
    """The number of neighbours that t-SNE looks at: 30, or a third of the other points where these are few; 1 at least."""
    return max(1.0, min(_PERPLEXITY, (n - 1) / 3))


def _pca(vectors: Any, *, seed: int) -> Projected:
    """Two components; each is turned so that its greatest coordinate, in absolute value, is positive."""
    places, shares = components(vectors, 2, seed=seed)
    return Projected(places, shares=(float(shares[0]), float(shares[1])))


def components(
    vectors: Any, count: int, *, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The first principal components of rows (n, dim): float64 (n, count), and the share of the variance in each.

    A sparse matrix is never filled: its mean is taken off inside the products. Directions without variance are zeros.
    """
    from scipy.sparse import issparse

    n, dim = vectors.shape
    wanted = min(count, n - 1, dim)
    sparse = bool(issparse(vectors))
    if sparse and wanted < min(n, dim):
        places, values, total = _sparse_components(vectors, wanted, seed=seed)
    else:
        X = np.asarray(vectors.toarray() if sparse else vectors, dtype=np.float64)
        X = X - X.mean(axis=0)
        U, values, _ = np.linalg.svd(X, full_matrices=False)
        places, values, total = (
            U[:, :wanted] * values[:wanted],
            values[:wanted],
            float((X**2).sum()),
        )
    greatest = places[np.abs(places).argmax(axis=0), np.arange(wanted)]
    places = places * np.where(greatest < 0, -1.0, 1.0)
    missing = count - wanted
    shares = values**2 / total if total > 0 else np.zeros(wanted)
    return np.pad(places, ((0, 0), (0, missing))), np.pad(shares, (0, missing))


def _sparse_components(
    vectors: Any, count: int, *, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Coordinates (n, count), singular values and the sum of squares of a sparse matrix less its mean."""
    from scipy.sparse.linalg import LinearOperator, svds

    X = vectors.astype(np.float64)
    n, dim = X.shape
    mean = np.asarray(X.mean(axis=0), dtype=np.float64).ravel()
    centred = LinearOperator(
        (n, dim),
        matvec=lambda v: X @ v.ravel() - float(mean @ v.ravel()),
        rmatvec=lambda u: X.T @ u.ravel() - mean * u.sum(),
        dtype=np.float64,
    )
    start = np.random.default_rng(seed).normal(size=min(n, dim))
    U, found, _ = svds(centred, k=count, v0=start, solver="arpack")
    values = np.asarray(found, dtype=np.float64)
    order = np.argsort(-values)
    total = float(X.multiply(X).sum() - n * (mean @ mean))
    return U[:, order] * values[order], values[order], total


def _tsne(vectors: Any, *, seed: int) -> Projected:
    """t-SNE of the first fifty components, begun at the first two (Kobak & Berens 2019): far groups stay apart."""
    from sklearn.manifold import TSNE

    n = vectors.shape[0]
    perplexity = perplexity_for(n)
    reduced, _ = components(vectors, min(_REDUCED_TO, vectors.shape[1], n - 1), seed=seed)
    if not np.ptp(reduced, axis=0).any():  # all vectors are one
        return Projected(np.zeros((n, 2)), perplexity=perplexity)
    start = np.pad(reduced, ((0, 0), (0, max(0, 2 - reduced.shape[1]))))[:, :2]
    model = TSNE(
        n_components=2,
        perplexity=perplexity,
        init=(start / start[:, 0].std() * 1e-4).astype(np.float32),
        learning_rate="auto",
        random_state=seed,
        method="exact" if n < 100 else "barnes_hut",
        n_jobs=1,
    )
    return Projected(
        np.asarray(model.fit_transform(reduced), dtype=np.float64), perplexity=perplexity
    )
