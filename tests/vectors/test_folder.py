"""Our own folder: whole or not at all, mapped, its damage told, and every version of it readable for ever."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from nlpwb.errors import InputError, ModelError
from nlpwb.vectors.files import read_vectors
from nlpwb.vectors.folder import (
    check_target,
    read_folder,
    read_manifest,
    write_blocks,
    write_folder,
)
from nlpwb.vectors.table import Floats, Subwords, WordVectors

FIXTURE = Path(__file__).parents[1] / "fixtures" / "word-vectors-1"
ODD = ["the", "naïve", "a b", "", "\ud83d", "\n", '"quoted"']


def table() -> WordVectors:
    """Two words, two slots; the length of (3, 4) is 5."""
    slots = Subwords(np.array([[1, 2], [3, 4]], np.float32), 3, 6, None, 2)
    return WordVectors(
        ["king", "queen"], np.array([[3, 4], [0, 1]], np.float32), np.array([9, 7]), slots
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of two words, as it is written."""
    write_folder(tmp_path / "v", table(), {"method": "skipgram", "seed": 1})
    return tmp_path / "v"


def test_what_is_written_comes_back(folder: Path) -> None:
    found = read_folder(folder, verify=True)
    assert (found.words, found.vectors.tolist()) == (["king", "queen"], [[3, 4], [0, 1]])
    assert found.counts is not None
    assert found.counts.tolist() == [9, 7]
    assert found.norms.tolist() == [5, 1]
    assert found.facts == {"method": "skipgram", "seed": 1}
    assert found.subwords is not None
    assert found.subwords.table.tolist() == [[1, 2], [3, 4]]
    assert (found.subwords.shortest, found.subwords.longest, found.subwords.buckets) == (3, 6, 2)


def test_arrays_are_mapped_and_not_read(folder: Path) -> None:
    """A question about one word must not read a gigabyte."""
    found = read_folder(folder)
    assert isinstance(found.vectors, np.memmap)
    assert isinstance(found.norms, np.memmap)
    assert found.subwords is not None
    assert isinstance(found.subwords.table, np.memmap)


def test_any_string_can_be_a_word(tmp_path: Path) -> None:
    """JSON keeps what formats with spaces cannot: spaces, line ends, nothing, half a surrogate pair."""
    rows = np.arange(2 * len(ODD), dtype=np.float32).reshape(-1, 2)
    write_folder(tmp_path / "v", WordVectors(ODD, rows), {})
    found = read_folder(tmp_path / "v")
    assert found.words == ODD
    assert found.vectors.tolist() == rows.tolist()
    assert (found.counts, found.subwords) == (None, None)


def test_rows_in_blocks_make_the_same_files_as_a_table(tmp_path: Path, folder: Path) -> None:
    """The number of rows stands in the head of the array, and is known at the end only."""
    whole = table()

    def blocks() -> Iterator[tuple[list[str], Floats]]:
        for number, word in enumerate(whole.words):
            yield [word], np.asarray(whole.vectors[number : number + 1])

    count = write_blocks(
        tmp_path / "w",
        blocks(),
        dimensions=2,
        counts=lambda words: np.array([9, 7])[:words],
        subwords=whole.subwords,
        facts={},
    )
    assert count == 2
    for path in folder.iterdir():
        if path.name != "manifest.json":
            assert (tmp_path / "w" / path.name).read_bytes() == path.read_bytes()


def test_numpy_itself_reads_the_arrays(folder: Path) -> None:
    assert np.load(folder / "vectors.npy").tolist() == [[3, 4], [0, 1]]
    assert np.load(folder / "subwords.npy").dtype == np.float32


