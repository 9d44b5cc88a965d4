"""A model on labelled texts: the metric with its interval, and each label's own figures, or each metric's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlpwb.data.corpus import Document, ReadOptions
from nlpwb.data.reading import Reader
from nlpwb.data.targets import label_set, numbers_of
from nlpwb.errors import InputError, ModelError
from nlpwb.options import Json
from nlpwb.tasks import CORRELATIONS, Task, default_metric, metric_info, metrics_of
from nlpwb.workflows.classifier import Classifier
from nlpwb.workflows.model_folder import load_model
from nlpwb.workflows.prediction import open_for, scored
from nlpwb.workflows.targets import target_array
from nlpwb.workflows.training import require_labels

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nlpwb.evaluation.scoring import Predictions
    from nlpwb.methods.protocol import Unknown

DOCUMENTS = 4096
"""Documents that are in memory at once."""


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
class MetricFigures:
    """One metric with its 95 % interval."""

    metric: str
    score: float
    low: float
    high: float


@dataclass(frozen=True)
class Evaluation:
    """How a model does on labelled texts: the metric with its 95 % interval, and more.

    That is each label's figures (``per_label``; none for numbers), of single labels the ``confusion`` matrix, and of numbers
    every metric (``figures``).
    """

    model: str
    method: str
    corpus: str
    documents: int
    task: Task
    metric: str
    score: float
    low: float
    high: float
    per_label: list[LabelFigures]
    confusion: list[list[int]]
    figures: list[MetricFigures]
    oov_rate: float | None

    def document(self) -> dict[str, Json]:
        """As JSON prints it."""
        import dataclasses

        return dataclasses.asdict(self)


def evaluate(
    model: Path,
    source: str,
    options: ReadOptions,
    *,
    metric: str | None,
    seed: int,
    threads: int,
    device: str = "auto",
    precision: str = "float32",
    note: Callable[[str], None],
) -> Evaluation:
    """Score a model on labelled texts; without a metric by the task's own.

    Raises:
        InputError: the texts carry a label that the model has never seen, or that is no number where it says numbers.
        UsageError: the metric judges another task.
    """
    from nlpwb.evaluation.scoring import Predictions

    classifier = load_model(model, device=device, precision=precision)
    metric = default_metric(classifier.task) if metric is None else metric
    metric_info(metric, classifier.task)
    if metric == "log-loss" and not classifier.probabilistic:
        raise ModelError(
            f"the model {model} ({classifier.spec}) gives no probabilities, which log-loss needs; "
            "take another --metric"
        )
    reader = open_for(classifier, model, source, options, note=note)
    read = _read(classifier, reader, model, threads=threads)
    skipped = reader.skipped_note()
    if skipped is not None:
        note(skipped)
    predictions = Predictions(
        truth=read.truth,
        predicted=classifier.said(read.scores)[None],
        scores=read.scores[None] if classifier.task != "regression" else None,
        labels=classifier.labels,
        groups=read.groups,
        task=classifier.task,
    )
    judged = _figures(predictions, metric, seed=seed)
    table, per_label = _by_label(predictions)
    return Evaluation(
        model=str(model),
        method=str(classifier.spec),
        corpus=reader.name,
        documents=len(read.truth),
        task=classifier.task,
        metric=metric,
        score=judged.score,
        low=judged.low,
        high=judged.high,
        per_label=per_label,
        confusion=table,
        figures=_every_figure(predictions, judged, seed=seed),
        oov_rate=read.unknown.share,
    )


@dataclass(frozen=True)
class _Read:
    """What is kept of the documents: truth, scores float64 (n, outputs), groups int32 (n,), and the count of unknown tokens."""

    truth: NDArray[Any]
    scores: NDArray[np.float64]
    groups: NDArray[np.int32] | None
    unknown: Unknown


def _read(classifier: Classifier, reader: Reader, model: Path, *, threads: int) -> _Read:
    """Score the documents as they are read: of each a few numbers stay, and never its text."""
    import numpy as np

    from nlpwb.methods.protocol import Unknown

    require_labels(reader.labelled, reader.name, "--label")
    truths, scores = [], []
    unknown = Unknown()
    numbers: dict[str, int] = {}
    groups: list[int] = []
    documents = iter(reader)
    for batch, found in scored(classifier, documents, threads=threads, at_once=DOCUMENTS):
        truths.append(_truth(classifier, batch, reader.name, model))
        scores.append(found)
        unknown += classifier.unknown_tokens([document.text for document in batch])
        if reader.grouped:
            groups += [numbers.setdefault(one.group or "", len(numbers)) for one in batch]
    return _Read(
        np.concatenate(truths),
        np.concatenate(scores),
        np.array(groups, dtype=np.int32) if reader.grouped else None,
        unknown,
    )


def _truth(
    classifier: Classifier, documents: Sequence[Document], name: str, model: Path
) -> NDArray[Any]:
    import numpy as np

    cells = [document.label or "" for document in documents]
    if classifier.task == "regression":
        numbers_of(cells, [document.row for document in documents], name=name)
        return target_array(classifier.task, cells, ())
    known = set(classifier.labels)
    for cell, document in zip(cells, documents, strict=True):
        of_row = {cell} if classifier.task == "classify" else label_set(cell)
        for label in sorted(of_row - known):
            raise InputError(
                f"{name}, line {document.row}: the model {model} does not know the label {label!r}; "
                f"it knows {', '.join(classifier.labels)}"
            )
    truth = target_array(classifier.task, cells, classifier.labels)
    return truth.astype(np.int32) if classifier.task == "classify" else truth


def _figures(predictions: Predictions, metric: str, *, seed: int) -> MetricFigures:
    from nlpwb.evaluation.intervals import interval
    from nlpwb.evaluation.scoring import score

    low, high = interval(predictions, metric, seed=seed)
    return MetricFigures(metric, score(predictions, metric), low, high)


def _every_figure(
    predictions: Predictions, judged: MetricFigures, *, seed: int
) -> list[MetricFigures]:
    """Of numbers every metric that is defined; the table has nothing else to show."""
    if predictions.task != "regression":
        return []
    varies = bool((predictions.truth != predictions.truth[0]).any())
    return [
        judged if metric == judged.metric else _figures(predictions, metric, seed=seed)
        for metric in metrics_of("regression")
        if varies or metric not in (*CORRELATIONS, "r2")
    ]


def _by_label(predictions: Predictions) -> tuple[list[list[int]], list[LabelFigures]]:
    """The confusion matrix of single labels, and each label's figures."""
    import numpy as np

    from nlpwb.evaluation.metrics import confusion

    labels, said = predictions.labels, predictions.predicted[0]
    if predictions.task == "regression":
        return [], []
    table: list[list[int]] = []
    if predictions.task == "classify":
        counts = confusion(predictions.truth, said, labels=len(labels))
        hits, support, predicted = np.diagonal(counts), counts.sum(axis=1), counts.sum(axis=0)
        table = counts.astype(int).tolist()
    else:
        both = said & predictions.truth
        hits, support, predicted = (x.sum(axis=0) for x in (both, predictions.truth, said))
    columns = zip(labels, hits.tolist(), support.tolist(), predicted.tolist(), strict=True)
    return table, [_label_figures(*column) for column in columns]


def _label_figures(label: str, hits: float, support: float, predicted: float) -> LabelFigures:
    precision = hits / predicted if predicted else 0.0
    recall = hits / support if support else 0.0
    f1 = 2 * hits / (support + predicted) if support + predicted else 0.0
    return LabelFigures(label, precision, recall, f1, int(support), int(predicted))
