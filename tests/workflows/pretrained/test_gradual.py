"""``strategy=gradual`` on checkpoints of others: what it learns and keeps, and that it goes on after a kill."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nlpwb.errors import UsageError
from nlpwb.methods.finetuning.concat_head import ConcatHead
from nlpwb.specs import parse_spec
from nlpwb.tasks import Task
from nlpwb.workflows.classifier import Classifier
from nlpwb.workflows.model_folder import load_model, save_model
from nlpwb.workflows.networks.conditions import NetworkProgress, TrainingInterrupted
from tests.workflows.networks.corpora import reviews

from .bases import write_base
from .test_finetuning import moved, tuned

TEXTS, LABELS = reviews(60)
GRADUAL = "strategy=gradual,hidden=8"


@pytest.fixture(scope="module", params=["bert", "gpt2"])
def base(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_base(tmp_path_factory.mktemp("base"), TEXTS, family=request.param)


def test_labels_are_learned(base: str) -> None:
    network = tuned(base, f"{GRADUAL},drop_mult=0,head_rate=7", epochs=16)
    assert isinstance(network.network.head, ConcatHead)
    scores = network.scores(TEXTS)
    assert (scores.argmax(axis=1) == LABELS).mean() > 0.9
    assert network.features(TEXTS).shape == (60, 8)


def test_blocks_begin_one_after_the_other(base: str) -> None:
    """One epoch: only a last one, in which everything moves. Two of three: two blocks and the tables wait for longer."""
    assert moved(tuned(base, GRADUAL, epochs=1), base)
    notes: list[str] = []
    tuned(base, GRADUAL, epochs=4, note=notes.append)
    begun = [note for note in notes if "weights move" in note]
    assert [note.split(" on ")[0] for note in begun] == [f"from epoch {n}" for n in (1, 2, 3, 4)]
    counts = [int(note.split(" on ")[1].split()[0].replace(",", "")) for note in begun]
    assert counts == sorted(set(counts))
    assert counts[0] == 2 * 96 + 97 * 8 + 2 * 8 + 9 * 2, "norm, layer, norm, layer"


def test_the_tables_wait_for_the_last_stage(base: str) -> None:
    """With ``thaw`` so long that nothing but the end is left, all begin there."""
    notes: list[str] = []
    tuned(base, f"{GRADUAL},thaw=50", epochs=2, note=notes.append)
    assert len([note for note in notes if "weights move" in note]) == 2


def test_an_interrupted_training_ends_with_the_same_bits(base: str, tmp_path: Path) -> None:
    """Stopped in the first stage and again in a later one."""
    options = f"{GRADUAL},batch_tokens=64"
    (tmp_path / "kept").mkdir()
    (tmp_path / "whole").mkdir()
    for limit in (4, 30):

        def stop(progress: NetworkProgress, limit: int = limit) -> None:
            if progress.step.step >= limit:
                raise KeyboardInterrupt

        with pytest.raises(TrainingInterrupted):
            tuned(base, options, epochs=4, checkpoints=tmp_path / "kept", progress=stop)
    again = tuned(base, options, epochs=4, checkpoints=tmp_path / "kept")
    whole = tuned(base, options, epochs=4, checkpoints=tmp_path / "whole")
    assert again.made.resumed >= 30
    np.testing.assert_array_equal(again.scores(TEXTS), whole.scores(TEXTS))


@pytest.mark.parametrize("task", ["classify", "multilabel", "regression"])
def test_a_folder_says_the_same(base: str, tmp_path: Path, task: Task) -> None:
    """Running means of the head included; and the field's libraries find an encoder there, and no head."""
    targets: Any = {
        "classify": LABELS,
        "multilabel": np.stack([LABELS == 0, LABELS == 1], axis=1),
        "regression": 100.0 + 7.0 * LABELS,
    }[task]
    labels = () if task == "regression" else ("bad", "good")
    network = tuned(
        base, GRADUAL, task=task, targets=targets, labels=labels, outputs=max(1, len(labels))
    )
    said = network.scores(TEXTS)
    if task == "regression":
        assert 90 < said.mean() < 117
    made = Classifier(parse_spec(str(network.part)), labels, 0, network=network, task=task)
    save_model(tmp_path / "model", made, {"by": "a test"})
    np.testing.assert_array_equal(load_model(tmp_path / "model").scores(TEXTS), said)
    config = json.loads((tmp_path / "model" / "config.json").read_text())
    assert config["architectures"] in (["BertModel"], ["GPT2Model"])


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ("decay=2", "decay=2 does nothing with strategy=full; write strategy=gradual"),
        ("strategy=lora,thaw=2", "thaw=2 does nothing with strategy=lora"),
        ("strategy=frozen,hidden=9", "hidden=9 does nothing"),
        ("strategy=gradual,pooling=mean", "pooling=mean does nothing with strategy=gradual"),
        ("strategy=gradual,decay=0.5", "decay must be at least 1"),
    ],
)
def test_options_without_effect_are_refused(options: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        parse_spec(f"finetune:{options}")
