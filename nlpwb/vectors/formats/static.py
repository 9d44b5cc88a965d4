"""Static models: a folder with a table of token vectors (``model.safetensors``) and a tokenizer (``tokenizer.json``).

The layout of model2vec, and of static embeddings in sentence-transformers. The words are the tokenizer's entries by their id. A
model of a quantised vocabulary has a ``mapping`` from ids to rows, and ``weights`` for the ids; both are applied.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nlpwb.errors import InputError
from nlpwb.vectors.formats.words import not_finite
from nlpwb.vectors.table import BLOCK, Floats, WordVectors

_PLACES = ("", "0_StaticEmbedding")
_NAMES = ("embeddings", "embedding.weight")
_KINDS = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I8": "|i1", "U8": "|u1", "I32": "<i4", "I64": "<i8",
}  # fmt: skip


def static_folder(path: Path) -> Path | None:
    """The folder at or below ``path`` that holds a static model; None for no such model."""
    for place in _PLACES:
        folder = path / place
        if (folder / "model.safetensors").is_file() and (folder / "tokenizer.json").is_file():
            return folder
    return None


def read_static(folder: Path) -> WordVectors:
    """The table of a static model, mapped where it is float32 and used as it is.

    Raises:
        InputError: its table or its tokenizer is damaged, the two do not belong together, or a number is not finite.
    """
    path = folder / "model.safetensors"
    tensors = _tensors(path)
    table = next((tensors[name] for name in _NAMES if name in tensors), None)
    if table is None or table.ndim != 2:
        raise InputError(
            f"{path} has no table {' or '.join(_NAMES)}, but {', '.join(tensors) or 'nothing'}; name a static model"
        )
    words = _vocabulary(folder / "tokenizer.json")
    mapping, weights = tensors.get("mapping"), tensors.get("weights")
    ids = len(table) if mapping is None else len(mapping)
    if ids != len(words) or (weights is not None and len(weights) != ids):
        raise InputError(
            f"{folder}: the table has {ids:,} rows and the tokenizer {len(words):,} words; the files are not of one model"
        )
    if (
        mapping is not None
        and ids
        and not 0 <= int(mapping.min()) <= int(mapping.max()) < len(table)
    ):
        raise InputError(
            f"{path}: its mapping names rows that the table does not have; copy it anew"
        )
    if not table.size:
        raise InputError(f"{path}: the table is empty; there is nothing to read")
    vectors = _float32(table, mapping, weights)
    _check_numbers(vectors, words, path)
    return WordVectors(
        words=words,
        vectors=vectors,
        facts={"format": "model2vec", "file": folder.name},
    )


def _float32(table: Any, mapping: Any, weights: Any) -> Floats:
    """The table as float32 (ids, dim): mapped where nothing has to be done."""
    if table.dtype == np.float32 and mapping is None and weights is None:
        return table  # type: ignore[no-any-return]
    ids = len(table) if mapping is None else len(mapping)
    made = np.empty((ids, table.shape[1]), dtype=np.float32)
    for start in range(0, ids, BLOCK):
        part = slice(start, start + BLOCK)
        rows = table[part] if mapping is None else table[mapping[part]]
        if rows.dtype == np.uint16:  # bfloat16: the upper half of a float32
            rows = (rows.astype(np.uint32) << 16).view(np.float32)
        with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is told of later
            made[part] = rows
            if weights is not None:
                made[part] *= np.asarray(weights[part], dtype=np.float32)[:, None]
    return made


def _check_numbers(vectors: Floats, words: Sequence[str], path: Path) -> None:
    for start in range(0, len(vectors), BLOCK):
        finite = np.isfinite(vectors[start : start + BLOCK]).all(axis=1)
        if not finite.all():
            row = start + int(finite.argmin())
            raise not_finite(path, f"word {row + 1:,}", words[row], vectors[row])


def _tensors(path: Path) -> dict[str, Any]:
    """The tensors of a safetensors file, mapped: eight bytes with the length of a JSON header, the header, the data."""
    size = path.stat().st_size
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > size - 8:
                raise ValueError("the header is longer than the file")
            header = json.loads(file.read(length))
        tensors = {}
        for name, entry in header.items():
            if name == "__metadata__" or entry["dtype"] not in _KINDS:
                continue
            kind, shape = np.dtype(_KINDS[entry["dtype"]]), tuple(map(int, entry["shape"]))
            start, end = entry["data_offsets"]
            if end - start != kind.itemsize * int(np.prod(shape, dtype=object)):
                raise ValueError(f"{name} does not fill its place")
            if not 0 <= start <= end <= size - 8 - length:
                raise ValueError(f"{name} ends at byte {8 + length + end:,}, the file at {size:,}")
            offset = 8 + length + start
            tensors[name] = (
                np.memmap(path, kind, "r", offset, shape) if end > start else np.empty(shape, kind)
            )
    except (ValueError, KeyError, TypeError, AttributeError, struct.error) as error:
        raise InputError(f"{path} is no safetensors file ({error}); copy it anew") from None
    return tensors


def _vocabulary(path: Path) -> list[str]:
    """The words of a ``tokenizer.json``, by id."""
    try:
        tokenizer = json.loads(path.read_text(encoding="utf-8"))
        held = tokenizer["model"]["vocab"]
        if isinstance(held, dict):
            numbers = {int(number): str(word) for word, number in held.items()}
        else:
            numbers = {number: str(word) for number, (word, _) in enumerate(held)}
        for entry in tokenizer.get("added_tokens") or ():
            numbers[int(entry["id"])] = str(entry["content"])
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is no tokenizer ({error}); copy it anew") from None
    if sorted(numbers) != list(range(len(numbers))):
        raise InputError(f"{path}: the ids of its words have gaps; save the tokenizer anew")
    words = [numbers[number] for number in range(len(numbers))]
    if len(set(words)) != len(words):
        raise InputError(f"{path}: a word has two ids; save the tokenizer anew")
    return words
