"""``vectors:path=FILE``: the vectors of others as a representation, and what a key and a saved model hold of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nlpwb.errors import InputError, MethodError, ModelError, UsageError
from nlpwb.methods.embeddings.model import PooledWordVectors
from nlpwb.methods.protocol import Unknown
from nlpwb.options import show
from nlpwb.specs import parse_spec
from nlpwb.vectors.folder import write_folder
from nlpwb.vectors.ngrams import fnv1a
from nlpwb.vectors.table import Subwords, WordVectors
from tests.methods.embedding import corpus, fit_pooled

TEXTS = ["red green", "green blue blue", "grey"]


def table(**more: Any) -> WordVectors:
    """Two colours and one that no text holds."""
    rows = np.array([[1, 0], [0, 1], [5, 5]], dtype=np.float32)
    return WordVectors(words=["green", "blue", "mauve"], vectors=rows, **more)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_folder(tmp_path / "v", table(), {})
    return tmp_path / "v"


def test_documents_are_pooled_with_the_given_vectors(folder: Path) -> None:
    """red and grey have none; green + 2 blue over three."""
    model, fitted = fit_pooled(f"vectors:path={folder}", TEXTS)
    np.testing.assert_allclose(fitted, [[1, 0], [1 / 3, 2 / 3], [0, 0]], rtol=1e-6)
    np.testing.assert_allclose(model.transform(["mauve sky", "Green"]), [[5, 5], [1, 0]])
    assert model.dimensions == 2


def test_a_text_file_is_read_as_well(tmp_path: Path) -> None:
    path = tmp_path / "v.txt"
    path.write_text("green 1 0\nblue 0 1\n", encoding="utf-8")
    _, fitted = fit_pooled(f"vectors:path={path}", TEXTS)
    np.testing.assert_allclose(fitted[1], [1 / 3, 2 / 3], rtol=1e-6)


def test_unknown_share_is_that_of_tokens_without_a_vector(folder: Path) -> None:
    model, _ = fit_pooled(f"vectors:path={folder}", TEXTS)
    assert model.unknown_tokens(["red green", "Grey mauve"]) == Unknown(2, 4)


def test_the_first_words_alone_on_request(folder: Path, tmp_path: Path) -> None:
    """limit=1 leaves green; of a text file no more than that is read."""
    path = tmp_path / "v.txt"
    path.write_text("green 1 0\nblue 0 1\nmauve 5 broken\n", encoding="utf-8")
    for place in (folder, path):
        model, fitted = fit_pooled(f"vectors:path={place},limit=1", TEXTS)
        assert list(model.vectors.words) == ["green"]
        np.testing.assert_allclose(fitted, [[1, 0], [1, 0], [0, 0]])


def test_case_is_kept_on_request(tmp_path: Path) -> None:
    path = tmp_path / "v.txt"
    path.write_text("May 1 0\nmay 0 1\n", encoding="utf-8")
    _, folded = fit_pooled(f"vectors:path={path}", ["May"])
    _, kept = fit_pooled(f"vectors:path={path},lowercase=no", ["May"])
    assert folded.tolist() == [[0, 1]]
    assert kept.tolist() == [[1, 0]]


@pytest.mark.parametrize("rows", [None, {0: 1, 2: 0, 4: 2}])
def test_subwords_make_vectors_for_unseen_words(
    tmp_path: Path, rows: dict[int, int] | None
) -> None:
    """``xy`` has the n-grams <xy, xy> and <xy>; a model that was pruned keeps some of their buckets."""
    slots = np.arange(10, dtype=np.float32).reshape(5, 2)
    held = slots if rows is None else slots[: len(rows)]
    subwords = Subwords(held, 3, 4, rows, 5)
    write_folder(tmp_path / "v", table(subwords=subwords), {})
    model, _ = fit_pooled(f"vectors:path={tmp_path / 'v'}", TEXTS)
    buckets = [fnv1a(gram) % 5 for gram in ("<xy", "<xy>", "xy>")]
    places = [bucket if rows is None else rows.get(bucket) for bucket in buckets]
    kept = [held[place] for place in places if place is not None]
    assert kept  # the fixture means to keep some
    again = PooledWordVectors.from_state(model.config, model.state())
    for one in (model, again):
        np.testing.assert_allclose(one.transform(["xy"])[0], np.mean(kept, axis=0), rtol=1e-6)
        assert one.unknown_tokens(["xy green"]).share == 0


@pytest.mark.parametrize("kind", ["mean", "tfidf", "sif", "max"])
def test_a_model_needs_its_file_no_more(folder: Path, kind: str) -> None:
    """All rows are kept: a word that no training document held has its vector in a new one."""
    model, _ = fit_pooled(f"vectors:path={folder},pooling={kind}", TEXTS)
    texts = [*TEXTS, "mauve blue"]
    expected = model.transform(texts)
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    again = PooledWordVectors.from_state(model.config, model.state())
    np.testing.assert_array_equal(again.transform(texts), expected)
    assert model.state().arrays["vectors"].dtype == np.float32


def test_a_seed_changes_nothing(folder: Path) -> None:
    spec = parse_spec(f"vectors:path={folder}")
    assert spec.deterministic
    _, first = fit_pooled(str(spec), TEXTS, seed=0)
    _, other = fit_pooled(str(spec), TEXTS, seed=1)
    np.testing.assert_array_equal(first, other)


def test_a_key_holds_what_the_table_holds_and_not_where_it_is(folder: Path, tmp_path: Path) -> None:
    """A folder counts by the hashes of its manifest, whatever else that says; a file by its bytes."""

    def identity(path: Path) -> Any:
        return parse_spec(f"vectors:path={path}").identity()

    before = identity(folder)
    write_folder(tmp_path / "again", table(), {"another": "fact"})
    assert identity(tmp_path / "again") == before
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["files"]["vectors.npy"]["sha256"] = "0" * 64
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert identity(folder) != before
    one, two = tmp_path / "1.txt", tmp_path / "2.txt"
    for path in (one, two):
        path.write_text("green 1 0\n", encoding="utf-8")
    same = identity(one)
    assert identity(two) == same
    two.write_text("green 1 1\n", encoding="utf-8")
    assert identity(two) != same


def test_a_folder_of_another_program_counts_by_its_files(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "model.safetensors").write_bytes(b"one")
    before = parse_spec(f"vectors:path={tmp_path / 'm'}").identity()
    (tmp_path / "m" / "model.safetensors").write_bytes(b"two")
    assert parse_spec(f"vectors:path={tmp_path / 'm'}").identity() != before


@pytest.mark.parametrize("spec", ["vectors", "vectors:pooling=max", "vectors+svm"])
def test_the_path_must_be_given(spec: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_spec(spec)
    assert str(caught.value) == (
        "vectors: the vectors are missing; write vectors:path=FILE, with a folder or file of word vectors"
    )


def test_a_missing_file_is_said_before_any_work(tmp_path: Path) -> None:
    """By the cache key, and by whoever reads it without one."""
    spec = parse_spec(f"vectors:path={tmp_path / 'none.txt'}")
    with pytest.raises(
        InputError, match=r"^path=.*none.txt: no such file or directory; write a fold"
    ):
        spec.identity()
    with pytest.raises(InputError, match=r"none.txt: no such file or folder; "):
        fit_pooled(str(spec), TEXTS)


def test_a_damaged_folder_is_said(folder: Path) -> None:
    (folder / "vectors.npy").write_bytes(b"short")
    with pytest.raises(ModelError, match=r"are damaged: vectors.npy is not what was written; "):
        fit_pooled(f"vectors:path={folder}", TEXTS)
    (folder / "manifest.json").write_text("{", encoding="utf-8")
    with pytest.raises(ModelError, match=r"manifest.json is missing or damaged; "):
        fit_pooled(f"vectors:path={folder}", TEXTS)


def test_a_file_that_holds_no_vectors_is_said(tmp_path: Path) -> None:
    path = tmp_path / "v.txt"
    path.write_text("green 1 0\nblue 0\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"v\.txt.*; "):
        fit_pooled(f"vectors:path={path}", TEXTS)


def test_documents_in_another_language_are_said(folder: Path) -> None:
    with pytest.raises(MethodError) as caught:
        fit_pooled(f"vectors:path={folder}", ["rot gelb", "grau"])
    assert str(caught.value) == (
        f"no word of the 2 documents has a vector in {folder}; check its language, and try lowercase=no"
    )


def test_trained_vectors_serve_like_those_of_the_method(tmp_path: Path) -> None:
    """What skipgram trains, written and read, pools to the same documents."""
    texts = corpus()[0]
    model, fitted = fit_pooled("skipgram:dim=6,epochs=2", texts)
    write_folder(tmp_path / "v", model.vectors, {})
    _, again = fit_pooled(f"vectors:path={tmp_path / 'v'}", texts)
    np.testing.assert_array_equal(again, fitted)


def test_options_are_shown_as_they_are_typed() -> None:
    spec = parse_spec("vectors:path=a.txt,limit=5")
    assert str(spec) == "vectors:path=a.txt,limit=5"
    assert show(spec.representation.config.limit) == "5"
