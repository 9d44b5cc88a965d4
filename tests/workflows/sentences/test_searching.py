"""Documents embedded, kept and asked: exact answers, the graph, and what made the vectors looked at again."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from nlpwb.cache.store import Cache
from nlpwb.data.corpus import ReadOptions
from nlpwb.errors import ModelError, UsageError
from nlpwb.vectors.documents import read_index, write_index
from nlpwb.workflows.pretrained.representation import PretrainedTexts
from nlpwb.workflows.sentences import embedding, searching
from nlpwb.workflows.sentences.embedding import Indexed, index_corpus
from nlpwb.workflows.sentences.encoders import Encoder
from nlpwb.workflows.sentences.searching import Search, open_search
from tests.workflows.networks.corpora import reviews
from tests.workflows.pretrained.bases import write_base

TEXTS, _ = reviews(30)


def silent(text: str) -> None:
    """Nobody listens."""


@pytest.fixture
def base(tmp_path: Path) -> str:
    return write_base(tmp_path / "base", TEXTS)


def indexed(name: str, folder: Path, *, cache: Cache | None = None) -> Indexed:
    """An index of the texts, in ``folder/ix``."""
    path = folder / "texts.txt"
    path.write_text("\n".join(TEXTS) + "\n", encoding="utf-8")
    return index_corpus(
        name,
        str(path),
        ReadOptions(labelled=False),
        folder / "ix",
        cache=cache,
        device="cpu",
        precision="float32",
        threads=1,
        note=silent,
    )


def test_a_text_finds_itself_first(base: str, tmp_path: Path) -> None:
    made = indexed(base, tmp_path)
    assert (made.documents, made.dimensions) == (30, 32)
    search = open_search(tmp_path / "ix", device="cpu")
    hits = list(search.answer(TEXTS[:5], k=3))
    assert [hit.rank for hit in hits] == [1, 2, 3] * 5
    firsts = [hit for hit in hits if hit.rank == 1]
    assert [hit.text for hit in firsts] == [hit.query for hit in firsts] == TEXTS[:5]
    assert [hit.cosine for hit in firsts] == pytest.approx([1] * 5, abs=1e-5)
    assert all(TEXTS[hit.row - 1] == hit.text for hit in hits)


def test_blocks_make_the_index_of_one_piece(
    base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A corpus larger than memory comes a block at a time; what was encoded before is not encoded again."""
    cache = Cache(tmp_path / "cache")
    indexed(base, tmp_path, cache=cache)
    whole = np.array(read_index(tmp_path / "ix").table.vectors)
    monkeypatch.setattr(embedding, "BLOCK", 7)

    def refuse(*words: object, **more: object) -> None:
        raise AssertionError("a text was encoded again")

    monkeypatch.setattr("nlpwb.workflows.pretrained.representation.encode", refuse)
    indexed(base, tmp_path, cache=cache)
    np.testing.assert_array_equal(np.array(read_index(tmp_path / "ix").table.vectors), whole)


