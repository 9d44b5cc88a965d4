"""A model folder at work: labels, or numbers, for new texts as they come, and the vectors in between."""

from __future__ import annotations

import dataclasses
import itertools
import operator
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nlpwb.data.corpus import Document, ReadOptions
from nlpwb.data.reading import Reader, open_corpus
from nlpwb.errors import InputError, ModelError, UsageError
from nlpwb.workflows.classifier import Classifier
from nlpwb.workflows.model_folder import load_model

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nlpwb.methods.protocol import Matrix

BATCH = 256


@dataclass(frozen=True)
class Prediction:
    """What is said of one text.

    ``labels``, the likeliest first, with their ``scores`` (probabilities where the model has them): the best ones, or, for a
    model of sets, the set. Of a number ``value``.
    """

    row: int
    text: str
    labels: list[str]
    scores: list[float]
    value: float | None = None


def predict(
    model: Path,
    source: str,
    options: ReadOptions,
    *,
    top_k: int | None,
    probabilities: bool,
    threads: int,
    device: str = "auto",
    precision: str = "float32",
    note: Callable[[str], None],
    typed: Sequence[str] = (),
) -> Iterator[Prediction]:
    """Labels, or a number, for every text of a source, in order and batch by batch: the first appear before the last are read.

    ``top_k`` labels of each; by default one, or of sets those that the text has. ``typed`` texts take the source's place.

    Raises:
        ModelError: probabilities are asked of a model that has none, or the folder is no sound model.
    """
    classifier = load_model(model, device=device, precision=precision)
    if classifier.task == "regression" and (probabilities or top_k is not None):
        option = "--proba" if probabilities else "--top-k"
        raise UsageError(
            f"{option} concerns labels, and the model {model} ({classifier.spec}) says numbers; "
            f"leave {option} out"
        )
    if probabilities and not classifier.probabilistic:
        assert classifier.spec.head is not None
        raise ModelError(
            f"the model {model} ({classifier.spec}) has scores and no probabilities, because of its head "
            f"{classifier.spec.head.name}; leave --proba out, or train with +logreg"
        )
    if top_k is not None and top_k > len(classifier.labels):
        raise UsageError(
            f"--top-k {top_k} is more than the {len(classifier.labels)} labels of the model {model}"
        )
    documents: Iterator[Document] = (
        Document(text, None, None, row) for row, text in enumerate(typed, start=1)
    )
    if not typed:
        documents = iter(open_for(classifier, model, source, options, note=note))
    return _predictions(classifier, documents, top_k=top_k, threads=threads)


def open_for(
    classifier: Classifier,
    model: Path,
    source: str,
    options: ReadOptions,
    *,
    note: Callable[[str], None],
) -> Reader:
    """A source read as a model needs it, pairs of texts for one that was trained on pairs; what was guessed is noted.

    Raises:
        InputError: it cannot be read so; the sentence says whose need it is.
    """
    try:
        reader = open_corpus(source, dataclasses.replace(options, pairs=classifier.pairs))
    except InputError as error:
        if not classifier.pairs:
            raise
        raise InputError(f"the model {model} reads pairs of texts: {error}") from None
    for line in reader.notes:
        note(line)
    of_base = classifier.network is not None and classifier.spec.representation.entry.based
    if of_base and not classifier.pairs and reader.columns and len(reader.columns.text) == 2:
        note(
            f"the model {model} reads single texts: {' and '.join(reader.columns.text)} are read one after the other"
        )
    return reader


def _predictions(
    classifier: Classifier, documents: Iterator[Document], *, top_k: int | None, threads: int
) -> Iterator[Prediction]:
    if top_k is None and classifier.task != "classify":
        yield from _said(classifier, documents, threads=threads)
        return
    top_k = top_k or 1
    for batch, scores in scored(classifier, documents, threads=threads):
        best = (-scores).argsort(axis=1, kind="stable")[:, :top_k]
        for document, order, row in zip(batch, best.tolist(), scores.tolist(), strict=True):
            yield Prediction(
                row=document.row,
                text=document.text,
                labels=[classifier.labels[place] for place in order],
                scores=[row[place] for place in order],
            )


def _said(
    classifier: Classifier, documents: Iterator[Document], *, threads: int
) -> Iterator[Prediction]:
    """The set of labels, or the number, of each document."""
    for batch, scores in scored(classifier, documents, threads=threads):
        said = classifier.said(scores)
        if classifier.task == "regression":
            for document, value in zip(batch, said.tolist(), strict=True):
                yield Prediction(document.row, document.text, [], [], value)
            continue
        best = (-scores).argsort(axis=1, kind="stable")
        for document, order, row, there in zip(batch, best, scores, said, strict=True):
            places = [place for place in order.tolist() if there[place]]
            yield Prediction(
                row=document.row,
                text=document.text,
                labels=[classifier.labels[place] for place in places],
                scores=[float(row[place]) for place in places],
            )


def scored(
    classifier: Classifier, documents: Iterator[Document], *, threads: int, at_once: int = BATCH
) -> Iterator[tuple[list[Document], NDArray[np.float64]]]:
    """Documents, ``at_once`` or so at a time, with their scores float64 (n, labels).

    A network has windows of its own, and labels one while the next is read and cut into tokens.
    """
    if classifier.network is not None:
        text_of = operator.attrgetter("text")
        yield from classifier.network.stream(documents, text_of, threads=threads)
        return
    while batch := list(itertools.islice(documents, at_once)):
        yield batch, classifier.scores([document.text for document in batch], threads=threads)


@dataclass(frozen=True)
class Embedded:
    """Documents and what the head sees of them: ``matrix`` (n, dimensions), dense or sparse, a row a document."""

    spec: str
    corpus: str
    documents: list[Document]
    matrix: Matrix


def embed(
    model: Path,
    source: str,
    options: ReadOptions,
    *,
    threads: int,
    device: str = "auto",
    precision: str = "float32",
    note: Callable[[str], None],
) -> Embedded:
    """What a model's head sees of every text of a source.

    Raises:
        ModelError: the model has no vectors.
    """
    classifier = load_model(model, device=device, precision=precision)
    if not classifier.has_vectors:
        raise ModelError(f"the model {model} ({classifier.spec}) makes no vectors of texts")
    reader = open_for(classifier, model, source, options, note=note)
    documents = list(reader)
    matrix = classifier.vectors([document.text for document in documents], threads=threads)
    return Embedded(str(classifier.spec), reader.name, documents, matrix)


def write_embedded(embedded: Embedded, target: Path) -> None:
    """Write the vectors: ``.npy`` for dense ones, ``.npz`` for sparse ones.

    Raises:
        UsageError: the ending does not fit the vectors.
    """
    import numpy as np
    import scipy.sparse as sp

    from nlpwb.workflows.vectorizing import write_whole

    matrix = embedded.matrix
    sparse = bool(sp.issparse(matrix))
    wanted = ".npz" if sparse else ".npy"
    if target.suffix != wanted:
        kind = "sparse" if sparse else "dense"
        raise UsageError(
            f"-o {target}: the vectors of {embedded.spec} are {kind}; end it in {wanted}"
        )
    write_whole(
        target,
        lambda path: (
            sp.save_npz(path, sp.csr_matrix(matrix), compressed=False)
            if sparse
            else np.save(path, np.asarray(matrix), allow_pickle=False)
        ),
    )
