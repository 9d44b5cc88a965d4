"""The first rows of a network's embeddings: from a file, or trained on its own tokens."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nlpwb.cache.inventory import entries
from nlpwb.cache.store import Cache
from nlpwb.errors import MethodError, UsageError
from nlpwb.methods.networks.tokens import TextEncoder
from nlpwb.workflows.networks import embeddings
from nlpwb.workflows.networks.embeddings import embedding_part, initial_table

from .corpora import fitted, part_of, reviews

TEXTS = ["the Cat sat", "the dog sat down", "a cat"]


def table_of(spec: str, texts: list[str] = TEXTS, *, seed: int = 0, cache: Cache | None = None):
    """The initial table of a spec, and its tokens."""
    part = part_of(spec)
    encoder, encoded = TextEncoder.fit_encode(part.config, texts)
    found = initial_table(part.config, part.name, encoded, encoder.tokens, seed=seed, cache=cache)
    return found, encoder.tokens


@pytest.fixture
def vectors(tmp_path: Path) -> Path:
    path = tmp_path / "v.vec"
    path.write_text("3 2\nthe 3 0\ncat 0 4\ncow 9 9\n")
    return path


def test_random_rows_are_the_networks_own_business() -> None:
    assert table_of("nbow")[0] is None


def test_rows_of_a_file_are_matched_by_token(vectors: Path) -> None:
    """Of nine tokens two are ``the`` and two are ``cat``: as wide as the file, whatever dim says."""
    found, tokens = table_of(f"nbow:dim=7,embeddings=path:{vectors}")
    assert found.rows.shape == (len(tokens), 2)
    assert found.rows.dtype == np.float32
    assert found.rows[tokens.index("the")].tolist() == [3, 0]
    assert found.rows[tokens.index("cat")].tolist() == [0, 4]
    assert found.rows[0].tolist() == [0, 0]
    assert found.covered == pytest.approx(4 / 9)


def test_a_token_takes_the_row_of_its_lower_case_where_it_has_none(vectors: Path) -> None:
    found, tokens = table_of(f"nbow:tokenizer=whitespace:lowercase=no,embeddings=path:{vectors}")
    assert found.rows[tokens.index("Cat")].tolist() == [0, 4]


def test_other_rows_are_random_and_as_loud_as_those_found(vectors: Path) -> None:
    texts = ["the cat " + " ".join(f"w{i}" for i in range(3000))]
    found, tokens = table_of(f"nbow:max_tokens=9999,embeddings=path:{vectors}", texts)
    known = np.array([[3, 0], [0, 4]])
    others = found.rows[[i for i, t in enumerate(tokens) if t.startswith("w")]]
    assert others.std() == pytest.approx(known.std(), rel=0.05)
    again, _ = table_of(f"nbow:max_tokens=9999,embeddings=path:{vectors}", texts)
    np.testing.assert_array_equal(again.rows, found.rows)
    other, _ = table_of(f"nbow:max_tokens=9999,embeddings=path:{vectors}", texts, seed=1)
    assert not np.array_equal(other.rows, found.rows)


def test_a_file_of_another_language_is_told(vectors: Path) -> None:
    with pytest.raises(MethodError, match=r"no token of the documents has a vector there; check"):
        table_of(f"nbow:embeddings=path:{vectors}", ["der hund"])


def test_word_vectors_are_trained_on_the_tokens_of_the_network() -> None:
    """Single letters and marks, which word vectors would leave out by themselves, have rows of their own."""
    texts, _ = reviews(60)
    texts = [f"{text} !" for text in texts]
    found, tokens = table_of("lstm:dim=12,embeddings=skipgram:epochs=2", texts)
    assert found.rows.shape == (len(tokens), 12)
    assert found.covered == 1.0
    again, _ = table_of("lstm:dim=12,embeddings=skipgram:epochs=2", texts)
    np.testing.assert_array_equal(again.rows, found.rows)


def test_the_width_is_the_networks_unless_the_spec_says_its_own() -> None:
    part = embedding_part("skipgram", dim=12, method="lstm")
    assert part is not None
    assert part.config.dim == 12
    part = embedding_part("skipgram:dim=100", dim=12, method="lstm")
    assert part is not None
    assert part.config.dim == 100


def test_vectors_that_were_long_in_training_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embeddings, "WORTH_KEEPING", 0.0)
    cache = Cache(tmp_path)
    spec, (texts, _) = "lstm:dim=6,embeddings=skipgram:epochs=1", reviews(60)
    first, _ = table_of(spec, texts, cache=cache)
    (kept,) = entries(tmp_path)
    assert kept.kind == "embeddings"
    second, _ = table_of(spec, texts, cache=cache)
    np.testing.assert_array_equal(first.rows, second.rows)
    assert first.spared == 0
    assert second.spared == kept.manifest["facts"]["seconds"]
    table_of(spec, texts, cache=cache, seed=1)
    table_of("gru:dim=6,embeddings=skipgram:epochs=1", texts, cache=cache)
    assert len(entries(tmp_path)) == 2, "another network shares them, another seed does not"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("doc2vec", "doc2vec trains no word vectors"),
        ("tfidf", "tfidf trains no word vectors"),
        ("skipgram+svm", r"word vectors take no \+part"),
        ("skipgram:pooling=max", "pooling does nothing"),
        ("skipgram:lowercase=no", "lowercase does nothing"),
    ],
)
def test_what_would_do_nothing_is_refused(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        embedding_part(text, dim=10, method="lstm")


def test_frozen_rows_stay_as_they_were(vectors: Path) -> None:
    texts, labels = reviews(60)
    network = fitted(
        f"nbow:embeddings=path:{vectors},tune=no,epochs=2",
        [f"cat {text}" for text in texts],
        labels,
    )
    row = network.encoder.tokens.index("cat")
    assert network.model.state_dict()["words.weight"][row].tolist() == [0, 4]
    assert network.shape.dim == 2
    assert network.made.covered is not None
    assert 0 < network.made.covered < 1
