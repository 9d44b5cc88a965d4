"""``strategy=contrastive``: texts of a label come together, few labels are learned, the folder encodes sentences, too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from nlpwb.bases.sentences import SentenceSettings, read_sentence_settings
from nlpwb.errors import MethodError, UsageError
from nlpwb.specs import parse_spec
from nlpwb.workflows.classifier import Classifier
from nlpwb.workflows.folders import check_target
from nlpwb.workflows.model_folder import load_model, save_model
from nlpwb.workflows.networks.conditions import Conditions, NetworkProgress, TrainingInterrupted
from nlpwb.workflows.pretrained import contrastive
from nlpwb.workflows.pretrained.classifier import FinetunedClassifier
from nlpwb.workflows.pretrained.encoding import Manner, encode
from nlpwb.workflows.pretrained.finetuning import finetune
from nlpwb.workflows.pretrained.opening import open_base
from tests.workflows.networks.corpora import reviews, weights

from .bases import write_base

TEXTS, LABELS = reviews(24)
OTHERS, THEIRS = reviews(100, seed=1)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("base")
    return write_base(folder, OTHERS, sentences=SentenceSettings("mean", True, 20))


def tuned(base: str, options: str = "", **more: Any) -> FinetunedClassifier:
    """A base tuned in one thread on few reviews, or on what ``more`` says."""
    rate = more.pop("rate", 0.003)
    text = f"finetune:base={base},strategy=contrastive,learning_rate={rate}"
    arguments: dict[str, Any] = {
        "texts": TEXTS,
        "targets": LABELS,
        "task": "classify",
        "labels": ("bad", "good"),
        "outputs": 2,
        "pairs": False,
    }
    arguments |= {name: more.pop(name) for name in tuple(more) if name in arguments}
    conditions = Conditions(**{"device": "cpu", "precision": "float32", **more})
    part = parse_spec(text + (f",{options}" if options else "")).representation
    return finetune(
        part,
        arguments.pop("texts"),
        arguments.pop("targets"),
        seed=0,
        threads=1,
        conditions=conditions,
        **arguments,
    )


def gap(network: FinetunedClassifier) -> float:
    """How much nearer new texts of a label stand to each other than to those of the other, as a cosine."""
    vectors = network.features(OTHERS)
    cosines = vectors @ vectors.T
    alike = THEIRS[:, None] == THEIRS
    return float(cosines[alike].mean() - cosines[~alike].mean())


@pytest.mark.parametrize("loss", ["cosine", "company"])
def test_texts_of_a_label_come_together(base: str, loss: str) -> None:
    """Of a body of random weights; new texts follow."""
    network = tuned(base, f"loss={loss},iterations=30")
    np.testing.assert_allclose(np.linalg.norm(network.features(OTHERS), axis=1), 1, atol=1e-5)
    untouched = tuned(base, rate=1e-9)
    assert gap(network) > gap(untouched) + 0.2
    right = (network.scores(OTHERS).argmax(axis=1) == THEIRS).mean()
    assert right > 0.75


def test_the_last_layer_is_the_regression_on_the_vectors(base: str) -> None:
    """What the network says is what scikit-learn's probabilities are, two labels and three."""
    from nlpwb.methods.heads.config import LogregConfig
    from nlpwb.methods.heads.linear import Logreg

    for outputs in (2, 3):
        targets = np.arange(len(TEXTS)) % outputs
        labels = tuple(map(str, range(outputs)))
        network = tuned(base, targets=targets, labels=labels, outputs=outputs, rate=1e-9)
        head = Logreg.fit(LogregConfig(), network.features(TEXTS), targets, labels=outputs, seed=0)
        expected = head.scores(network.features(OTHERS))
        np.testing.assert_allclose(network.scores(OTHERS), expected, atol=1e-5)


def test_interrupted_it_ends_with_the_same_weights(base: str, tmp_path: Path) -> None:
    """Ctrl-C in two epochs: other pairs than the second epoch's would end elsewhere."""
    for at in (4, 21):

        def stop(progress: NetworkProgress, at: int = at) -> None:
            if progress.step.step >= at:
                raise KeyboardInterrupt

        with pytest.raises(TrainingInterrupted):
            tuned(base, "epochs=2,iterations=10", checkpoints=tmp_path, progress=stop)
    network = tuned(base, "epochs=2,iterations=10", checkpoints=tmp_path)
    assert network.made.resumed >= 21
    assert weights(network) == weights(tuned(base, "epochs=2,iterations=10"))


