"""Under what conditions a network trains: all that its spec does not say. Nothing heavy is imported."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from nlpwb.cache.store import Cache
from nlpwb.errors import NlpwbError

if TYPE_CHECKING:
    from nlpwb.training.records import Step

_BYTES = 4
"""Of a number in a file."""
TRAINING_LOG = "training.jsonl"


@dataclass(frozen=True)
class NetworkProgress:
    """A step that is reported, how many epochs there are at most, and figures of the tuning part after the last one, by name."""

    step: Step
    epochs: int
    judged: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Conditions:
    """Where a network trains, what is kept meanwhile, and who is told.

    Args:
        device: auto, cpu, cuda or mps.
        precision: auto, float32 or bf16.
        checkpoints: a folder of this training alone, from which it goes on when it was interrupted; None: it begins anew.
        cache: keeps word vectors that were trained for the embeddings; None: nothing is kept.
        log: a file that gets the training log as it grows, beside the one among the checkpoints.
        adapter: a folder that gets the low-rank additions of ``strategy=lora`` by themselves.
        progress: is told how far training is.
        note: is told what a person should know.
    """

    device: str = "auto"
    precision: str = "auto"
    checkpoints: Path | None = None
    cache: Cache | None = None
    log: Path | None = None
    adapter: Path | None = None
    progress: Callable[[NetworkProgress], None] = lambda _: None
    note: Callable[[str], None] = lambda _: None


@dataclass(frozen=True)
class Made:
    """How a network trained.

    Args:
        epochs: those that were trained; ``best_epoch`` is the one whose weights stayed, from 1.
        steps: of the optimiser; ``resumed`` is the step from which an interrupted training went on, 0 for none.
        parameters: numbers that were trained, and that were not.
        padding: share of the places of all batches that hold no token, 0 to 1; None where the engine does not tell.
        cut: documents that were longer than ``max_tokens``.
        tuning: the score on the tuning part, by ``tuning_score``; None where there was no tuning part.
        covered: share of the training tokens with a vector in ``embeddings=``; None for random ones.
        trained_share: of the weights of a base with its last layer, those that learned; None where there is no base.
        ship_bytes: of what learned, in float32: what must be sent to somebody who has the base.
        earlier_seconds: of runs that were interrupted, and of word vectors that the cache had.
    """

    device: str
    precision: str
    threads: int
    epochs: int
    best_epoch: int
    stopped_early: bool
    steps: int
    resumed: int
    parameters: int
    padding: float | None
    cut: int
    tuning: float | None = None
    tuning_score: str = ""
    covered: float | None = None
    trained_share: float | None = None
    ship_bytes: int | None = None

    def weighed(self, learned: int, every: int) -> Made:
        """The same of a base, with the numbers that learned of all that there are."""
        return dataclasses.replace(
            self,
            parameters=every,
            trained_share=learned / every,
            ship_bytes=learned * _BYTES,
        )

    earlier_seconds: float = 0.0


class TrainingInterrupted(NlpwbError):
    """Ctrl-C during training; what was learnt is kept (exit code 130)."""

    exit_code = 130