def test_a_base_is_opened_from_anywhere(
    base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An index remembers the place of a folder, not how it was spelled from where one stood."""
    monkeypatch.chdir(tmp_path)
    indexed("base", Path())
    monkeypatch.chdir("/")
    hit = next(open_search(tmp_path / "ix", device="cpu").answer(TEXTS[:1], k=1))
    assert hit.text == TEXTS[0]


def test_another_base_under_the_name_is_refused(base: str, tmp_path: Path) -> None:
    """Its vectors would be compared with those of the first, and mean nothing."""
    indexed(base, tmp_path)
    shutil.rmtree(base)
    with pytest.raises(ModelError, match=r"what made .* cannot be opened: there is no base"):
        open_search(tmp_path / "ix")
    write_base(Path(base), TEXTS, seed=1)
    with pytest.raises(ModelError, match="is not what it was when"):
        open_search(tmp_path / "ix")


def test_options_of_the_base_are_kept(base: str, tmp_path: Path) -> None:
    indexed(f"pretrained:base={base},pooling=max,normalize=yes", tmp_path)
    search = open_search(tmp_path / "ix", device="cpu")
    hits = list(search.answer(TEXTS[:3], k=1))
    assert [hit.text for hit in hits] == TEXTS[:3]
    assert search.index.encoder["identity"]["manner"]["pooling"] == "max"


def test_the_graph_finds_what_the_table_says(base: str, tmp_path: Path) -> None:
    """Made at the first question and kept; an index that is made anew takes none of the old one's graph with it."""
    pytest.importorskip("usearch")
    indexed(base, tmp_path)
    exact = list(open_search(tmp_path / "ix", device="cpu").answer(TEXTS, k=3))
    notes: list[str] = []
    near = open_search(tmp_path / "ix", approximate=True, device="cpu", note=notes.append)
    assert "has no graph yet" in notes[0]
    found = list(near.answer(TEXTS, k=3))
    assert [(hit.query, hit.rank) for hit in found] == [(hit.query, hit.rank) for hit in exact]
    # 8 bits blur the order of what is nearly as near; a cosine that is told is exact
    assert [hit.cosine for hit in found] == pytest.approx([hit.cosine for hit in exact], abs=1e-3)
    again = open_search(tmp_path / "ix", approximate=True, device="cpu", note=notes.append)
    assert len(notes) == 1
    assert again.graph is not None
    assert again.graph.facts.words == 30
    indexed(base, tmp_path)
    assert not (tmp_path / "ix" / "index.usearch").exists()


def test_a_graph_of_other_vectors_is_refused(base: str, tmp_path: Path) -> None:
    pytest.importorskip("usearch")
    indexed(base, tmp_path)
    open_search(tmp_path / "ix", approximate=True, device="cpu")
    kept = [(tmp_path / "ix" / name).read_bytes() for name in ("index.usearch", "index.json")]
    other = write_base(tmp_path / "other", TEXTS, seed=1)
    indexed(other, tmp_path)
    for name, data in zip(("index.usearch", "index.json"), kept, strict=True):
        (tmp_path / "ix" / name).write_bytes(data)
    with pytest.raises(ModelError, match=r"belongs to other vectors; delete index\.usearch"):
        open_search(tmp_path / "ix", approximate=True)


def test_answers_are_those_of_brute_force(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over blocks of the table and batches of questions; ties in the order of the documents, zeros nowhere."""
    random = np.random.default_rng(0)
    vectors = random.integers(-2, 3, size=(500, 4)).astype(np.float32)
    documents = [(row, f"text {row}") for row in range(500)]
    write_index(
        tmp_path / "ix",
        [(documents, vectors)],
        dimensions=4,
        facts={"encoder": {"name": "hands"}, "corpus": "none"},
    )
    monkeypatch.setattr("nlpwb.vectors.neighbors.SCORES", 600)
    monkeypatch.setattr(searching, "AT_ONCE", 5)
    asked = random.integers(-2, 3, size=(12, 4)).astype(np.float32)
    table = {str(number): row for number, row in enumerate(asked)}

    def encode(texts: Sequence[str]) -> np.ndarray:
        return np.stack([table[text] for text in texts])

    encoder = Encoder("hands", encode, lambda: 0.0)
    search = Search(read_index(tmp_path / "ix"), encoder, None)
    hits = list(search.answer(table, k=20))
    norms = np.linalg.norm(vectors, axis=1)
    for name, query in table.items():
        own = [hit for hit in hits if hit.query == name]
        if not query.any():
            assert own == []
            continue
        cosines = np.where(norms > 0, vectors @ query / np.maximum(norms, 1e-9), -np.inf)
        expected = np.sort(cosines / np.linalg.norm(query))[::-1][:20]
        assert [hit.cosine for hit in own] == pytest.approx(expected.tolist(), abs=1e-5)
        assert [hit.rank for hit in own] == list(range(1, 21))
        assert all(hit.text == f"text {hit.row}" for hit in own)


def test_more_answers_than_documents(base: str, tmp_path: Path) -> None:
    indexed(base, tmp_path)
    assert len(list(open_search(tmp_path / "ix", device="cpu").answer(TEXTS[:1], k=99))) == 30


def test_a_model_has_no_place_where_a_base_made_the_index(base: str, tmp_path: Path) -> None:
    indexed(base, tmp_path)
    with pytest.raises(UsageError, match="leave it out"):
        open_search(tmp_path / "ix", model=tmp_path)


def test_the_device_is_the_one_that_was_asked_for(
    base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``--device cpu`` must not end on a GPU that is there."""
    from nlpwb.workflows.pretrained import encoding
    from nlpwb.workflows.sentences.encoders import open_encoder

    seen = []
    chosen = encoding.choose_setting

    def choose(device: str, precision: str, threads: int) -> object:
        seen.append(device)
        return chosen(device, precision, threads)

    monkeypatch.setattr(encoding, "choose_setting", choose)
    found = open_encoder(base, cache=None, device="cpu", threads=1)
    assert found is not None
    encoder, texts = found
    assert isinstance(texts, PretrainedTexts)
    encoder.vectors(TEXTS[:2])
    assert seen == ["cpu"]
