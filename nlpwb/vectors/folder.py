"""Our own folder of word vectors: arrays that are mapped, not read; a list of words; a manifest.

vectors.npy       float32 (V, dim)
norms.npy         float32 (V,), the length of every vector: a query need not compute them
vocabulary.json   the words, a JSON list
counts.npy        int64 (V,), where they are known
subwords.npy      float32 (rows, dim), where the method has them; subword-rows.npy int64, of a pruned table
manifest.json     format version, method, corpus and its hash, seed, command; size and SHA-256 of every file
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nlpwb.errors import InputError, ModelError
from nlpwb.vectors.table import Subwords, WordVectors

FORMAT = 1
KIND = "word-vectors"
MANIFEST = "manifest.json"
_BLOCK = 1 << 20


def is_folder_of_vectors(path: Path) -> bool:
    """Whether a path is a folder that :func:`read_folder` takes."""
    return (path / MANIFEST).is_file() and (path / "vectors.npy").is_file()


def write_folder(target: Path, vectors: WordVectors, facts: Mapping[str, Any]) -> None:
    """Write a table as a folder: beside its place, then renamed into it, so that it is there whole or not at all.

    ``facts`` go into the manifest as they are. A folder of word vectors at ``target`` is replaced.

    Raises:
        InputError: the place is taken by something else, or cannot be written.
    """
    check_target(target)
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        temporary.mkdir()
        np.save(temporary / "vectors.npy", np.ascontiguousarray(vectors.vectors, dtype=np.float32))
        np.save(temporary / "norms.npy", np.asarray(vectors.norms, dtype=np.float32))
        if vectors.counts is not None:
            np.save(temporary / "counts.npy", np.asarray(vectors.counts, dtype=np.int64))
        subwords = None
        if vectors.subwords is not None:
            held = vectors.subwords
            np.save(temporary / "subwords.npy", np.ascontiguousarray(held.table, dtype=np.float32))
            subwords = {"shortest": held.shortest, "longest": held.longest, "buckets": held.buckets}
            if held.rows is not None:
                pairs = np.array(sorted(held.rows.items()), dtype=np.int64).reshape(-1, 2)
                np.save(temporary / "subword-rows.npy", pairs)
        with (temporary / "vocabulary.json").open("w", encoding="utf-8") as file:
            json.dump(list(vectors.words), file, ensure_ascii=True, separators=(",\n", ":"))
        manifest = {
            "format": FORMAT,
            "kind": KIND,
            "words": len(vectors),
            "dimensions": vectors.dimensions,
            "subwords": subwords,
            "facts": dict(facts),
            "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "command": [Path(sys.argv[0]).name, *sys.argv[1:]],
            "files": {
                path.name: {"bytes": path.stat().st_size, "sha256": _sha256(path)}
                for path in sorted(temporary.iterdir())
            },
        }
        text = json.dumps(manifest, ensure_ascii=True, indent=1) + "\n"
        (temporary / MANIFEST).write_text(text, encoding="utf-8")
        if target.exists():
            old = target.with_name(f".{target.name}.{os.getpid()}.old")
            target.rename(old)
            temporary.rename(target)
            shutil.rmtree(old, ignore_errors=True)
        else:
            temporary.rename(target)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"-o {target}: {reason}; choose another place") from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def check_target(target: Path) -> None:
    """Refuse a place that :func:`write_folder` could not use, before any work is done for it.

    Raises:
        InputError: its folder is missing, or something else stands there.
    """
    if not target.absolute().parent.is_dir():
        raise InputError(f"-o {target}: the folder {target.parent} does not exist; make it first")
    if not target.exists():
        return
    if target.is_dir() and (is_folder_of_vectors(target) or not any(target.iterdir())):
        return
    raise InputError(
        f"-o {target}: something else than word vectors stands there; choose another place"
    )


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
        if damaged or (verify and _sha256(path) != expected["sha256"]):
            raise ModelError(
                f"the word vectors {folder} are damaged: {name} is not what was written; make them again"
            )
    try:
        words = json.loads((folder / "vocabulary.json").read_text(encoding="utf-8"))
        return WordVectors(
            words=words,
            vectors=_mapped(folder, "vectors.npy"),
            counts=_mapped(folder, "counts.npy"),
            subwords=_subwords(folder, manifest["subwords"]),
            known_norms=_mapped(folder, "norms.npy"),
            facts=manifest["facts"],
        )
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(
            f"the word vectors {folder} cannot be read ({error}); make them again"
        ) from None


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a folder of word vectors.

    Raises:
        ModelError: it is missing, damaged, or of another kind or a later version.
    """
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        kind, version = manifest["kind"], manifest["format"]
    except (OSError, ValueError, KeyError, TypeError):
        raise ModelError(
            f"{folder} is no folder of word vectors: its {MANIFEST} is missing or damaged; "
            "`nlpwb words train` and `nlpwb words convert` make such folders"
        ) from None
    if kind != KIND:
        raise ModelError(f"{folder} holds a {kind}, not word vectors; name another folder")
    if version > FORMAT:
        raise ModelError(
            f"{folder} was written by a later version (format {version}, this one reads {FORMAT}); "
            "update nlpwb"
        )
    return manifest


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


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