def test_a_folder_of_vectors_is_replaced_and_nothing_else(tmp_path: Path, folder: Path) -> None:
    """Training again into the same place is usual; a folder of somebody's texts must survive it."""
    write_folder(folder, WordVectors(["one"], np.ones((1, 3), np.float32)), {})
    assert read_folder(folder, verify=True).words == ["one"]
    assert not (folder / "counts.npy").exists()
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.txt").write_text("precious")
    for place in (tmp_path / "texts", tmp_path / "texts" / "a.txt"):
        with pytest.raises(InputError, match="something else than word vectors stands there"):
            write_folder(place, table(), {})
    with pytest.raises(InputError, match="does not exist; make it first"):
        write_folder(tmp_path / "no" / "v", table(), {})
    assert (tmp_path / "texts" / "a.txt").read_text() == "precious"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["texts", "v"]


def test_rows_that_fail_on_their_way_leave_the_old_folder_as_it_was(
    tmp_path: Path, folder: Path
) -> None:
    def blocks() -> Iterator[tuple[list[str], Floats]]:
        yield ["half"], np.ones((1, 2), np.float32)
        raise InputError("the file ends here")

    with pytest.raises(InputError, match="the file ends here"):
        write_blocks(folder, blocks(), dimensions=2, counts=lambda _: None, subwords=None, facts={})
    assert read_folder(folder, verify=True).words == ["king", "queen"]
    assert [path.name for path in tmp_path.iterdir()] == ["v"]


def test_a_file_that_is_lost_or_cut_is_told(folder: Path) -> None:
    with (folder / "norms.npy").open("ab") as file:
        file.write(b"x")
    with pytest.raises(ModelError, match=r"are damaged: norms\.npy is not what was written"):
        read_vectors(folder)
    (folder / "norms.npy").unlink()
    with pytest.raises(ModelError, match=r"have lost their file norms\.npy; make them again"):
        read_vectors(folder)


def test_a_changed_byte_is_found_where_every_byte_is_looked_at(folder: Path) -> None:
    """Sizes are compared at every reading, hashes when asked: a gigabyte is not read for one word."""
    data = bytearray((folder / "vectors.npy").read_bytes())
    data[-1] ^= 1
    (folder / "vectors.npy").write_bytes(data)
    read_folder(folder)
    with pytest.raises(ModelError, match=r"vectors\.npy is not what was written"):
        read_folder(folder, verify=True)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"format": 99}, "was written by a later version"),
        ({"kind": "matrix"}, "holds a matrix, not word vectors"),
        ({"kind": None}, "holds a None, not word vectors"),
    ],
)
def test_a_manifest_of_another_kind_or_time(
    folder: Path, change: dict[str, object], sentence: str
) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | change))
    with pytest.raises(ModelError, match=sentence):
        read_vectors(folder)
    (folder / "manifest.json").write_text("{")
    with pytest.raises(ModelError, match=r"its manifest\.json is missing or damaged"):
        read_vectors(folder)


def test_the_manifest_says_where_the_vectors_come_from(folder: Path) -> None:
    manifest = read_manifest(folder)
    assert (manifest["words"], manifest["dimensions"], manifest["format"]) == (2, 2, 1)
    assert manifest["subwords"] == {"shortest": 3, "longest": 6, "buckets": 2}
    assert set(manifest["files"]) == {
        "vectors.npy",
        "norms.npy",
        "counts.npy",
        "subwords.npy",
        "vocabulary.json",
    }


def test_folders_of_the_first_version_can_be_read_for_ever() -> None:
    """The folder lies in the repository as version 1 wrote it: a release that cannot read it loses its users' vectors."""
    found = read_folder(FIXTURE, verify=True)
    assert found.words == ["king", "naïve"]
    assert found.vectors.tolist() == [[3, 4], [0.5, -1]]
    assert found.norms.tolist() == [5, pytest.approx(1.25**0.5)]
    assert found.counts is not None
    assert found.counts.tolist() == [9, 7]
    assert found.facts == {"method": "skipgram", "seed": 1}
    assert found.subwords is not None
    assert found.subwords.rows == {5: 1, 9: 0}
    assert found.subwords.table.tolist() == [[1, 2], [3, 4]]
    assert (found.subwords.shortest, found.subwords.longest, found.subwords.buckets) == (3, 6, 10)


