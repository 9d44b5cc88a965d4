"""A classifier as a folder on disk (DESIGN 7): ``manifest.json``, ``model.safetensors``, ``vocabulary.json``.

The manifest says what the model is and how it was made, and holds the SHA-256 of every other file. A folder is written beside
its place and renamed into it; an old model there is replaced at once or not at all.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nlpwb.catalogue import load
from nlpwb.errors import InputError, ModelError, NlpwbError
from nlpwb.files import sha256
from nlpwb.options import all_options
from nlpwb.specs import parse_spec
from nlpwb.tasks import TASKS, Task
from nlpwb.workflows.classifier import Classifier
from nlpwb.workflows.storage import load_states, save_states

FORMAT = 2
"""What is read; a model of single labels is written in format 1, which every release reads."""
KIND = "classifier"
MANIFEST = "manifest.json"


def write_files(
    folder: Path,
    classifier: Classifier,
    made: dict[str, Any],
    *,
    beside: Mapping[str, Path] | None = None,
) -> None:
    """Write a classifier's files into an existing folder; ``beside`` are files that are copied into it, by name."""
    for name, path in (beside or {}).items():
        shutil.copyfile(path, folder / name)
    facts = save_states(folder, [part.state() for part in classifier.parts()])
    parts = []
    for part, part_facts in zip(classifier.spec.parts, facts, strict=True):
        parts.append(
            {
                "name": part.name,
                "version": part.entry.version,
                "options": all_options(part.config),
                "facts": part_facts,
            }
        )
    manifest = {
        "format": 1 if classifier.task == "classify" else FORMAT,
        "kind": KIND,
        "spec": str(classifier.spec),
        "parts": parts,
        **task_facts(classifier),
        "labels": list(classifier.labels),
        "seed": classifier.seed,
        "probabilistic": classifier.probabilistic,
        "dimensions": classifier.dimensions,
        "made": made,
        "files": {
            path.name: {"bytes": path.stat().st_size, "sha256": sha256(path)}
            for path in sorted(folder.iterdir())
            if path.name != MANIFEST
        },
    }
    text = json.dumps(manifest, ensure_ascii=False, indent=1) + "\n"
    # a label may hold what is no character (half a surrogate pair): JSON's escape for it
    (folder / MANIFEST).write_text(text, encoding="utf-8", errors="backslashreplace")


def task_facts(classifier: Classifier) -> dict[str, Any]:
    """What a manifest says of the task, where it is not one label a text."""
    if classifier.task == "classify":
        return {}
    return {"task": classifier.task, "always_one": classifier.always_one}


def task_of_model(folder: Path) -> Task:
    """The task that a model was trained for.

    Raises:
        ModelError: no model, or one of a later format or for a task that is not known.
    """
    return _task(read_manifest(folder), folder)


def _task(manifest: dict[str, Any], folder: Path) -> Task:
    name = manifest.get("task", "classify")
    for task in TASKS:
        if task == name:
            return task
    raise _damaged(folder, MANIFEST)


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
    check_target(target)
    target = target.resolve()  # of a link its end, of ``.`` a name
    made = {**made, "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
    temporary = target.with_name(f".{target.name}.{os.getpid()}.{time.time_ns()}")
    old = temporary.with_name(f"{temporary.name}.old")
    try:
        temporary.mkdir()
        write_files(temporary, classifier, made, beside=beside)
        for path in [*temporary.iterdir(), temporary]:
            descriptor = os.open(path, os.O_RDONLY)
            os.fsync(descriptor)
            os.close(descriptor)
        if target.exists():
            target.rename(old)
        try:
            temporary.rename(target)
        except BaseException:
            if old.exists():
                old.rename(target)
            raise
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise InputError(
            f"the model {target}: {(error.strerror or str(error)).lower()}; choose another place with -o"
        ) from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def check_target(target: Path) -> None:
    """Refuse a place where a model cannot go, before any work is done for it.

    Raises:
        InputError: a file, or a folder that holds something that is no model, stands there; or the parent is missing.
    """
    if not target.resolve().parent.is_dir():
        raise InputError(f"-o {target}: the folder {target.parent} does not exist; make it first")
    if target.exists() and not target.is_dir():
        raise InputError(f"-o {target} is a file, and a model is a folder; choose another name")
    if target.is_dir():
        strange = sorted({path.name for path in target.iterdir()} - _own_files(target))
        if strange:
            raise InputError(
                f"-o {target}: the folder holds {strange[0]}, which is no part of a model; "
                "choose another place"
            )


def _own_files(folder: Path) -> set[str]:
    """The names that a model's manifest answers for, its own among them; none where it is not a manifest of ours."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        _ = manifest["format"], manifest["kind"], manifest["made"]
        return {MANIFEST, *manifest["files"]}
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def read_manifest(folder: Path) -> dict[str, Any]:
    """What a model says of itself.

    Raises:
        ModelError: no model, or one of a later format.
    """
    if not folder.exists():
        raise ModelError(
            f"there is no model {folder}; `nlpwb train SPEC CORPUS -o {folder}` makes one"
        )
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        kind, format = manifest["kind"], manifest["format"]
    except (OSError, ValueError, KeyError, TypeError):
        raise ModelError(
            f"{folder} is no model: it has no readable {MANIFEST}; `nlpwb train` makes models"
        ) from None
    if not isinstance(format, int) or format > FORMAT:
        raise ModelError(
            f"the model {folder} has format {format}, and this version reads up to {FORMAT}; "
            "update nlpwb"
        )
    if kind != KIND:
        raise ModelError(f"the model {folder} is a {kind}, and this command needs a {KIND}")
    return manifest


def load_model(folder: Path, *, device: str = "auto", precision: str = "float32") -> Classifier:
    """The classifier of a folder, checked against its manifest; ``device`` and ``precision`` concern a network.

    Raises:
        ModelError: a file is missing, damaged, or of a later version.
    """
    manifest = read_manifest(folder)
    task, always_one = _task(manifest, folder), bool(manifest.get("always_one", False))
    try:
        text, seed = str(manifest["spec"]), int(manifest["seed"])
        labels = tuple(map(str, manifest["labels"]))
        facts = [part["facts"] for part in manifest["parts"]]
        expected = {
            name: (file["bytes"], file["sha256"]) for name, file in manifest["files"].items()
        }
    except (KeyError, TypeError, ValueError, AttributeError):
        raise _damaged(folder, MANIFEST) from None
    for name, written in expected.items():
        path = folder / name
        if not path.is_file():
            raise ModelError(f"the model {folder} has lost its file {name}; train it again")
        if (path.stat().st_size, sha256(path)) != written:
            raise _damaged(folder, name)
    try:
        spec = parse_spec(text)
    except NlpwbError as error:
        raise ModelError(
            f"the model {folder} was made by a method that this version does not have ({error})"
        ) from None
    if len(facts) != len(spec.parts):
        raise _damaged(folder, MANIFEST)
    states = load_states(folder, facts)
    if spec.representation.entry.network:
        from nlpwb.workflows.networks.classifier import NetworkClassifier

        network = NetworkClassifier.from_state(
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


def _damaged(folder: Path, name: str) -> ModelError:
    return ModelError(
        f"the model {folder} is damaged: {name} is not what was written; train it again"
    )
