"""One cell: one method that writes, one training part, one seed. Trained, asked, measured, kept.

An artifact of kind ``sequence`` holds sums a unit of the test part, from which every figure is computed: ``nats.npy`` float64
(n,) and ``tokens.npy`` int64 (n,); of a language model ``bytes.npy`` int64 (n,), and ``nats-wide.npy`` float64 (n,) where it can
see twice as many tokens as it was trained on; of a translator ``bleu.npy`` int64 (n, 10), ``chrf.npy`` int64 (n, 18) and
``translations.json``. Of a network there is its ``training.jsonl``, and in the facts stands what it cost.
"""

from __future__ import annotations

import dataclasses
import importlib
import json
import shutil
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlpwb.cache.store import Artifact, Cache, Key
from nlpwb.catalogue import load
from nlpwb.data.pairs import Pairs
from nlpwb.errors import MethodError
from nlpwb.specs import Spec
from nlpwb.workflows.cells import MemoryMeter
from nlpwb.workflows.language.texts import Texts
from nlpwb.workflows.networks.conditions import TRAINING_LOG, Conditions
from nlpwb.workflows.sequences.sources import SequenceTask
from nlpwb.workflows.storage import folder_bytes, save_states
from nlpwb.workflows.translation.search import Search

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nlpwb.workflows.language.model import LanguageModel
    from nlpwb.workflows.networks.conditions import Made
    from nlpwb.workflows.translation.model import Translator

CELL_VERSION = 1
SEARCH = Search()
"""How all translators look for their translations."""
WIDER = 2
"""So many times the trained context is read once more, to see whether positions reach further than training did."""
_NEEDED: dict[SequenceTask, tuple[str, ...]] = {
    "lm": ("nlpwb.workflows.language.fitting", "nlpwb.workflows.language.blocks"),
    "translate": (
        "nlpwb.workflows.translation.fitting",
        "nlpwb.workflows.translation.translating",
        "nlpwb.evaluation.bleu",
        "sacrebleu.metrics.bleu",
    ),
}
"""Modules whose loading is no part of the measured time."""


@dataclass(frozen=True)
class SequenceCell:
    """What a cell is, without the texts: ``train`` and ``test`` are their digests."""

    task: SequenceTask
    spec: Spec
    seed: int
    train: str
    test: str
    device: str = "auto"
    precision: str = "auto"

    @property
    def key(self) -> Key:
        """The key of its artifact."""
        asked = {"device": self.device, "precision": self.precision}
        search = dataclasses.asdict(SEARCH) if self.task == "translate" else None
        return Key(
            "sequence",
            {
                "version": CELL_VERSION,
                "task": self.task,
                "spec": self.spec.identity(),
                "train": self.train,
                "test": self.test,
                "seed": self.seed,
                "search": search,
                **{name: word for name, word in asked.items() if word != "auto"},
            },
        )

    def make(self, cache: Cache, documents: Material, *, threads: int) -> Artifact:
        """Its artifact, computed where the cache has none. Runs in a process of its own."""

        def write(folder: Path) -> Mapping[str, Any]:
            return _measure(self, cache, documents, folder, threads=threads)

        artifact = cache.get_or_make(self.key, write)
        shutil.rmtree(self.checkpoints(cache), ignore_errors=True)
        return artifact

    def checkpoints(self, cache: Cache) -> Path:
        """Where its network keeps its checkpoints while it trains: a comparison that was interrupted goes on from there."""
        return cache.root / "training" / f".{self.key.digest}"


@dataclass(frozen=True)
class Material:
    """What a cell trains on, and what it is asked: texts for a language model, pairs for a translator."""

    train: Texts | Pairs
    test: Texts | Pairs


def _measure(
    cell: SequenceCell, cache: Cache, material: Material, folder: Path, *, threads: int
) -> Mapping[str, Any]:
    for module in _NEEDED[cell.task]:
        importlib.import_module(module)
    load(cell.spec.representation.entry.code)
    notes: list[str] = []
    conditions = Conditions(
        device=cell.device,
        precision=cell.precision,
        checkpoints=cell.checkpoints(cache) if cell.spec.representation.entry.trains else None,
        cache=cache,
        log=folder / TRAINING_LOG if cell.spec.representation.entry.trains else None,
        note=notes.append,
    )
    memory = MemoryMeter()
    measure = _measure_language if cell.task == "lm" else _measure_translation
    facts = measure(cell, material, folder, conditions, memory, threads=threads)
    return {
        "summary": f"{cell.spec}, {cell.task}, seed {cell.seed}",
        **facts,
        "threads": threads,
        "notes": notes,
    }


