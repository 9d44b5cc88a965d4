"""The one loop by which weights move here: a generator of records over batches of any kind.

A step is the gradient of ``accumulate`` batches, clipped, and one move of the optimiser. After every epoch a judge may look at
the weights; the best are put back at the end. Groups of parameters may begin to move in a later epoch: a stage begins with them,
and the course of the step size starts anew. With checkpoints, a training that was killed at any moment goes on from the last
one and ends with the same weights to the bit. What is kept: weights, optimisers, average, best weights, the states of all random
numbers, the position in the data, and whatever loss and data say of themselves.
"""

from __future__ import annotations

import contextlib
import time
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from nlpwb.errors import InputError, MethodError
from nlpwb.training import faults
from nlpwb.training.averaging import Average
from nlpwb.training.batches import Batches
from nlpwb.training.checkpoints import Checkpoints, Saved, finite
from nlpwb.training.device import (
    Setting,
    generator_states,
    memory_used,
    restore_generators,
    threads_of,
)
from nlpwb.training.interrupts import Between
from nlpwb.training.meter import Meter
from nlpwb.training.optimizers import Group, Optimizers, groups_of
from nlpwb.training.recipe import Recipe
from nlpwb.training.records import Begun, Ended, EpochEnd, Judgement, Note, Record, Step
from nlpwb.training.saving import Saver
from nlpwb.training.schedules import SCHEDULES
from nlpwb.training.stepping import Loss, Stepper
from nlpwb.training.stopping import BestSoFar
from nlpwb.training.weights import copied, copies_of, put, tensors_of

Judge = Callable[[nn.Module], Judgement]


def train(
    model: nn.Module,
    data: Batches[Any],
    loss: Loss,
    recipe: Recipe,
    *,
    seed: int,
    setting: Setting,
    judge: Judge | None = None,
    checkpoints: Checkpoints | None = None,
    groups: Sequence[Group] | None = None,
) -> Iterator[Record]:
    """Train ``model`` in place, telling how it goes: Begun, Note, Step and EpochEnd records, and Ended.

    Args:
        data: batches of any kind, see :class:`nlpwb.training.batches.Batches`.
        loss: (model, batch) to (sum over items, number of items). It may carry a state from batch to batch, and then offers
            ``state_dict`` and ``load_state_dict``, as a module does.
        seed: of torch's random numbers; that of the data's order is the data's.
        judge: called after each epoch with the model in evaluation mode, without gradients.
        checkpoints: where to go on from, and where to write.
        groups: parameters with rates, decays and beginnings of their own; by default all that are trainable, at rate 1, from
            the first epoch on. Nothing ends early before the last of them have begun.

    A generator that is closed, or interrupted by Ctrl-C, writes a checkpoint first.

    Raises:
        InputError: another training writes into the folder of the checkpoints.
        MethodError: the loss or the weights exploded, or a single document does not fit into memory.
    """
    with contextlib.ExitStack() as stack:
        if checkpoints is not None:
            stack.enter_context(checkpoints.locked())
        stack.enter_context(threads_of(setting))
        saver = stack.enter_context(Saver(checkpoints, recipe.checkpoint_seconds))
        between = stack.enter_context(Between())
        run = _Run(model, data, loss, recipe, setting, groups or groups_of(model))
        try:
            yield from run.records(seed, judge, checkpoints, saver, between)
        except (KeyboardInterrupt, GeneratorExit, SystemExit):
            if run.can_be_saved and run.step > run.begun_at:
                with contextlib.suppress(MethodError):  # it has exploded, and need not be kept
                    saver.save(run.saved)
            raise


