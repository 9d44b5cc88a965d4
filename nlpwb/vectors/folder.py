"""Our own folder of word vectors: arrays that are mapped, not read; a list of words; a manifest.

vectors.npy       float32 (V, dim)
norms.npy         float32 (V,), the length of every vector: a query need not compute them
vocabulary.json   the words, a JSON list
counts.npy        int64 (V,), where they are known
subwords.npy      float32 (rows, dim), where the method has them; subword-rows.npy int64, of a pruned table
manifest.json     format version, method, corpus and its hash, seed, command; size and SHA-256 of every file
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from nlpwb.errors import InputError, ModelError
from nlpwb.files import sha256
from nlpwb.vectors.table import BLOCK, Counts, Floats, Subwords, WordVectors, lengths

FORMAT = 1
KIND = "word-vectors"
MANIFEST = "manifest.json"
GRAPH = "index.usearch"
FACTS = "index.json"
"""An index and its facts, which may stand beside (:mod:`nlpwb.vectors.index`)."""
_OURS = {
    MANIFEST, "vectors.npy", "norms.npy", "vocabulary.json", "counts.npy", "subwords.npy", "subword-rows.npy", GRAPH, FACTS,
}  # fmt: skip


def is_folder_of_vectors(path: Path) -> bool:
    """Whether a path is a folder that :func:`read_folder` takes."""
    return (path / MANIFEST).is_file() and (path / "vectors.npy").is_file()


def write_folder(target: Path, vectors: WordVectors, facts: Mapping[str, Any]) -> None:
    """Write a table as a folder: beside its place, then renamed into it, so that it is there whole or not at all.

    ``facts`` go into the manifest as they are. A folder of word vectors at ``target`` is replaced, and the index in it goes
    with it, since it belongs to the old vectors; of a link that is the folder it names.

    Raises:
        InputError: the place is taken by something else, or cannot be written.
    """

    def blocks() -> Iterator[tuple[Sequence[str], Floats]]:
        for start in range(0, len(vectors), BLOCK):
            part = slice(start, start + BLOCK)
            yield vectors.words[part], np.asarray(vectors.vectors[part], dtype=np.float32)

    write_blocks(
        target,
        blocks(),
        dimensions=vectors.dimensions,
        counts=lambda words: None if vectors.counts is None else vectors.counts[:words],
        subwords=vectors.subwords,
        facts=facts,
    )


def write_blocks(
    target: Path,
    blocks: Iterable[tuple[Sequence[str], Floats]],
    *,
    dimensions: int,
    counts: Callable[[int], Counts | None],
    subwords: Subwords | None,
    facts: Mapping[str, Any],
    option: str = "-o ",
) -> int:
    """As :func:`write_folder`, from rows that come a block at a time: words, and float32 (n, dim); the number of words.

    ``counts`` is asked for those of the first n words once all rows have come. Sentences begin with ``option``.

    Raises:
        InputError: the place is taken by something else, or cannot be written.
    """
    check_target(target, option=option)
    place = _resolved(target)
    temporary = place.with_name(f".{place.name}.{os.getpid()}")
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        temporary.mkdir()
        words = _write_rows(temporary, blocks, dimensions)
        known = counts(words)
        if known is not None:
            np.save(temporary / "counts.npy", np.asarray(known, dtype=np.int64))
        manifest = {
            "format": FORMAT,
            "kind": KIND,
            "words": words,
            "dimensions": dimensions,
            "subwords": None if subwords is None else _write_subwords(temporary, subwords),
            "facts": dict(facts),
            "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "command": [Path(sys.argv[0]).name, *sys.argv[1:]],
            "files": {
                path.name: {"bytes": path.stat().st_size, "sha256": sha256(path)}
                for path in sorted(temporary.iterdir())
            },
        }
        text = json.dumps(manifest, ensure_ascii=True, indent=1) + "\n"
        (temporary / MANIFEST).write_text(text, encoding="utf-8")
        _put_in_place(temporary, place)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"{option}{target}: {reason}; choose another place") from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return words


def _write_rows(
    folder: Path, blocks: Iterable[tuple[Sequence[str], Floats]], dimensions: int
) -> int:
    """vectors.npy, norms.npy and vocabulary.json, as the rows come; how many words there were."""
    norms: list[Floats] = []
    count = 0
    with (
        (folder / "vectors.npy").open("wb") as table,
        (folder / "vocabulary.json").open("w", encoding="utf-8") as vocabulary,
    ):
        _write_head(table, 0, dimensions)
        head = table.tell()
        vocabulary.write("[")
        for words, rows in blocks:
            data = np.ascontiguousarray(rows, dtype=np.float32)
            table.write(data.data)
            norms.append(lengths(data))
            text = json.dumps(list(words), ensure_ascii=True, separators=(",\n", ":"))[1:-1]
            vocabulary.write(f",\n{text}" if count else text)
            count += len(words)
        vocabulary.write("]")
        table.seek(0)
        _write_head(table, count, dimensions)
        # numpy keeps room in the head for any number of rows.
        assert table.tell() == head
    np.save(folder / "norms.npy", np.concatenate(norms) if norms else np.empty(0, np.float32))
    return count


def _write_head(file: BinaryIO, rows: int, dimensions: int) -> None:
    np.lib.format.write_array_header_1_0(
        file, {"descr": "<f4", "fortran_order": False, "shape": (rows, dimensions)}
    )


def _write_subwords(folder: Path, held: Subwords) -> dict[str, Any]:
    """subwords.npy and, of a pruned table, subword-rows.npy; what the manifest says of them."""
    with (folder / "subwords.npy").open("wb") as table:
        _write_head(table, len(held.table), held.table.shape[1])
        for start in range(0, len(held.table), BLOCK):
            part = held.table[start : start + BLOCK]
            table.write(np.ascontiguousarray(part, dtype=np.float32).tobytes())
    if held.rows is not None:
        pairs = np.array(sorted(held.rows.items()), dtype=np.int64).reshape(-1, 2)
        np.save(folder / "subword-rows.npy", pairs)
    return {"shortest": held.shortest, "longest": held.longest, "buckets": held.buckets}


def _put_in_place(temporary: Path, place: Path) -> None:
    """Give a folder its name; what had it is put back where that fails."""
    if not place.exists():
        temporary.rename(place)
        return
    old = place.with_name(f".{place.name}.{os.getpid()}.old")
    place.rename(old)
    try:
        temporary.rename(place)
    except BaseException:
        old.rename(place)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _resolved(target: Path) -> Path:
    """The place that a name stands for: of a link its end, of ``.`` a folder's own name."""
    return Path(os.path.realpath(target))


