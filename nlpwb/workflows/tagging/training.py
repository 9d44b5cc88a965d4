"""A base fine-tuned on labelled words, as a model folder."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.metadata
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlpwb.data.conll import read_conll
from nlpwb.data.corpus import ReadOptions
from nlpwb.errors import InputError
from nlpwb.specs import Part
from nlpwb.workflows.folders import check_target, replaced_note
from nlpwb.workflows.networks.conditions import TRAINING_LOG, Conditions, Made
from nlpwb.workflows.networks.place import alone_at
from nlpwb.workflows.storage import folder_bytes


@dataclass(frozen=True)
class TrainedTagger:
    """What training gave; ``network.tuning`` is the F1 of entities, or the share of right words where labels say none."""

    model: str
    corpus: str
    method: str
    sentences: int
    words: int
    labels: list[str]
    fit_seconds: float
    bytes: int
    network: Made


def train_tagger(
    part: Part,
    source: str,
    options: ReadOptions,
    target: Path,
    *,
    seed: int,
    threads: int,
    conditions: Conditions,
) -> TrainedTagger:
    """Fine-tune a base on the labelled words of a source and put it at ``target``.

    Raises:
        InputError: the source cannot be read or has one label only, or the place is taken by something else.
        MethodError: nothing can be learned from it.
        TrainingInterrupted: Ctrl-C; the same command goes on.
    """
    check_target(target)
    corpus = read_conll(source, options)
    for line in corpus.notes:
        conditions.note(line)
    if len(corpus.labels) < 2:
        raise InputError(
            f"{corpus.name} has one label only, {corpus.labels[0]!r}; a tagger needs two or more (--label names the column)"
        )
    if (held := replaced_note(target, part)) is not None:
        conditions.note(held)
    from nlpwb.workflows.tagging.fitting import finetune_tagger
    from nlpwb.workflows.tagging.folder import save_tagger

    words = sum(map(len, corpus.words))
    made: dict[str, Any] = {
        "corpus": corpus.name,
        "fingerprint": corpus.fingerprint,
        "sentences": len(corpus),
        "words": words,
        "nlpwb": importlib.metadata.version("nlpwb"),
    }
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(alone_at(target))
        started = time.perf_counter()
        tagger = finetune_tagger(
            part,
            corpus,
            seed=seed,
            threads=threads,
            conditions=dataclasses.replace(conditions, checkpoints=folder),
        )
        seconds = time.perf_counter() - started + tagger.made.earlier_seconds
        made["network"] = dataclasses.asdict(tagger.made)
        made["seconds"] = round(seconds, 3)
        save_tagger(target, tagger, made, beside={TRAINING_LOG: folder / TRAINING_LOG})
    return TrainedTagger(
        model=str(target),
        corpus=corpus.name,
        method=str(part),
        sentences=len(corpus),
        words=words,
        labels=corpus.labels,
        fit_seconds=seconds,
        bytes=folder_bytes(target),
        network=tagger.made,
    )
