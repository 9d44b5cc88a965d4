"""One cell: what its key stands for, and what is kept of it."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.naive_bayes import MultinomialNB

from nlpwb.cache.inventory import entries
from nlpwb.cache.store import Cache
from nlpwb.errors import MethodError
from nlpwb.specs import parse_spec
from nlpwb.workflows import cells
from nlpwb.workflows.cells import Cell, Documents, run_cell

from .corpora import LABELS, rows

TRAIN = rows(40)
TEST = [("sturdy chair", "good"), ("unseen chair", "bad")] * 5
DOCUMENTS = Documents([t for t, _ in TRAIN], [label for _, label in TRAIN], [t for t, _ in TEST])


def cell(spec: str = "bow+nb", **more) -> Cell:
    """A cell of these documents."""
    known = {"run": "holdout", "seed": 0, "train": "t", "test": "u", "labels": LABELS} | more
    return Cell(parse_spec(spec), **known)


@pytest.mark.parametrize(
    "change", [{"seed": 1}, {"train": "other"}, {"test": "other"}, {"labels": ("a", "b")}]
)
def test_whatever_decides_the_result_is_in_the_key(change):
    assert dataclasses.replace(cell(), **change).key.digest != cell().key.digest


@pytest.mark.parametrize("other", ["tfidf+nb", "bow", "bow:min_df=2+nb", "bow+nb:alpha=0.5"])
def test_every_option_is_in_the_key(other):
    assert cell(other).key.digest != cell().key.digest


@pytest.mark.parametrize("asked", [{"device": "cpu"}, {"precision": "float32"}])
def test_device_and_precision_are_in_the_key_of_a_network_where_they_are_asked_for(asked):
    """Cells that leave both to the machine, and those of other methods, keep the keys that they had."""
    assert cell("lstm", **asked).key.digest != cell("lstm").key.digest
    assert cell("bow+nb", **asked).key.digest == cell("bow+nb").key.digest


def test_pairs_are_in_the_key_of_a_base_alone():
    """Counts read both texts one after the other, however they are meant."""
    base = Path(__file__).parents[1] / "fixtures" / "tiny-base"
    tuned = f"finetune:base={base}"
    assert cell(tuned, pairs=True).key.digest != cell(tuned).key.digest
    assert cell("bow+nb", pairs=True).key.digest == cell("bow+nb").key.digest


def test_what_does_not_decide_the_result_is_not_in_the_key():
    """Rows drawn for a budget that happen to be all rows, or another fold's name, are no other cell."""
    assert cell(run="fold 1 of 10", budget=40).key.digest == cell().key.digest
    assert cell("bow:min_df=1+nb:alpha=1").key.digest == cell().key.digest


def test_the_content_of_a_file_that_an_option_names_is_in_the_key(tmp_path):
    """Else a longer list of stop words would be answered with the figures of the old one."""
    words = tmp_path / "words.txt"
    spec = f"bow:stop_words=path:{words}+nb"
    words.write_text("the\n")
    first = cell(spec)
    before = (first.key.digest, first.representation_key.digest)
    words.write_text("the and\n")
    after = (first.key.digest, first.representation_key.digest)
    assert before[0] != after[0]
    assert before[1] != after[1]


def test_a_cell_keeps_what_scikit_learn_says(tmp_path):
    artifact = run_cell(Cache(tmp_path), cell(), DOCUMENTS, threads=1)
    scores = np.load(artifact.path / "scores.npy")
    predicted = np.load(artifact.path / "predicted.npy")
    assert (scores.dtype, scores.shape) == (np.float64, (10, 2))
    assert (predicted.dtype, predicted.shape) == (np.int32, (10,))
    counter = CountVectorizer()
    reference = MultinomialNB().fit(
        counter.fit_transform(DOCUMENTS.train_texts), DOCUMENTS.train_labels
    )
    expected = reference.predict_proba(counter.transform(DOCUMENTS.test_texts))
    np.testing.assert_allclose(scores, expected, atol=1e-12)
    np.testing.assert_array_equal(predicted, expected.argmax(axis=1))


