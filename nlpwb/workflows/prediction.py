"""A model folder at work: labels for new texts as they come, figures on labelled ones, and the vectors in between."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nlpwb.data.corpus import Document, ReadOptions
from nlpwb.data.reading import open_corpus, read_corpus
from nlpwb.errors import InputError, ModelError, UsageError
from nlpwb.options import Json
from nlpwb.workflows.classifier import Classifier
from nlpwb.workflows.model_folder import load_model
from nlpwb.workflows.training import labels_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nlpwb.methods.protocol import Matrix

BATCH = 256


@dataclass(frozen=True)
class Prediction:
    """One text's labels, the likeliest first, with their scores (probabilities where the model has them)."""

    row: int
    text: str
    labels: list[str]
    scores: list[float]


@dataclass(frozen=True)
class LabelFigures:
    """Precision, recall and F1 of one label over ``support`` documents that carry it."""

    label: str
    precision: float
    recall: float
    f1: float
    support: int
    predicted: int


@dataclass(frozen=True)
class Evaluation:
    """How a model does on labelled texts: the metric with its 95 % interval, and each label's own figures."""

    model: str
    method: str
    corpus: str
    documents: int
    metric: str
    score: float
    low: float
    high: float
    per_label: list[LabelFigures]
    confusion: list[list[int]]
    oov_rate: float | None

    def document(self) -> dict[str, Json]:
        """As JSON prints it."""
        import dataclasses

        return dataclasses.asdict(self)


def predict(
    model: Path,
    source: str,
    options: ReadOptions,
    *,
    top_k: int,
    probabilities: bool,
    threads: int,
    device: str = "auto",
    precision: str = "float32",
    note: Callable[[str], None],
) -> Iterator[Prediction]:
    """Labels for every text of a source, in order, batch by batch: the first appear before the last are read.

    Raises:
        ModelError: probabilities are asked of a model that has none, or the folder is no sound model.
    """
    classifier = load_model(model, device=device, precision=precision)
    if probabilities and not classifier.probabilistic:
        assert classifier.spec.head is not None
        raise ModelError(
            f"the model {model} ({classifier.spec}) has scores and no probabilities, because of its head "
            f"{classifier.spec.head.name}; leave --proba out, or train with +logreg"
        )
    if top_k > len(classifier.labels):
        raise UsageError(
            f"--top-k {top_k} is more than the {len(classifier.labels)} labels of the model {model}"
        )
    reader = open_corpus(source, options)
    for line in reader.notes:
        note(line)
    return _predictions(classifier, iter(reader), top_k=top_k, threads=threads)


def _predictions(
    classifier: Classifier, documents: Iterator[Document], *, top_k: int, threads: int
) -> Iterator[Prediction]:
    for batch, scores in _scored(classifier, documents, threads=threads):
        best = (-scores).argsort(axis=1, kind="stable")[:, :top_k]
        for document, order, row in zip(batch, best.tolist(), scores.tolist(), strict=True):
            yield Prediction(
                row=document.row,
                text=document.text,
                labels=[classifier.labels[place] for place in order],
                scores=[row[place] for place in order],
            )


def _scored(
    classifier: Classifier, documents: Iterator[Document], *, threads: int
) -> Iterator[tuple[list[Document], NDArray[np.float64]]]:
    """Documents, some at a time, with their scores float64 (n, labels).

    A network labels some while the next are read and cut into tokens.
    """
    if classifier.network is not None:
        text_of = operator.attrgetter("text")
        yield from classifier.network.stream(documents, text_of, threads=threads)
        return
    while batch := list(itertools.islice(documents, BATCH)):
        yield batch, classifier.scores([document.text for document in batch], threads=threads)


def evaluate(
    model: Path,
    source: str,
    options: ReadOptions,
    *,
    metric: str,
    seed: int,
    threads: int,
    device: str = "auto",
    precision: str = "float32",
    note: Callable[[str], None],
) -> Evaluation:
    """Score a model on labelled texts.

    Raises:
        InputError: the texts carry a label that the model has never seen.
    """
    import numpy as np

    from nlpwb.evaluation.intervals import interval
    from nlpwb.evaluation.metrics import confusion
    from nlpwb.evaluation.scoring import Predictions, score

    classifier = load_model(model, device=device, precision=precision)
    if metric == "log-loss" and not classifier.probabilistic:
        raise ModelError(
            f"the model {model} ({classifier.spec}) gives no probabilities, which log-loss needs; "
            "take another --metric"
        )
    corpus = read_corpus(source, options)
    for line in corpus.notes:
        note(line)
    found = labels_of(corpus, "--label")
    number = {label: place for place, label in enumerate(classifier.labels)}
    for label, row in zip(found, corpus.rows, strict=True):
        if label not in number:
            raise InputError(
                f"{corpus.name}, line {row}: the model {model} does not know the label {label!r}; "
                f"it knows {', '.join(classifier.labels)}"
            )
    truth = np.array([number[label] for label in found], dtype=np.int32)
    scores = classifier.scores(corpus.texts, threads=threads)
    said = scores.argmax(axis=1).astype(np.int32)
    groups = None
    if corpus.groups is not None:
        groups = np.unique(np.array(corpus.groups), return_inverse=True)[1].astype(np.int32)
    predictions = Predictions(
        truth=truth,
        predicted=said[None, :],
        scores=scores[None, :, :],
        labels=classifier.labels,
        groups=groups,
    )
    low, high = interval(predictions, metric, seed=seed)
    table = confusion(truth, said, labels=len(classifier.labels))
    per_label = []
    for place, label in enumerate(classifier.labels):
        hits = float(table[place, place])
        support, predicted = float(table[place].sum()), float(table[:, place].sum())
        precision = hits / predicted if predicted else 0.0
        recall = hits / support if support else 0.0
        f1 = 2 * hits / (support + predicted) if support + predicted else 0.0
        per_label.append(LabelFigures(label, precision, recall, f1, int(support), int(predicted)))
    return Evaluation(
        model=str(model),
        method=str(classifier.spec),
        corpus=corpus.name,
        documents=len(corpus),
        metric=metric,
        score=score(predictions, metric),
        low=low,
        high=high,
        per_label=per_label,
        confusion=table.astype(int).tolist(),
        oov_rate=classifier.unknown_share(corpus.texts),
    )


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
    reader = open_corpus(source, options)
    for line in reader.notes:
        note(line)
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
