"""``pooling=weighted``: the sum by hand, weights that find the layer that tells, and what there is without labels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from nlpwb.cache.store import Cache
from nlpwb.errors import MethodError, UsageError
from nlpwb.methods.finetuning.mixing import learn_weights, mixed
from nlpwb.specs import parse_spec
from nlpwb.workflows.classifier import Classifier, fit_classifier
from nlpwb.workflows.model_folder import load_model, save_model
from nlpwb.workflows.networks.conditions import Conditions
from nlpwb.workflows.pretrained.memory import KIND
from nlpwb.workflows.pretrained.representation import PretrainedTexts
from tests.workflows.networks.corpora import reviews

from .bases import write_base

TEXTS, NUMBERS = reviews(30)
LABELS = [("bad", "good")[number] for number in NUMBERS]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_base(tmp_path_factory.mktemp("base"), TEXTS)


def opened(base: str, options: str = "") -> PretrainedTexts:
    spec = parse_spec(f"pretrained:base={base},pooling=weighted,precision=float32{options}")
    return PretrainedTexts.open(spec.representation.config)


def trained(base: str, **more: object) -> Classifier:
    spec = parse_spec(f"pretrained:base={base},pooling=weighted,precision=float32")
    return fit_classifier(
        spec,
        TEXTS,
        LABELS,
        labels=("bad", "good"),
        seed=0,
        threads=1,
        conditions=Conditions(**more),  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("normalize", ["no", "yes"])
def test_with_weights_it_is_the_weighted_sum_of_the_layers_means(base: str, normalize: str) -> None:
    """What enters the first block counts as a layer, too."""
    found = opened(base, f",normalize={normalize}")
    found.weights = np.array([0.5, 0.2, 0.3], dtype=np.float32)
    ids = torch.from_numpy(found.tokens.encode(TEXTS[:1]).ids).long().unsqueeze(0)
    with torch.no_grad():
        states = found.body.states(ids, torch.tensor([ids.shape[1]]))  # type: ignore[union-attr]
    means = [state[0].mean(dim=0).numpy() for state in states]
    expected = 0.5 * means[0] + 0.2 * means[1] + 0.3 * means[2]
    if normalize == "yes":
        expected /= np.linalg.norm(expected)
    np.testing.assert_allclose(found.transform(TEXTS[:1], threads=1)[0], expected, atol=1e-5)


@pytest.mark.parametrize("task", ["classify", "multilabel", "regression"])
def test_the_layer_that_tells_gets_the_weight(task: str) -> None:
    random = np.random.default_rng(0)
    vectors = random.normal(size=(200, 3, 8)).astype(np.float32)
    signs = random.integers(2, size=200)
    vectors[:, 1, 0] += 4 * signs
    targets = {
        "classify": signs,
        "multilabel": np.stack([signs == 0, signs == 1], axis=1),
        "regression": signs * 10.0 + 3,
    }[task]
    outputs = 1 if task == "regression" else 2
    weights = learn_weights(vectors, targets, task=task, outputs=outputs)  # type: ignore[arg-type]
    assert weights.sum() == pytest.approx(1)
    assert weights.argmax() == 1
    assert weights[1] > 0.6
    np.testing.assert_allclose(
        mixed(vectors, weights), (vectors * weights[:, None]).sum(axis=1), atol=1e-5
    )


def test_a_model_keeps_its_weights_and_the_base_runs_once(base: str, tmp_path: Path) -> None:
    """The cache holds the vectors of all layers: other labels, another mixture, find them there."""
    notes: list[str] = []
    cache = Cache(tmp_path / "cache")
    first = trained(base, cache=cache, note=notes.append)
    assert any(note.startswith("weights of layers, the lowest first: ") for note in notes)
    again = trained(base, cache=cache)
    assert len(list((tmp_path / "cache" / KIND).glob("*/manifest.json"))) == 1
    np.testing.assert_array_equal(first.scores(TEXTS), again.scores(TEXTS))
    save_model(tmp_path / "model", first, {})
    kept = load_model(tmp_path / "model")
    np.testing.assert_allclose(kept.scores(TEXTS), first.scores(TEXTS), atol=1e-6)
    assert kept.dimensions == first.dimensions == 32


def test_without_labels_there_are_no_weights(base: str) -> None:
    with pytest.raises(
        MethodError, match=r"learns the weights of layers from labels.*pooling=mean,layers=2"
    ):
        opened(base).transform(TEXTS, threads=1)


def test_a_decoder_has_no_layers_to_weigh(tmp_path: Path) -> None:
    base = write_base(tmp_path / "gpt2", TEXTS, family="gpt2")
    with pytest.raises(MethodError, match="is a decoder"):
        opened(base)


def test_a_number_of_layers_beside_it_is_refused() -> None:
    with pytest.raises(UsageError, match="layers=2 does nothing with pooling=weighted"):
        parse_spec("pretrained:pooling=weighted,layers=2")
