"""One training of a network: what the loop is given, and what becomes of its records."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import time
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, cast

import numpy as np  # noqa: TID253  only functions import this module
import torch  # noqa: TID253
from numpy.typing import NDArray  # noqa: TID253

from nlpwb.methods.networks.tokens import EncodedTexts
from nlpwb.specs import Part
from nlpwb.tasks import Task
from nlpwb.training.batches import TextBatches, as_targets
from nlpwb.training.checkpoints import Checkpoints
from nlpwb.training.device import Setting
from nlpwb.training.loop import train
from nlpwb.training.losses import supervised
from nlpwb.training.prediction import predict
from nlpwb.training.recipe import Recipe
from nlpwb.training.records import Begun, Ended, EpochEnd, Judgement, Note, Record, Step
from nlpwb.workflows.networks.conditions import (
    TRAINING_LOG,
    Conditions,
    Made,
    NetworkProgress,
    TrainingInterrupted,
)
from nlpwb.workflows.networks.embeddings import embedding_identity
from nlpwb.workflows.networks.log import Row, TrainingLog
from nlpwb.workflows.networks.tasks import TUNED_BY, Shape, loss_of, scores_of, tuning_score

if TYPE_CHECKING:
    from nlpwb.methods.networks.config import NetworkConfig

TRAINING_VERSION = 1
"""Rises when the same config on the same data begins to train something else: old checkpoints are then left alone."""


def percent(share: float) -> str:
    """``12 %``, ``0.3 %``."""
    return f"{100 * share:.0f} %" if share >= 0.0995 or share == 0 else f"{100 * share:.1f} %"


@dataclasses.dataclass(frozen=True)
class Run:
    """One training: its method and where it takes place."""

    part: Part
    config: NetworkConfig
    conditions: Conditions
    setting: Setting
    task: Task

    def train(
        self,
        model: torch.nn.Module,
        encoded: EncodedTexts,
        shape: Shape,
        targets: NDArray[Any],
        tuning: NDArray[np.bool_] | None,
        *,
        seed: int,
    ) -> Made:
        """Move the weights of ``model`` until it is done; ``tuning`` are the rows that judge, and are not trained on."""
        config = self.config
        wanted = self._wanted(targets, shape)
        trained = np.ones(len(encoded), dtype=bool) if tuning is None else ~tuning
        pointwise = loss_of(self.task, config, targets[trained], shape.outputs)
        judge = None
        if tuning is not None:
            judge = self._judge(encoded, targets, wanted, tuning, shape, pointwise)
        checkpoints = None
        if self.conditions.checkpoints is not None:
            identity = self._identity(encoded, wanted, shape, seed)
            checkpoints = Checkpoints(self.conditions.checkpoints, identity)
        records = train(
            model,
            self._batches(encoded, trained, wanted, seed=seed),
            supervised(pointwise),
            _recipe(config),
            seed=seed,
            setting=self.setting,
            judge=judge,
            checkpoints=checkpoints,
        )
        return self._follow(cast("Generator[Record, None, None]", records))

    def _wanted(self, targets: NDArray[Any], shape: Shape) -> NDArray[Any]:
        """Targets as the loss takes them: numbers standardised."""
        if self.task == "regression":
            return np.asarray((targets - shape.mean) / shape.deviation, dtype=np.float32)
        return targets

    def _batches(
        self,
        encoded: EncodedTexts,
        rows: NDArray[np.bool_],
        targets: NDArray[Any] | None,
        *,
        seed: int,
    ) -> TextBatches:
        return TextBatches(
            encoded.ids,
            encoded.ends,
            targets,
            rows=np.flatnonzero(rows),
            tokens=self.config.batch_tokens,
            documents=self.config.batch_documents,
            seed=seed,
        )

    def _judge(
        self,
        encoded: EncodedTexts,
        targets: NDArray[Any],
        wanted: NDArray[Any],
        rows: NDArray[np.bool_],
        shape: Shape,
        pointwise: Callable[..., tuple[torch.Tensor, int]],
    ) -> Callable[[torch.nn.Module], Judgement]:
        """The judge of the loop: the score on the tuning rows, and their loss for the record."""
        batches = self._batches(encoded, rows, None, seed=0)
        truth = as_targets(wanted[rows])
        score = tuning_score(self.task, targets[rows])
        name = TUNED_BY[self.task]

        def judge(model: torch.nn.Module) -> Judgement:
            outputs = predict(model, batches, self.setting)
            value = score(scores_of(shape, outputs))
            total, count = pointwise(outputs, truth)
            figures = {name: value, "loss": float(total) / count}
            return Judgement(value, self.task != "regression", figures)

        return judge

    def _identity(
        self, encoded: EncodedTexts, wanted: NDArray[Any], shape: Shape, seed: int
    ) -> dict[str, Any]:
        """All that decides the weights: a checkpoint of anything else is none of ours."""
        digest = hashlib.sha256()
        for array in (encoded.ids, encoded.ends, wanted):
            digest.update(np.ascontiguousarray(array).tobytes())
        return {
            "version": TRAINING_VERSION,
            "method": self.part.identity(),
            "embeddings": embedding_identity(self.part.config, self.part.name),
            "data": digest.hexdigest(),
            "shape": dataclasses.asdict(shape),
            "seed": seed,
            "device": self.setting.device.type,
            "precision": self.setting.precision,
            "threads": self.setting.threads,
            "torch": torch.__version__,
        }

    def _follow(self, records: Generator[Record, None, None]) -> Made:
        """Listen to the loop until it ends: log, progress, notes; what was made."""
        conditions = self.conditions
        folder, name = conditions.checkpoints, TUNED_BY[self.task]
        paths = [] if folder is None else [folder / TRAINING_LOG]
        log = TrainingLog([*paths, *([conditions.log] if conditions.log is not None else [])])
        started = time.perf_counter()
        begun: Begun | None = None
        scores: dict[int, float] = {}
        try:
            with contextlib.closing(records):
                for record in records:
                    row = _row(record, name)
                    if isinstance(record, Begun):
                        begun = record
                        log.begin(row, step=record.step)
                        self._say_begun(record)
                        scores = {
                            kept["epoch"]: kept["tuning"]["value"]
                            for kept in log.rows
                            if kept["record"] == "epoch" and "tuning" in kept
                        }
                        continue
                    log.add(row)
                    if isinstance(record, Note):
                        conditions.note(record.text)
                    elif isinstance(record, Step):
                        conditions.progress(NetworkProgress(record, self.config.epochs))
                    elif isinstance(record, EpochEnd) and record.judgement is not None:
                        scores[record.epoch] = record.judgement.value
                    elif isinstance(record, Ended):
                        assert begun is not None, "the first record"
                        return self._made(begun, record, scores, time.perf_counter() - started)
        except (
            KeyboardInterrupt
        ):  # the loop has ended its step, and written a checkpoint when it was closed
            if folder is None or begun is None:
                raise
            raise TrainingInterrupted(
                "interrupted; what was learnt is kept, and the same command goes on from there"
            ) from None
        raise AssertionError("a training ends with its last record")

    def _say_begun(self, begun: Begun) -> None:
        note = self.conditions.note
        if begun.resumed:
            note(
                f"going on from step {begun.step:,} of {begun.steps:,}, where an earlier run stopped"
            )
        threads = "1 thread" if begun.threads == 1 else f"{begun.threads} threads"
        padding = (
            "" if begun.padding is None else f"; {percent(begun.padding)} of a batch is padding"
        )
        note(
            f"{begun.parameters:,} parameters in {begun.precision} on {begun.device}, {threads}{padding}"
        )

    def _made(self, begun: Begun, ended: Ended, scores: dict[int, float], seconds: float) -> Made:
        best = ended.best_epoch
        if ended.stopped_early and best is not None:
            self.conditions.note(
                f"ended after epoch {ended.epochs} of {self.config.epochs}: {self.config.patience} without gain on the "
                f"tuning part; the weights are those of epoch {best + 1}"
            )
        return Made(
            device=begun.device,
            precision=begun.precision,
            threads=begun.threads,
            epochs=ended.epochs,
            best_epoch=ended.epochs if best is None else best + 1,
            stopped_early=ended.stopped_early,
            steps=ended.steps,
            resumed=begun.step,
            parameters=begun.parameters,
            padding=begun.padding,
            cut=0,
            tuning=None if best is None else scores.get(best),
            tuning_score="" if best is None else TUNED_BY[self.task],
            earlier_seconds=max(0.0, ended.seconds - seconds) if begun.resumed else 0.0,
        )


def _recipe(config: NetworkConfig) -> Recipe:
    """The options that say how weights move."""
    known = {field.name for field in dataclasses.fields(Recipe)}
    options = {
        field.name: getattr(config, field.name)
        for field in dataclasses.fields(config)
        if field.name in known
    }
    return Recipe(**options)


def _row(record: Record, name: str) -> Row:
    """A record as a line of the log; ``name`` is the tuning score's."""
    row: Row = {
        "record": "epoch" if isinstance(record, EpochEnd) else type(record).__name__.lower(),
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
    for field in dataclasses.fields(record):
        row[field.name] = getattr(record, field.name)
    if isinstance(record, EpochEnd):
        judgement = row.pop("judgement")
        if judgement is not None:
            row["tuning"] = {
                "name": name,
                "value": judgement.value,
                "higher_is_better": judgement.higher_is_better,
                "figures": dict(judgement.figures),
            }
    return row
