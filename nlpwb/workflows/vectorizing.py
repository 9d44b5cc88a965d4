"""A corpus to a matrix on disk, read as a stream; and the terms that tell its labels apart."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlpwb.catalogue import DEFAULT_HEAD, load
from nlpwb.data.corpus import ReadOptions
from nlpwb.data.reading import Reader, open_corpus
from nlpwb.errors import InputError, UsageError
from nlpwb.files import put_whole
from nlpwb.specs import Spec

LARGE = 1_000_000
"""Bytes on disk from which worker processes are started before the first text is read."""


@dataclass(frozen=True)
class Vectorized:
    """What was written: the matrix's shape and its entries, and the files."""

    matrix: str
    vocabulary: str | None
    labels: str | None
    documents: int
    columns: int
    entries: int
    bytes: int


@dataclass(frozen=True)
class StrongTerm:
    """A term of one label: ``weight`` is the mean of its column over the label's documents minus the mean over the others."""

    label: str
    rank: int
    term: str
    weight: float
    documents: int


def vectorize(
    spec: Spec,
    source: str,
    options: ReadOptions,
    target: Path | None,
    *,
    top: int,
    seed: int,
    threads: int,
    note: Callable[[str], None],
) -> tuple[Vectorized | None, list[StrongTerm]]:
    """Fit a counting method on a corpus and write its matrix as ``scipy.sparse.save_npz`` does.

    Beside ``X.npz`` stand ``X.vocabulary.json`` (the term of every column) and, for a labelled corpus, ``X.labels.json`` (the
    label of every row). With ``top`` the strongest terms of each label are returned, the label ``all`` for a corpus without.

    Raises:
        UsageError: the method makes no sparse matrix, or the ending is not ``.npz``.
    """
    part = spec.representation
    if part.entry.family != "vectorizers" or spec.reducer is not None:
        raise UsageError(
            f"{spec}: vectorize writes sparse matrices; take onehot, bow, tfidf or hashing without +lsa "
            "(`nlpwb train` and `nlpwb embed` serve the others)"
        )
    if spec.head is not None and str(spec.head) != DEFAULT_HEAD:
        raise UsageError(
            f"{spec}: vectorize fits no head, and +{spec.head} would do nothing; leave it out"
        )
    if top and part.name == "hashing":
        raise UsageError("--top: hashing keeps no terms; take tfidf or bow")
    if target is not None and target.suffix != ".npz":
        raise UsageError(f"-o {target}: a sparse matrix ends in .npz")
    if target is not None and not target.absolute().parent.is_dir():
        raise InputError(f"-o {target}: the folder {target.parent} does not exist; make it first")
    if threads > 1 and _is_large(source):
        from nlpwb.methods.vectorizers.chunks import boot_workers

        boot_workers()
    reader = open_corpus(source, options)
    for line in reader.notes:
        note(line)
    labels: list[str] = []
    model, matrix = load(part.entry.code).fit(
        part.config, _texts(reader, labels), seed=seed, threads=threads
    )
    strongest = _strongest(matrix, list(model.terms()), labels, top) if top else []
    if target is None:
        return None, strongest
    shape, entries = matrix.shape, int(matrix.nnz)
    _write_matrix(target, matrix)
    del matrix  # before the terms, of which there may be millions
    vocabulary = label_file = None
    if part.name != "hashing":
        vocabulary = target.with_suffix(".vocabulary.json")
        write_whole(vocabulary, lambda path: _write_list(path, model.terms()))
    if labels:
        label_file = target.with_suffix(".labels.json")
        write_whole(label_file, lambda path: _write_list(path, labels))
    return (
        Vectorized(
            matrix=str(target),
            vocabulary=str(vocabulary) if vocabulary else None,
            labels=str(label_file) if label_file else None,
            documents=int(shape[0]),
            columns=int(shape[1]),
            entries=entries,
            bytes=target.stat().st_size,
        ),
        strongest,
    )


def _is_large(source: str) -> bool:
    """Whether a source is a file of which more than one chunk is likely."""
    path = Path(source)
    return path.is_file() and path.stat().st_size > LARGE


def _texts(reader: Reader, labels: list[str]) -> Iterator[str]:
    """The texts as they are read; their labels are put aside on the way."""
    for document in reader:
        if reader.labelled:
            labels.append(document.label or "")
        yield document.text


def _write_matrix(target: Path, matrix: Any) -> None:
    import scipy.sparse as sp

    write_whole(target, lambda path: sp.save_npz(path, matrix, compressed=False))


def _write_list(path: Path, strings: Iterable[str]) -> None:
    """A JSON list with a string a line, written as the strings come; json.dump would hold or crawl through millions."""
    from json.encoder import encode_basestring

    stream = iter(strings)
    with path.open("w", encoding="utf-8", errors="surrogatepass") as file:
        file.write("[")
        comma = "\n"
        while batch := list(itertools.islice(stream, 10_000)):
            file.write(comma + ",\n".join(map(encode_basestring, batch)))
            comma = ",\n"
        file.write("\n]\n")


def write_whole(target: Path, write: Callable[[Path], object]) -> None:
    """Write a file under another name beside its place, then rename: whole or not at all.

    Raises:
        InputError: the operating system refuses.
    """
    try:
        put_whole(target, write)
    except OSError as error:
        raise InputError(
            f"-o {target}: {(error.strerror or str(error)).lower()}; choose another place"
        ) from None


def _strongest(matrix: Any, terms: list[str], labels: list[str], top: int) -> list[StrongTerm]:
    import numpy as np

    names = sorted(set(labels)) if labels else ["all"]
    codes = np.array([names.index(label) for label in labels] if labels else [0] * matrix.shape[0])
    df = np.bincount(matrix.indices, minlength=matrix.shape[1])
    total = np.asarray(matrix.sum(axis=0), dtype=np.float64).ravel()
    found = []
    for place, name in enumerate(names):
        inside = codes == place
        own = np.asarray(matrix[inside].sum(axis=0), dtype=np.float64).ravel()
        weight = own / max(1, int(inside.sum()))
        if len(names) > 1:
            weight = weight - (total - own) / max(1, int((~inside).sum()))
        order = np.lexsort((np.arange(len(weight)), -weight))[:top]
        found += [
            StrongTerm(name, rank + 1, terms[column], float(weight[column]), int(df[column]))
            for rank, column in enumerate(order.tolist())
        ]
    return found
