"""How a comparison of language models or of translators was made, in words and numbers."""

from __future__ import annotations

import importlib.metadata
import platform

from nlpwb.records import ALPHA
from nlpwb.records_sequences import SequenceProtocol, SequenceVerdict
from nlpwb.workflows.sequences.cells import SEARCH
from nlpwb.workflows.sequences.plan import SequencePlan
from nlpwb.workflows.sequences.request import SequenceRequest

UNIT_BYTES = 1000
"""As ``nlpwb.workflows.language.blocks`` cuts a text; a test holds them together."""


def protocol_of(
    request: SequenceRequest, plan: SequencePlan, verdict: SequenceVerdict | None
) -> SequenceProtocol:
    """The protocol of a comparison."""
    lm = plan.task == "lm"
    return SequenceProtocol(
        task=plan.task,
        corpus=plan.corpus,
        test=plan.test,
        metric="bits-per-byte" if lm else "bleu",
        higher_is_better=not lm,
        split=plan.split,
        test_size=plan.test_size,
        running=plan.running,
        train_rows=plan.train_rows,
        test_rows=plan.test_rows,
        train_bytes=plan.train_bytes,
        test_bytes=plan.test_bytes,
        units=plan.units,
        unit="block of whole lines or documents" if lm else "pair",
        unit_bytes=UNIT_BYTES if lm else None,
        beams=None if lm else SEARCH.beams,
        length_penalty=None if lm else SEARCH.length_penalty,
        signatures=None if lm else _signatures(),
        seed=request.seed,
        seeds=list(range(request.seed, request.seed + request.seeds)),
        interval="block bootstrap over blocks of text" if lm else "bootstrap over pairs",
        significance="approximate randomisation over "
        + ("blocks of text" if lm else "pairs")
        + ", Holm",
        alpha=ALPHA,
        separable=verdict.separable if verdict is not None else None,
        jobs=request.jobs,
        threads=request.threads,
        device=request.device,
        precision=request.precision,
        versions={
            "nlpwb": importlib.metadata.version("nlpwb"),
            "python": platform.python_version(),
        },
    )


def _signatures() -> dict[str, str]:
    from nlpwb.evaluation.bleu import signatures

    return signatures()
