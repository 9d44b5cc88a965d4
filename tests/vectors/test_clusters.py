"""Groups: planted ones are found by both methods; silhouettes are those of scikit-learn; trees by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import silhouette_samples

from nlpwb.vectors.clusters import (
    best_count,
    by_size,
    candidates,
    centres,
    cut,
    linkage,
    silhouettes,
    spherical_kmeans,
    tree_of,
)
from nlpwb.vectors.drift import unit_vectors
from tests.vectors.planted import grouped_table

TABLE = grouped_table()
UNITS = unit_vectors(TABLE, TABLE.words)
PLANTED = [word.rstrip("0123456789") for word in TABLE.words]


def same_groups(labels: np.ndarray) -> bool:
    return len(set(zip(labels.tolist(), PLANTED, strict=True))) == len(set(PLANTED))


def test_both_methods_find_the_planted_groups() -> None:
    assert same_groups(spherical_kmeans(UNITS, 3, seed=0))
    assert same_groups(cut(linkage(UNITS), 3))


def test_the_planted_number_has_the_highest_silhouette() -> None:
    scored = [
        (count, float(silhouettes(UNITS, spherical_kmeans(UNITS, count, seed=0)).mean()))
        for count in candidates(len(UNITS))
    ]
    assert best_count(scored) == 3


def test_the_same_seed_gives_the_same_clusters() -> None:
    noise = np.random.default_rng(3).normal(size=(80, 5)).astype(np.float32)
    units = noise / np.linalg.norm(noise, axis=1, keepdims=True)
    first = spherical_kmeans(units, 6, seed=4)
    assert (spherical_kmeans(units, 6, seed=4) == first).all()


@pytest.mark.filterwarnings("error")
def test_fewer_directions_than_clusters_make_fewer_clusters() -> None:
    """Three directions, two rows each: three clusters where five are asked for, and no warning of a library."""
    units = np.repeat(np.eye(3, dtype=np.float32), 2, axis=0)
    labels = spherical_kmeans(units, 5, seed=0)
    assert labels.tolist() == [0, 0, 1, 1, 2, 2]


def test_length_says_nothing_about_the_cluster() -> None:
    """Spherical: each row belongs to the centre of greatest cosine."""
    labels = spherical_kmeans(UNITS, 3, seed=0)
    assert ((UNITS @ centres(UNITS, labels).T).argmax(axis=1) == labels).all()


def test_clusters_are_numbered_by_falling_size() -> None:
    assert by_size(np.array([7, 3, 3, 9, 9, 3])).tolist() == [2, 0, 0, 1, 1, 0]
    assert by_size(np.array([5, 2])).tolist() == [0, 1]


@settings(max_examples=25, deadline=None)
@given(st.integers(4, 40), st.integers(2, 6), st.integers(0, 99))
def test_silhouettes_are_those_of_scikit_learn(n: int, count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(n, 3)).astype(np.float32)
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    labels = by_size(np.arange(n) % min(count, n - 1))
    wanted = silhouette_samples(units, labels, metric="cosine")
    assert silhouettes(units, labels) == pytest.approx(wanted, abs=1e-5)


def test_one_cluster_has_no_silhouette() -> None:
    assert silhouettes(UNITS, np.zeros(len(UNITS), dtype=np.int64)).tolist() == [0.0] * len(UNITS)


def test_numbers_that_are_tried() -> None:
    assert candidates(3) == [2]
    assert candidates(100) == [2, 3, 4, 5, 6, 7, 8, 9, 10]
    assert candidates(1000)[-3:] == [20, 24, 29]
    assert max(candidates(100_000)) <= 40
    assert max(candidates(1000, most=8)) == 8
    assert best_count([(2, 0.5), (3, 0.5), (4, 0.1)]) == 2


def test_a_linkage_by_hand() -> None:
    """0 and 1 at 10 degrees, 2 at 90 from 0: joined at 1 - cos 10, then at the mean of 1 - cos 90 and 1 - cos 80."""
    angles = np.radians([0, 10, 90])
    merges = linkage(np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32))
    assert merges[0, :3] == pytest.approx([0, 1, 1 - np.cos(np.radians(10))], abs=1e-6)
    assert merges[1, 2] == pytest.approx(1 - np.cos(np.radians(80)) / 2, abs=1e-6)
    tree = tree_of(merges, bands=6)
    assert (tree.leaves, [branch.leaves for branch in tree.branches]) == ((2,), [(0, 1)])
    assert tree.cosine == pytest.approx(np.cos(np.radians(80)) / 2, abs=1e-6)
    assert tree_of(merges, bands=1).members == [2, 0, 1]


def test_a_tree_holds_every_word_once_and_its_first_branches_are_the_groups() -> None:
    tree = tree_of(linkage(UNITS), bands=4)
    assert sorted(tree.members) == list(range(len(UNITS)))
    groups = [{PLANTED[leaf] for leaf in branch.members} for branch in tree.branches]
    assert sorted(map(sorted, groups)) == [["city"], ["fruit"], ["tool"]]
