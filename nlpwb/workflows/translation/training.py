"""One encoder-decoder on all pairs of an origin, as a model folder."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.metadata
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlpwb.data.pairs import Pairs
from nlpwb.specs import Part
from nlpwb.workflows.folders import check_target, replaced_note
from nlpwb.workflows.networks.conditions import TRAINING_LOG, Conditions, Made
from nlpwb.workflows.networks.place import alone_at
from nlpwb.workflows.storage import folder_bytes


@dataclass(frozen=True)
class TrainedTranslator:
    """What training gave; ``network.tuning`` is in nats per token of the target, teacher forced."""

    model: str
    corpus: str
    method: str
    pairs: int
    vocabulary: int
    target_vocabulary: int
    parameters: int
    fit_seconds: float
    bytes: int
    network: Made


def train_translator(
    part: Part,
    pairs: Pairs,
    target: Path,
    *,
    seed: int,
    threads: int,
    conditions: Conditions,
) -> TrainedTranslator:
    """Fit a translator on pairs and put it at ``target``.

    Raises:
        InputError: the place is taken by something else.
        MethodError: nothing can be learned from the pairs.
        TrainingInterrupted: Ctrl-C; the same command goes on.
    """
    check_target(target)
    for line in pairs.notes:
        conditions.note(line)
    if (held := replaced_note(target, part)) is not None:
        conditions.note(held)
    from nlpwb.workflows.translation.fitting import fit_translator
    from nlpwb.workflows.translation.folder import save_translator

    made: dict[str, Any] = {
        "corpus": pairs.name,
        "fingerprint": pairs.fingerprint,
        "documents": len(pairs),
        "nlpwb": importlib.metadata.version("nlpwb"),
    }
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(alone_at(target))
        started = time.perf_counter()
        translator = fit_translator(
            part,
            pairs,
            seed=seed,
            threads=threads,
            conditions=dataclasses.replace(conditions, checkpoints=folder),
        )
        seconds = time.perf_counter() - started + translator.made.earlier_seconds
        made["network"] = dataclasses.asdict(translator.made)
        made["seconds"] = round(seconds, 3)
        save_translator(target, translator, made, beside={TRAINING_LOG: folder / TRAINING_LOG})
    return TrainedTranslator(
        model=str(target),
        corpus=pairs.name,
        method=str(part),
        pairs=len(pairs),
        vocabulary=translator.source_tokens.vocabulary,
        target_vocabulary=translator.target_tokens.vocabulary,
        parameters=translator.parameters,
        fit_seconds=seconds,
        bytes=folder_bytes(target),
        network=translator.made,
    )
