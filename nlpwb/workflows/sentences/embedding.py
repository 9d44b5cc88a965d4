"""Texts of a source to vectors by a base: a matrix in memory, or, by a base or a model, an index of documents on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np  # noqa: TID253  only functions import this module

from nlpwb.bases.finding import find_base
from nlpwb.data.corpus import ReadOptions
from nlpwb.data.reading import Reader, open_corpus
from nlpwb.errors import ModelError, UsageError
from nlpwb.options import all_options
from nlpwb.specs import spell
from nlpwb.vectors.documents import Placed, check_index_target, in_blocks, write_index
from nlpwb.workflows.folders import MANIFEST, check_either, read_manifest
from nlpwb.workflows.prediction import Embedded
from nlpwb.workflows.sentences.encoders import Encoder, is_base, model_encoder, open_encoder

if TYPE_CHECKING:
    from nlpwb.cache.store import Cache
    from nlpwb.vectors.table import Floats
    from nlpwb.workflows.pretrained.representation import PretrainedTexts

BLOCK = 1 << 14
"""Documents that are encoded, kept and written together."""


@dataclass(frozen=True)
class Indexed:
    """An index that was made."""

    index: str
    documents: int
    dimensions: int


def opened_base(
    name: str, *, cache: Cache | None, device: str, threads: int, precision: str | None
) -> tuple[Encoder, PretrainedTexts] | None:
    """The base of a name or of a ``pretrained`` spec; None where the name is that of a model's folder.

    Raises:
        UsageError: a spec of a method that must be trained first.
        ModelError: there is no model and no base of this name.
        InputError: the base is not at hand.
    """
    folder = Path(name)
    check_either(folder)
    if (folder / MANIFEST).is_file() or (folder.exists() and not is_base(name)):
        return None
    try:
        found = open_encoder(name, cache=cache, device=device, threads=threads, precision=precision)
    except UsageError as error:
        if "did you mean" in str(error) or ":" in name:
            raise
        read_manifest(folder)
        raise
    if found is None:
        raise UsageError(
            f"{name}: embed takes a model, a base, or a spec pretrained:base=…; `nlpwb train` makes a model of this "
            "method, and `nlpwb vectorize` writes counts"
        )
    return found


def embed_corpus(
    encoder: Encoder, source: str, options: ReadOptions, *, note: Callable[[str], object]
) -> Embedded:
    """The vectors of every text of a source by a base."""
    reader = _opened(source, options, note)
    documents = list(reader)
    matrix = encoder.vectors([document.text for document in documents])
    return Embedded(encoder.name, reader.name, documents, matrix)


def index_corpus(
    name: str,
    source: str,
    options: ReadOptions,
    target: Path,
    *,
    cache: Cache | None,
    device: str,
    precision: str | None,
    threads: int,
    note: Callable[[str], object],
) -> Indexed:
    """Encode the texts of a source by a base or a model, and write them with their vectors as an index.

    Texts come, are encoded and are written some thousand at a time; what a base made of them is kept in the cache.

    Raises:
        UsageError: the vectors are sparse.
        InputError: the source cannot be read, or the index not written.
        ModelError: no such base or model.
    """
    check_index_target(target)
    opened = opened_base(name, cache=cache, device=device, threads=threads, precision=precision)
    if opened is None:
        encoder = model_encoder(
            Path(name), device=device, threads=threads, precision=precision or "float32"
        )
        made = made_by_model(Path(name))
    else:
        encoder, texts = opened
        made = made_by_base(name, texts)
    reader = _opened(source, options, note)
    documents = ((document.row, document.text) for document in reader)
    blocks = _encoded(encoder, in_blocks(documents, BLOCK), note)
    first = next(blocks)  # a source without documents has raised by now
    dimensions = int(first[1].shape[1])

    def every() -> Iterator[tuple[Sequence[Placed], Floats]]:
        yield first
        yield from blocks

    facts = {"encoder": made, "corpus": reader.name}
    count = write_index(target, every(), dimensions=dimensions, facts=facts)
    skipped = reader.skipped_note()
    if skipped is not None:
        note(skipped)
    return Indexed(str(target), count, dimensions)


def _opened(source: str, options: ReadOptions, note: Callable[[str], object]) -> Reader:
    reader = open_corpus(source, options)
    for line in reader.notes:
        note(line)
    return reader


def _encoded(
    encoder: Encoder, blocks: Iterator[list[Placed]], note: Callable[[str], object]
) -> Iterator[tuple[Sequence[Placed], Floats]]:
    from scipy.sparse import issparse

    done = 0
    for block in blocks:
        matrix: Any = encoder.vectors([text for _, text in block])
        if issparse(matrix):
            raise UsageError(
                f"{encoder.name} makes sparse vectors, and an index holds dense ones; train it with +lsa, or give -o E.npz"
            )
        done += len(block)
        if len(block) == BLOCK:
            note(f"{done:,} documents encoded")
        yield block, np.asarray(matrix, dtype=np.float32)


def made_by_base(name: str, texts: PretrainedTexts) -> dict[str, Any]:
    """What an index says of the base that made it: a spec that opens it from anywhere, and all that decides a vector."""
    config = texts.config
    place = find_base(config.base)
    base = config.base
    if place.kind == "folder":
        base = str(place.folder.resolve())
    elif place.kind == "hub" and "@" not in base:
        base = f"{base}@{place.revision}"
    pinned = type(config)(**{**vars(config), "base": base})
    identity = texts.identity or {}
    return {
        "name": name,
        # with all options: another default of a later version changes nothing of it
        "spec": spell("pretrained", all_options(pinned)),
        "identity": {part: identity[part] for part in ("base", "manner", "longest")},
    }


def made_by_model(model: Path) -> dict[str, Any]:
    """What an index says of the model that made it: where it is, and the hash of its manifest."""
    try:
        digest = hashlib.sha256((model / MANIFEST).read_bytes()).hexdigest()
    except OSError:
        raise ModelError(f"{model} is no model: it has no readable {MANIFEST}") from None
    return {"name": str(model), "model": str(model.resolve()), "manifest": digest}
