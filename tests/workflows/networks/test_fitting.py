"""A network trained from texts: what it learns, what is said of it, and that it goes on where it was stopped."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from nlpwb.errors import InputError, MethodError, UsageError
from nlpwb.specs import parse_spec
from nlpwb.training.records import Step
from nlpwb.workflows.networks import fitting, tasks
from nlpwb.workflows.networks.conditions import NetworkProgress, TrainingInterrupted
from nlpwb.workflows.networks.log import read_log

from .corpora import fitted, reviews, weights

TEXTS, LABELS = reviews(120)
SMALL = "lstm:dim=8,hidden=8,epochs=3,learning_rate=0.02,batch_documents=8"


def test_labels_are_learned_and_scores_are_probabilities() -> None:
    network = fitted(SMALL.replace("epochs=3", "epochs=12,patience=0"), TEXTS, LABELS)
    scores = network.scores(TEXTS)
    assert (scores.argmax(axis=1) == LABELS).all()
    np.testing.assert_allclose(scores.sum(axis=1), 1)
    assert network.features(TEXTS).shape == (120, network.dimensions)


def test_a_number_is_learned_on_its_own_scale() -> None:
    """Prices of a thousand and more: without standardising a network would take ages to get there."""
    prices = np.where(LABELS == 0, 1200.0, 900.0)
    spec = "nbow:dim=8,epochs=30,learning_rate=0.3"
    network = fitted(spec, TEXTS, prices, task="regression", outputs=1)
    said = network.scores(TEXTS)
    assert said.shape == (120, 1)
    assert np.sqrt(np.mean((said[:, 0] - prices) ** 2)) < 75, (
        "half of what the mean alone would miss by"
    )
    assert not network.probabilistic


def test_several_labels_of_a_text_are_learned_each_by_itself() -> None:
    truth = np.stack([LABELS == 0, np.array(["legs" in text.split() for text in TEXTS])], axis=1)
    network = fitted(
        "nbow:dim=8,epochs=40,learning_rate=0.5", TEXTS, truth, task="multilabel", outputs=2
    )
    scores = network.scores(TEXTS)
    assert ((scores >= 0.5) == truth).mean() > 0.97
    assert network.probabilistic


def test_the_best_epoch_on_the_tuning_part_stays_and_is_told() -> None:
    """The tuning rows are every tenth of each label; training ends two epochs behind the best."""
    notes: list[str] = []
    texts, labels = reviews(400)
    spec = SMALL.replace("epochs=3", "epochs=30")
    network = fitted(spec, texts, labels, note=notes.append)
    made = network.made
    assert made.stopped_early
    assert made.tuning == 1.0
    assert made.epochs == made.best_epoch + 2
    assert any(
        note
        == f"ended after epoch {made.epochs} of 30: 2 without gain on the tuning part; the weights are those of "
        f"epoch {made.best_epoch}"
        for note in notes
    )


def test_too_few_rows_to_tune_on_are_told_and_all_epochs_are_trained() -> None:
    notes: list[str] = []
    network = fitted(SMALL, TEXTS, LABELS, note=notes.append)
    assert (network.made.epochs, network.made.tuning) == (3, None)
    assert (
        "no tuning part (12 documents are too few to tune on): training takes all 3 epochs" in notes
    )


def test_rare_labels_stay_in_training_and_the_tuning_part_keeps_its_share() -> None:
    """A row of every label would take a third of the rows of 200 labels with three rows each, and the only one of another."""
    labels = np.array([0] * 900 + [1 + n // 2 for n in range(200)] + [101])
    chosen, why = tasks.tuning_part("classify", labels, share=0.1, seed=0)
    assert chosen is None
    assert why == "all of it would have one label"
    labels[450:900] = 102
    chosen, why = tasks.tuning_part("classify", labels, share=0.1, seed=0)
    assert why == ""
    assert chosen is not None
    assert np.bincount(labels[chosen], minlength=103)[[0, 1, 101, 102]].tolist() == [45, 0, 0, 45]


def test_numbers_too_large_to_standardise_are_told() -> None:
    numbers = np.array([1e200, 2e200, 3e200] * 20)
    with pytest.raises(MethodError, match=r"the numbers reach 3e\+200, and their variance"):
        fitted("nbow:epochs=1", ["a b"] * 60, numbers, task="regression")


def test_a_network_that_memory_cannot_hold_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class Large:
        @staticmethod
        def build(*_: object, **__: object) -> None:
            raise RuntimeError(
                "DefaultCPUAllocator: can't allocate memory: you tried to allocate …"
            )

    monkeypatch.setattr(fitting, "load", lambda _: Large)
    with pytest.raises(MethodError, match="the network does not fit into memory; lower dim"):
        fitted("nbow:epochs=1", TEXTS, LABELS)


def test_all_labels_equal_leave_no_tuning_part() -> None:
    chosen, why = tasks.tuning_part("classify", np.zeros(500, np.int64), share=0.1, seed=0)
    assert chosen is None
    assert why == "all of it would have one label"


def test_what_was_cut_and_what_is_unknown_is_told() -> None:
    """Of 40 documents 10 have more than five tokens; of ten kinds of tokens two have a row."""
    texts = ["a b"] * 30 + ["a a a b b b"] * 10
    notes: list[str] = []
    network = fitted("nbow:max_tokens=5,epochs=1", texts, np.arange(40) % 2, note=notes.append)
    assert network.made.cut == 10
    assert "25 % of the documents were cut at 5 tokens (max_tokens)" in notes


def test_the_precision_the_threads_and_the_padding_are_told() -> None:
    notes: list[str] = []
    fitted(SMALL, TEXTS, LABELS, note=notes.append)
    assert any(
        "parameters in float32 on cpu, 1 thread; " in note and " % of a batch is padding" in note
        for note in notes
    )


@pytest.mark.parametrize("device", ["cuda", "mps"])
def test_a_device_that_is_not_there_is_refused(device: str) -> None:
    import torch

    if (
        getattr(torch, device).is_available()
        if device == "cuda"
        else torch.backends.mps.is_available()
    ):
        pytest.skip(f"there is {device} here")
    with pytest.raises(UsageError, match=f"--device {device}: there is no such device here"):
        fitted(SMALL, TEXTS, LABELS, device=device)


def test_a_loss_that_explodes_says_where_and_what_to_try() -> None:
    with pytest.raises(MethodError, match=r"at step .*learning rate.*; try"):
        fitted(
            "lstm:dim=8,hidden=8,optimizer=sgd,learning_rate=100,clip=0,warmup=0,epochs=30,schedule=constant",
            TEXTS,
            LABELS,
            task="regression",
            outputs=1,
        )


def test_a_vocabulary_of_one_word_is_learned_from_its_absence() -> None:
    """The only token, and documents without it, which become the unknown token."""
    texts = ["word" if label else "" for label in LABELS]
    network = fitted("nbow:epochs=40,learning_rate=0.5", texts, LABELS)
    assert network.encoder.vocabulary == 3
    assert (network.scores(texts).argmax(axis=1) == LABELS).all()


# stopped and started again


class Stopped(Exception):
    """As a kill would: nothing is saved on its way out."""


def test_a_training_that_was_interrupted_ends_with_the_same_weights(tmp_path: Path) -> None:
    """Ctrl-C at three places; the log of the whole is that of an uninterrupted run."""
    spec = SMALL + ",dropout=0.4"
    folder = tmp_path / "run"
    folder.mkdir()
    for at in (4, 17, 30):

        def stop(progress: NetworkProgress, at: int = at) -> None:
            if progress.step.step >= at:
                raise KeyboardInterrupt

        with pytest.raises(TrainingInterrupted) as caught:
            fitted(spec, TEXTS, LABELS, checkpoints=folder, progress=stop)
        assert str(caught.value) == (
            "interrupted; what was learnt is kept, and the same command goes on from there"
        )
        assert caught.value.exit_code == 130
    network = fitted(spec, TEXTS, LABELS, checkpoints=folder)
    whole_folder = tmp_path / "whole"
    whole_folder.mkdir()
    whole = fitted(spec, TEXTS, LABELS, checkpoints=whole_folder)
    assert network.made.resumed > 0
    assert weights(network) == weights(whole)
    ends = [row["step"] for row in read_log(folder / "training.jsonl") if row["record"] == "epoch"]
    assert ends == [
        row["step"] for row in read_log(whole_folder / "training.jsonl") if row["record"] == "epoch"
    ]


def test_the_checkpoint_of_another_training_is_not_gone_on_from(tmp_path: Path) -> None:
    """Another seed, another spec: it begins anew, and says so."""
    seen: list[Step] = []

    def stop(progress: NetworkProgress) -> None:
        seen.append(progress.step)
        if progress.step.step >= 5:
            raise KeyboardInterrupt

    with pytest.raises(TrainingInterrupted):
        fitted(SMALL, TEXTS, LABELS, checkpoints=tmp_path, progress=stop)
    notes: list[str] = []
    network = fitted(SMALL, TEXTS, LABELS, checkpoints=tmp_path, seed=1, note=notes.append)
    assert network.made.resumed == 0
    assert any("are of another training" in note for note in notes)


def test_an_interruption_without_a_place_for_checkpoints_is_a_plain_one() -> None:
    def stop(progress: NetworkProgress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fitted(SMALL, TEXTS, LABELS, progress=stop)


def test_two_trainings_into_one_folder_are_told_apart(tmp_path: Path) -> None:
    def meet(progress: NetworkProgress) -> None:
        with pytest.raises(InputError, match="another training writes into"):
            fitted(SMALL, TEXTS, LABELS, checkpoints=tmp_path)
        raise KeyboardInterrupt

    with pytest.raises(TrainingInterrupted):
        fitted(SMALL, TEXTS, LABELS, checkpoints=tmp_path, progress=meet)


def test_the_log_is_written_where_it_is_wanted_as_well(tmp_path: Path) -> None:
    """The same lines in both, and numbers alone in them: every line is JSON."""
    folder, other = tmp_path / "run", tmp_path / "other.jsonl"
    folder.mkdir()
    fitted(SMALL + ",patience=1,tuning=0.3", TEXTS, LABELS, checkpoints=folder, log=other)
    lines = other.read_text().splitlines()
    assert lines == (folder / "training.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    kinds = [row["record"] for row in rows]
    assert kinds[0] == "begun"
    assert kinds[-1] == "ended"
    (first, *_) = [row for row in rows if row["record"] == "epoch"]
    assert first["tuning"]["name"] == "accuracy"
    assert set(first["tuning"]["figures"]) == {"accuracy", "loss"}


def test_every_network_of_the_catalogue_is_reached_by_its_spec() -> None:
    """The config's class, not its name alone, decides what is built."""
    from nlpwb.catalogue import CATALOGUE

    ours = [name for name, entry in CATALOGUE.items() if entry.network and not entry.based]
    for name in ours:
        assert parse_spec(f"{name}:dim=8").representation.config.dim == 8
