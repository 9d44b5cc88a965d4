"""Groups of vectors by direction: spherical k-means, average linkage on cosine distance, and the silhouette of both."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nlpwb.vectors.table import Floats

METHODS = ("kmeans", "agglomerative")
STARTS = 10
ROUNDS = 100
Labels = NDArray[np.int64]
Linkage = NDArray[np.float64]


@dataclass(frozen=True)
class Branch:
    """A part of a tree of words: ``cosine`` is the mean cosine between its branches; ``leaves`` hang on it directly."""

    cosine: float
    leaves: tuple[int, ...]
    branches: tuple[Branch, ...]

    @property
    def members(self) -> list[int]:
        """All leaves of the branch, in the order of the tree."""
        return [*self.leaves, *(leaf for branch in self.branches for leaf in branch.members)]


def spherical_kmeans(units: Floats, count: int, *, seed: int, starts: int = STARTS) -> Labels:
    """Cluster rows of length 1, (n, dim), by the cosine to their cluster's centre: int64 (n,).

    Euclidean k-means gives the start, the best of several; then centres of length 1 and assignments by cosine take turns
    until nothing changes (Dhillon & Modha 2001, "Concept decompositions for large sparse text data", section 3). Rows of fewer
    directions than ``count`` make fewer clusters, one each.
    """
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits

    with (
        threadpool_limits(1),
        warnings.catch_warnings(),
    ):  # one thread: the same sums on every machine
        # It tells of fewer directions than clusters, in words for programmers; the labels tell it, too.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = KMeans(count, n_init=starts, random_state=seed).fit(units)
        labels = np.asarray(model.labels_, dtype=np.int64)
        for _ in range(ROUNDS):
            moved = np.asarray((units @ centres(units, labels).T).argmax(axis=1), dtype=np.int64)
            if len(np.unique(moved)) < count or (moved == labels).all():
                break
            labels = moved
    return by_size(labels)


def linkage(units: Floats) -> Linkage:
    """Average linkage on cosine distance (Sokal & Michener 1958), as scipy writes it: (n - 1, 4)."""
    from scipy.cluster import hierarchy
    from scipy.spatial.distance import pdist

    distances = np.clip(pdist(np.asarray(units, dtype=np.float64), "cosine"), 0.0, 2.0)
    return np.asarray(hierarchy.linkage(distances, "average"), dtype=np.float64)


def cut(tree: Linkage, count: int) -> Labels:
    """The ``count`` clusters (fewer where merges are tied) that a tree falls into: int64 (n,)."""
    from scipy.cluster import hierarchy

    return by_size(np.asarray(hierarchy.cut_tree(tree, [count]).ravel(), dtype=np.int64))


def by_size(labels: Labels) -> Labels:
    """The same clusters, numbered from 0 by falling size; of equal ones the one with the first row comes first."""
    _, first, inverse, sizes = np.unique(
        labels, return_index=True, return_inverse=True, return_counts=True
    )
    place = np.empty(len(sizes), dtype=np.int64)
    place[np.lexsort((first, -sizes))] = np.arange(len(sizes))
    return np.asarray(place[inverse.ravel()], dtype=np.int64)


def centres(units: Floats, labels: Labels) -> Floats:
    """The directions of the clusters' means, float32 (clusters, dim), each of length 1."""
    sums = _sums(units, labels)
    norms = np.linalg.norm(sums, axis=1, keepdims=True)
    return np.asarray(sums / np.where(norms > 0, norms, 1), dtype=np.float32)


def silhouettes(units: Floats, labels: Labels) -> NDArray[np.float64]:
    """How much nearer each row is to its own cluster than to the next one, by mean cosine distance: float64 (n,), -1 to 1.

    (b - a) / max(a, b), Rousseeuw 1987, section 2; 0 for a cluster of one. The mean cosine to a cluster is a product with the
    sum of its rows, so no pair of rows is ever compared.
    """
    n = len(units)
    line = np.arange(n)
    sizes = np.bincount(labels).astype(np.float64)
    if len(sizes) < 2:
        return np.zeros(n)
    cosines = np.asarray(units, dtype=np.float64) @ _sums(units, labels).T
    distances = 1 - cosines / sizes
    own = sizes[labels]
    a = (own - cosines[line, labels]) / np.maximum(own - 1, 1)
    distances[line, labels] = np.inf
    b = distances.min(axis=1)
    greater = np.maximum(np.maximum(a, b), 1e-12)
    return np.asarray(np.where(own > 1, (b - a) / greater, 0.0), dtype=np.float64)


def candidates(n: int, *, most: int = 40) -> list[int]:
    """Numbers of clusters that ``auto`` tries for n rows: all to 10, then a fifth more each time, to sqrt(n) or ``most``."""
    last = min(most, n - 1, max(3, round(n**0.5)))
    found = list(range(2, min(last, 10) + 1))
    while found and found[-1] * 1.2 <= last:
        found.append(round(found[-1] * 1.2))
    return found


def best_count(scored: Sequence[tuple[int, float]]) -> int:
    """The number of clusters with the highest mean silhouette; the smaller of equal ones."""
    return max(scored, key=lambda pair: (pair[1], -pair[0]))[0]


def tree_of(merges: Linkage, *, bands: int) -> Branch:
    """A linkage as a tree that people can read: merges whose distances lie in one of ``bands`` equal bands become one branch.

    The bands go from the least distance between two rows to the greatest; larger branches come first.
    """
    n = len(merges) + 1
    low, high = float(merges[:, 2].min()), float(merges[:, 2].max())
    width = (high - low) / bands or 1.0

    def band(distance: float) -> int:
        return min(bands - 1, int((distance - low) / width))

    nodes: list[Branch | int] = list(range(n))
    for left, right, distance, _ in merges.tolist():
        leaves: list[int] = []
        branches: list[Branch] = []
        for child in (nodes[int(left)], nodes[int(right)]):
            if isinstance(child, int):
                leaves.append(child)
            elif band(1 - child.cosine) == band(distance):
                leaves += child.leaves
                branches += child.branches
            else:
                branches.append(child)
        branches.sort(key=lambda branch: -len(branch.members))
        nodes.append(Branch(1 - distance, tuple(leaves), tuple(branches)))
    root = nodes[-1]
    assert isinstance(root, Branch)
    return root


def _sums(units: Floats, labels: Labels) -> NDArray[np.float64]:
    sums = np.zeros((int(labels.max()) + 1, units.shape[1]))
    np.add.at(sums, labels, units)
    return sums
