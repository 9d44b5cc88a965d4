"""One language model on a whole corpus, as a model folder."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.metadata
import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlpwb.data.corpus import ReadOptions
from nlpwb.specs import Part
from nlpwb.workflows.folders import check_target, replaced_note
from nlpwb.workflows.language.texts import read_texts
from nlpwb.workflows.networks.conditions import TRAINING_LOG, Conditions, Made
from nlpwb.workflows.networks.place import alone_at
from nlpwb.workflows.storage import folder_bytes


@dataclass(frozen=True)
class TrainedLanguageModel:
    """What training gave; ``tuning_nats`` are those per token of the tuning part, and None where there was none.

    ``before_perplexity`` is that of a base on the tuning part, before it learned from these texts.
    """

    model: str
    corpus: str
    method: str
    documents: int
    characters: int
    tokens: int
    vocabulary: int
    parameters: int
    tuning_nats: float | None
    tuning_bits: float | None
    tuning_perplexity: float | None
    before_perplexity: float | None
    fit_seconds: float
    bytes: int
    network: Made | None = None


def train_language_model(
    part: Part,
    source: str,
    options: ReadOptions,
    target: Path,
    *,
    seed: int,
    threads: int,
    conditions: Conditions,
) -> TrainedLanguageModel:
    """Fit a language model on all texts of a source and put it at ``target``.

    Raises:
        InputError: the texts cannot be read, or the place is taken by something else.
        MethodError: nothing can be learned from them.
        TrainingInterrupted: Ctrl-C; the same command goes on.
    """
    check_target(target)
    texts = read_texts(source, options)
    for line in texts.notes:
        conditions.note(line)
    if (held := replaced_note(target, part)) is not None:
        conditions.note(held)
    from nlpwb.workflows.language.fitting import fit_language_model
    from nlpwb.workflows.language.model import save_language_model

    made: dict[str, Any] = {
        "corpus": texts.name,
        "fingerprint": texts.fingerprint,
        "documents": 1 if texts.running else len(texts),
        "nlpwb": importlib.metadata.version("nlpwb"),
    }
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(alone_at(target))
        started = time.perf_counter()
        model = fit_language_model(
            part,
            texts,
            seed=seed,
            threads=threads,
            conditions=dataclasses.replace(conditions, checkpoints=folder),
        )
        seconds = time.perf_counter() - started
        beside = None
        learned = model.learned
        if learned.made is not None:
            seconds += learned.made.earlier_seconds
            made["network"] = dataclasses.asdict(learned.made)
            if learned.mixed is not None:
                made["mixture"] = dataclasses.asdict(learned.mixed)
            beside = {TRAINING_LOG: folder / TRAINING_LOG}
        made["seconds"] = round(seconds, 3)
        save_language_model(target, model, made, beside=beside)
    return TrainedLanguageModel(
        model=str(target),
        corpus=texts.name,
        method=str(part),
        documents=1 if texts.running else len(texts),
        characters=sum(map(len, texts.pieces)),
        tokens=learned.tokens,
        vocabulary=model.tokens.vocabulary,
        parameters=model.parameters,
        tuning_nats=learned.tuning_nats,
        tuning_bits=learned.tuning_bits,
        tuning_perplexity=_perplexity(learned.tuning_nats),
        before_perplexity=_perplexity(learned.before),
        fit_seconds=seconds,
        bytes=folder_bytes(target),
        network=learned.made,
    )


def _perplexity(nats: float | None) -> float | None:
    return None if nats is None else math.exp(min(nats, 700.0))
