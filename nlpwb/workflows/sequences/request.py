"""What a comparison of language models or of translators is asked, and the cells that this comes to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from nlpwb.catalogue import CATALOGUE
from nlpwb.errors import UsageError, nearest
from nlpwb.specs import Spec, parse_specs
from nlpwb.workflows.sequences.cells import SequenceCell
from nlpwb.workflows.sequences.plan import SequencePlan
from nlpwb.workflows.sequences.sources import SequenceTask

PRESETS: dict[SequenceTask, tuple[str, ...]] = {
    "lm": ("ngram-lm", "lstm-lm", "gpt"),
    "translate": ("seq2seq", "seq2seq-attention", "seq2seq-transformer"),
}
"""What is compared where no method is named."""
WHAT: dict[SequenceTask, str] = {"lm": "language models", "translate": "translators"}


@dataclass(frozen=True)
class SequenceRequest:
    """What a comparison of methods that write is asked, but for its texts.

    Args:
        test_size: share of the test part, None for the usual one.
        seeds: trainings of each method that depends on a seed; their seeds are ``seed``, ``seed`` + 1, …
        method_timeout: seconds for a training.
        device: as typed; ``precision`` likewise.
    """

    task: SequenceTask
    specs: tuple[Spec, ...]
    test_size: float | None = None
    seed: int = 0
    seeds: int = 1
    jobs: int = 1
    threads: int = 1
    method_timeout: float | None = None
    device: str = "auto"
    precision: str = "auto"


@dataclass(frozen=True)
class SequenceRow:
    """A method with a cell for each seed."""

    spec: Spec
    cells: tuple[SequenceCell, ...]


def writers(texts: Iterable[str], task: SequenceTask) -> list[Spec]:
    """The specs that were typed, or the preset where none was.

    Raises:
        UsageError: a spec has no meaning, or is no method of this task.
    """
    fitting = [entry.name for entry in CATALOGUE.values() if entry.writes == task]
    specs = parse_specs(list(texts) or PRESETS[task])
    for spec in specs:
        if spec.representation.entry.writes != task:
            raise UsageError(
                f"--task {task} compares {WHAT[task]}, and {spec} is none; {nearest(spec.representation.name, fitting)}"
            )
    return specs


def method_rows(request: SequenceRequest, plan: SequencePlan) -> list[SequenceRow]:
    """Every method with its cells; one that no seed changes has one."""
    rows = []
    for spec in request.specs:
        seeds = 1 if spec.deterministic else request.seeds
        trains = spec.representation.entry.trains
        cells = tuple(
            SequenceCell(
                task=request.task,
                spec=spec,
                seed=request.seed + number,
                train=plan.digests["train"],
                test=plan.digests["test"],
                device=request.device if trains else "auto",
                precision=request.precision if trains else "auto",
            )
            for number in range(seeds)
        )
        rows.append(SequenceRow(spec, cells))
    return rows
