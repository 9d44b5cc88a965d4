"""Linear heads: scikit-learn's predictions from arrays alone, and a penalty chosen on training rows only."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from nlpwb.catalogue import load
from nlpwb.errors import MethodError
from nlpwb.methods.heads.linear import LinearHead, Logreg, Ridge, Svm, softmax
from nlpwb.methods.heads.tuning import choose, tuning_rows
from nlpwb.methods.protocol import Matrix
from tests.methods.rows import dense_rows, head_part, sparse_rows, target_numbers


def fit(words: str, matrix: Matrix, targets: Any, *, seed: int = 0) -> LinearHead:
    part = head_part(words)
    head: LinearHead = load(part.entry.code).fit(
        part.config, matrix, targets, labels=int(max(targets)) + 1, seed=seed
    )
    return head


CASES = [
    ("logreg", LogisticRegression(max_iter=1000)),
    (
        "logreg:C=30,class_weight=balanced",
        LogisticRegression(C=30, class_weight="balanced", max_iter=1000),
    ),
    ("svm:C=0.1", LinearSVC(C=0.1, max_iter=5000, random_state=0)),
    (
        "svm:class_weight=balanced",
        LinearSVC(class_weight="balanced", max_iter=5000, random_state=0),
    ),
    ("ridge:alpha=3", RidgeClassifier(alpha=3, solver="sparse_cg")),
    (
        "ridge:class_weight=balanced",
        RidgeClassifier(class_weight="balanced", solver="sparse_cg"),
    ),
]


def reference_scores(model: Any, matrix: Matrix) -> Any:
    if hasattr(model, "predict_proba"):
        return model.predict_proba(matrix)
    decision = model.decision_function(matrix)
    return np.column_stack([-decision, decision]) if decision.ndim == 1 else decision


@pytest.mark.parametrize("labels", [2, 3])
@pytest.mark.parametrize(("words", "reference"), CASES, ids=[words for words, _ in CASES])
def test_sparse_rows_are_judged_as_by_scikit_learn(words: str, reference: Any, labels: int) -> None:
    targets = target_numbers(labels)
    rows, new = sparse_rows(labels), sparse_rows(labels, seed=1)
    head = fit(words, rows, targets)
    reference.fit(rows.astype(np.float64), targets)
    scores = head.scores(new)
    assert scores.shape == (90, labels)
    np.testing.assert_allclose(scores, reference_scores(reference, new), rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(scores.argmax(axis=1), reference.predict(new))


@pytest.mark.parametrize("labels", [2, 3])
@pytest.mark.parametrize(("words", "reference"), CASES, ids=[words for words, _ in CASES])
def test_dense_rows_are_standardised_first(words: str, reference: Any, labels: int) -> None:
    """The scaling is folded into the weights; a column that never varies weighs nothing."""
    targets = target_numbers(labels)
    rows, new = dense_rows(labels), dense_rows(labels, seed=1)
    if isinstance(reference, RidgeClassifier):
        reference = RidgeClassifier(alpha=reference.alpha, class_weight=reference.class_weight)
    pipeline = make_pipeline(StandardScaler(), reference).fit(rows.astype(np.float64), targets)
    head = fit(words, rows, targets)
    expected = reference_scores(pipeline, new.astype(np.float64))
    np.testing.assert_allclose(head.scores(new), expected, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(head.weights[:, -1], 0, atol=1e-12)


def test_logreg_gives_probabilities_and_the_others_scores() -> None:
    rows, targets = sparse_rows(3), target_numbers(3)
    head = fit("logreg", rows, targets)
    assert head.probabilistic
    np.testing.assert_allclose(head.scores(rows).sum(axis=1), 1)
    assert not fit("svm", rows, targets).probabilistic
    assert not fit("ridge", rows, targets).probabilistic


def test_softmax_by_hand_and_without_overflow() -> None:
    """ln 1, ln 3: a quarter and three quarters; so too a thousand higher."""
    for shift in (0.0, 1000.0, -1000.0):
        shares = softmax(np.array([[0.0, np.log(3)]]) + shift)
        np.testing.assert_allclose(shares, [[0.25, 0.75]])


@pytest.mark.parametrize("words", ["logreg:C=auto", "svm:C=auto", "ridge:alpha=auto"])
@pytest.mark.parametrize("make", [sparse_rows, dense_rows])
@pytest.mark.parametrize("labels", [2, 3])
def test_auto_is_the_value_that_one_would_pick_by_hand(words: str, make: Any, labels: int) -> None:
    """Every strength fitted on four fifths and judged on the rest; then the best one fitted on all rows."""
    name = words.split(":", maxsplit=1)[0]
    option = "alpha" if name == "ridge" else "C"
    rows, targets = make(labels), target_numbers(labels)
    scaled: Any = rows.astype(np.float64)
    if not sp.issparse(rows):
        scaled = StandardScaler().fit_transform(scaled)
    tuning = tuning_rows(targets, seed=4)
    accuracies = {}
    for strength in LinearHead.strengths:
        estimator = {
            "logreg": LogisticRegression(C=strength, max_iter=1000),
            "svm": LinearSVC(C=strength, max_iter=5000, random_state=4),
            "ridge": RidgeClassifier(
                alpha=strength, solver="sparse_cg" if sp.issparse(rows) else "auto"
            ),
        }[name]
        estimator.fit(scaled[~tuning], targets[~tuning])
        accuracies[strength] = estimator.score(scaled[tuning], targets[tuning])
    best = max(accuracies, key=lambda strength: accuracies[strength])  # the first of equals
    head = fit(words, rows, targets, seed=4)
    assert head.chosen == best
    assert len(set(accuracies.values())) > 1
    plain = fit(f"{name}:{option}={best}", rows, targets, seed=4)
    assert plain.chosen is None
    np.testing.assert_array_equal(head.weights, plain.weights)
    np.testing.assert_array_equal(head.bias, plain.bias)


@given(
    st.lists(st.integers(2, 30), min_size=1, max_size=5),
    st.integers(0, 5),
)
def test_choosing_sees_each_training_row_once_and_no_other(counts: list[int], seed: int) -> None:
    """Every value is judged on the same two parts; together they are the rows that were given, and every label is in both."""
    targets = np.repeat(np.arange(len(counts)), counts)
    rows = sp.csr_matrix(np.arange(1.0, len(targets) + 1)[:, None])
    seen = []

    def judge(value: float, X: Any, y: Any, X2: Any, y2: Any) -> float:
        seen.append((X.toarray().ravel().tolist(), X2.toarray().ravel().tolist()))
        np.testing.assert_array_equal(targets[X.toarray().ravel().astype(int) - 1], y)
        np.testing.assert_array_equal(targets[X2.toarray().ravel().astype(int) - 1], y2)
        assert set(y) == set(y2) == set(targets)
        return {1.0: 0.5, 2.0: 0.8, 3.0: 0.8}[value]

    assert choose([1.0, 2.0, 3.0], judge, rows, targets, seed=seed) == 2.0
    assert seen[0] == seen[1] == seen[2]
    assert sorted(seen[0][0] + seen[0][1]) == list(range(1, len(targets) + 1))
    for label, count in enumerate(counts):
        assert tuning_rows(targets, seed=seed)[targets == label].sum() == max(1, round(count / 5))


def test_another_seed_chooses_on_other_rows() -> None:
    targets = target_numbers(2)
    assert (tuning_rows(targets, seed=0) == tuning_rows(targets, seed=0)).all()
    assert (tuning_rows(targets, seed=0) != tuning_rows(targets, seed=1)).any()


def test_auto_trains_on_a_label_of_one_row_and_chooses_by_the_others() -> None:
    """A rare label is no reason to refuse: its row is needed where it is learned."""
    targets = np.array([0, 0, 0, 1])
    assert tuning_rows(targets, seed=0).tolist().count(True) == 1
    assert not tuning_rows(targets, seed=0)[3]
    assert fit("logreg:C=auto", sparse_rows(2, rows=4), targets).chosen is not None


def test_auto_needs_two_rows_of_a_label() -> None:
    with pytest.raises(MethodError) as caught:
        fit("logreg:C=auto", sparse_rows(2, rows=4), np.arange(4))
    assert str(caught.value) == (
        "auto needs at least two training rows of a label to choose on; "
        "give a number instead, such as C=1"
    )


@pytest.mark.parametrize("name", ["logreg", "svm", "ridge"])
def test_one_label_is_nothing_to_tell_apart(name: str) -> None:
    with pytest.raises(MethodError) as caught:
        fit(name, sparse_rows(1, rows=4), np.zeros(4, dtype=np.int64))
    assert str(caught.value) == (
        f"{name} tells labels apart, and these rows have fewer than two; "
        "train on documents of two labels or more"
    )


@pytest.mark.parametrize("words", ["logreg", "logreg:C=auto", "svm", "ridge:alpha=auto"])
@pytest.mark.parametrize("labels", [2, 3])
def test_a_head_is_its_state(words: str, labels: int) -> None:
    rows, targets = sparse_rows(labels), target_numbers(labels)
    head = fit(words, rows, targets)
    again = type(head).from_state(head.config, head.state())
    np.testing.assert_array_equal(again.scores(rows), head.scores(rows))
    assert again.chosen == head.chosen
    assert (head.chosen is not None) == ("auto" in words)


def test_a_solver_that_stops_early_says_nothing(recwarn: pytest.WarningsRecorder) -> None:
    """Its scores are judged all the same, and a warning would break a table that is being drawn."""
    rows, targets = sparse_rows(2), target_numbers(2)
    for head in (Logreg, Svm):
        words = f"{head.__name__.lower()}:max_iter=1"
        assert fit(words, rows, targets).scores(rows).shape == (90, 2)
    assert not [w for w in recwarn if "onverge" in str(w.message)]
    assert isinstance(fit("ridge", rows, targets), Ridge)
