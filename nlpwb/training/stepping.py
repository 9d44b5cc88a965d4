"""One step: the gradient of a few batches, and the move of the weights. Batches that do not fit are taken in parts."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn

from nlpwb.training import faults
from nlpwb.training.averaging import Average
from nlpwb.training.device import Setting, autocast, free_memory, move
from nlpwb.training.optimizers import Optimizers

Loss = Callable[[nn.Module, Any], tuple[Tensor, int]]
"""Model and batch to (sum of the losses of its items, a float32 scalar; number of items)."""

_MOST_PARTS = 1 << 20


class Stepper:
    """Makes steps for :func:`nlpwb.training.loop.train`. ``parts``: in how many a batch is taken, more after memory ran out."""

    def __init__(
        self,
        model: nn.Module,
        loss: Loss,
        optimizers: Optimizers,
        average: Average | None,
        setting: Setting,
    ) -> None:
        self.parts = 1
        self.model = model
        self.notes: list[str] = []
        self._loss = loss
        self._optimizers = optimizers
        self._average = average
        self._setting = setting
        self._plain = model

    def compile(self) -> None:
        """Have torch compile the model; where it cannot, the model is used as it is."""
        # its advice on graphs is for whoever writes networks, not for whoever trains them
        logging.getLogger("torch._dynamo").setLevel(logging.ERROR)
        self.model = cast(nn.Module, torch.compile(self._plain, dynamic=True))

    def step(
        self, batches: Sequence[Any], *, rate: float, step: int
    ) -> tuple[Tensor, int, Tensor | None]:
        """Move the weights by the mean gradient over the items of ``batches``.

        Returns the sum of the losses (a scalar on the device), the number of items, and the gradient's length or None.

        Raises:
            MethodError: not even a single document fits into memory.
        """
        total, items = self._gradient(batches)
        length = self._optimizers.step(rate)
        if self._average is not None:
            self._average.follow(step + 1)
        return total, items, length

    def _gradient(self, batches: Sequence[Any]) -> tuple[Tensor, int]:
        while True:
            try:
                if len(batches) == 1 and self.parts == 1:
                    return self._whole(batches[0])
                return self._in_parts(batches)
            except (RuntimeError, MemoryError) as error:
                compiler = self.model is not self._plain and faults.is_from_compiler(error)
                if not compiler and not faults.is_out_of_memory(error):
                    raise
            # what the failed attempt held is free only behind the except clause
            self._optimizers.zero_grad()
            if compiler:
                self.model = self._plain
                self.notes.append("torch.compile does not work here: the network is used as it is")
            else:
                self._halve(batches)

    def _whole(self, batch: Any) -> tuple[Tensor, int]:
        batch = move(batch, self._setting)
        with autocast(self._setting):
            total, items = self._loss(self.model, batch)
        torch.autograd.backward(total / max(1, items))
        return total.detach(), items

    def _in_parts(self, batches: Sequence[Any]) -> tuple[Tensor, int]:
        """Gradients add up over parts of batches, and are divided by the items of all."""
        totals, count = [], 0
        for batch in batches:
            for part in _parts(batch, self.parts):
                there = move(part, self._setting)
                with autocast(self._setting):
                    total, items = self._loss(self.model, there)
                torch.autograd.backward(total)
                totals.append(total.detach())
                count += items
        self._optimizers.scale_gradients(1 / max(1, count))
        return torch.stack(totals).sum(), count

    def _halve(self, batches: Sequence[Any]) -> None:
        """Take batches in twice as many parts, or give up.

        Raises:
            MethodError: nothing is left to halve.
        """
        free_memory(self._setting)
        carries = bool(getattr(self._loss, "state_dict", dict)())
        if carries or not all(hasattr(b, "halves") for b in batches):
            raise faults.cannot_halve()  # a loss that carries a state has moved on with it
        if all(
            len(_parts(batch, self.parts)) == len(_parts(batch, 2 * self.parts))
            for batch in batches
        ):
            raise faults.does_not_fit()
        self.parts *= 2
        assert self.parts < _MOST_PARTS
        documents = max((len(batch) for batch in batches if hasattr(batch, "__len__")), default=0)
        self.notes.append(faults.halved(self.parts, documents or None))


def _parts(batch: Any, parts: int) -> list[Any]:
    """The batch in halves, and these in halves, until there are ``parts`` or single documents."""
    if parts == 1:
        return [batch]
    halves = batch.halves()
    if halves is None:
        return [batch]
    return [part for half in halves for part in _parts(half, parts // 2)]
