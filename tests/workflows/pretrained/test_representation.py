"""A base as a representation: its vectors, what is remembered of them, and that a model needs no base any more."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from nlpwb.bases.sentences import SentenceSettings
from nlpwb.cache.store import Cache
from nlpwb.errors import MethodError
from nlpwb.specs import parse_spec
from nlpwb.workflows.classifier import fit_classifier
from nlpwb.workflows.model_folder import load_model, save_model
from nlpwb.workflows.networks.conditions import Conditions
from nlpwb.workflows.pretrained.memory import KIND
from nlpwb.workflows.pretrained.representation import PretrainedTexts
from tests.workflows.networks.corpora import reviews

from .bases import write_base

TEXTS, NUMBERS = reviews(30)
LABELS = [("good", "bad")[number] for number in NUMBERS]
EVERY = "precision=float32"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_base(tmp_path_factory.mktemp("base"), TEXTS)


def opened(base: str, options: str = EVERY, **more: Any) -> PretrainedTexts:
    config = parse_spec(f"pretrained:base={base},{options}").representation.config
    return PretrainedTexts.open(config, **more)


def states(found: PretrainedTexts, text: str) -> torch.Tensor:
    """What leaves each block, (blocks, T, d), of one text alone."""
    ids = torch.from_numpy(found.tokens.encode([text]).ids).long().unsqueeze(0)
    body: Any = found.body
    with torch.no_grad():
        return torch.stack(body.states(ids, torch.tensor([ids.shape[1]])))[1:, 0]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("", lambda s: s[-1].mean(dim=0)),
        ("pooling=cls", lambda s: s[-1][0]),
        ("pooling=max", lambda s: s[-1].max(dim=0).values),
        ("pooling=last", lambda s: s[-1][-1]),
        ("layers=2", lambda s: s.mean(dim=0).mean(dim=0)),
        ("normalize=yes", lambda s: s[-1].mean(dim=0) / s[-1].mean(dim=0).norm()),
    ],
)
def test_vectors_are_those_of_a_text_alone(base: str, options: str, expected: Any) -> None:
    """Beside longer and shorter ones in a batch, pooled as the option says."""
    found = opened(base, f"{EVERY},{options}" if options else EVERY)
    vectors = found.transform(TEXTS, threads=1)
    assert vectors.shape == (30, 32)
    for row in (0, 7, 29):
        wanted = expected(states(found, TEXTS[row])).numpy()
        np.testing.assert_allclose(vectors[row], wanted, atol=1e-5)


def test_a_sentence_encoder_is_taken_as_it_was_trained(tmp_path: Path) -> None:
    settings = SentenceSettings("cls", True, 6)
    found = opened(write_base(tmp_path / "base", TEXTS, sentences=settings))
    assert (found.manner.pooling, found.manner.normalised, found.tokens.longest) == ("cls", True, 6)
    vectors = found.transform(TEXTS, threads=1)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert found.tokens.encode(TEXTS).cut > 0


def test_more_blocks_than_there_are(base: str, tmp_path: Path) -> None:
    with pytest.raises(MethodError, match="more than the 2 blocks"):
        opened(base, "layers=3")
    decoder = write_base(tmp_path / "gpt", TEXTS, family="gpt2")
    with pytest.raises(MethodError, match="is a decoder"):
        opened(decoder, "layers=2")


def test_a_model_needs_no_base_any_more(tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", TEXTS)
    spec = parse_spec(f"pretrained:base={base},{EVERY}+logreg")
    made = fit_classifier(spec, TEXTS, LABELS, labels=("bad", "good"), seed=0, threads=1)
    save_model(tmp_path / "model", made, {"by": "a test"})
    expected = made.scores(TEXTS)
    shutil.rmtree(base)
    again = load_model(tmp_path / "model")
    np.testing.assert_allclose(again.scores(TEXTS), expected, atol=1e-6)


def test_folds_and_heads_share_what_was_encoded(base: str, tmp_path: Path) -> None:
    """Three fits on parts of a corpus: no text is encoded twice, and the price is told to those who did not pay it."""
    cache = Cache(tmp_path)
    seconds = []
    for head, part in (("logreg", slice(0, 20)), ("svm", slice(0, 20)), ("logreg", slice(10, 30))):
        spec = parse_spec(f"pretrained:base={base},{EVERY}+{head}")
        made = fit_classifier(
            spec,
            TEXTS[part],
            LABELS[part],
            labels=("bad", "good"),
            seed=0,
            threads=1,
            conditions=Conditions(cache=cache),
        )
        seconds.append(made.spared_seconds())
        assert made.spared_seconds() == 0, "it was just asked"
    manifests = [json.loads(path.read_text()) for path in tmp_path.glob(f"{KIND}/*/manifest.json")]
    assert sum(one["facts"]["texts"] for one in manifests) == len(set(TEXTS))
    assert seconds[0] == 0
    assert seconds[1] > 0
    assert seconds[2] > 0


def test_options_that_change_a_vector_change_its_key(base: str, tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    first = opened(base, cache=cache).transform(TEXTS, threads=1)
    second = opened(base, f"{EVERY},pooling=max", cache=cache).transform(TEXTS, threads=1)
    assert not np.allclose(first, second)
    again = opened(base, cache=cache)
    np.testing.assert_array_equal(again.transform(TEXTS, threads=1), first)
    assert again.spared_seconds() > 0


def test_no_text_at_all(base: str) -> None:
    assert opened(base).transform([], threads=1).shape == (0, 32)


def test_a_seed_changes_nothing() -> None:
    """So several seeds are one cell; ``auto`` asks the base and not the rows."""
    assert parse_spec("pretrained").representation.deterministic
    assert not parse_spec("finetune").representation.deterministic
