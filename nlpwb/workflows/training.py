"""One spec on a whole corpus: the winner of a comparison, put to work as a model folder."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.metadata
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nlpwb.data.corpus import Corpus, ReadOptions
from nlpwb.data.reading import read_corpus
from nlpwb.data.targets import check_varied, set_names
from nlpwb.errors import InputError
from nlpwb.specs import Spec, for_task
from nlpwb.tasks import Task
from nlpwb.workflows.classifier import Classifier, fit_classifier, warm_up
from nlpwb.workflows.folders import check_target, replaced_note
from nlpwb.workflows.model_folder import save_model
from nlpwb.workflows.networks.conditions import TRAINING_LOG, Conditions, Made
from nlpwb.workflows.networks.place import alone_at
from nlpwb.workflows.storage import folder_bytes
from nlpwb.workflows.targets import target_array, task_of


@dataclass(frozen=True)
class Trained:
    """What training gave; ``train_accuracy`` is on the training rows themselves and says nothing of new ones.

    Of a network that is not asked for, and ``network`` says how it trained.
    """

    model: str
    corpus: str
    task: Task
    method: str
    documents: int
    labels: list[str]
    dimensions: int | None
    fit_seconds: float
    bytes: int
    train_accuracy: float | None
    chosen: dict[str, float]
    network: Made | None = None


def train(
    spec: Spec,
    source: str,
    options: ReadOptions,
    target: Path,
    *,
    seed: int,
    threads: int,
    note: Callable[[str], None],
    conditions: Conditions | None = None,
    task: Task | None = None,
) -> Trained:
    """Fit a spec on all rows of a corpus and put the model at ``target``.

    Without a ``task`` the labels tell. ``conditions`` concern a network; where its checkpoints go is decided here.

    Raises:
        InputError: the corpus has no two labels, or the place is taken by something else.
        MethodError: the spec cannot be fitted on this corpus.
        TrainingInterrupted: Ctrl-C while a network trained; the same command goes on.
    """
    check_target(target)
    corpus = read_corpus(source, options)
    for line in corpus.notes:
        note(line)
    labels = labels_of(corpus, "--label")
    task = task_of(task, corpus, note)
    names = sorted(set(labels)) if task == "classify" else set_names(labels)
    if task == "classify" and len(names) < 2:
        raise InputError(
            f"{corpus.name} has one label only, {names[0]!r}; a classifier needs two or more"
        )
    check_varied(task, labels, corpus.rows, name=corpus.name)
    if task == "regression":
        names = []
    spec = for_task(spec, task)
    if (held := replaced_note(target, spec)) is not None:
        note(held)
    warm_up(spec)
    made = {
        "corpus": corpus.name,
        "fingerprint": corpus.fingerprint,
        "documents": len(corpus),
        "nlpwb": importlib.metadata.version("nlpwb"),
    }
    with contextlib.ExitStack() as stack:
        beside = None
        if spec.representation.entry.network:
            folder = stack.enter_context(alone_at(target))
            conditions = dataclasses.replace(conditions or Conditions(), checkpoints=folder)
            beside = {TRAINING_LOG: folder / TRAINING_LOG}
        started = time.perf_counter()
        classifier = fit_classifier(
            spec,
            corpus.texts,
            labels,
            labels=names,
            seed=seed,
            threads=threads,
            conditions=conditions,
            task=task,
            pairs=corpus.pairs,
        )
        seconds = time.perf_counter() - started
        network = classifier.network.made if classifier.network is not None else None
        if network is not None:
            seconds += network.earlier_seconds
            made["network"] = dataclasses.asdict(network)
        made["seconds"] = round(seconds, 3)
        save_model(target, classifier, made, beside=beside)
    return Trained(
        model=str(target),
        corpus=corpus.name,
        task=task,
        method=str(spec),
        documents=len(corpus),
        labels=names,
        dimensions=classifier.dimensions,
        fit_seconds=seconds,
        bytes=folder_bytes(target),
        train_accuracy=_accuracy(classifier, corpus.texts, labels, threads=threads),
        chosen=classifier.chosen(),
        network=network,
    )


def _accuracy(
    classifier: Classifier, texts: list[str], labels: list[str], *, threads: int
) -> float | None:
    """The share of training rows that are labelled as they were.

    None for numbers; and for a network, which would take another long pass over all rows.
    """
    if classifier.network is not None or classifier.task == "regression":
        return None
    said = classifier.said(classifier.scores(texts, threads=threads))
    right = said == target_array(classifier.task, labels, classifier.labels)
    return float(right.reshape(len(texts), -1).all(axis=1).mean())


def labels_of(corpus: Corpus, option: str) -> list[str]:
    """The labels of a corpus that must have them.

    Raises:
        InputError: it has none.
    """
    require_labels(corpus.labels is not None, corpus.name, option)
    assert corpus.labels is not None
    return corpus.labels


def require_labels(labelled: bool, name: str, option: str) -> None:
    """Refuse a corpus without labels.

    Raises:
        InputError: it has none.
    """
    if not labelled:
        raise InputError(f"{name} has no labels; name their column with {option} COL")
