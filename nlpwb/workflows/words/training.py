"""A corpus to a folder of word vectors: encoded once, trained, kept after each epoch until the end."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.metadata
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlpwb.cache.store import Cache, Key
from nlpwb.catalogue import CATALOGUE, DEFAULT_HEAD
from nlpwb.data.corpus import ReadOptions
from nlpwb.errors import CacheError, InputError, UsageError
from nlpwb.specs import Part, Spec
from nlpwb.vectors.files import write_vectors
from nlpwb.vectors.folder import GRAPH, check_target
from nlpwb.vectors.formats.recognise import FOLDER, target_format
from nlpwb.workflows.storage import folder_bytes
from nlpwb.workflows.words.corpus import encoded_corpus

if TYPE_CHECKING:
    from nlpwb.methods.embeddings.trainer import Tables

CHECKPOINT_VERSION = 1
WORTH_KEEPING = 5.0
"""Seconds of training from which the tables are kept after an epoch; less is sooner trained again than read."""
PATIENCE = 1.5
"""Seconds after which loading the training loops is said to be compiling them."""


@dataclass(frozen=True)
class TrainedWords:
    """What training word vectors gave. ``tokens`` are those of the text, ``occurrences`` those of words that got a vector;
    ``words_per_second`` counts them once an epoch. ``resumed`` is the epoch that an interrupted run had finished, 0 for none."""

    vectors: str
    method: str
    documents: int
    tokens: int
    occurrences: int
    words: int
    dimensions: int
    epochs: int | None
    resumed: int
    loss: float | None
    seconds: float
    words_per_second: float
    bytes: int


@dataclass(frozen=True)
class TrainingProgress:
    """How far training is: ``share`` of all epochs, 0 to 1; ``loss`` is the mean objective of a true pair in this epoch."""

    epoch: int
    epochs: int
    share: float
    words_per_second: float
    loss: float
    seconds_left: float


def train_words(
    spec: Spec,
    source: str,
    options: ReadOptions,
    target: Path,
    *,
    seed: int,
    threads: int,
    device: str = "cpu",
    cache: Cache,
    note: Callable[[str], None] = lambda _: None,
    progress: Callable[[TrainingProgress], None] = lambda _: None,
    worth_keeping: float = WORTH_KEEPING,
) -> TrainedWords:
    """Train word vectors on a corpus and write them to ``target``: our folder, or a file by its ending.

    Killed and started again, the same command goes on after the last epoch that was kept: skip-gram, CBOW and fastText's model
    on the processor; the others begin anew.

    Raises:
        UsageError: the method trains no word vectors.
        InputError: the corpus cannot be read, or the place cannot be written.
        MethodError: no word is frequent enough.
    """
    part = _trainable(spec)
    _check_place(target, source)
    config: Any = part.config
    _check_device(device, config)
    epochs: int | None = getattr(config, "epochs", None)
    with encoded_corpus(
        source, options, config, min_count=config.min_count, cache=cache, note=note
    ) as (corpus, facts):
        note(
            f"{facts['tokens']:,} tokens, {facts['types']:,} distinct; {facts['words']:,} words "
            f"occur {config.min_count} times or more"
        )
        with _said_when_slow(part, device, note):
            _load_loops(part, device)
        from nlpwb.methods.embeddings.training import races, resumes, train_encoded

        checkpoints = None
        if resumes(config, device) and cache.lasts:
            identity = {
                "method": part.identity(),
                "corpus": facts["fingerprint"],
                "seed": seed,
                # several threads race, whatever their number: what one run began another may end
                "threads": "one" if threads == 1 else "several",
            }
            checkpoints = _Checkpoints(cache, identity, epochs or 0, worth_keeping, note)
        start = checkpoints.latest() if checkpoints is not None else None
        if start is not None:
            note(f"going on after epoch {start.epoch} of {epochs}, where an earlier run stopped")
        if threads > 1 and device == "cpu" and races(config):
            note(
                f"{threads} threads write into the same rows: another run differs in its last digits and "
                "is as good; --deterministic gives the same bytes"
            )
        clock = _Clock(facts["occurrences"], epochs, start.epoch if start else 0, progress)
        vectors = train_encoded(
            corpus,
            config,
            seed=seed,
            threads=threads,
            device=device,
            start=start,
            keep=checkpoints.keep if checkpoints is not None else None,
            progress=clock,
        )
        seconds = clock.seconds
    vectors = dataclasses.replace(
        vectors,
        facts={
            "method": str(part),
            "options": part.identity()["options"],
            "corpus": facts["corpus"],
            "fingerprint": facts["fingerprint"],
            "documents": facts["documents"],
            "tokens": facts["tokens"],
            "lowercase": config.lowercase,
            "seed": seed,
            "threads": threads,
            "device": device,
            "seconds": round(seconds, 3),
            "nlpwb": importlib.metadata.version("nlpwb"),
        },
    )
    indexed = (target / GRAPH).exists()
    write_vectors(target, vectors)
    if indexed:
        note(
            f"the index in {target} left with the vectors it belonged to; `nlpwb words index {target}` makes it anew"
        )
    if checkpoints is not None:
        checkpoints.clear()
    trained = 1 - (start.epoch if start else 0) / (epochs or 1)
    return TrainedWords(
        vectors=str(target),
        method=str(part),
        documents=facts["documents"],
        tokens=facts["tokens"],
        occurrences=facts["occurrences"],
        words=len(vectors),
        dimensions=vectors.dimensions,
        epochs=epochs,
        resumed=start.epoch if start else 0,
        loss=clock.loss,
        seconds=seconds,
        words_per_second=facts["occurrences"] * (epochs or 1) * trained / max(seconds, 1e-9),
        bytes=folder_bytes(target) if target.is_dir() else target.stat().st_size,
    )


def _trainable(spec: Spec) -> Part:
    """The part of a spec that trains word vectors.

    Raises:
        UsageError: it has none, or parts that would do nothing.
    """
    part = spec.representation
    able = [
        name
        for name, entry in CATALOGUE.items()
        if entry.family == "embeddings" and name not in ("doc2vec", "vectors")
    ]
    if part.name not in able:
        raise UsageError(f"{spec}: {part.name} trains no word vectors; take {', '.join(able)}")
    if spec.reducer is not None or (spec.head is not None and str(spec.head) != DEFAULT_HEAD):
        idle = spec.reducer or spec.head
        raise UsageError(f"{spec}: word vectors have no use for +{idle}; leave it out")
    if getattr(part.config, "pooling", "mean") != "mean":
        raise UsageError(
            f"{spec}: pooling makes vectors of documents, and words train makes those of words; leave it out"
        )
    return part


def _check_place(target: Path, source: str) -> None:
    """Refuse a place that could not be written to, or that is the corpus itself, before a text is read."""
    if target_format(target, None) == FOLDER:
        check_target(target)
        return
    if not target.absolute().parent.is_dir():
        raise InputError(f"-o {target}: the folder {target.parent} does not exist; make it first")
    if target.is_dir():
        raise InputError(f"-o {target}: this is a folder; name a file in it")
    if target.exists() and source != "-" and Path(source).exists() and target.samefile(source):
        raise InputError(f"-o {target}: this is the corpus itself; choose another name")


def _check_device(device: str, config: Any) -> None:
    """Refuse a device that is not there, or that the method cannot use, before a text is read."""
    if device == "cpu":
        return
    from nlpwb.methods.embeddings.torch_trainer import check_device

    check_device(config, device)


def _load_loops(part: Part, device: str) -> None:
    """Import what the method needs; the first time on a machine this compiles."""
    import importlib

    if device == "cpu":
        for module in part.loads:
            importlib.import_module(module)


@contextlib.contextmanager
def _said_when_slow(part: Part, device: str, note: Callable[[str], None]) -> Iterator[None]:
    """Say that the loops are being compiled when loading them takes longer than reading them from disk would."""
    if device != "cpu" or "gensim.models" in part.loads:
        yield
        return
    timer = threading.Timer(
        PATIENCE, note, ["loading the training loops; the first time they are compiled"]
    )
    timer.daemon = True
    started = time.perf_counter()
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
    shared = sys.modules.get("nlpwb.methods.embeddings.kernels.shared")
    if shared is not None and shared.compiled_anew:
        seconds = time.perf_counter() - started
        kept = "later runs read them from disk"
        if shared.kept_nowhere:
            kept = "later runs compile again, because the place for it cannot be written (NUMBA_CACHE_DIR names another)"
        note(f"compiled once, {seconds:.0f} s; {kept}")


class _Clock:
    """Turns a trainer's reports into progress with a speed and the time that is left."""

    def __init__(
        self,
        occurrences: int,
        epochs: int | None,
        first: int,
        progress: Callable[[TrainingProgress], None],
    ) -> None:
        self._words = occurrences * (epochs or 1)
        self._epochs = epochs or 1
        self._first = first / self._epochs
        self._progress = progress
        self._started = time.perf_counter()
        self.loss: float | None = None

    @property
    def seconds(self) -> float:
        """Since training began."""
        return time.perf_counter() - self._started

    def __call__(self, epoch: int, share: float, loss: float) -> None:
        seconds = self.seconds
        done = share - self._first
        if loss == loss:  # NaN before the first window
            self.loss = loss
        left = (1 - share) * seconds / done if done > 0 else float("nan")
        speed = done * self._words / seconds if seconds > 0 else 0.0
        self._progress(TrainingProgress(epoch, self._epochs, share, speed, loss, left))


