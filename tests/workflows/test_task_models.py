"""Every head and every network on sets of labels and on numbers: learned, kept in a folder, and loaded again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nlpwb.errors import MethodError, ModelError
from nlpwb.specs import parse_spec
from nlpwb.tasks import Task
from nlpwb.workflows.classifier import Classifier, fit_classifier
from nlpwb.workflows.model_folder import load_model, save_model, task_of_model
from nlpwb.workflows.targets import target_array

from .test_tasks import number_rows, set_rows

SETS = tuple(zip(*set_rows(150), strict=True))
NUMBERS = tuple(zip(*number_rows(150), strict=True))
LABELS = ("garden", "kitchen", "sea")
NETWORK = "dim=16,patience=0,epochs"
NETWORKS = (
    f"nbow:{NETWORK}=30,ngrams=1,buckets=500",
    f"cnn:{NETWORK}=40,filters=16,dropout=0,learning_rate=0.01",
    f"gru:{NETWORK}=20,hidden=16,learning_rate=0.01",
    f"transformer:{NETWORK}=20,layers=1,heads=2,learning_rate=0.01",
)
OF_SETS = ("bow+logreg", "bow+svm", "bow+ridge", "bow+nb", "bow+knn", "majority", *NETWORKS)
OF_NUMBERS = ("bow+ridge", "bow+svm", "bow+knn:metric=euclidean", "majority", *NETWORKS)
CASES = [("multilabel", spec) for spec in OF_SETS] + [("regression", spec) for spec in OF_NUMBERS]


def fitted(task: Task, spec: str) -> Classifier:
    texts, cells = SETS if task == "multilabel" else NUMBERS
    labels = LABELS if task == "multilabel" else ()
    return fit_classifier(
        parse_spec(spec), texts, cells, labels=labels, seed=0, threads=1, task=task
    )


@pytest.mark.parametrize(("task", "spec"), CASES, ids=[f"{t}-{s.split(':')[0]}" for t, s in CASES])
def test_learned_kept_and_loaded(task: Any, spec: str, tmp_path: Path) -> None:
    """A loaded model must know its task: else numbers would be read as labels, and sets as one label."""
    classifier = fitted(task, spec)
    texts, cells = SETS if task == "multilabel" else NUMBERS
    scores = classifier.scores(texts)
    assert scores.shape == (150, 3 if task == "multilabel" else 1)
    said = classifier.said(scores)
    truth = target_array(task, cells, classifier.labels)
    assert said.shape == truth.shape
    if task == "multilabel":
        wrong = np.mean(said != truth)
        usual = np.minimum(truth.mean(axis=0), 1 - truth.mean(axis=0)).mean()
        assert said.any(axis=1).all()  # every training text has a label
        assert wrong < 0.6 * usual or spec == "majority"
    else:
        error = np.sqrt(np.mean((said - truth) ** 2))
        assert error < 0.7 * truth.std() or spec == "majority"
        assert classifier.probabilistic is False
    save_model(tmp_path / "m", classifier, {})
    assert task_of_model(tmp_path / "m") == task
    again = load_model(tmp_path / "m")
    assert (again.task, again.always_one, again.labels) == (
        task, task == "multilabel", classifier.labels
    )  # fmt: skip
    np.testing.assert_array_equal(again.scores(texts[:20]), classifier.scores(texts[:20]))
    np.testing.assert_array_equal(
        again.said(again.scores(texts)), classifier.said(again.scores(texts))
    )


@pytest.mark.parametrize("spec", ["bow+logreg", "bow+nb", "bow+svm:class_weight=balanced"])
def test_heads_of_labels_say_what_to_take_for_numbers(spec: str) -> None:
    with pytest.raises(MethodError, match=r"numbers are to be predicted; (take \+ridge|leave it)"):
        fitted("regression", spec)


def test_a_folder_of_a_task_that_is_not_known_is_damaged(tmp_path: Path) -> None:
    save_model(tmp_path / "m", fitted("regression", "majority"), {})
    manifest = tmp_path / "m" / "manifest.json"
    text = manifest.read_text(encoding="utf-8").replace('"regression"', '"ranking"')
    manifest.write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match=r"is damaged: manifest\.json"):
        load_model(tmp_path / "m")
