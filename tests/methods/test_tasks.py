"""Heads on sets of labels and on numbers: scikit-learn's answers at equal input, from arrays alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn import metrics
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.linear_model import Ridge as RidgeRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import MultinomialNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR, LinearSVC

from nlpwb.catalogue import load
from nlpwb.errors import MethodError
from nlpwb.methods.baselines.config import MajorityConfig
from nlpwb.methods.baselines.majority import Majority
from nlpwb.methods.heads.linear import LinearHead
from nlpwb.methods.heads.tuning import tuning_rows
from nlpwb.methods.protocol import Matrix
from nlpwb.workflows.storage import load_states, save_states
from tests.methods.rows import dense_rows, head_part, sparse_rows

SETS = ["logreg", "svm", "ridge", "nb", "nb:variant=complement", "knn", "knn:weights=distance"]
NUMBERS = ["ridge", "svm", "knn", "knn:weights=distance,metric=euclidean"]


def label_sets(rows: Matrix, *, labels: int = 3) -> Any:
    """Sets that hang on the columns of the rows, with some noise; every label is there and missing."""
    dense = np.asarray(rows.todense() if sp.issparse(rows) else rows, dtype=np.float64)
    scaled = (dense - dense.mean(axis=0)) / np.maximum(dense.std(axis=0), 1e-9)
    noise = np.random.default_rng(3).normal(size=(len(scaled), labels))
    return scaled[:, :labels] + 0.5 * noise > 0.4


def numbers_of(rows: Matrix) -> Any:
    """Numbers around 1,000 that are a sum of columns, with some noise."""
    dense = np.asarray(rows.todense() if sp.issparse(rows) else rows, dtype=np.float64)
    scaled = (dense - dense.mean(axis=0)) / np.maximum(dense.std(axis=0), 1e-9)
    noise = np.random.default_rng(4).normal(size=len(scaled))
    return 1000 + 50 * (scaled[:, 0] - scaled[:, 1] + 0.3 * noise)


def fit(words: str, matrix: Matrix, targets: Any, task: str, *, seed: int = 0) -> Any:
    part = head_part(words)
    labels = targets.shape[1] if targets.ndim == 2 else 1
    return load(part.entry.code).fit(
        part.config, matrix, targets, labels=labels, seed=seed, task=task
    )


SET_CASES = [
    ("logreg:C=3", LogisticRegression(C=3, max_iter=1000)),
    (
        "logreg:class_weight=balanced",
        LogisticRegression(class_weight="balanced", max_iter=1000),
    ),
    ("svm:C=0.1", LinearSVC(C=0.1, max_iter=5000, random_state=0)),
    ("ridge:alpha=2", RidgeClassifier(alpha=2, solver="sparse_cg", random_state=0)),
    ("nb:alpha=0.5", MultinomialNB(alpha=0.5)),
    ("nb:fit_prior=no", MultinomialNB(fit_prior=False)),
]


@pytest.mark.parametrize(("words", "reference"), SET_CASES, ids=[words for words, _ in SET_CASES])
def test_sets_are_judged_as_one_label_against_the_rest(words: str, reference: Any) -> None:
    rows, new = sparse_rows(3), sparse_rows(3, seed=1)
    targets = label_sets(rows)
    head = fit(words, rows, targets, "multilabel")
    theirs = OneVsRestClassifier(reference).fit(rows.astype(np.float64), targets.astype(int))
    judge = theirs.predict_proba if head.probabilistic else theirs.decision_function
    expected = judge(new)
    scores = head.scores(new)
    assert scores.shape == (90, 3)
    np.testing.assert_allclose(scores, expected, rtol=1e-7, atol=1e-9)
    said = scores > (0.5 if head.probabilistic else 0)
    np.testing.assert_array_equal(said, theirs.predict(new).astype(bool))


@pytest.mark.parametrize("weights", ["uniform", "distance"])
def test_neighbours_vote_for_each_label_and_average_numbers(weights: str) -> None:
    rows, new = dense_rows(3), dense_rows(3, seed=1)
    words = f"knn:k=4,metric=euclidean,weights={weights}"
    sets, numbers = label_sets(rows), numbers_of(rows)
    classifier = KNeighborsClassifier(4, weights=weights).fit(rows, sets.astype(int))
    expected = np.column_stack([p[:, 1] for p in classifier.predict_proba(new)])
    np.testing.assert_allclose(
        fit(words, rows, sets, "multilabel").scores(new), expected, rtol=1e-4, atol=1e-6
    )
    regressor = KNeighborsRegressor(4, weights=weights).fit(rows, numbers)
    head = fit(words, rows, numbers, "regression")
    np.testing.assert_allclose(head.scores(new)[:, 0], regressor.predict(new), rtol=1e-6)
    assert not head.probabilistic


@pytest.mark.parametrize("make", [sparse_rows, dense_rows])
def test_ridge_of_numbers_is_ridge_regression(make: Any) -> None:
    """Dense rows standardised first; the offset is not punished, so that numbers far from 0 are no harder."""
    rows, new = make(3), make(3, seed=1)
    numbers = numbers_of(rows)
    model: Any = RidgeRegression(alpha=2.0, tol=1e-10)
    if not sp.issparse(rows):
        model = make_pipeline(StandardScaler(), model)
    model.fit(rows.astype(np.float64), numbers)
    scores = fit("ridge:alpha=2", rows, numbers, "regression").scores(new)
    assert scores.shape == (90, 1)
    expected = model.predict(new.astype(np.float64))
    np.testing.assert_allclose(scores[:, 0], expected, rtol=1e-3 if sp.issparse(rows) else 1e-8)


def test_svm_of_numbers_is_linear_support_vector_regression() -> None:
    """libsvm's own solution with the same C and tube, on standardised numbers; the solvers differ by their tolerance."""
    rows = dense_rows(3)
    numbers = numbers_of(rows)
    scaled = StandardScaler().fit_transform(rows.astype(np.float64))
    unit = (numbers - numbers.mean()) / numbers.std()
    theirs = SVR(kernel="linear", C=1.0, epsilon=0.1).fit(scaled, unit).predict(scaled)
    ours = fit("svm", rows, numbers, "regression").scores(rows)[:, 0]
    ours = (ours - numbers.mean()) / numbers.std()
    np.testing.assert_allclose(ours, theirs, atol=0.05)


