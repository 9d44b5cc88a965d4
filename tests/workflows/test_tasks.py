"""Comparisons on sets of labels and on numbers, from the corpus to the verdict."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from sklearn import metrics
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline

from nlpwb.cache.store import Cache
from nlpwb.data.corpus import ReadOptions
from nlpwb.data.reading import read_corpus
from nlpwb.errors import InputError, UsageError
from nlpwb.specs import for_task, parse_specs
from nlpwb.workflows.design import Sources
from nlpwb.workflows.disagreements import disagreements
from nlpwb.workflows.request import Request, preset
from nlpwb.workflows.targets import in_words, said_by, target_array

from .corpora import compared, design, plan_for, write_csv

pytestmark = pytest.mark.usefixtures("fork_server")

TOPICS = {"sea": "harbor", "kitchen": "oven", "garden": "spade"}
FILLING = ["the", "a", "with", "some", "more", "of", "and", "then", "it", "was", "there", "again"]


def set_rows(n: int, *, seed: int = 0, empty: bool = False) -> list[tuple[str, str]]:
    """Texts that name one to three topics (or none), and the set of them; one topic in ten is not in the text."""
    chance = random.Random(seed)
    found = []
    for i in range(n):
        topics = chance.sample(sorted(TOPICS), chance.choice([0, 1, 2] if empty else [1, 1, 2, 3]))
        words = [TOPICS[topic] for topic in topics if chance.random() < 0.9]
        words += chance.choices(FILLING, k=5)
        chance.shuffle(words)
        found.append((f"{' '.join(words)} {i}0", ";".join(topics)))
    return found


def number_rows(n: int, *, seed: int = 0) -> list[tuple[str, str]]:
    """Texts whose number rises with each "great" and falls with each "awful"."""
    chance = random.Random(seed)
    found = []
    for i in range(n):
        good, bad = chance.randrange(4), chance.randrange(4)
        words = ["great"] * good + ["awful"] * bad + chance.choices(FILLING, k=5)
        chance.shuffle(words)
        found.append(
            (f"{' '.join(words)} {i}0", f"{100 + 5 * (good - bad) + chance.gauss(0, 2):.3f}")
        )
    return found


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


@pytest.fixture
def sets(tmp_path: Path) -> str:
    return write_csv(tmp_path / "sets.csv", set_rows(150))


@pytest.fixture
def numbers(tmp_path: Path) -> str:
    return write_csv(tmp_path / "numbers.csv", number_rows(150))


def test_sets_are_guessed_planned_and_judged(cache: Cache, sets: str) -> None:
    """The figure of a one-vs-rest logistic regression on one split, as scikit-learn has it; majority is far below."""
    wanted = design(sets, test_size=0.3)
    found = compared(cache, wanted, "majority bow")
    assert (found.protocol.task, found.protocol.metric) == ("multilabel", "micro-f1")
    assert found.protocol.labels == ["garden", "kitchen", "sea"]
    assert any("task: multilabel (guessed" in note for note in found.notes)
    assert [result.method for result in found.results] == ["bow", "majority"]
    plan = plan_for(cache, wanted)
    corpus = read_corpus(sets, ReadOptions())
    assert corpus.labels is not None
    y = target_array("multilabel", corpus.labels, plan.labels)
    train, test = plan.train_indices(0), plan.test_indices(0)
    model = make_pipeline(
        CountVectorizer(), OneVsRestClassifier(LogisticRegression(max_iter=1000))
    ).fit([corpus.texts[i] for i in train], y[train].astype(int))
    scores = model.predict_proba([corpus.texts[i] for i in test])
    said = scores > 0.5
    lonely = ~said.any(axis=1)  # every training document has a label, so each gets one
    said[lonely, scores[lonely].argmax(axis=1)] = True
    expected = metrics.f1_score(y[test], said, average="micro")
    assert found.results[0].score == pytest.approx(expected, abs=1e-6)
    assert found.results[0].low < expected < found.results[0].high
    np.testing.assert_array_equal(plan.truth(0), y[test])


@pytest.mark.parametrize("metric", ["macro-f1", "subset-accuracy", "hamming-loss", "lrap"])
def test_another_metric_of_sets_fits_nothing_again(cache: Cache, sets: str, metric: str) -> None:
    compared(cache, design(sets), "majority bow")
    before = {path.stat().st_ino for path in (cache.root / "cell").iterdir()}
    found = compared(cache, design(sets), "majority bow", metric=metric)
    assert {path.stat().st_ino for path in (cache.root / "cell").iterdir()} == before
    assert found.results[0].method == "bow"
    assert found.protocol.higher_is_better == (metric != "hamming-loss")


def test_numbers_are_guessed_planned_and_judged(cache: Cache, numbers: str) -> None:
    """Folds, since the rows are few; RMSE near the noise of 2, and the mean says nothing."""
    found = compared(cache, design(numbers), "majority bow+ridge bow+svm bow+knn")
    assert (found.protocol.task, found.protocol.metric) == ("regression", "pearson")
    assert found.protocol.labels == []
    assert found.protocol.folds == 10
    assert found.results[-1].method == "majority"
    assert found.results[-1].score == 0.0
    assert found.results[0].score > 0.9
    assert found.answer is not None
    errors = compared(cache, design(numbers), "majority bow+ridge", metric="rmse")
    assert [result.method for result in errors.results] == ["bow+ridge", "majority"]
    assert 1.5 < errors.results[0].score < 4 < errors.results[1].score
    assert errors.results[1].delta > 0


def test_numbers_on_one_split_with_groups_and_seeds(cache: Cache, tmp_path: Path) -> None:
    content = [(*row, f"g{i % 40}") for i, row in enumerate(number_rows(160))]
    source = write_csv(tmp_path / "c.csv", content, "text,label,author")
    wanted = design(source, group="author", test_size=0.3)
    found = compared(cache, wanted, "majority bow+ridge bow+svm", seeds=2)
    assert found.protocol.significance == "t-test on joint bootstrap copies over groups, Holm"
    assert {result.method for result in found.results[:2]} == {"bow+ridge", "bow+svm"}
    assert found.results[2].letters == "b"


def test_majority_alone_is_told_in_words_of_the_task(cache: Cache, tmp_path: Path) -> None:
    """Texts that say nothing of their number: no method is better than the mean."""
    chance = random.Random(3)
    content = [
        (f"{' '.join(chance.choices(FILLING, k=6))} {i}0", f"{chance.random():.4f}")
        for i in range(80)
    ]
    source = write_csv(tmp_path / "c.csv", content)
    found = compared(cache, design(source), "majority bow+ridge:alpha=100", metric="rmse")
    assert found.answer is not None
    assert (
        "no method is shown to be better than always saying the mean (majority)"
        in found.answer.text
    )


def test_a_representation_alone_gets_ridge_for_numbers() -> None:
    specs = parse_specs(["tfidf", "bow+logreg", "bow+svm", "majority"])
    assert [str(for_task(spec, "regression")) for spec in specs] == [
        "tfidf+ridge", "bow", "bow+svm", "majority"
    ]  # fmt: skip
    assert [for_task(spec, "multilabel") for spec in specs] == specs
    assert not any("+nb" in spec for spec in preset("quick", "regression"))
    assert preset("quick", "multilabel") == preset("quick", "classify")


def test_a_head_for_labels_and_a_metric_of_another_task_are_refused(
    cache: Cache, numbers: str
) -> None:
    with pytest.raises(
        UsageError, match=r"bow\+nb: nb predicts labels, and the task is regression"
    ):
        compared(cache, design(numbers), "bow+nb")
    with pytest.raises(UsageError, match="--metric accuracy judges one label for each document"):
        compared(cache, design(numbers), "bow+ridge", metric="accuracy")


def test_stars_are_labels_unless_numbers_are_asked_for(cache: Cache, tmp_path: Path) -> None:
    content = [(text, str(1 + i % 5)) for i, (text, _) in enumerate(number_rows(100))]
    source = write_csv(tmp_path / "c.csv", content)
    assert plan_for(cache, design(source)).task == "classify"
    plan = plan_for(cache, design(source, task="regression"))
    assert plan.task == "regression"
    assert plan.truth(0).dtype == np.float64


def test_cells_of_labels_keep_their_keys_and_those_of_other_tasks_have_their_own(
    cache: Cache, tmp_path: Path
) -> None:
    """The same rows as labels and as numbers are two things to learn."""
    content = [(text, str(1 + i % 5)) for i, (text, _) in enumerate(number_rows(60))]
    source = write_csv(tmp_path / "c.csv", content)
    compared(cache, design(source, folds=2), "majority")
    compared(cache, design(source, folds=2, task="regression"), "majority")
    compared(cache, design(source, folds=2, task="multilabel"), "majority")
    assert len([path for path in (cache.root / "cell").iterdir() if path.is_dir()]) == 6


def test_a_test_file_with_an_unknown_label_is_refused_with_its_line(
    cache: Cache, sets: str, tmp_path: Path
) -> None:
    """A set that was never seen is fine, a label that was never seen is not."""
    test = write_csv(tmp_path / "t.csv", [*set_rows(30, seed=1), ("some text", "sea;desert")])
    with pytest.raises(
        InputError, match=r"t\.csv, line 32: no training document has the label 'des"
    ):
        plan_for(cache, design(sets, test=test))
    numbers = write_csv(tmp_path / "n.csv", number_rows(60))
    test = write_csv(tmp_path / "u.csv", [*number_rows(30, seed=1), ("some text", "good")])
    with pytest.raises(InputError, match=r"u\.csv, line 32: its label 'good' is no number"):
        plan_for(cache, design(numbers, test=test, task="regression"))


def test_a_test_part_with_one_number_makes_pearson_undefined_and_says_so(
    cache: Cache, numbers: str, tmp_path: Path
) -> None:
    test = write_csv(tmp_path / "t.csv", [(text, "3") for text, _ in number_rows(20, seed=5)])
    with pytest.raises(InputError, match=r"pearson is undefined .* all 20 test documents carry 3"):
        compared(cache, design(numbers, test=test), "bow+ridge majority")
    found = compared(cache, design(numbers, test=test), "bow+ridge majority", metric="mae")
    assert found.results[0].score is not None


def test_a_learning_curve_of_sets_and_of_numbers(cache: Cache, sets: str, numbers: str) -> None:
    for source in (sets, numbers):
        wanted = design(source, folds=2, budgets=(10, 40))
        found = compared(cache, wanted, "majority bow+ridge")
        assert {result.budget for result in found.curve} == {10, 40, None}
        assert not found.failed


def test_disagreements_show_sets_and_numbers(cache: Cache, sets: str, numbers: str) -> None:
    for source, task in ((sets, "multilabel"), (numbers, "regression")):
        wanted = design(source, folds=2)
        compared(cache, wanted, "majority bow+ridge")
        request = Request(wanted, tuple(parse_specs(["majority", "bow+ridge"])))
        found = disagreements(request, cache=cache, sources=Sources(wanted))
        assert found
        for one in found:
            assert len(set(one.predicted.values())) == 2 or task == "regression"
            assert (";" in one.label or one.label in TOPICS) == (task == "multilabel")


def test_documents_without_a_label_are_expected_only_where_some_were_trained_on() -> None:
    """The T-criterion: the best label of those that score below the threshold, where every document had one."""
    scores = np.array([[0.2, 0.4], [0.6, 0.7], [0.5, 0.1]])
    options = {"probabilistic": True}
    said = said_by("multilabel", scores, always_one=False, **options)
    assert said.tolist() == [[False, False], [True, True], [False, False]]
    said = said_by("multilabel", scores, always_one=True, **options)
    assert said.tolist() == [[False, True], [True, True], [True, False]]
    said = said_by("multilabel", scores - 0.5, always_one=False, probabilistic=False)
    assert said.tolist() == [[False, False], [True, True], [False, False]]
    assert said_by("regression", scores[:, :1], always_one=False, **options).tolist() == [
        0.2, 0.6, 0.5
    ]  # fmt: skip


def test_what_is_said_in_words() -> None:
    assert in_words("multilabel", [True, False, True], ("a", "b", "c")) == "a;c"
    assert in_words("regression", 3.14159265, ()) == "3.14159"
    assert in_words("classify", 1, ("a", "b")) == "b"