def test_sets_of_labels(base: str) -> None:
    """A third label that overlaps with both, and texts without any."""
    sets = np.stack([LABELS == 0, LABELS == 1, np.arange(len(TEXTS)) % 3 == 0], axis=1)
    sets[5] = False
    network = tuned(base, task="multilabel", targets=sets, labels=("a", "b", "c"), outputs=3)
    scores = network.scores(OTHERS)
    assert scores.shape == (100, 3)
    assert ((scores[:, 1] > 0.5) == (THEIRS == 1)).mean() > 0.7


def test_a_label_of_one_text(base: str) -> None:
    notes: list[str] = []
    targets = LABELS.copy()
    targets[0] = 2
    tuned(base, targets=targets, labels=("a", "b", "c"), outputs=3, note=notes.append)
    assert any("1 of 24 texts share no label with another" in note for note in notes)


def test_where_all_labels_differ_the_base_stays_as_it_is(base: str) -> None:
    """Pairs of one kind alone would push all texts apart: there is nothing to learn of them."""
    notes: list[str] = []
    every = np.arange(len(TEXTS))
    names = tuple(map(str, every))
    network = tuned(base, targets=every, labels=names, outputs=len(every), note=notes.append)
    assert any("no two texts share a label" in note for note in notes)
    assert network.made.steps == 0
    before = dict(open_base(base).body.named_parameters())
    for name, parameter in network.network.body.named_parameters():
        torch.testing.assert_close(parameter.detach(), before[name].detach())


def test_many_texts_get_fewer_pairs_each(base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """``auto`` holds the pairs of an epoch below a limit, and says so; who asks for more gets it."""
    monkeypatch.setattr(contrastive, "MOST_PAIRS", 64)
    notes: list[str] = []
    few = tuned(base, note=notes.append)
    assert few.made.steps == 4  # of 16 pairs each
    assert any("64 pairs in an epoch" in note and "would draw 960" in note for note in notes)
    assert tuned(base, "iterations=4").made.steps == 12


def test_the_folder_is_a_model_and_an_encoder_of_sentences(base: str, tmp_path: Path) -> None:
    """It reads back to the same scores; as a base it makes the same vectors; it may be replaced by itself."""
    network = tuned(base)
    spec = parse_spec(str(network.part))
    model = tmp_path / "model"
    for _ in range(2):
        save_model(model, Classifier(spec, ("bad", "good"), 0, network=network), {})
    again = load_model(model)
    np.testing.assert_array_equal(again.scores(OTHERS), network.scores(OTHERS))
    assert read_sentence_settings(model) == SentenceSettings("mean", True, 20)
    opened = open_base(str(model))
    vectors = encode(
        opened.body, opened.tokens.encode(OTHERS), Manner("mean", 1, True), precision="float32"
    )
    np.testing.assert_allclose(vectors, again.vectors(OTHERS), atol=1e-5)
    (model / "1_Pooling" / "notes.txt").write_text("mine")
    with pytest.raises(Exception, match=r"1_Pooling/notes\.txt, which is no part of a model"):
        check_target(model)


@pytest.mark.slow
@pytest.mark.parametrize("family", ["bert", "gpt2"])
def test_sentence_transformers_gives_the_same_vectors(tmp_path: Path, family: str) -> None:
    """The whole folder goes to its library, pooling and normalisation included."""
    library = pytest.importorskip("sentence_transformers")
    settings = SentenceSettings("mean", True, 20)
    base = write_base(tmp_path / "base", OTHERS, family=family, sentences=settings)
    network = tuned(base)
    spec = parse_spec(str(network.part))
    model = tmp_path / "model"
    save_model(model, Classifier(spec, ("bad", "good"), 0, network=network), {})
    theirs = library.SentenceTransformer(str(model), device="cpu")
    np.testing.assert_allclose(theirs.encode(OTHERS), network.features(OTHERS), atol=1e-5)


def test_numbers_have_no_pairs(base: str) -> None:
    with pytest.raises(MethodError, match="the task is regression; write another strategy"):
        tuned(base, task="regression", targets=LABELS * 1.0, labels=(), outputs=1)


def test_pairs_of_texts_are_no_single_texts(base: str) -> None:
    with pytest.raises(MethodError, match="these documents are pairs"):
        tuned(base, pairs=True)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            "iterations=5",
            "iterations=5 does nothing with strategy=full; write strategy=contrastive",
        ),
        ("strategy=contrastive,patience=2", "patience=2 does nothing with strategy=contrastive"),
        ("strategy=contrastive,rank=4", "rank=4 does nothing with strategy=contrastive"),
        ("strategy=contrastive,loss=company,margin=0.5", "belongs to loss=cosine"),
        ("strategy=contrastive,temperature=0.5", "belongs to loss=company"),
        ("strategy=contrastive,loss=cosin", "cosine"),
    ],
)
def test_options_without_effect_are_refused(options: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        parse_spec(f"finetune:{options}")
