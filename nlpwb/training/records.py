"""What a training tells while it runs: frozen dataclasses, no torch.

Epochs count from 0; ``step`` is the number of steps done, ``steps`` that of all epochs, and a step is one move of the weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Judgement:
    """What a judge says of a model: ``value`` decides, ``figures`` are for the record."""

    value: float
    higher_is_better: bool = True
    figures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Begun:
    """The first record. ``step`` is 0, or the step of the checkpoint from which the training goes on.

    ``parameters`` are numbers that move, ``padding`` the share of places in batches that hold no token (None where the data
    does not tell).
    """

    epoch: int
    step: int
    steps: int
    epochs: int
    parameters: int
    precision: str
    device: str
    threads: int
    padding: float | None

    @property
    def resumed(self) -> bool:
        """Whether it goes on from a checkpoint."""
        return self.step > 0


@dataclass(frozen=True)
class Note:
    """A sentence that the user should read: a checkpoint set aside, a batch halved, a disk that is full."""

    text: str


@dataclass(frozen=True)
class Step:
    """How it goes, ten times a second at first and once a second later.

    ``loss`` is smoothed over about 50 steps. ``seconds`` are those of training in all, interruptions left out; ``left`` those
    that all epochs would still take; ``memory`` bytes of the device, or of the process where that is the processor.
    """

    epoch: int
    step: int
    steps: int
    loss: float
    learning_rate: float
    tokens_per_second: float
    seconds: float
    left: float
    memory: int


@dataclass(frozen=True)
class EpochEnd:
    """The mean loss of an epoch's batches, and the judgement of the weights after it; ``best`` so far or not."""

    epoch: int
    step: int
    loss: float
    judgement: Judgement | None
    seconds: float
    best: bool


@dataclass(frozen=True)
class Ended:
    """The last record. The model now has the weights of ``best_epoch``, or the last ones where that is None."""

    steps: int
    seconds: float
    epochs: int
    stopped_early: bool
    best_epoch: int | None


Record = Begun | Note | Step | EpochEnd | Ended
