"""Paragraph vectors: gensim's training and inference, from a start that every process shares."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gensim.models import doc2vec as gensim_doc2vec
from gensim.models.doc2vec import Doc2Vec, TaggedDocument

from nlpwb.errors import MethodError
from nlpwb.methods.embeddings.doc2vec import Doc2VecModel
from nlpwb.methods.protocol import Unknown
from nlpwb.text.words import words
from tests.methods.embedding import config, corpus, fit_doc2vec

ROOT = Path(__file__).resolve().parents[2]
TEXTS = corpus()[0]
NEW = ["harbor harbor oven and xyzzy", "the whale", "", "xyzzy", "möwe küche möwe"]
SPECS = [
    f"doc2vec:dim=6,epochs=3,infer_epochs=4,architecture={architecture},hs={hs}"
    for architecture in ("dbow", "dm")
    for hs in ("no", "yes")
]


@pytest.mark.parametrize("spec", SPECS)
def test_training_and_inference_are_gensims(spec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """All but the start: with ours in place of its salted one, gensim's own ``infer_vector`` says the same."""
    ours, fitted = fit_doc2vec(spec, TEXTS, seed=5)
    reference = Doc2Vec(
        vector_size=6,
        dm=int("dm" in spec),
        hs=int("hs=yes" in spec),
        negative=0 if "hs=yes" in spec else 5,
        min_count=2,
        epochs=3,
        seed=6,
        workers=1,
    )
    tagged = [TaggedDocument(words(text), [number]) for number, text in enumerate(TEXTS)]
    reference.build_vocab(tagged)
    reference.train(tagged, total_examples=len(TEXTS), epochs=3)
    state = ours.state()
    np.testing.assert_array_equal(state.arrays["vectors"], reference.wv.vectors)
    layer = "syn1" if "hs=yes" in spec else "syn1neg"
    np.testing.assert_array_equal(state.arrays[layer], getattr(reference, layer))

    def start(size: int, **_: Any) -> Any:
        return (np.random.default_rng(5).random(size, dtype=np.float32) - 0.5) / size

    monkeypatch.setattr(gensim_doc2vec, "pseudorandom_weak_vector", start)
    for row, text in enumerate(TEXTS[:10]):
        reference.random = np.random.RandomState(6)
        expected = reference.infer_vector(words(text), epochs=4)
        np.testing.assert_allclose(fitted[row], expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("spec", SPECS)
def test_a_model_is_its_state(spec: str) -> None:
    """To the last bit: many words of one count, whose order gensim chooses, find their own rows again."""
    texts = [*TEXTS, " ".join(f"rare{number:03} rare{number:03}" for number in range(200))]
    model, _ = fit_doc2vec(spec, texts)
    new = [*NEW, "rare007 rare123 rare199 harbor", "rare050"]
    again = Doc2VecModel.from_state(model.config, model.state())
    expected = model.transform(new)
    np.testing.assert_array_equal(again.transform(new), expected)
    assert len({tuple(row) for row in expected.tolist()}) == len(new) - 1  # two are zeros
    third = Doc2VecModel.from_state(again.config, again.state())
    np.testing.assert_array_equal(third.transform(new), expected)
    assert again.unknown_tokens(new) == model.unknown_tokens(new)


@pytest.mark.parametrize("spec", SPECS[::2])
def test_a_vector_depends_on_its_document_alone(spec: str) -> None:
    model, fitted = fit_doc2vec(spec, TEXTS)
    np.testing.assert_array_equal(model.transform(TEXTS[::-1])[::-1], fitted)
    np.testing.assert_array_equal(model.transform(TEXTS[7:8]), fitted[7:8])


def test_documents_without_a_known_word_are_zeros() -> None:
    """gensim gives these a random vector, another one each time."""
    model, _ = fit_doc2vec(SPECS[0], TEXTS)
    vectors = model.transform(["", "a", "xyzzy plugh", "harbor"])
    assert not vectors[:3].any()
    assert vectors[3].any()
    assert model.transform([]).shape == (0, 6)


def test_one_seed_gives_one_set_of_vectors() -> None:
    first, same, other = (fit_doc2vec(SPECS[0], TEXTS, seed=seed)[1] for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, same)
    assert not np.array_equal(first, other)


def test_every_process_gives_the_same_vectors() -> None:
    """Python salts its hashes anew in each process; a saved model would answer differently tomorrow."""
    program = (
        "from tests.methods.embedding import corpus, fit_doc2vec\n"
        f"print(fit_doc2vec({SPECS[0]!r}, corpus()[0][:10])[1].tobytes().hex())"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": salt, "PYTHONPATH": str(ROOT)},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for salt in ("1", "2")
    }
    assert printed == {fit_doc2vec(SPECS[0], TEXTS[:10])[1].tobytes().hex() + "\n"}


def test_topics_come_apart() -> None:
    """Vectors of one topic lie nearer to their own centre than to the other's."""
    texts, labels = corpus(80)
    _, vectors = fit_doc2vec("doc2vec:dim=8,epochs=60,infer_epochs=40,learning_rate=0.05", texts)
    sea = np.array([label == "sea" for label in labels])
    centers = np.stack([vectors[~sea].mean(axis=0), vectors[sea].mean(axis=0)])
    nearer = np.linalg.norm(vectors[:, None] - centers[None], axis=2).argmin(axis=1)
    assert (nearer == sea).mean() > 0.9


def test_unknown_share_by_hand() -> None:
    model, _ = fit_doc2vec(SPECS[0], TEXTS)
    assert model.unknown_tokens(["the whale", "oven xyzzy"]) == Unknown(1, 4)
    assert model.unknown_tokens(["a", ""]).share is None
    assert model.dimensions == 6


def test_no_word_is_left() -> None:
    with pytest.raises(MethodError, match="lower min_count"):
        Doc2VecModel.fit(config("doc2vec:min_count=9"), ["one two"], seed=0, threads=1)
    with pytest.raises(MethodError, match="lower min_count"):
        Doc2VecModel.fit(config("doc2vec"), ["", ""], seed=0, threads=1)