@pytest.mark.parametrize("scale", [1.0, 1e-4, 1e6])
@pytest.mark.parametrize("words", NUMBERS)
def test_numbers_in_another_unit_are_predicted_in_that_unit(words: str, scale: float) -> None:
    """Metres or miles: a penalty must mean the same."""
    rows = dense_rows(3)
    numbers = numbers_of(rows)
    plain = fit(words, rows, numbers, "regression").scores(rows)
    other = fit(words, rows, scale * numbers, "regression").scores(rows)
    np.testing.assert_allclose(other / scale, plain, rtol=1e-6)


@pytest.mark.parametrize("words", ["logreg", "nb", "svm:class_weight=balanced"])
def test_numbers_are_refused_where_labels_are_meant(words: str) -> None:
    rows = sparse_rows(3)
    with pytest.raises(MethodError, match=r"numbers are to be predicted; (take \+ridge|leave it)"):
        fit(words, rows, numbers_of(rows), "regression")


@pytest.mark.parametrize("words", SETS)
def test_labels_that_none_or_all_have_are_never_or_always_said(words: str) -> None:
    rows = sparse_rows(3)
    targets = label_sets(rows)
    targets[:, 0], targets[:, 2] = False, True
    head = fit(words, rows, targets, "multilabel")
    said = head.scores(rows) > (0.5 if head.probabilistic else 0)
    assert not said[:, 0].any()
    assert said[:, 2].all()


