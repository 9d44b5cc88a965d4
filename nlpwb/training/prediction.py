"""Outputs of a model for many documents: batches of like length, the order of the rows restored."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from nlpwb.training import faults
from nlpwb.training.batches import Batch, Batches
from nlpwb.training.device import Setting, autocast, free_memory, move, threads_of

Call = Callable[[Any, Batch], Tensor]
"""Model and batch to outputs (B, …)."""

TOKENS, DOCUMENTS = 16_384, 256


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
    found = predict_batches(model, batches, setting, call=call)
    order = torch.argsort(torch.cat([rows for rows, _ in found]))
    return torch.cat([results for _, results in found])[order]


def predict_batches(
    model: nn.Module, batches: Batches[Batch], setting: Setting, *, call: Call = outputs
) -> list[tuple[Tensor, Tensor]]:
    """Of each batch its rows' numbers, int64 (B,), and what ``call`` makes of it, float32 (…) on the processor.

    ``call`` may give any number of outputs for a row, one row's behind another's.

    Raises:
        MethodError: a single document does not fit into memory.
    """
    with _evaluating(model, setting):
        return [(batch.rows, _called(model, batch, setting, call)) for batch in batches.batches(0)]


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
