"""The plane: components of scikit-learn, the same map each time, groups that stay apart."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from sklearn.decomposition import PCA

from nlpwb.vectors.drift import unit_vectors
from nlpwb.vectors.projection import components, perplexity_for, project
from tests.vectors.planted import GROUPS, grouped_table

TABLE = grouped_table()
UNITS = unit_vectors(TABLE, TABLE.words)


def test_components_and_shares_are_those_of_scikit_learn() -> None:
    model = PCA(2).fit(UNITS.astype(np.float64))
    found = project(UNITS, "pca", seed=0)
    assert found.shares == pytest.approx(tuple(model.explained_variance_ratio_))
    assert np.abs(found.places) == pytest.approx(np.abs(model.transform(UNITS)), abs=1e-6)


def test_a_sparse_matrix_gives_the_same_plane_without_being_filled() -> None:
    X = sparse.random(60, 400, density=0.05, format="csr", random_state=1)
    dense, thin = (project(matrix, "pca", seed=0) for matrix in (X.toarray(), X))
    assert thin.shares == pytest.approx(dense.shares)
    assert thin.places == pytest.approx(dense.places, abs=1e-8)


def test_a_line_has_one_component() -> None:
    """(0, 0), (1, 1), (2, 2): all of the variance along one axis, of length sqrt 2 on either side."""
    found = project(np.array([[0, 0], [1, 1], [2, 2]]), "pca", seed=0)
    assert found.shares == pytest.approx((1.0, 0.0))
    assert np.sort(found.places[:, 0]) == pytest.approx([-(2**0.5), 0, 2**0.5])


def test_signs_do_not_depend_on_the_solver() -> None:
    places, _ = components(UNITS, 3, seed=0)
    assert (places.max(axis=0) >= -places.min(axis=0)).all()


@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_the_same_seed_gives_the_same_map(method: str) -> None:
    first, second = (project(UNITS, method, seed=3) for _ in range(2))
    assert (first.places == second.places).all()


def test_tsne_keeps_neighbours_together() -> None:
    """Nine of ten words have their nearest neighbour in their own planted group."""
    places = project(UNITS, "tsne", seed=0).places
    distances = ((places[:, None] - places[None]) ** 2).sum(axis=2)
    np.fill_diagonal(distances, np.inf)
    group = np.arange(len(places)) % len(GROUPS)
    assert (group[distances.argmin(axis=1)] == group).mean() >= 0.9


@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_the_smallest_maps(method: str) -> None:
    """Three words; and words that are all one vector, which have no plane."""
    assert np.isfinite(project(UNITS[:3], method, seed=0).places).all()
    assert project(np.ones((5, 4)), method, seed=0).places == pytest.approx(np.zeros((5, 2)))


def test_the_perplexity_follows_the_number_of_words() -> None:
    assert [perplexity_for(n) for n in (3, 4, 31, 91, 10_000)] == [1.0, 1.0, 10.0, 30.0, 30.0]