def test_what_else_is_in_the_folder_is_never_lost(folder: Path) -> None:
    """Somebody's notes beside the vectors, or a folder of theirs; an index belongs to the old vectors and goes with them."""
    (folder / "index.usearch").write_bytes(b"old")
    write_folder(folder, table(), {})
    assert not (folder / "index.usearch").exists()
    (folder / "notes.txt").write_text("precious")
    with pytest.raises(
        InputError, match=r"notes\.txt stands there .* and would be lost; move it away"
    ):
        write_folder(folder, table(), {})
    assert (folder / "notes.txt").read_text() == "precious"
    (folder / "notes.txt").unlink()
    (folder / "counts.npy").unlink()
    (folder / "counts.npy").mkdir()
    with pytest.raises(InputError, match=r"counts\.npy stands there"):
        write_folder(folder, table(), {})


def test_a_folder_of_another_kind_is_not_replaced(folder: Path) -> None:
    """A manifest and a vectors.npy do not make word vectors; what nobody can read is not ours to delete."""
    manifest = json.loads((folder / "manifest.json").read_text())
    for content in (json.dumps(manifest | {"kind": "matrix"}), "{", "[]"):
        (folder / "manifest.json").write_text(content)
        with pytest.raises(InputError, match="something else than word vectors stands there"):
            write_folder(folder, table(), {})
        assert (folder / "manifest.json").read_text() == content


def test_of_a_link_the_folder_it_names_is_replaced(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "link").symlink_to("v")
    (tmp_path / "ahead").symlink_to("later")
    for name in ("link", "ahead"):
        write_folder(tmp_path / name, WordVectors(["one"], np.ones((1, 3), np.float32)), {})
        assert (tmp_path / name).is_symlink()
    assert read_folder(folder).words == ["one"]
    assert read_folder(tmp_path / "later").words == ["one"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ahead", "later", "link", "v"]


def test_the_folder_one_is_in_is_not_replaced(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shell would stand in a folder that is gone; and `.` has no name of its own to rename to."""
    monkeypatch.chdir(folder)
    with pytest.raises(InputError, match=r"^\.: this is the folder you are in"):
        check_target(Path(), option="")
    monkeypatch.chdir(folder.parent)
    with pytest.raises(InputError, match=r"^\.: something else than word vectors stands there"):
        check_target(Path(), option="")


def test_the_old_folder_comes_back_where_the_new_one_cannot_be_named(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second of two renames may fail, as on a file system that is gone; the first is undone."""
    rename = Path.rename

    def failing(self: Path, target: Path) -> Path:
        if target == folder and not self.name.endswith(".old"):
            raise OSError(5, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(InputError, match="input/output error; choose another place"):
        write_folder(folder, WordVectors(["one"], np.ones((1, 3), np.float32)), {})
    assert read_folder(folder, verify=True).words == ["king", "queen"]
    assert [path.name for path in tmp_path.iterdir()] == ["v"]


@pytest.mark.parametrize("key", ["files", "facts", "subwords", "dimensions", "format"])
def test_a_manifest_that_lacks_something_or_has_another_thing_in_its_place(
    folder: Path, key: str
) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    changed = [{name: value for name, value in manifest.items() if name != key}]
    changed += [manifest | {key: value} for value in ("1", ["x"]) if key != "dimensions"]
    for content in changed:
        (folder / "manifest.json").write_text(json.dumps(content))
        with pytest.raises(ModelError):
            read_vectors(folder)


@pytest.mark.parametrize("size", [1e-30, 1e-20, 1.0, 1e25, 1e37])
def test_lengths_neither_overflow_nor_vanish(tmp_path: Path, size: float) -> None:
    """(3, 4) is five long, whatever the unit: squares of float32 would be infinite, or zero."""
    rows = np.array([[3, 4], [0, 0]], dtype=np.float64) * size
    held = WordVectors(["long", "zero"], rows.astype(np.float32))
    write_folder(tmp_path / "v", held, {})
    for found in (held, read_folder(tmp_path / "v")):
        assert found.norms.tolist() == pytest.approx([5 * size, 0], rel=1e-6, abs=0)
