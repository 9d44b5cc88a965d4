"""One encoder on a whole corpus, as a model folder."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.metadata
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
class TrainedMaskedModel:
    """What training gave. Figures are of the tuning part's hidden tokens, and None where there was none.

    ``before_…`` are those of the base, where its head had learned before; ``commonest`` is the share of the most frequent token.
    """

    model: str
    corpus: str
    method: str
    documents: int
    characters: int
    tokens: int
    vocabulary: int
    parameters: int
    masked_accuracy: float | None
    nats: float | None
    before_accuracy: float | None
    before_nats: float | None
    commonest: float | None
    fit_seconds: float
    bytes: int
    network: Made


def train_masked_model(
    part: Part,
    source: str,
    options: ReadOptions,
    target: Path,
    *,
    seed: int,
    threads: int,
    conditions: Conditions,
) -> TrainedMaskedModel:
    """Fit an encoder on all texts of a source and put it at ``target``.

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
    from nlpwb.workflows.masked.fitting import fit_masked_model
    from nlpwb.workflows.masked.model import save_masked_model

    documents = 1 if texts.running else len(texts)
    made: dict[str, Any] = {
        "corpus": texts.name,
        "fingerprint": texts.fingerprint,
        "documents": documents,
        "nlpwb": importlib.metadata.version("nlpwb"),
    }
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(alone_at(target))
        started = time.perf_counter()
        model = fit_masked_model(
            part,
            texts,
            seed=seed,
            threads=threads,
            conditions=dataclasses.replace(conditions, checkpoints=folder),
        )
        learned = model.learned
        assert learned is not None, "it was trained here"
        seconds = time.perf_counter() - started + learned.made.earlier_seconds
        made |= {"network": dataclasses.asdict(learned.made), "seconds": round(seconds, 3)}
        save_masked_model(target, model, made, beside={TRAINING_LOG: folder / TRAINING_LOG})
    tuning, before = learned.tuning, learned.before
    return TrainedMaskedModel(
        model=str(target),
        corpus=texts.name,
        method=str(part),
        documents=documents,
        characters=sum(map(len, texts.pieces)),
        tokens=learned.tokens,
        vocabulary=model.tokens.vocabulary,
        parameters=model.parameters,
        masked_accuracy=None if tuning is None else tuning.accuracy,
        nats=None if tuning is None else tuning.nats,
        before_accuracy=None if before is None else before.accuracy,
        before_nats=None if before is None else before.nats,
        commonest=learned.commonest,
        fit_seconds=seconds,
        bytes=folder_bytes(target),
        network=learned.made,
    )