@pytest.mark.parametrize("words", ["svm:C=auto", "ridge:alpha=auto", "logreg:C=auto"])
@pytest.mark.parametrize("task", ["multilabel", "regression"])
def test_auto_takes_the_strength_that_is_best_on_its_own_part(words: str, task: Any) -> None:
    if words.startswith("logreg") and task == "regression":
        return
    rows = sparse_rows(3)
    targets = label_sets(rows) if task == "multilabel" else numbers_of(rows)
    tuning = tuning_rows(targets, seed=4, task=task)
    name, option = words.split(":")[0], words.split(":")[1].split("=")[0]
    goodness = {}
    for strength in LinearHead.strengths:
        head = fit(f"{name}:{option}={strength}", rows[~tuning], targets[~tuning], task, seed=4)
        scores = head.scores(rows[tuning])
        if task == "multilabel":
            said = scores > (0.5 if head.probabilistic else 0)
            goodness[strength] = metrics.f1_score(targets[tuning], said, average="micro")
        else:
            goodness[strength] = -metrics.mean_squared_error(targets[tuning], scores[:, 0])
    best = max(goodness, key=lambda strength: goodness[strength])
    head = fit(words, rows, targets, task, seed=4)
    assert head.chosen == best
    assert len(set(goodness.values())) > 1


@given(arrays.arrays(bool, st.tuples(st.integers(2, 60), st.integers(1, 5))), st.integers(0, 3))
@settings(max_examples=60, deadline=None)
def test_a_fifth_of_the_sets_holds_a_fifth_of_each_label(targets: Any, seed: int) -> None:
    """Labels are dealt from the rarest on; a later one can only miss its share by what the earlier ones took."""
    tuning = tuning_rows(targets, seed=seed, task="multilabel")
    assert tuning.any()
    rarest = targets[:, np.argmin(targets.sum(axis=0))]
    if tuning.sum() > 1:
        assert abs(rarest[tuning].sum() - 0.2 * rarest.sum()) <= 1
    np.testing.assert_array_equal(tuning, tuning_rows(targets, seed=seed, task="multilabel"))


@given(st.integers(10, 200), st.integers(0, 3))
def test_a_fifth_of_the_numbers_is_spread_over_their_range(n: int, seed: int) -> None:
    numbers = np.random.default_rng(seed).normal(size=n)
    tuning = tuning_rows(numbers, seed=seed, task="regression")
    assert 0.1 * n <= tuning.sum() <= 0.3 * n
    ranks = np.argsort(np.argsort(numbers))[tuning] / n
    assert abs(ranks.mean() - 0.5) < 0.2


def test_the_majority_of_sets_and_of_numbers() -> None:
    """Each label's share, or the mean, whatever the text."""
    options = {"seed": 0, "threads": 1}
    sets = np.array([[1, 0], [1, 0], [1, 1], [0, 0]], dtype=bool)
    texts = ["a"] * 4
    head = Majority.fit(MajorityConfig(), texts, sets, labels=2, task="multilabel", **options)
    np.testing.assert_allclose(head.scores(["x", "y"], threads=1), [[0.75, 0.25]] * 2)
    assert head.probabilistic
    numbers = np.array([1.0, 2.0, 6.0, 7.0])
    head = Majority.fit(MajorityConfig(), texts, numbers, labels=1, task="regression", **options)
    np.testing.assert_allclose(head.scores(["x"], threads=1), [[4.0]])
    assert not head.probabilistic


@pytest.mark.parametrize(
    ("task", "words"),
    [("multilabel", words) for words in SETS] + [("regression", words) for words in NUMBERS],
)
@pytest.mark.parametrize("make", [sparse_rows, dense_rows])
def test_saved_and_loaded_it_says_the_same(
    task: Any, words: str, make: Any, tmp_path: Path
) -> None:
    """The task is part of the state: a loaded head must not take decisions for softmax logits."""
    if words.startswith("nb") and make is dense_rows:
        return
    rows = make(3)
    targets = label_sets(rows) if task == "multilabel" else numbers_of(rows)
    head = fit(words, rows, targets, task)
    facts = save_states(tmp_path, [head.state()])
    again = type(head).from_state(head.config, load_states(tmp_path, facts)[0])
    np.testing.assert_array_equal(again.scores(rows), head.scores(rows))
    assert again.probabilistic == head.probabilistic
    if task == "multilabel":
        assert head.scores(rows).shape == (90, 3)
        if head.probabilistic:
            assert head.scores(rows).min() >= 0
            assert head.scores(rows).max() <= 1
