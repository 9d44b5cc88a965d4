"""The best weights so far, and when to stop looking for better ones."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor

from nlpwb.training.records import Judgement


class BestSoFar:
    """Follows judgements, one after each epoch, and keeps the weights of the best; of equal ones, those of the first."""

    def __init__(self) -> None:
        self.epoch: int | None = None
        self.value = math.nan
        self.weights: dict[str, Tensor] = {}
        self.without_gain = 0

    def consider(
        self, judgement: Judgement, epoch: int, weights: Callable[[], dict[str, Tensor]]
    ) -> bool:
        """Whether this is the best so far; ``weights`` is then called. A value that is no number never is."""
        gain = (
            judgement.value - self.value
            if judgement.higher_is_better
            else self.value - judgement.value
        )
        better = not math.isnan(judgement.value) and (self.epoch is None or gain > 0)
        if better:
            self.epoch, self.value, self.weights = epoch, judgement.value, weights()
        self.without_gain = 0 if better else self.without_gain + 1
        return better

    def exhausted(self, patience: int) -> bool:
        """Whether ``patience`` epochs in a row brought nothing; never with 0."""
        return 0 < patience <= self.without_gain

    def facts(self) -> dict[str, Any]:
        """What a checkpoint keeps of it beside the weights."""
        return {"epoch": self.epoch, "value": self.value, "without_gain": self.without_gain}

    def restore(self, facts: Mapping[str, Any], weights: dict[str, Tensor]) -> None:
        """Go on from a checkpoint."""
        self.epoch, self.value = facts["epoch"], facts["value"]
        self.without_gain, self.weights = facts["without_gain"], weights
