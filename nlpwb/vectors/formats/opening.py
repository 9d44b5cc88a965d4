"""Word vectors of any format as rows: opened by name, ending and first bytes, read and written a block at a time."""

from __future__ import annotations

import contextlib
import dataclasses
import mmap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nlpwb.errors import InputError
from nlpwb.files import missing
from nlpwb.vectors.folder import is_folder_of_vectors, read_folder, write_blocks
from nlpwb.vectors.formats import recognise
from nlpwb.vectors.formats.binary import BinaryRows
from nlpwb.vectors.formats.fasttext import ModelRows, read_model
from nlpwb.vectors.formats.recognise import BINARY, FASTTEXT, FOLDER, STATIC, Opened
from nlpwb.vectors.formats.rows import Rows, table_rows
from nlpwb.vectors.formats.static import read_static, static_folder
from nlpwb.vectors.formats.text import TextRows
from nlpwb.vectors.formats.words import Reading
from nlpwb.vectors.formats.writing import write_file


@contextlib.contextmanager
def open_rows(
    path: Path, *, given: str | None = None, reading: Reading | None = None
) -> Iterator[Rows]:
    """The rows at ``path``, to be read a block at a time; ``given`` is a format's name where nothing is to be guessed.

    Raises:
        InputError: it is missing, or not what it seems to be.
    """
    reading = reading or Reading()
    if path.is_dir():
        yield _of_folder(path, given)
        return
    if not path.exists():
        if str(path) == "-":
            raise InputError(
                "-: word vectors are read from files alone, not from standard input; name a file"
            )
        raise missing(path)
    if given in (FOLDER, STATIC):
        raise InputError(f"{path} is a file, and {given} is a folder; leave --from out")
    with recognise.open_file(path, given) as opened:
        if opened.format == FASTTEXT:
            yield _of_model(path, opened, reading)
        else:
            yield _of_words(path, opened, reading)


def write_rows(
    target: Path,
    rows: Rows,
    *,
    to: str,
    limit: int | None = None,
    normalize: bool = False,
    facts: Mapping[str, Any] | None = None,
) -> int:
    """Write rows in a format, at most ``limit`` of them, perhaps of length 1; the number of words.

    ``facts`` go into a folder's manifest. The target is there whole or as it was.

    Raises:
        InputError: a row is not what its file promised, or the target cannot hold it or be written.
    """
    if to != FOLDER:
        return write_file(target, rows, to=to, limit=limit, normalize=normalize)
    return write_blocks(
        target,
        rows.blocks(limit=limit, normalize=normalize),
        dimensions=rows.dimensions,
        counts=rows.counts,
        subwords=rows.subwords,
        facts=rows.facts if facts is None else facts,
        option="",
    )


def _of_folder(path: Path, given: str | None) -> Rows:
    static = static_folder(path)
    if is_folder_of_vectors(path) and given in (None, FOLDER):
        vectors, form = read_folder(path), FOLDER
    elif static is not None and given in (None, STATIC):
        vectors, form = read_static(static), STATIC
    else:
        raise InputError(
            f"{path}: no word vectors; give a folder that `nlpwb words train` made, a static model (model.safetensors and "
            "tokenizer.json), or a file"
        )
    return table_rows(vectors, path=path, format=form)


def _of_model(path: Path, opened: Opened, reading: Reading) -> Rows:
    packed = opened.size != path.stat().st_size
    buffer: bytes | mmap.mmap
    if packed:
        with recognise.telling_of_damage(path):
            buffer = opened.file.read()
    else:
        buffer = mmap.mmap(opened.file.fileno(), 0, access=mmap.ACCESS_READ)
    model = read_model(buffer, path=path)
    if reading.encoding_errors is None:
        reading = dataclasses.replace(reading, encoding_errors="escape")
    return Rows(
        path=path,
        format=FASTTEXT,
        source=ModelRows(model, path=path, reading=reading),
        reading=reading,
        promised=len(model.words),
        room=len(model.words),
        all_counts=model.counts,
        subwords=model.subwords(),
        facts={**_origin(path, FASTTEXT), **model.facts()},
    )


def _of_words(path: Path, opened: Opened, reading: Reading) -> Rows:
    words, dimensions = opened.words, opened.dimensions
    room = None
    if words is not None:
        least = 4 * dimensions + 1 if opened.format == BINARY else 2 * dimensions + 1
        # A packed file may be a thousand times as large: room is made as it comes.
        packed = opened.size != path.stat().st_size
        room = None if packed else min(words, (opened.size - opened.start) // least + 1)
    source: BinaryRows | TextRows
    if opened.format == BINARY:
        assert words is not None
        source = BinaryRows(
            opened.file,
            path=path,
            words=words,
            dimensions=dimensions,
            start=opened.start,
            reading=reading,
        )
    else:
        source = TextRows(
            opened.file, path=path, dimensions=dimensions, words=words, reading=reading
        )
    return Rows(
        path=path,
        format=opened.format,
        source=source,
        reading=reading,
        promised=words,
        room=room,
        facts=_origin(path, opened.format),
    )


def _origin(path: Path, form: str) -> dict[str, object]:
    return {"format": form, "file": path.name}
