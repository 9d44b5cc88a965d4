"""An index of documents on disk: whole or not at all, mapped, and refused where it is not what was written."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpwb.errors import InputError, ModelError
from nlpwb.vectors.documents import (
    DocumentIndex,
    Placed,
    in_blocks,
    is_index,
    read_index,
    write_index,
)

DOCUMENTS: list[Placed] = [(2, "ein Häus"), (4, "zwei\nZeilen"), (5, "\ud83d allein"), (9, "")]
VECTORS = np.array([[3, 4], [0, 0], [0, -2], [1, 0]], dtype=np.float32)
FACTS = {"encoder": {"name": "hands"}, "corpus": "a.txt"}


def written(folder: Path, *, size: int = 3) -> DocumentIndex:
    blocks = (
        (DOCUMENTS[start : start + size], VECTORS[start : start + size])
        for start in range(0, len(DOCUMENTS), size)
    )
    assert write_index(folder, blocks, dimensions=2, facts=FACTS) == 4
    return read_index(folder)


@pytest.mark.parametrize("size", [1, 3, 4])
def test_what_is_written_is_read(tmp_path: Path, size: int) -> None:
    """Rows of length 1 whatever the blocks; texts to the character, and in any order."""
    index = written(tmp_path / "ix", size=size)
    expected = [[0.6, 0.8], [0, 0], [0, -1], [1, 0]]
    np.testing.assert_allclose(index.table.vectors, expected, atol=1e-7)
    assert isinstance(index.table.vectors, np.memmap)
    assert index.table.norms.tolist() == [1, 0, 1, 1]
    assert (len(index), index.dimensions, index.encoder) == (4, 2, FACTS["encoder"])
    assert index.documents([3, 0, 2, 1]) == [DOCUMENTS[place] for place in (3, 0, 2, 1)]
    assert index.documents([]) == []


def test_an_index_gives_way_to_another(tmp_path: Path) -> None:
    written(tmp_path / "ix")
    block = [(DOCUMENTS[:1], VECTORS[:1])]
    assert write_index(tmp_path / "ix", block, dimensions=2, facts=FACTS) == 1
    assert len(read_index(tmp_path / "ix")) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["ix"]


def test_a_writer_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    written(tmp_path / "ix")

    def blocks() -> object:
        yield DOCUMENTS[:1], VECTORS[:1]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_index(tmp_path / "ix", blocks(), dimensions=2, facts=FACTS)  # type: ignore[arg-type]
    assert len(read_index(tmp_path / "ix")) == 4
    assert [path.name for path in tmp_path.iterdir()] == ["ix"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("ix", "a file", "is a file, and an index is a folder"),
        ("ix/notes.txt", "mine", "something else than an index stands there"),
        ("ix/manifest.json", '{"kind": "classifier", "format": 1}', "something else than an index"),
        ("no/ix", None, "does not exist; make it first"),
    ],
)
def test_nothing_else_gives_way(tmp_path: Path, name: str, content: str | None, said: str) -> None:
    """Above all no model and no notes."""
    path = tmp_path / name
    target = tmp_path / "ix"
    if content is None:
        target = path
    else:
        path.parent.mkdir(exist_ok=True)
        path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=said):
        write_index(target, [(DOCUMENTS, VECTORS)], dimensions=2, facts=FACTS)
    assert content is None or path.read_text(encoding="utf-8") == content


def test_what_stands_beside_an_index_is_not_lost(tmp_path: Path) -> None:
    written(tmp_path / "ix")
    (tmp_path / "ix" / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match=r"notes\.txt stands there beside the index"):
        written(tmp_path / "ix")


@pytest.mark.parametrize("name", ["vectors.npy", "texts.jsonl", "offsets.npy"])
def test_damage_is_named(tmp_path: Path, name: str) -> None:
    written(tmp_path / "ix")
    path = tmp_path / "ix" / name
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ModelError, match=f"{name} is not what was written"):
        read_index(tmp_path / "ix")
    path.unlink()
    with pytest.raises(ModelError, match=f"has lost its file {name}"):
        read_index(tmp_path / "ix")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"format": 2}, "written by a later version"),
        ({"kind": "classifier"}, "holds a classifier, not an index"),
        ({"documents": 5}, "manifest.json is not what was written"),
        ({"empty": [17]}, "manifest.json is not what was written"),
        ({"files": 3}, "manifest.json is not what was written"),
    ],
)
def test_a_manifest_that_does_not_fit(
    tmp_path: Path, changed: dict[str, object], said: str
) -> None:
    written(tmp_path / "ix")
    path = tmp_path / "ix" / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(manifest | changed), encoding="utf-8")
    with pytest.raises(ModelError, match=said):
        read_index(tmp_path / "ix")


def test_texts_of_another_length_are_damage(tmp_path: Path) -> None:
    """The size alone says nothing where bytes were exchanged."""
    index = written(tmp_path / "ix")
    path = tmp_path / "ix" / "texts.jsonl"
    path.write_bytes(path.read_bytes().replace(b"[2", b"x2"))
    with pytest.raises(ModelError, match=r"texts\.jsonl is not what was written"):
        index.documents([0])


def test_what_is_no_index(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="there is no index"):
        read_index(tmp_path / "nothing")
    with pytest.raises(ModelError, match="is no index of documents"):
        read_index(tmp_path)
    assert not is_index(tmp_path)
    (tmp_path / "manifest.json").write_text("[]", encoding="utf-8")
    assert not is_index(tmp_path)


@settings(max_examples=50, deadline=None)
@given(count=st.integers(0, 20), size=st.integers(1, 7))
def test_blocks_are_full_but_for_the_last(count: int, size: int) -> None:
    documents = [(number, "") for number in range(count)]
    blocks = list(in_blocks(documents, size))
    assert [document for block in blocks for document in block] == documents
    assert all(len(block) == size for block in blocks[:-1])
    assert all(blocks)
