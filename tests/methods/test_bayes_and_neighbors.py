"""Naive Bayes and nearest neighbours: scikit-learn's answers, and small cases by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.naive_bayes import ComplementNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier

from nlpwb.errors import MethodError
from nlpwb.methods.heads import neighbors
from nlpwb.methods.heads.bayes import Nb
from nlpwb.methods.heads.neighbors import Knn
from nlpwb.methods.protocol import Matrix
from tests.methods.rows import dense_rows, head_part, sparse_rows, target_numbers


def fit_nb(words: str, matrix: Matrix, targets: Any) -> Nb:
    labels = int(max(targets)) + 1
    return Nb.fit(head_part(words).config, matrix, targets, labels=labels, seed=0)


def fit_knn(words: str, matrix: Matrix, targets: Any) -> Knn:
    labels = int(max(targets)) + 1
    return Knn.fit(head_part(words).config, matrix, targets, labels=labels, seed=0)


NAIVE = [
    ("nb", MultinomialNB()),
    ("nb:alpha=0.1,fit_prior=no", MultinomialNB(alpha=0.1, fit_prior=False)),
    ("nb:variant=complement", ComplementNB()),
    ("nb:variant=complement,alpha=0.3", ComplementNB(alpha=0.3)),
]


@pytest.mark.parametrize("kind", [np.int32, np.float64])
@pytest.mark.parametrize("labels", [2, 3])
@pytest.mark.parametrize(("words", "reference"), NAIVE, ids=[words for words, _ in NAIVE])
def test_naive_bayes_is_scikit_learns(words: str, reference: Any, labels: int, kind: Any) -> None:
    rows, new = sparse_rows(labels).astype(kind), sparse_rows(labels, seed=1).astype(kind)
    if kind is np.float64:  # weights rather than counts
        rows, new = rows * 0.37, new * 0.37
    targets = target_numbers(labels)
    head = fit_nb(words, rows, targets)
    reference.fit(rows, targets)
    np.testing.assert_allclose(head.scores(new), reference.predict_proba(new), rtol=1e-9)
    np.testing.assert_array_equal(head.scores(new).argmax(axis=1), reference.predict(new))
    again = Nb.from_state(head.config, head.state())
    np.testing.assert_array_equal(again.scores(new), head.scores(new))


def test_naive_bayes_by_hand() -> None:
    """Manning et al. (2008), example 13.1: China, chapter 13, table 13.1."""
    vocabulary = ["chinese", "beijing", "shanghai", "macao", "tokyo", "japan"]
    documents = [
        "chinese beijing chinese",
        "chinese chinese shanghai",
        "chinese macao",
        "tokyo japan chinese",
    ]
    rows = sp.csr_matrix(
        [[document.split().count(word) for word in vocabulary] for document in documents]
    )
    head = fit_nb("nb", rows, np.array([1, 1, 1, 0]))
    new = sp.csr_matrix([[3, 0, 0, 0, 1, 1]])  # chinese chinese chinese tokyo japan
    china = 3 / 4 * (3 / 7) ** 3 * (1 / 14) * (1 / 14)
    other = 1 / 4 * (2 / 9) ** 3 * (2 / 9) * (2 / 9)
    np.testing.assert_allclose(
        head.scores(new), [[other / (china + other), china / (china + other)]]
    )


@pytest.mark.parametrize("make", [sparse_rows, dense_rows])
@pytest.mark.parametrize("labels", [2, 3])
@pytest.mark.parametrize("weights", ["uniform", "distance"])
@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_neighbours_are_scikit_learns(metric: str, weights: str, labels: int, make: Any) -> None:
    """Rows without ties; who votes among equals is our own rule, tested below."""
    targets = target_numbers(labels)
    generator = np.random.default_rng(9)
    rows, new = make(labels), make(labels, seed=1)
    if sp.issparse(rows):  # counts tie, weights do not
        rows = sp.csr_matrix(rows.multiply(generator.uniform(0.5, 1, rows.shape)))
        new = sp.csr_matrix(new.multiply(generator.uniform(0.5, 1, new.shape)))
    head = fit_knn(f"knn:k=7,metric={metric},weights={weights}", rows, targets)
    reference = KNeighborsClassifier(7, metric=metric, weights=weights, algorithm="brute")
    reference.fit(rows.astype(np.float64), targets)
    expected = reference.predict_proba(new.astype(np.float64))
    np.testing.assert_allclose(head.scores(new), expected, rtol=1e-5, atol=1e-9)
    again = Knn.from_state(head.config, head.state())
    np.testing.assert_array_equal(again.scores(new), head.scores(new))


def test_votes_by_hand() -> None:
    """On a line: the three nearest of 0 are 1, -1 and 2; by distance they weigh 1, 1 and 1/2."""
    rows = np.array([[1.0], [-1.0], [2.0], [9.0]], dtype=np.float32)
    targets = np.array([0, 1, 1, 0])
    zero = np.zeros((1, 1), dtype=np.float32)
    uniform = fit_knn("knn:k=3,metric=euclidean", rows, targets)
    np.testing.assert_allclose(uniform.scores(zero), [[1 / 3, 2 / 3]])
    distance = fit_knn("knn:k=3,metric=euclidean,weights=distance", rows, targets)
    np.testing.assert_allclose(distance.scores(zero), [[0.4, 0.6]], rtol=1e-6)


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
@pytest.mark.parametrize("dense", [False, True])
def test_among_equals_the_earlier_training_row_votes(metric: str, dense: bool) -> None:
    """The same text stands often in real corpora; a product of matrices must not decide which copy is nearer."""
    generator = np.random.default_rng(0)
    one = generator.normal(size=(1, 37)).astype(np.float32)
    rows: Any = np.repeat(one, 203, axis=0)
    targets = np.array([0] * 5 + [1] * 198)
    new: Any = generator.normal(size=(41, 37)).astype(np.float32)
    if not dense:
        rows, new = sp.csr_matrix(rows), sp.csr_matrix(new)
    head = fit_knn(f"knn:k=5,metric={metric}", rows, targets)
    np.testing.assert_array_equal(head.scores(new), [[1.0, 0.0]] * 41)


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
@pytest.mark.parametrize("make", [sparse_rows, dense_rows])
def test_votes_do_not_depend_on_the_batch(
    metric: str, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counts tie a great deal; all rows at once, in blocks, and one by one give the same votes."""
    rows, new, targets = make(3), make(3, seed=1), target_numbers(3)
    head = fit_knn(f"knn:metric={metric},weights=distance", rows, targets)
    together = head.scores(new)
    alone = np.vstack([head.scores(new[row : row + 1]) for row in range(90)])
    monkeypatch.setattr(neighbors, "_BLOCK_VALUES", 90 * 7)
    np.testing.assert_allclose(alone, together, rtol=1e-6)
    np.testing.assert_allclose(head.scores(new), together, rtol=1e-6)
    np.testing.assert_array_equal(alone.argmax(axis=1), together.argmax(axis=1))


def test_a_document_of_nothing_has_neighbours_too() -> None:
    """A row of zeros is as near to every row as to any other: the first five vote."""
    head = fit_knn("knn", sparse_rows(2), target_numbers(2))
    votes = np.bincount(target_numbers(2)[:5], minlength=2) / 5
    np.testing.assert_allclose(head.scores(sp.csr_matrix((1, 25), dtype=np.int32)), [votes])


def test_more_neighbours_than_rows() -> None:
    with pytest.raises(MethodError) as caught:
        fit_knn("knn:k=5", sparse_rows(2, rows=4), target_numbers(2, rows=4))
    assert str(caught.value) == (
        "knn:k=5 asks for more neighbours than there are training rows (4); lower k"
    )
    assert fit_knn("knn:k=4", sparse_rows(2, rows=4), target_numbers(2, rows=4)).labels == 2
