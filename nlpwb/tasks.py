"""What is predicted for a document, and what predictions are judged by.

``classify``: one label of several. ``multilabel``: a set of labels, perhaps none. ``regression``: a number.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Literal

from nlpwb.errors import UsageError, nearest

Task = Literal["classify", "multilabel", "regression"]

TASKS: tuple[Task, ...] = ("classify", "multilabel", "regression")
TOKENS = "tokens"
"""What ``--task`` calls labels of words: a kind of model of its own (``nlpwb/workflows/tagging``)."""
SEPARATOR = ";"
"""Between the labels of a set, as in ``sport;politics``, and between the columns of 0 and 1 that hold a set."""
AS_SAID: dict[Task, str] = {
    "classify": "one label for each document",
    "multilabel": "several labels for each document",
    "regression": "a number for each document",
}


@dataclass(frozen=True)
class MetricInfo:
    """What the rest of the house must know about a metric.

    ``header`` stands over its column; ``needs`` says whether predicted labels (or numbers) are enough; ``low`` and ``high``
    bound its values; ``perfect`` is the value of a model that makes no mistake; ``tasks`` are those it judges.
    """

    name: str
    header: str
    higher_is_better: bool
    needs: Literal["labels", "scores"]
    perfect: float
    low: float
    high: float
    tasks: tuple[Task, ...] = ("classify",)


_SETS: tuple[Task, ...] = ("multilabel",)
_NUMBERS: tuple[Task, ...] = ("regression",)

METRICS: dict[str, MetricInfo] = {
    info.name: info
    for info in (
        MetricInfo("accuracy", "accuracy", True, "labels", 1.0, 0.0, 1.0),
        MetricInfo("micro-f1", "micro F1", True, "labels", 1.0, 0.0, 1.0, _SETS),
        MetricInfo("macro-f1", "macro F1", True, "labels", 1.0, 0.0, 1.0, ("classify", *_SETS)),
        MetricInfo("weighted-f1", "weighted F1", True, "labels", 1.0, 0.0, 1.0),
        MetricInfo("mcc", "MCC", True, "labels", 1.0, -1.0, 1.0),
        MetricInfo("log-loss", "log loss", False, "scores", 0.0, 0.0, inf),
        MetricInfo("roc-auc", "ROC AUC", True, "scores", 1.0, 0.0, 1.0),
        MetricInfo("subset-accuracy", "subset accuracy", True, "labels", 1.0, 0.0, 1.0, _SETS),
        MetricInfo("hamming-loss", "Hamming loss", False, "labels", 0.0, 0.0, 1.0, _SETS),
        MetricInfo("lrap", "ranking precision", True, "scores", 1.0, 0.0, 1.0, _SETS),
        MetricInfo("pearson", "Pearson", True, "labels", 1.0, -1.0, 1.0, _NUMBERS),
        MetricInfo("spearman", "Spearman", True, "labels", 1.0, -1.0, 1.0, _NUMBERS),
        MetricInfo("rmse", "RMSE", False, "labels", 0.0, 0.0, inf, _NUMBERS),
        MetricInfo("mae", "MAE", False, "labels", 0.0, 0.0, inf, _NUMBERS),
        MetricInfo("r2", "R²", True, "labels", 1.0, -inf, 1.0, _NUMBERS),
    )
}
"""Of the metrics of a task the first is the one it is judged by where none is asked for."""

PROPORTIONS = ("accuracy", "subset-accuracy")
"""Shares of documents that are right: exact tests and Wilson's interval are for these."""
CORRELATIONS = ("pearson", "spearman")
"""Metrics without a unit: two methods' predictions have no common scale, and are not swapped for each other."""
POINTS = ("accuracy", "micro-f1", "macro-f1", "weighted-f1", "subset-accuracy")
"""Metrics whose differences are spoken of in points: hundredths."""
HEADS: dict[Task, str] = {"classify": "logreg", "multilabel": "logreg", "regression": "ridge"}
"""The head of a representation that is named without one."""


def metrics_of(task: Task) -> dict[str, MetricInfo]:
    """The metrics that judge a task, by name; the first is its default."""
    return {name: info for name, info in METRICS.items() if task in info.tasks}


def metric_info(name: str, task: Task | None = None) -> MetricInfo:
    """The metric of that name, one of ``task`` where that is given.

    Raises:
        UsageError: there is none, or it judges another task.
    """
    if name not in METRICS:
        known = METRICS if task is None else metrics_of(task)
        raise UsageError(f"there is no metric {name!r}; {nearest(name, known)}")
    info = METRICS[name]
    if task is not None and task not in info.tasks:
        raise UsageError(
            f"--metric {name} judges {AS_SAID[info.tasks[0]]}, and here the task is {task}; "
            f"choose one of {', '.join(metrics_of(task))}"
        )
    return info


def default_metric(task: Task) -> str:
    """What a task is judged by where no metric is asked for: accuracy, micro F1, Pearson's correlation."""
    return next(iter(metrics_of(task)))
