"""A training followed from its first record to its last, whatever the network learns: the log, what is said, what was made."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from nlpwb.training.recipe import Recipe
from nlpwb.training.records import Begun, Ended, EpochEnd, Note, Record, Step
from nlpwb.workflows.networks.conditions import (
    TRAINING_LOG,
    Conditions,
    Made,
    NetworkProgress,
    TrainingInterrupted,
)
from nlpwb.workflows.networks.log import Row, TrainingLog

if TYPE_CHECKING:
    from nlpwb.methods.networks.config import TrainingConfig


def follow(
    records: Iterator[Record],
    conditions: Conditions,
    *,
    epochs: int,
    patience: int,
    tuned_by: str,
    shown: tuple[str, ...] = (),
) -> Made:
    """Listen to the loop until it ends: log, progress, notes; what was made.

    Args:
        records: of :func:`nlpwb.training.loop.train`, which is closed here, so that it writes a checkpoint when interrupted.
        conditions: where the log goes and who is told.
        epochs: of the recipe, at most; ``patience`` is the recipe's, too.
        tuned_by: the name of what the judge gives, such as ``accuracy``.
        shown: figures of the judge that go with the progress, too.

    Raises:
        TrainingInterrupted: Ctrl-C; what was learnt is kept in ``conditions.checkpoints``.
        InputError: the log cannot be written, or whatever the loop raises.
    """
    folder = conditions.checkpoints
    paths = [] if folder is None else [folder / TRAINING_LOG]
    log = TrainingLog([*paths, *([conditions.log] if conditions.log is not None else [])])
    started = time.perf_counter()
    begun: Begun | None = None
    scores: dict[int, float] = {}
    judged: dict[str, float] = {}
    try:
        with _closing(records):
            for record in records:
                row = _row(record, tuned_by)
                if isinstance(record, Begun):
                    begun = record
                    log.begin(row, step=record.step)
                    _say_begun(record, conditions.note)
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
                    conditions.progress(NetworkProgress(record, epochs, judged))
                elif isinstance(record, EpochEnd) and record.judgement is not None:
                    scores[record.epoch] = record.judgement.value
                    judged = {name: record.judgement.figures[name] for name in shown}
                elif isinstance(record, Ended):
                    assert begun is not None, "the first record"
                    if record.stopped_early and record.best_epoch is not None:
                        conditions.note(
                            f"ended after epoch {record.epochs} of {epochs}: {patience} without gain on the tuning part; "
                            f"the weights are those of epoch {record.best_epoch + 1}"
                        )
                    seconds = time.perf_counter() - started
                    return _made(begun, record, scores, seconds, tuned_by=tuned_by)
    except (
        KeyboardInterrupt
    ):  # the loop has ended its step, and written a checkpoint when it was closed
        if folder is None or begun is None:
            raise
        raise TrainingInterrupted(
            "interrupted; what was learnt is kept, and the same command goes on from there"
        ) from None
    raise AssertionError("a training ends with its last record")


def recipe_of(config: TrainingConfig, *, epochs: int | None = None) -> Recipe:
    """The options that say how weights move; ``epochs`` where the data counts them otherwise than the config."""
    known = {field.name for field in dataclasses.fields(Recipe)}
    options = {
        field.name: getattr(config, field.name)
        for field in dataclasses.fields(config)
        if field.name in known
    }
    if epochs is not None:
        options["epochs"] = epochs
    return Recipe(**options)


def percent(share: float) -> str:
    """``12 %``, ``0.3 %``."""
    return f"{100 * share:.0f} %" if share >= 0.0995 or share == 0 else f"{100 * share:.1f} %"


@contextlib.contextmanager
def in_memory() -> Iterator[None]:
    """Where memory runs out for more than a batch, say so.

    Raises:
        MethodError: it did.
    """
    from nlpwb.training import faults

    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not faults.is_out_of_memory(error):
            raise
        raise faults.network_does_not_fit() from None


@contextlib.contextmanager
def _closing(records: Iterator[Record]) -> Iterator[None]:
    try:
        yield
    finally:
        close = getattr(records, "close", None)
        if close is not None:
            close()


def _say_begun(begun: Begun, note: Callable[[str], None]) -> None:
    if begun.resumed:
        note(f"going on from step {begun.step:,} of {begun.steps:,}, where an earlier run stopped")
    threads = "1 thread" if begun.threads == 1 else f"{begun.threads} threads"
    padding = "" if begun.padding is None else f"; {percent(begun.padding)} of a batch is padding"
    note(
        f"{begun.parameters:,} parameters in {begun.precision} on {begun.device}, {threads}{padding}"
    )


def _made(
    begun: Begun, ended: Ended, scores: dict[int, float], seconds: float, *, tuned_by: str
) -> Made:
    best = ended.best_epoch
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
        tuning_score="" if best is None else tuned_by,
        earlier_seconds=max(0.0, ended.seconds - seconds) if begun.resumed else 0.0,
    )


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