class _Run:
    """A training between its first record and its last. ``whole``: no step is under way, and it has not ended."""

    def __init__(
        self,
        model: nn.Module,
        data: Batches[Any],
        loss: Loss,
        recipe: Recipe,
        setting: Setting,
        groups: Sequence[Group],
    ) -> None:
        self.model = model.to(setting.device)
        self.data = data
        self.loss = loss
        self.recipe = recipe
        self.setting = setting
        self.optimizers = Optimizers(model, groups, recipe)
        self.groups = groups
        self.stages = sorted({group.begins for group in groups if group.begins < recipe.epochs})
        assert self.stages[:1] == [0], "something moves from the first step on"
        self.average = (
            Average(self.optimizers.parameters, recipe.average) if recipe.average else None
        )
        self.stepper = Stepper(model, loss, self.optimizers, self.average, setting)
        self.best = BestSoFar()
        self.epoch, self.batch, self.step, self.begun_at = 0, 0, 0, 0
        self.steps_of = [
            -(-data.steps(epoch) // recipe.accumulate) for epoch in range(recipe.epochs)
        ]
        self.steps = sum(self.steps_of)
        self.meter = Meter(steps=self.steps, precision=setting.precision)
        self.whole = False

    def records(
        self,
        seed: int,
        judge: Judge | None,
        checkpoints: Checkpoints | None,
        saver: Saver,
        between: Between,
    ) -> Iterator[Record]:
        """All records, from wherever the checkpoints say."""
        torch.manual_seed(seed)
        notes: list[str] = []
        saved = None if checkpoints is None else checkpoints.load(notes.append)
        if saved is not None:
            self._restore(saved)
        self.begun_at = self.step
        if self.recipe.compile:
            self.stepper.compile()
        self.whole = True
        yield self._begun()
        for text in notes:
            yield Note(text)
        while self.epoch < self.recipe.epochs and not self._exhausted:
            yield from self._epoch(saver, between)
            yield self._end_of_epoch(judge, between)
            between.rest()
            if saver.due(time.perf_counter(), at_end=True):
                saver.save(self.saved)
            for text in saver.notes():
                yield Note(text)
        saver.wait()
        for text in saver.notes():
            yield Note(text)
        yield self._ended()

    @property
    def can_be_saved(self) -> bool:
        """Whether the state is one between two steps, from which the same weights follow."""
        return self.whole and (self.average is None or self.average.apart)

    @property
    def _exhausted(self) -> bool:
        """Whether nothing was gained for too long, with everything moving."""
        patience = self.recipe.patience
        return self.epoch >= self.stages[-1] + patience and self.best.exhausted(patience)

    def _begun(self) -> Begun:
        return Begun(
            epoch=self.epoch,
            step=self.step,
            steps=self.steps,
            epochs=self.recipe.epochs,
            parameters=sum(p.numel() for p in self.optimizers.parameters),
            precision=self.setting.precision,
            device=str(self.setting.device),
            threads=self.setting.threads,
            padding=getattr(self.data, "padding", None),
        )

    def _epoch(self, saver: Saver, between: Between) -> Iterator[Record]:
        """The steps of an epoch that are still to be made."""
        recipe, meter, stepper = self.recipe, self.meter, self.stepper
        schedule = SCHEDULES[recipe.schedule]
        first, steps = self._stage()
        if len(self.stages) > 1:
            learns = self._thaw()
            if self.epoch in self.stages and self.batch == 0:
                yield Note(f"from epoch {self.epoch + 1} on {learns:,} weights move")
        self.model.train()
        batches = self.data.batches(self.epoch, self.batch)
        while group := _take(batches, recipe.accumulate):
            between.busy = True
            self.whole = False
            rate = recipe.learning_rate * schedule(self.step - first, steps, recipe.warmup)
            total, items, length = stepper.step(group, rate=rate, step=self.step)
            self.step += 1
            self.batch += len(group)
            meter.add(total, items, length, rate)
            meter.count(sum(getattr(batch, "tokens", 0) for batch in group))
            self.whole = True
            between.rest()
            now = time.perf_counter()
            if saver.due(now):
                meter.read(self.step)
                saver.save(self.saved)
            if meter.due(now):
                yield self._told(rate, now)
                for text in (*stepper.notes, *saver.notes()):
                    yield Note(text)
                stepper.notes.clear()
        if meter.waiting:
            yield self._told(rate, time.perf_counter())

    def _stage(self) -> tuple[int, int]:
        """The steps before the stage of this epoch, and those of it."""
        number = bisect_right(self.stages, self.epoch) - 1
        ends = [*self.stages[1:], self.recipe.epochs]
        before = sum(self.steps_of[: self.stages[number]])
        return before, sum(self.steps_of[self.stages[number] : ends[number]])

    def _thaw(self) -> int:
        """Let the groups move that have begun, and no others; returns how many numbers these are."""
        learns = 0
        for group in self.groups:
            begun = group.begins <= self.epoch
            for parameter in group.parameters:
                parameter.requires_grad_(begun)
                learns += parameter.numel() if begun else 0
        return learns

    def _told(self, rate: float, now: float) -> Step:
        self.meter.read(self.step)
        return Step(
            epoch=self.epoch,
            step=self.step,
            steps=self.steps,
            loss=self.meter.loss,
            learning_rate=rate,
            tokens_per_second=self.meter.speed(now),
            seconds=self.meter.seconds,
            left=self.meter.left(self.step, self.begun_at, now),
            memory=memory_used(self.setting),
        )

    def _end_of_epoch(self, judge: Judge | None, between: Between) -> EpochEnd:
        """Judge the weights, and turn to the next epoch; an interrupt comes while they are judged, or after all."""
        judgement, best = None, False
        between.busy = True
        if judge is not None:
            with self.average.in_place() if self.average else contextlib.nullcontext():
                self.model.eval()
                between.rest()
                try:
                    with torch.no_grad():
                        judgement = judge(self.model)
                finally:
                    between.busy = True
                best = self.best.consider(judgement, self.epoch, lambda: copies_of(self.model))
        end = EpochEnd(
            epoch=self.epoch,
            step=self.step,
            loss=self.meter.epoch_loss,
            judgement=judgement,
            seconds=self.meter.seconds,
            best=best,
        )
        self.epoch, self.batch = self.epoch + 1, 0
        self.meter.new_epoch()
        return end

    def _ended(self) -> Ended:
        """Put the best weights into the model, or the average, and say how it went."""
        self.whole = False  # from these weights no training goes on
        early = self.epoch < self.recipe.epochs
        if self.best.epoch is not None:
            put(self.best.weights, self.model)
        elif self.average is not None:
            self.average.exchange()
        self.model.eval()
        if not finite(tensors_of(self.model)):
            raise faults.exploded(
                "a weight is not finite",
                step=self.step,
                steps=self.steps,
                rate=self.recipe.learning_rate,
                precision=self.setting.precision,
            )
        return Ended(self.step, self.meter.seconds, self.epoch, early, self.best.epoch)

    def saved(self) -> Saved:
        """The state between two steps, copied."""
        self.meter.read(self.step)
        tensors = {f"model/{name}": tensor for name, tensor in copies_of(self.model).items()}
        tensors |= {f"best/{name}": tensor for name, tensor in self.best.weights.items()}
        tensors |= copied("optimizer", self.optimizers.state())
        if self.average is not None:
            tensors |= copied(
                "average", {str(n): tensor for n, tensor in enumerate(self.average.weights)}
            )
        tensors |= copied("generator", generator_states(self.setting))
        for name, part in (("loss", self.loss), ("data", self.data)):
            if hasattr(part, "state_dict"):
                tensors |= copied(name, part.state_dict())
        facts = {
            "epoch": self.epoch,
            "batch": self.batch,
            "steps": self.steps,
            "parts": self.stepper.parts,
            "best": self.best.facts(),
            "meter": self.meter.facts(),
        }
        return Saved(self.step, tensors, facts)

    def _restore(self, saved: Saved) -> None:
        """Go on from a checkpoint.

        Raises:
            InputError: it is of another model, or of other data.
        """
        parts: dict[str, dict[str, Tensor]] = {}
        for key, tensor in saved.tensors.items():
            kind, _, name = key.partition("/")
            parts.setdefault(kind, {})[name] = tensor
        own, facts = tensors_of(self.model), saved.facts
        shapes = {name: tensor.shape for name, tensor in parts.get("model", {}).items()}
        if facts["steps"] != self.steps or shapes != {n: t.shape for n, t in own.items()}:
            raise InputError(
                f"the checkpoint of step {saved.step:,} is of another network or of other documents; choose another folder, "
                "or remove it"
            )
        put(parts.get("model", {}), self.model)
        self.best.restore(facts["best"], parts.get("best", {}))
        self.optimizers.load_state(parts.get("optimizer", {}))
        if self.average is not None:
            for number, weight in enumerate(self.average.weights):
                weight.copy_(parts["average"][str(number)])
        restore_generators(self.setting, parts["generator"])
        for name, part in (("loss", self.loss), ("data", self.data)):
            if hasattr(part, "load_state_dict"):
                part.load_state_dict(parts.get(name, {}))
        self.step, self.epoch, self.batch = saved.step, facts["epoch"], facts["batch"]
        self.stepper.parts = facts["parts"]
        self.meter.restore(facts["meter"])


def _take(batches: Iterator[Any], count: int) -> list[Any]:
    """The next ``count`` batches, or as many as there are."""
    group = []
    for batch in batches:
        group.append(batch)
        if len(group) == count:
            break
    return group