class _Checkpoints:
    """The tables after each epoch, in the cache; the last one only."""

    def __init__(
        self,
        cache: Cache,
        identity: dict[str, Any],
        epochs: int,
        worth_keeping: float,
        note: Callable[[str], None],
    ) -> None:
        self._note = note
        self._cache = cache
        self._identity = identity
        self._epochs = epochs
        self._worth_keeping = worth_keeping
        self._kept_at = time.perf_counter()

    def _key(self, epoch: int) -> Key:
        return Key(
            "word-vectors-epoch",
            {"version": CHECKPOINT_VERSION, **self._identity, "epoch": epoch},
        )

    def latest(self) -> Tables | None:
        """The tables of the last epoch that was kept, or None."""
        import numpy as np

        from nlpwb.methods.embeddings.trainer import Tables

        for epoch in range(self._epochs - 1, 0, -1):
            found = self._cache.get(self._key(epoch))
            if found is not None:
                W = np.load(found.path / "input.npy", allow_pickle=False)
                C = np.load(found.path / "output.npy", allow_pickle=False)
                return Tables(epoch, W, C)
        return None

    def keep(self, tables: Tables) -> None:
        """Keep the tables after an epoch, and let those before it go."""
        import numpy as np

        if time.perf_counter() - self._kept_at < self._worth_keeping:
            return

        def make(folder: Path) -> dict[str, Any]:
            np.save(folder / "input.npy", tables.W)
            np.save(folder / "output.npy", tables.C)
            name = self._identity["method"]["name"]
            return {"summary": f"{name} after epoch {tables.epoch} of {self._epochs}"}

        try:
            self._cache.get_or_make(self._key(tables.epoch), make)
        except CacheError as error:  # training goes on; only a kill would now cost more
            self._note(f"epoch {tables.epoch} is not kept: {error}")
            return
        for earlier in range(1, tables.epoch):
            self._remove(earlier)
        self._kept_at = time.perf_counter()

    def clear(self) -> None:
        """Let all of them go: the vectors are written."""
        for epoch in range(1, self._epochs):
            self._remove(epoch)

    def _remove(self, epoch: int) -> None:
        shutil.rmtree(self._cache.folder(self._key(epoch)), ignore_errors=True)
