"""One spec on a whole corpus: the winner of a comparison, put to work as a model folder."""

from __future__ import annotations

import importlib.metadata
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nlpwb.data.corpus import Corpus, ReadOptions
from nlpwb.data.reading import read_corpus
from nlpwb.errors import InputError
from nlpwb.specs import Spec
from nlpwb.workflows.classifier import fit_classifier, warm_up
from nlpwb.workflows.model_folder import check_target, save_model
from nlpwb.workflows.storage import folder_bytes


@dataclass(frozen=True)
class Trained:
    """What training gave; ``train_accuracy`` is on the training rows themselves and says nothing of new ones."""

    model: str
    method: str
    documents: int
    labels: list[str]
    dimensions: int | None
    fit_seconds: float
    bytes: int
    train_accuracy: float
    chosen: dict[str, float]


def train(
    spec: Spec,
    source: str,
    options: ReadOptions,
    target: Path,
    *,
    seed: int,
    threads: int,
    note: Callable[[str], None],
) -> Trained:
    """Fit a spec on all rows of a corpus and put the model at ``target``.

    Raises:
        InputError: the corpus has no two labels, or the place is taken by something else.
        MethodError: the spec cannot be fitted on this corpus.
    """
    check_target(target)
    corpus = read_corpus(source, options)
    for line in corpus.notes:
        note(line)
    labels = labels_of(corpus, "--label")
    names = sorted(set(labels))
    if len(names) < 2:
        raise InputError(
            f"{corpus.name} has one label only, {names[0]!r}; a classifier needs two or more"
        )
    warm_up(spec)
    started = time.perf_counter()
    classifier = fit_classifier(
        spec, corpus.texts, labels, labels=names, seed=seed, threads=threads
    )
    seconds = time.perf_counter() - started
    predicted = classifier.scores(corpus.texts, threads=threads).argmax(axis=1)
    right = sum(
        names[said] == label for said, label in zip(predicted.tolist(), labels, strict=True)
    )
    save_model(
        target,
        classifier,
        {
            "corpus": corpus.name,
            "fingerprint": corpus.fingerprint,
            "documents": len(corpus),
            "seconds": round(seconds, 3),
            "nlpwb": importlib.metadata.version("nlpwb"),
        },
    )
    return Trained(
        model=str(target),
        method=str(spec),
        documents=len(corpus),
        labels=names,
        dimensions=classifier.dimensions,
        fit_seconds=seconds,
        bytes=folder_bytes(target),
        train_accuracy=right / len(corpus),
        chosen=classifier.chosen(),
    )


def labels_of(corpus: Corpus, option: str) -> list[str]:
    """The labels of a corpus that must have them.

    Raises:
        InputError: it has none.
    """
    if corpus.labels is None:
        raise InputError(f"{corpus.name} has no labels; name their column with {option} COL")
    return corpus.labels