def test_a_cell_keeps_what_it_cost(tmp_path):
    facts = run_cell(Cache(tmp_path), cell(), DOCUMENTS, threads=1).facts
    assert facts["summary"] == "bow+nb, holdout, seed 0"
    assert facts["documents"] == 10
    assert facts["dimensions"] == len(CountVectorizer().fit(DOCUMENTS.train_texts).vocabulary_)
    assert facts["oov_rate"] == pytest.approx(5 / 20)
    assert facts["probabilistic"] is True
    assert facts["chosen"] == {}
    assert facts["threads"] == 1
    assert facts["fit_seconds"] > 0
    assert facts["predict_seconds"] > 0
    assert 0 <= facts["peak_bytes"] < 2**28
    assert facts["model_bytes"] > facts["dimensions"] * 2 * 8  # the weights of two labels


def test_only_the_answers_are_kept_and_not_the_model(tmp_path):
    """The model is written to be weighed; kept, it would make a comparison cost gigabytes."""
    artifact = run_cell(Cache(tmp_path), cell(), DOCUMENTS, threads=1)
    names = {path.name for path in artifact.path.iterdir()}
    assert names == {"manifest.json", "scores.npy", "predicted.npy"}


def test_options_that_auto_chose_are_kept(tmp_path):
    facts = run_cell(Cache(tmp_path), cell("bow+ridge:alpha=auto"), DOCUMENTS, threads=1).facts
    assert list(facts["chosen"]) == ["alpha"]


def test_a_label_without_a_training_row_is_refused(tmp_path):
    unseen = cell(labels=("bad", "good", "ugly"))
    with pytest.raises(MethodError, match="40 training documents hold none with the label 'ugly'"):
        run_cell(Cache(tmp_path), unseen, DOCUMENTS, threads=1)
    assert entries(tmp_path) == []


EMBEDDING = "skipgram:dim=4,epochs=1,min_count=1"


def test_a_representation_that_was_long_in_training_serves_other_heads(tmp_path, monkeypatch):
    monkeypatch.setattr(cells, "WORTH_KEEPING", 0.0)
    cache = Cache(tmp_path)
    first = run_cell(cache, cell(EMBEDDING), DOCUMENTS, threads=1)
    (kept,) = [one for one in entries(tmp_path) if one.kind == "representation"]

    def train_again(*_, **__):
        raise AssertionError("trained again")

    monkeypatch.setattr(cells, "fit_representation", train_again)
    second = run_cell(cache, cell(f"{EMBEDDING}+knn"), DOCUMENTS, threads=1)
    trained = kept.manifest["facts"]["fit_seconds"]
    assert first.facts["fit_seconds"] > trained
    assert second.facts["fit_seconds"] > trained, (
        "what was spared is a cost of the method all the same"
    )
    with pytest.raises(AssertionError, match="trained again"):
        run_cell(cache, cell(f"{EMBEDDING}+knn", train="other"), DOCUMENTS, threads=1)


def test_a_kept_representation_gives_the_figures_of_a_fresh_one(tmp_path, monkeypatch):
    monkeypatch.setattr(cells, "WORTH_KEEPING", 0.0)
    cache = Cache(tmp_path / "shared")
    run_cell(cache, cell(EMBEDDING), DOCUMENTS, threads=1)
    with_kept = run_cell(cache, cell(f"{EMBEDDING}+svm"), DOCUMENTS, threads=1)
    fresh = run_cell(Cache(tmp_path / "own"), cell(f"{EMBEDDING}+svm"), DOCUMENTS, threads=1)
    for name in ("scores.npy", "predicted.npy"):
        np.testing.assert_array_equal(np.load(with_kept.path / name), np.load(fresh.path / name))


def test_a_quick_representation_is_not_kept(tmp_path):
    run_cell(Cache(tmp_path), cell(EMBEDDING), DOCUMENTS, threads=1)
    assert {one.kind for one in entries(tmp_path)} == {"cell"}


def test_a_meter_counts_what_is_taken_after_it_begins():
    """Memory that was there before, as libraries are, would count for every method alike.

    In a process of its own, as cells are: where another test has freed memory that its process keeps, nothing more is taken.
    """
    program = """
from nlpwb.workflows.cells import MemoryMeter
before = bytearray(80 * 2**20)
meter = MemoryMeter()
low = meter.peak()
taken = bytearray(b"x") * (64 * 2**20)
del taken
print(len(before), meter.peak() - low)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert 60 * 2**20 <= int(done.stdout.split()[1]) <= 90 * 2**20
