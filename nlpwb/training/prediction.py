"""Outputs of a model for many documents: batches of like length, the order of the rows restored, memory that does not grow.

:func:`predict` takes a source of batches that is in memory anyway; :func:`predict_windows` takes windows of documents as they are
read, and has the next one prepared by a thread while the model computes.
"""

from __future__ import annotations

import contextlib
import queue
import sys
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Any, Protocol, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from nlpwb.training import faults
from nlpwb.training.batches import Batch, Batches, Plan, like_lengths
from nlpwb.training.device import Setting, autocast, free_memory, move, threads_of

T = TypeVar("T")
Call = Callable[[Any, Batch], Tensor]
"""Model and batch to outputs (B, …)."""

TOKENS, DOCUMENTS = 16_384, 256
_AHEAD = 2
"""Windows that are ready before they are needed."""
_SWITCH_SECONDS = 0.0005
"""How long one thread may hold the interpreter: at Python's 5 ms the model would wait for it at every operation."""


class Window(Protocol):
    """Encoded documents: document i is ``ids[ends[i - 1]:ends[i]]``."""

    @property
    def ids(self) -> NDArray[Any]:
        """Integers (tokens,)."""
        ...

    @property
    def ends(self) -> NDArray[Any]:
        """int64 (n,)."""
        ...


def outputs(model: Any, batch: Batch) -> Tensor:
    """What the model says of a batch."""
    result: Tensor = model(batch.ids, batch.lengths)
    return result


def predict(
    model: nn.Module, batches: Batches[Batch], setting: Setting, *, call: Call = outputs
) -> Tensor:
    """``call``'s outputs for all rows of ``batches``, float32 (n, …) on the processor, in the order of the rows' numbers.

    Raises:
        MethodError: a single document does not fit into memory.
    """
    results, rows = [], []
    with _evaluating(model, setting):
        for batch in batches.batches(0):
            results.append(_called(model, batch, setting, call))
            rows.append(batch.rows)
    order = torch.argsort(torch.cat(rows))
    return torch.cat(results)[order]


def predict_windows(
    model: nn.Module,
    windows: Iterable[Window],
    setting: Setting,
    *,
    tokens: int = TOKENS,
    documents: int = DOCUMENTS,
    call: Call = outputs,
) -> Iterator[Tensor]:
    """For each window, ``call``'s outputs, float32 (n, …) on the processor, in the order of its documents.

    ``windows`` is read by a thread, at most two windows ahead. ``tokens`` and ``documents`` limit a batch.

    Raises:
        MethodError: a single document does not fit into memory; and whatever reading ``windows`` raises.
    """
    prepared = (_cut(window, tokens, documents) for window in windows)
    with contextlib.closing(ahead(prepared)) as ready:
        for batches in ready:
            with _evaluating(model, setting):
                results = [_called(model, batch, setting, call) for batch in batches]
                rows = torch.cat([batch.rows for batch in batches])
                window = torch.cat(results)
                ordered = torch.empty_like(window)
                ordered[rows] = window
            yield ordered


def _cut(window: Window, tokens: int, documents: int) -> list[Batch]:
    ends = np.asarray(window.ends, dtype=np.int64)
    assert len(ends), "a window has documents"
    lengths = np.diff(ends, prepend=0)
    rows = like_lengths(np.arange(len(ends)), lengths, tokens=tokens, documents=documents)
    plan = Plan(rows, ends, lengths)
    return [plan.batch(number, window.ids) for number in range(len(plan))]


def _called(model: nn.Module, batch: Batch, setting: Setting, call: Call) -> Tensor:
    """The outputs of a batch; in halves where they do not fit."""
    try:
        with autocast(setting):
            return call(model, move(batch, setting)).float().cpu()
    except (RuntimeError, MemoryError) as error:
        if not faults.is_out_of_memory(error):
            raise
    free_memory(setting)
    halves = batch.halves()
    if halves is None:
        raise faults.does_not_fit()
    return torch.cat([_called(model, half, setting, call) for half in halves])


@contextlib.contextmanager
def _evaluating(model: nn.Module, setting: Setting) -> Iterator[None]:
    """The model is on its device and in evaluation mode, without gradients; afterwards in the mode that it was in."""
    was_training = model.training
    model.to(setting.device).eval()
    try:
        with threads_of(setting), torch.inference_mode():
            yield
    finally:
        model.train(was_training)


def ahead(items: Iterable[T], count: int = _AHEAD) -> Generator[T, None, None]:
    """The items, made by a thread up to ``count`` ahead; what it raises is raised here, and closing this ends it."""
    ready: queue.Queue[tuple[bool, Any]] = queue.Queue(count)
    stop = threading.Event()

    def put(what: tuple[bool, Any]) -> bool:
        while not stop.is_set():
            try:
                ready.put(what, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def work() -> None:
        try:
            for item in items:
                if not put((True, item)):
                    return
        except BaseException as error:
            put((False, error))
        else:
            put((False, None))

    thread = threading.Thread(target=work, name="ahead", daemon=True)
    before = sys.getswitchinterval()
    sys.setswitchinterval(min(before, _SWITCH_SECONDS))
    thread.start()
    try:
        while True:
            more, item = ready.get()
            if more:
                yield item
            elif item is not None:
                raise item
            else:
                return
    finally:
        stop.set()
        sys.setswitchinterval(before)
        thread.join()