def check_target(target: Path, *, option: str = "-o ") -> None:
    """Refuse a place that :func:`write_folder` could not use, before any work is done for it; sentences begin with ``option``.

    Raises:
        InputError: its folder is missing, or something else stands there, be it beside word vectors.
    """
    place = _resolved(target)
    if not place.parent.is_dir():
        folder = place.parent if target.is_symlink() else target.parent
        raise InputError(f"{option}{target}: the folder {folder} does not exist; make it first")
    try:
        if not place.exists():
            return
        names = sorted(path.name for path in place.iterdir()) if place.is_dir() else None
        ours = names == [] or (names is not None and _holds_vectors(place))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"{option}{target}: {reason}; choose another place") from None
    if names is None or not ours:
        raise InputError(
            f"{option}{target}: something else than word vectors stands there; choose another place"
        )
    if place == Path(os.path.realpath(os.curdir)):
        raise InputError(
            f"{option}{target}: this is the folder you are in, and it would be replaced; name another"
        )
    for name in names:
        if name not in _OURS or (place / name).is_dir():
            raise InputError(
                f"{option}{target}: {name} stands there beside the word vectors and would be lost; "
                "move it away, or choose another place"
            )


def _holds_vectors(folder: Path) -> bool:
    """Whether a folder says itself that it is one of word vectors, of any version."""
    try:
        return is_folder_of_vectors(folder) and _manifest(folder)["kind"] == KIND
    except ModelError:
        return False


def read_folder(folder: Path, *, verify: bool = False) -> WordVectors:
    """The table of a folder, its arrays mapped. ``verify`` reads every byte and compares hashes; else sizes are compared.

    Raises:
        ModelError: a file is missing or is not what was written, or the format is of a later version.
    """
    manifest = read_manifest(folder)
    for name, expected in manifest["files"].items():
        path = folder / name
        if not path.is_file():
            raise ModelError(
                f"the word vectors {folder} have lost their file {name}; make them again"
            )
        damaged = path.stat().st_size != expected["bytes"]
        if damaged or (verify and sha256(path) != expected["sha256"]):
            raise ModelError(
                f"the word vectors {folder} are damaged: {name} is not what was written; make them again"
            )
    try:
        words = json.loads((folder / "vocabulary.json").read_text(encoding="utf-8"))
        table = _mapped(folder, "vectors.npy")
        if not isinstance(words, list) or len(words) != len(table):
            raise ValueError("vocabulary.json is no list with a word for each vector")
        return WordVectors(
            words=words,
            vectors=table,
            counts=_mapped(folder, "counts.npy"),
            subwords=_subwords(folder, manifest["subwords"]),
            known_norms=_mapped(folder, "norms.npy"),
            facts=manifest["facts"],
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(
            f"the word vectors {folder} cannot be read ({error}); make them again"
        ) from None


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a folder of word vectors.

    Raises:
        ModelError: it is missing, damaged, or of another kind or a later version.
    """
    manifest = _manifest(folder)
    kind, version = manifest["kind"], manifest["format"]
    if kind != KIND:
        raise ModelError(f"{folder} holds a {kind}, not word vectors; name another folder")
    if version > FORMAT:
        raise ModelError(
            f"{folder} was written by a later version (format {version}, this one reads {FORMAT}); "
            "update nlpwb"
        )
    files = manifest.get("files")
    if not (
        {"dimensions", "subwords"} <= manifest.keys()
        and isinstance(manifest.get("facts"), dict)
        and isinstance(files, dict)
        and "vectors.npy" in files
        and all(
            isinstance(file, dict) and {"bytes", "sha256"} <= file.keys() for file in files.values()
        )
    ):
        raise _no_manifest(folder)
    return manifest


def _manifest(folder: Path) -> dict[str, Any]:
    """The manifest of any folder of ours, of which no more is known than its kind and its version."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise _no_manifest(folder) from None
    if (
        not isinstance(manifest, dict)
        or "kind" not in manifest
        or not isinstance(manifest.get("format"), int)
    ):
        raise _no_manifest(folder)
    return manifest


def _no_manifest(folder: Path) -> ModelError:
    return ModelError(
        f"{folder} is no folder of word vectors: its {MANIFEST} is missing or damaged; "
        "`nlpwb words train` and `nlpwb words convert` make such folders"
    )


def _mapped(folder: Path, name: str) -> Any:
    path = folder / name
    return np.load(path, mmap_mode="r", allow_pickle=False) if path.is_file() else None


def _subwords(folder: Path, facts: Mapping[str, Any] | None) -> Subwords | None:
    if facts is None:
        return None
    pairs = _mapped(folder, "subword-rows.npy")
    rows = None if pairs is None else dict(np.asarray(pairs).tolist())
    table = _mapped(folder, "subwords.npy")
    return Subwords(table, facts["shortest"], facts["longest"], rows, facts["buckets"])
