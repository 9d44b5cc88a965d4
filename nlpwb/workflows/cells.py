"""One cell of a comparison: one method, one training part, one test part, one seed. Fitted, measured, kept.

An artifact of kind ``cell`` holds ``predicted.npy`` (what :meth:`Classifier.said` gives), ``scores.npy`` float64 (n, outputs),
of a network its ``training.jsonl``, and in its facts what it cost. Whatever the metric, it is computed from these later, so a
comparison under another metric fits nothing again.

While a network trains, its checkpoints are at ``<root>/training/.<hash of the cell>``: a comparison that was interrupted goes
on from there. The dot makes it an unfinished thing, which ``nlpwb cache prune`` offers to remove.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlpwb.cache.store import Artifact, Cache, Key
from nlpwb.catalogue import load
from nlpwb.errors import MethodError
from nlpwb.specs import Spec
from nlpwb.tasks import Task
from nlpwb.workflows.classifier import Fitted, fit_classifier, fit_representation, warm_up
from nlpwb.workflows.networks.conditions import TRAINING_LOG, Conditions
from nlpwb.workflows.storage import folder_bytes, load_states, save_states

CELL_VERSION = 2  # 2: peak memory above interpreter, libraries and texts
WORTH_KEEPING = 2.0
"""Seconds of training from which a representation gets an entry of its own in the cache."""


@dataclass(frozen=True)
class Cell:
    """What a cell is, without the texts: enough for its key.

    ``train`` and ``test`` are digests of the rows; ``budget`` is the number of training rows where it is not all of them;
    ``device`` and ``precision`` are those of a network, as they were asked for; ``pairs``: every document is two texts.
    """

    spec: Spec
    run: str
    seed: int
    train: str
    test: str
    labels: tuple[str, ...]
    budget: int | None = None
    task: Task = "classify"
    device: str = "auto"
    precision: str = "auto"
    pairs: bool = False

    @property
    def key(self) -> Key:
        """The key of its artifact."""
        first = self.spec.representation
        # cells of labels keep the keys that they had before there were other tasks
        more: dict[str, Any] = {} if self.task == "classify" else {"task": self.task}
        if first.entry.network and not first.entry.based:
            from nlpwb.workflows.networks.embeddings import embedding_identity

            more["embeddings"] = embedding_identity(first.config, first.name)
        if self.pairs and first.entry.network and first.entry.based:  # all others read one text
            more["pairs"] = True
        if first.entry.network:
            asked = {"device": self.device, "precision": self.precision}
            more |= {name: word for name, word in asked.items() if word != "auto"}
        return Key(
            "cell",
            {
                "version": CELL_VERSION,
                "spec": self.spec.identity(),
                "train": self.train,
                "test": self.test,
                "labels": list(self.labels),
                "seed": self.seed,
                **more,
            },
        )

    @property
    def representation_key(self) -> Key:
        """The key of its representation, which cells with other heads share."""
        return Key(
            "representation",
            {
                "version": CELL_VERSION,
                "method": self.spec.representation.identity(),
                "train": self.train,
                "seed": self.seed,
            },
        )

    def make(self, cache: Cache, documents: Documents, *, threads: int) -> Artifact:
        """:func:`run_cell`, as the pool calls it."""
        return run_cell(cache, self, documents, threads=threads)


@dataclass(frozen=True)
class Documents:
    """The texts of a cell: what is trained on, and what is predicted."""

    train_texts: Sequence[str]
    train_labels: Sequence[str]
    test_texts: Sequence[str]


def run_cell(cache: Cache, cell: Cell, documents: Documents, *, threads: int) -> Artifact:
    """The artifact of a cell, computed where the cache has none. Runs in a process of its own."""

    def make(folder: Path) -> Mapping[str, Any]:
        return _measure(cache, cell, documents, folder, threads=threads)

    artifact = cache.get_or_make(cell.key, make)
    if cell.spec.representation.entry.network:
        shutil.rmtree(checkpoints_of(cache, cell), ignore_errors=True)
    return artifact


def checkpoints_of(cache: Cache, cell: Cell) -> Path:
    """Where the network of a cell keeps its checkpoints while it trains."""
    return cache.root / "training" / f".{cell.key.digest}"


def _measure(
    cache: Cache, cell: Cell, documents: Documents, folder: Path, *, threads: int
) -> Mapping[str, Any]:
    import numpy as np

    spec = cell.spec
    warm_up(spec)
    memory = MemoryMeter()
    fitted, earlier, earlier_peak = None, 0.0, 0
    conditions, notes = None, list[str]()
    if spec.representation.entry.network or spec.representation.entry.based:
        conditions = Conditions(
            device=cell.device,
            precision=cell.precision,
            checkpoints=checkpoints_of(cache, cell),
            cache=cache,
            log=folder / TRAINING_LOG,
            note=notes.append,
        )
    if spec.representation.entry.kept:
        fitted, earlier, earlier_peak = _kept_representation(
            cache, cell, documents, memory, threads=threads
        )
    started = time.perf_counter()
    classifier = fit_classifier(
        spec,
        documents.train_texts,
        documents.train_labels,
        labels=cell.labels,
        seed=cell.seed,
        threads=threads,
        fitted=fitted,
        conditions=conditions,
        task=cell.task,
        pairs=cell.pairs,
    )
    shares: dict[str, Any] = {}
    if classifier.network is not None:
        made = classifier.network.made
        earlier = made.earlier_seconds
        shares = {"trained_share": made.trained_share, "ship_bytes": made.ship_bytes}
    fit_seconds = earlier + time.perf_counter() - started + classifier.spared_seconds()
    started = time.perf_counter()
    scores = classifier.scores(documents.test_texts, threads=threads)
    predict_seconds = time.perf_counter() - started + classifier.spared_seconds()
    if not np.isfinite(scores).all():
        raise MethodError(
            f"{spec} answered with scores that are no numbers; a smaller learning_rate, or a stronger penalty, may help"
        )
    peak = max(memory.peak(), earlier_peak)
    np.save(folder / "scores.npy", scores.astype(np.float64))
    np.save(folder / "predicted.npy", classifier.said(scores))
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        save_states(Path(scratch), [part.state() for part in classifier.parts()])
        size = folder_bytes(Path(scratch))
    return {
        "summary": f"{spec}, {cell.run}, seed {cell.seed}",
        "fit_seconds": fit_seconds,
        "predict_seconds": predict_seconds,
        "documents": len(documents.test_texts),
        "peak_bytes": peak,
        "model_bytes": size,
        "dimensions": classifier.dimensions,
        "oov_rate": classifier.unknown_tokens(documents.test_texts).share,
        "chosen": classifier.chosen(),
        "probabilistic": classifier.probabilistic,
        "threads": threads,
        "notes": notes,
        **{name: value for name, value in shares.items() if value is not None},
    }


def _kept_representation(
    cache: Cache, cell: Cell, documents: Documents, memory: MemoryMeter, *, threads: int
) -> tuple[Fitted, float, int]:
    """A representation trained for a cell with another head, or trained now; what its training took in seconds and bytes.

    One that was trained in less than ``WORTH_KEEPING`` is not kept: its files would cost more than training it again.
    """
    import numpy as np

    spec = cell.spec
    part = spec.representation
    fresh: list[Fitted] = []

    def make(folder: Path) -> Mapping[str, Any]:
        fitted = fit_representation(spec, documents.train_texts, seed=cell.seed, threads=threads)
        fresh.append(fitted)
        if fitted.seconds < WORTH_KEEPING:
            raise _NotWorthKeeping
        facts = save_states(folder, [fitted.representation.state()])
        np.save(folder / "matrix.npy", np.asarray(fitted.matrix))
        return {
            "summary": f"{part}, {cell.run}, seed {cell.seed}",
            "state": facts[0],
            "fit_seconds": fitted.seconds,
            "peak_bytes": memory.peak(),
        }

    try:
        artifact = cache.get_or_make(cell.representation_key, make)
    except _NotWorthKeeping:
        return fresh[0], fresh[0].seconds, memory.peak()
    seconds, peak = float(artifact.facts["fit_seconds"]), int(artifact.facts["peak_bytes"])
    if fresh:
        return fresh[0], seconds, peak
    state = load_states(artifact.path, [artifact.facts["state"]])[0]
    representation = load(part.entry.code).from_state(part.config, state)
    matrix = np.load(artifact.path / "matrix.npy", allow_pickle=False)
    return Fitted(representation, matrix, seconds), seconds, peak


class _NotWorthKeeping(Exception):
    """Leaves the cache without an entry."""


class MemoryMeter:
    """The most memory that this process takes from now on, above what it holds now.

    What is there when a cell begins (interpreter, libraries, the texts) is the same for every method, or depends on the other
    methods of the comparison; what a method takes on top of it is its own.
    """

    def __init__(self) -> None:
        with contextlib.suppress(OSError):  # Linux resets the high-water mark to what is held now
            Path("/proc/self/clear_refs").write_text("5")
        self._start = _status_bytes("VmRSS") or _peak_by_usage()

    def peak(self) -> int:
        """Bytes above the start."""
        return max(0, (_status_bytes("VmHWM") or _peak_by_usage()) - self._start)


def _status_bytes(field: str) -> int | None:
    """A figure that Linux keeps about this process."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(field)), None)


def _peak_by_usage() -> int:
    """The high-water mark on other systems, which cannot be reset."""
    try:
        import resource
    except ImportError:  # no such module on Windows
        return 0
    scale = 1 if os.uname().sysname == "Darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale
