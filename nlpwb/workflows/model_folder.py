"""A classifier as a model folder; ``folders.py`` says how one is laid out and written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlpwb.catalogue import load
from nlpwb.specs import Spec
from nlpwb.tasks import TASKS, Task
from nlpwb.workflows.classifier import Classifier
from nlpwb.workflows.folders import (
    CLASSIFIER,
    FORMAT,
    MANIFEST,
    damaged,
    dated,
    read_manifest,
    read_states,
    save_folder,
    write_files,
)

if TYPE_CHECKING:
    from nlpwb.methods.protocol import State
    from nlpwb.workflows.networks.classifier import NetworkClassifier


def save_model(
    target: Path,
    classifier: Classifier,
    made: dict[str, Any],
    *,
    beside: Mapping[str, Path] | None = None,
) -> None:
    """Put a classifier's folder at ``target``, whole; what stood there stays until then.

    ``beside`` are further files that belong to the model, by their names in the folder.

    Raises:
        InputError: the place holds something that is no model, or cannot be written.
    """
    made = dated(made)
    save_folder(target, lambda folder: write_classifier(folder, classifier, made, beside=beside))


def write_classifier(
    folder: Path,
    classifier: Classifier,
    made: Mapping[str, Any],
    *,
    beside: Mapping[str, Path] | None = None,
) -> None:
    """Write a classifier's files into an existing folder."""
    facts = {
        # what labels a text once is read by every release
        "format": _format(classifier),
        "kind": CLASSIFIER,
        **task_facts(classifier),
        "labels": list(classifier.labels),
        "seed": classifier.seed,
        "probabilistic": classifier.probabilistic,
        "dimensions": classifier.dimensions,
        "made": made,
    }
    if classifier.spec.representation.entry.based and classifier.network is not None:
        classifier.network.write_beside(folder)  # type: ignore[attr-defined]
    states = [part.state() for part in classifier.parts()]
    parts = list(zip(classifier.spec.parts, states, strict=True))
    write_files(folder, classifier.spec, parts, facts, beside=beside)


def _format(classifier: Classifier) -> int:
    if classifier.pairs:
        return FORMAT
    return 1 if classifier.task == "classify" else 2


def task_facts(classifier: Classifier) -> dict[str, Any]:
    """What a manifest says of the task, where it is not one label of one text."""
    pairs = {"pairs": True} if classifier.pairs else {}
    if classifier.task == "classify":
        return pairs
    return {"task": classifier.task, "always_one": classifier.always_one, **pairs}


def reads_pairs(folder: Path) -> bool:
    """Whether a classifier was trained on pairs of texts.

    Raises:
        ModelError: no model, no classifier, or one of a later format.
    """
    return bool(read_manifest(folder, CLASSIFIER).get("pairs", False))


def task_of_model(folder: Path) -> Task:
    """The task that a classifier was trained for.

    Raises:
        ModelError: no model, no classifier, or one of a later format or for a task that is not known.
    """
    return _task(read_manifest(folder, CLASSIFIER), folder)


def _task(manifest: dict[str, Any], folder: Path) -> Task:
    name = manifest.get("task", "classify")
    for task in TASKS:
        if task == name:
            return task
    raise damaged(folder, MANIFEST)


def load_model(folder: Path, *, device: str = "auto", precision: str = "float32") -> Classifier:
    """The classifier of a folder, checked against its manifest; ``device`` and ``precision`` concern a network.

    Raises:
        ModelError: a file is missing, damaged, or of a later version; or the model is no classifier.
    """
    manifest = read_manifest(folder, CLASSIFIER)
    task, always_one = _task(manifest, folder), bool(manifest.get("always_one", False))
    try:
        seed, labels = int(manifest["seed"]), tuple(map(str, manifest["labels"]))
    except (KeyError, TypeError, ValueError):
        raise damaged(folder, MANIFEST) from None
    spec, states = read_states(folder, manifest)
    if spec.representation.entry.network:
        network = _kind_of_network(spec, states[0]).from_state(
            spec.representation, states[0], device=device, precision=precision
        )
        return Classifier(spec, labels, seed, network=network, task=task, always_one=always_one)
    fitted = [
        load(part.entry.code).from_state(part.config, state)
        for part, state in zip(spec.parts, states, strict=True)
    ]
    if not spec.representation.entry.needs_head:
        return Classifier(spec, labels, seed, whole=fitted[0], task=task, always_one=always_one)
    return Classifier(
        spec,
        labels,
        seed,
        representation=fitted[0],
        reducer=fitted[1] if spec.reducer is not None else None,
        head=fitted[-1],
        task=task,
        always_one=always_one,
    )


def _kind_of_network(spec: Spec, state: State) -> type[NetworkClassifier]:
    if spec.representation.entry.based and "language" in state.facts:
        from nlpwb.workflows.pretrained.language.classifier import LanguageClassifier

        return LanguageClassifier
    if spec.representation.entry.based:
        from nlpwb.workflows.pretrained.classifier import FinetunedClassifier

        return FinetunedClassifier
    from nlpwb.workflows.networks.classifier import NetworkClassifier

    return NetworkClassifier
