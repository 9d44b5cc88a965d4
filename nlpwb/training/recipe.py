"""How weights are to move, as plain numbers; no torch, so that commands can build and hash it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

OptimizerName = Literal["adamw", "sgd", "adagrad"]
ScheduleName = Literal["constant", "linear", "cosine", "slanted", "onecycle", "invsqrt"]


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What :func:`nlpwb.training.loop.train` does with batches.

    Args:
        epochs: passes over the data, at most.
        learning_rate: the largest step size; a group of parameters may scale it.
        optimizer: what it does for dense and for sparse gradients stands in ``optimizers.py``.
        momentum: of ``sgd`` on dense gradients.
        betas: decay of AdamW's two averages.
        schedule: the course of the step size, with ``warmup``, the share of the steps in which it rises.
        weight_decay: decoupled decay of matrices.
        clip: longest gradient over all parameters, as its Euclidean norm; 0: no limit.
        accumulate: batches whose gradients make one step.
        patience: epochs without gain after which training ends; 0: it never ends early.
        average: decay of the exponential moving average of the weights; 0: none.
        compile: whether torch.compile has a go at the model.
        checkpoint_seconds: time between two checkpoints; they are also written at ends of epochs where that is cheap.
    """

    epochs: int = 10
    learning_rate: float = 1e-3
    optimizer: OptimizerName = "adamw"
    momentum: float = 0.0
    betas: tuple[float, float] = (0.9, 0.999)
    schedule: ScheduleName = "linear"
    warmup: float = 0.05
    weight_decay: float = 0.01
    clip: float = 1.0
    accumulate: int = 1
    patience: int = 0
    average: float = 0.0
    compile: bool = False
    checkpoint_seconds: float = 60.0

    def __post_init__(self) -> None:
        assert self.epochs >= 1, "an epoch at least"
        assert self.accumulate >= 1, "a batch at least makes a step"
        assert 0 <= self.average < 1, "a decay"
        assert 0 <= self.warmup <= 1, "a share"
