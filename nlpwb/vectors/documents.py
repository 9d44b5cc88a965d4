"""Documents with their vectors as a folder that is searched without being read: arrays are mapped, texts sought by place.

vectors.npy      float32 (n, dim), rows of length 1; zeros for a document without a vector
texts.jsonl      a line for each: its row in the source, and its text
offsets.npy      int64 (n + 1,), the byte of texts.jsonl on which each line begins, and where the last one ends
manifest.json    format version, what made the vectors, the corpus; size and SHA-256 of every file
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlpwb.errors import InputError, ModelError
from nlpwb.files import put_folder_whole, sha256
from nlpwb.vectors.folder import FACTS, GRAPH, MANIFEST
from nlpwb.vectors.similarity import unit_rows
from nlpwb.vectors.table import Floats, WordVectors

FORMAT = 1
KIND = "document-index"
VECTORS, TEXTS, OFFSETS = "vectors.npy", "texts.jsonl", "offsets.npy"
_OURS = {MANIFEST, VECTORS, TEXTS, OFFSETS, GRAPH, FACTS}

Placed = tuple[int, str]
"""A document: its row in the source, and its text."""


@dataclass(frozen=True, eq=False)
class DocumentIndex:
    """An index that was opened.

    Args:
        folder: where it is.
        table: vectors and their lengths, 1 or 0; it has no words.
        offsets: int64 (n + 1,).
        manifest: all that it says of itself.
    """

    folder: Path
    table: WordVectors
    offsets: NDArray[np.int64]
    manifest: Mapping[str, Any]

    def __len__(self) -> int:
        return len(self.table.vectors)

    @property
    def dimensions(self) -> int:
        """Numbers in a vector."""
        return self.table.dimensions

    @property
    def encoder(self) -> Mapping[str, Any]:
        """What made the vectors, as its maker wrote it down."""
        found: Mapping[str, Any] = self.manifest["encoder"]
        return found

    @property
    def digest(self) -> str:
        """The hash of the file of vectors."""
        return str(self.manifest["files"][VECTORS]["sha256"])

    def documents(self, places: Sequence[int]) -> list[Placed]:
        """The documents at these places, read from the disk one by one.

        Raises:
            ModelError: a line is not what was written.
        """
        found = []
        try:
            with (self.folder / TEXTS).open("rb") as file:
                for place in places:
                    start, end = self.offsets[place : place + 2].tolist()
                    file.seek(start)
                    row, text = json.loads(file.read(end - start))
                    found.append((int(row), str(text)))
        except (OSError, ValueError, TypeError):
            raise damaged(self.folder, TEXTS) from None
        return found


def write_index(
    target: Path,
    blocks: Iterable[tuple[Sequence[Placed], Floats]],
    *,
    dimensions: int,
    facts: Mapping[str, Any],
) -> int:
    """Write documents and their vectors (n, dim), which come a block at a time; how many there were.

    The folder is written beside its place and renamed into it; an index that stands there gives way.

    Args:
        facts: what the manifest says besides, ``encoder`` among it.

    Raises:
        InputError: something else stands there, or the place cannot be written.
    """
    check_index_target(target)
    count = 0

    def write(folder: Path) -> None:
        nonlocal count
        count, empty = _write_rows(folder, blocks, dimensions)
        manifest = {
            "format": FORMAT,
            "kind": KIND,
            "documents": count,
            "dimensions": dimensions,
            "empty": empty,
            **facts,
            "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "files": {
                path.name: {"bytes": path.stat().st_size, "sha256": sha256(path)}
                for path in sorted(folder.iterdir())
            },
        }
        text = json.dumps(manifest, ensure_ascii=True, indent=1) + "\n"
        (folder / MANIFEST).write_text(text, encoding="utf-8")

    try:
        put_folder_whole(target, write)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"-o {target}: {reason}; choose another place") from None
    return count


def _write_rows(
    folder: Path, blocks: Iterable[tuple[Sequence[Placed], Floats]], dimensions: int
) -> tuple[int, list[int]]:
    """The three files; how many documents there were, and which of them have no vector."""
    count, byte = 0, 0
    offsets: list[NDArray[np.int64]] = [np.zeros(1, dtype=np.int64)]
    empty: list[int] = []
    with (folder / VECTORS).open("wb") as table, (folder / TEXTS).open("wb") as texts:
        _write_head(table, 0, dimensions)
        head = table.tell()
        for documents, vectors in blocks:
            units = unit_rows(vectors)
            assert units.shape == (len(documents), dimensions)
            table.write(np.ascontiguousarray(units).data)
            empty += (np.flatnonzero(~units.any(axis=1)) + count).tolist()
            lines = [_line(document) for document in documents]
            texts.write(b"".join(lines))
            ends = byte + np.cumsum([len(line) for line in lines], dtype=np.int64)
            offsets.append(ends)
            byte = int(ends[-1]) if len(ends) else byte
            count += len(documents)
        table.seek(0)
        _write_head(table, count, dimensions)
        assert table.tell() == head, "numpy keeps room in the head for any number of rows"
    np.save(folder / OFFSETS, np.concatenate(offsets))
    return count, empty


def _line(document: Placed) -> bytes:
    # half a surrogate pair, which only JSON can bring, is written as JSON's escape for it
    text = json.dumps(document, ensure_ascii=False) + "\n"
    return text.encode("utf-8", "backslashreplace")


def _write_head(file: Any, rows: int, dimensions: int) -> None:
    np.lib.format.write_array_header_1_0(
        file, {"descr": "<f4", "fortran_order": False, "shape": (rows, dimensions)}
    )


def check_index_target(target: Path) -> None:
    """Refuse a place where an index cannot go, before any work is done for it.

    Raises:
        InputError: its folder is missing, or something else than an index stands there.
    """
    place = target.resolve()
    if not place.parent.is_dir():
        raise InputError(f"-o {target}: the folder {target.parent} does not exist; make it first")
    if not place.exists():
        return
    if not place.is_dir():
        raise InputError(f"-o {target} is a file, and an index is a folder; choose another name")
    names = sorted(path.name for path in place.iterdir())
    if names and not is_index(place):
        raise InputError(
            f"-o {target}: something else than an index stands there; choose another place"
        )
    if place == Path(os.path.realpath(os.curdir)):
        raise InputError(
            f"-o {target}: this is the folder you are in, and it would be replaced; name another"
        )
    strange = [name for name in names if name not in _OURS]
    if strange:
        raise InputError(
            f"-o {target}: {strange[0]} stands there beside the index and would be lost; "
            "move it away, or choose another place"
        )


def is_index(folder: Path) -> bool:
    """Whether a folder says itself that it is an index of documents, of any version."""
    try:
        return bool(_manifest(folder)["kind"] == KIND)
    except ModelError:
        return False


def read_index(folder: Path) -> DocumentIndex:
    """The index of a folder, its arrays mapped; sizes of files are compared with the manifest.

    Raises:
        ModelError: it is none, damaged, or of a later version.
    """
    if not folder.exists():
        raise ModelError(
            f"there is no index {folder}; `nlpwb embed minilm CORPUS -o {folder}/` makes one"
        )
    manifest = _manifest(folder)
    if manifest["kind"] != KIND:
        raise ModelError(
            f"{folder} holds a {manifest['kind']}, not an index of documents; `nlpwb embed minilm CORPUS -o INDEX/` makes one"
        )
    if manifest["format"] > FORMAT:
        raise ModelError(
            f"{folder} was written by a later version (format {manifest['format']}, this one reads {FORMAT}); update nlpwb"
        )
    try:
        for name, expected in manifest["files"].items():
            if (folder / name).stat().st_size != expected["bytes"]:
                raise damaged(folder, name)
        vectors = np.load(folder / VECTORS, mmap_mode="r", allow_pickle=False)
        offsets = np.load(folder / OFFSETS, mmap_mode="r", allow_pickle=False)
        norms = np.ones(len(vectors), dtype=np.float32)
        norms[np.array(manifest["empty"], dtype=np.int64)] = 0
        sound = vectors.shape == (manifest["documents"], manifest["dimensions"])
        if not sound or len(offsets) != len(vectors) + 1 or "encoder" not in manifest:
            raise damaged(folder, MANIFEST)
    except FileNotFoundError as error:
        raise ModelError(
            f"the index {folder} has lost its file {Path(str(error.filename)).name}; embed the documents again"
        ) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError):
        raise damaged(folder, MANIFEST) from None
    return DocumentIndex(folder, WordVectors((), vectors, known_norms=norms), offsets, manifest)


def damaged(folder: Path, name: str) -> ModelError:
    """The error of a file that is not what was written."""
    return ModelError(
        f"the index {folder} is damaged: {name} is not what was written; embed the documents again"
    )


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        _ = manifest["kind"], manifest["format"] + 0
    except (OSError, ValueError, KeyError, TypeError):
        raise ModelError(
            f"{folder} is no index of documents: it has no readable {MANIFEST}; "
            "`nlpwb embed minilm CORPUS -o INDEX/` makes one"
        ) from None
    assert isinstance(manifest, dict)
    return manifest


def in_blocks(documents: Iterable[Placed], size: int) -> Iterator[list[Placed]]:
    """Documents some at a time."""
    block: list[Placed] = []
    for document in documents:
        block.append(document)
        if len(block) == size:
            yield block
            block = []
    if block:
        yield block
