"""What a network's outputs mean: a label, several labels, or a number; with the loss, the tuning score and the scores of each.

classify     targets int64 (n,)              outputs: a logit for each label      scores: softmax
multilabel   targets bool (n, outputs)       outputs: a logit for each label      scores: a probability for each label
regression   targets float (n,)              outputs: one, standardised           scores: the value
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nlpwb.errors import MethodError
from nlpwb.tasks import Task

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray

    from nlpwb.methods.finetuning.config import FinetuneConfig
    from nlpwb.methods.networks.config import NetworkConfig

PROBABILISTIC: tuple[Task, ...] = ("classify", "multilabel")
TUNED_BY: dict[Task, str] = {
    "classify": "accuracy",
    "multilabel": "micro F1",
    "regression": "RMSE",
}
LEAST_TUNING = 30
"""Tuning rows below this would stop training by chance: one row more or less is three points of accuracy."""


@dataclass(frozen=True)
class Shape:
    """What a network was built for: its task, its outputs, the width of its embeddings; of a number its mean and deviation."""

    task: Task
    outputs: int
    dim: int
    mean: float = 0.0
    deviation: float = 1.0


def shape_of(task: Task, outputs: int, dim: int, targets: NDArray[Any]) -> Shape:
    """What a network is built for, of numbers with their mean and deviation.

    Raises:
        MethodError: numbers so large that they have no variance.
    """
    import math

    import numpy as np

    if task != "regression":
        return Shape(task, outputs, dim)
    with np.errstate(over="ignore"):
        mean, deviation = float(np.mean(targets)), float(np.std(targets))
    if not math.isfinite(mean) or not math.isfinite(deviation):
        raise MethodError(
            f"the numbers reach {np.abs(targets).max():.3g}, and their variance is beyond what a number can hold; "
            "divide them, or take their logarithm"
        )
    return Shape(task, outputs, dim, mean, deviation if deviation > 0 else 1.0)


def balanced_weights(targets: NDArray[Any], outputs: int) -> NDArray[np.float32]:
    """n / (outputs x rows of the label), float32 (outputs,): each label weighs as much as any other in sum."""
    import numpy as np

    counts = np.bincount(targets, minlength=outputs).clip(min=1)
    return np.asarray(len(targets) / (outputs * counts), dtype=np.float32)


def loss_of(
    task: Task, config: NetworkConfig | FinetuneConfig, targets: NDArray[Any], outputs: int
) -> Any:
    """The loss of a task as :mod:`nlpwb.training.losses` has it.

    Raises:
        MethodError: an option of the loss has a meaning for single labels alone.
    """
    import torch

    from nlpwb.training import losses

    if task == "classify":
        weights = None
        if config.class_weight == "balanced":
            weights = torch.from_numpy(balanced_weights(targets, outputs))
        return losses.cross_entropy(weights, config.label_smoothing)
    for option, unusual in (
        ("class_weight", config.class_weight == "balanced"),
        ("label_smoothing", config.label_smoothing > 0),
    ):
        if unusual:
            raise MethodError(
                f"{option} concerns single labels, and the task is {task}; leave it out"
            )
    if task == "multilabel":
        return losses.binary_cross_entropy()
    return losses.mean_squared_error()


def tuning_part(
    task: Task, targets: NDArray[Any], *, share: float, seed: int
) -> tuple[NDArray[np.bool_] | None, str]:
    """The rows that are kept from training to tell when it should end, bool (n,); or None, and why there are none.

    Stratified by label, by sets of labels, or by size of the number; labels with less than half a row's share stand in training
    alone, where their few rows are needed more.
    """
    import numpy as np

    from nlpwb.methods.heads.tuning import tuning_rows

    try:
        chosen = tuning_rows(targets, seed=seed, share=share, task=task, of_every_label=False)
    except MethodError:  # a single row
        return None, "there is a single training document"
    count = int(chosen.sum())
    if count < LEAST_TUNING:
        return None, f"{count} documents are too few to tune on"
    if task == "classify" and len(np.unique(targets[chosen])) < 2:
        return None, "all of it would have one label"
    return chosen, ""


def tuning_score(task: Task, targets: NDArray[Any]) -> Callable[[NDArray[np.float64]], float]:
    """What the tuning part is judged by (:data:`TUNED_BY`), as a function of the scores; the RMSE alone should be low."""
    import numpy as np

    def accuracy(scores: NDArray[np.float64]) -> float:
        return float((scores.argmax(axis=1) == targets).mean())

    def micro_f1(scores: NDArray[np.float64]) -> float:
        said = scores > 0.5
        both = float((said & targets).sum())
        total = float(said.sum() + targets.sum())
        return 2 * both / total if total else 0.0

    def rmse(scores: NDArray[np.float64]) -> float:
        return float(np.sqrt(np.mean((scores[:, 0] - targets) ** 2)))

    return {"classify": accuracy, "multilabel": micro_f1, "regression": rmse}[task]


def scores_of(shape: Shape, outputs: torch.Tensor) -> NDArray[np.float64]:
    """What a network's outputs say, float64 (n, outputs): probabilities, or values."""
    import numpy as np

    values = outputs.double()
    if shape.task == "classify":
        values = values.softmax(dim=1)
    elif shape.task == "multilabel":
        values = values.sigmoid()
    else:
        values = values * shape.deviation + shape.mean
    return np.asarray(values.cpu().numpy(), dtype=np.float64)