def _measure_language(
    cell: SequenceCell,
    material: Material,
    folder: Path,
    conditions: Conditions,
    memory: MemoryMeter,
    *,
    threads: int,
) -> dict[str, Any]:
    import numpy as np

    from nlpwb.workflows.language.blocks import blocks_of
    from nlpwb.workflows.language.fitting import fit_language_model

    assert isinstance(material.train, Texts)
    assert isinstance(material.test, Texts)
    started = time.perf_counter()
    model = fit_language_model(
        cell.spec.representation,
        material.train,
        seed=cell.seed,
        threads=threads,
        conditions=conditions,
    )
    fit_seconds = time.perf_counter() - started + _earlier(model.learned.made)
    started = time.perf_counter()
    scores = model.score(material.test, threads=threads)
    score_seconds = time.perf_counter() - started
    peak = memory.peak()
    blocks = blocks_of(scores)
    _check_numbers(blocks.nats, cell.spec)
    for name in ("nats", "tokens", "bytes"):
        np.save(folder / f"{name}.npy", getattr(blocks, name))
    wider = _wider(model)
    if wider is not None:
        seen = blocks_of(model.score(material.test, threads=threads, window=wider))
        _check_numbers(seen.nats, cell.spec)
        np.save(folder / "nats-wide.npy", seen.nats)
    return {
        "fit_seconds": fit_seconds,
        "work_seconds": score_seconds,
        "work": int(scores.tokens.sum()),
        "peak_bytes": peak,
        "model_bytes": _kept_bytes(model, folder),
        "parameters": model.parameters,
        "tokenizer": model.tokens.spec,
        "vocabulary": model.tokens.vocabulary,
        "lossless": bool(model.tokens.lossless),
        "trained_context": model.trained_context,
        "wide_context": wider,
    }


def _wider(model: LanguageModel) -> int | None:
    """A window of twice the trained context, for a network of limited sight whose positions have no end."""
    trained = model.trained_context
    if model.counted or trained is None or model.network.places is not None:
        return None
    return WIDER * trained


def _measure_translation(
    cell: SequenceCell,
    material: Material,
    folder: Path,
    conditions: Conditions,
    memory: MemoryMeter,
    *,
    threads: int,
) -> dict[str, Any]:
    import numpy as np

    from nlpwb.evaluation.bleu import bleu_counts, chrf_counts
    from nlpwb.workflows.translation.fitting import fit_translator
    from nlpwb.workflows.translation.translating import translate_all

    assert isinstance(material.train, Pairs)
    assert isinstance(material.test, Pairs)
    test = material.test
    started = time.perf_counter()
    translator = fit_translator(
        cell.spec.representation,
        material.train,
        seed=cell.seed,
        threads=threads,
        conditions=conditions,
    )
    fit_seconds = time.perf_counter() - started + _earlier(translator.made)
    started = time.perf_counter()
    found = translate_all(translator, test.sources, SEARCH, threads=threads)
    seconds = time.perf_counter() - started
    scores = translator.score(test.sources, test.targets, threads=threads)
    peak = memory.peak()
    _check_numbers(scores.nats, cell.spec)
    said = [translation.text for translation in found]
    np.save(folder / "nats.npy", scores.nats)
    np.save(folder / "tokens.npy", scores.tokens)
    np.save(folder / "bleu.npy", bleu_counts(said, test.targets))
    np.save(folder / "chrf.npy", chrf_counts(said, test.targets))
    (folder / "translations.json").write_text(json.dumps(said), encoding="ascii")
    return {
        "fit_seconds": fit_seconds,
        "work_seconds": seconds,
        "work": len(said),
        "peak_bytes": peak,
        "model_bytes": _kept_bytes(translator, folder),
        "parameters": translator.parameters,
        "tokenizer": translator.target_tokens.spec,
        "vocabulary": translator.target_tokens.vocabulary,
        "lossless": bool(translator.target_tokens.lossless),
        "trained_context": None,
        "wide_context": None,
    }


def _earlier(made: Made | None) -> float:
    """Seconds of training before it was interrupted."""
    return made.earlier_seconds if made is not None else 0.0


def _check_numbers(nats: NDArray[Any], spec: Spec) -> None:
    """No figure can come of probabilities that are no numbers.

    Raises:
        MethodError: these are.
    """
    import numpy as np

    if not np.isfinite(nats).all():
        raise MethodError(f"{spec} gave probabilities that are no numbers; lower learning_rate")


def _kept_bytes(model: LanguageModel | Translator, folder: Path) -> int:
    """What the model takes on disk."""
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        save_states(Path(scratch), [model.state()])
        return folder_bytes(Path(scratch))
