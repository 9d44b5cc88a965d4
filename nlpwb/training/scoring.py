"""How likely a row of tokens is to a language model, token by token."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from nlpwb.training import faults
from nlpwb.training.device import Setting, autocast, free_memory, threads_of, to_device

PLACES = 1 << 13
"""Tokens that are scored at a time."""
_LOGITS = 1 << 23
"""Logits that are held at a time."""
STRETCH = 512
"""Tokens that a network which carries its state reads at a time."""


def token_nats(
    network: nn.Module,
    ids: NDArray[Any],
    setting: Setting,
    *,
    window: int | None = None,
    stride: int | None = None,
    streams: int = 1,
) -> NDArray[np.float32]:
    """-ln p of each token of a row given those before it that the network can see, float32 (n,); 0 for the first.

    A network that carries its state reads the row as a whole, or in ``streams`` side by side, of which all but the first begin
    with nothing before them: a machine is quicker with many rows than with a long one. One of limited sight reads windows of
    ``window`` tokens (by default as many as it was trained on), each of which begins ``stride`` tokens (by default half a
    window) behind the one before: every token is scored once, and all but the first ones have ``window - stride`` tokens before
    them at least.

    Raises:
        MethodError: a single window does not fit into memory.
    """
    found = np.zeros(len(ids), dtype=np.float32)
    if len(ids) < 2:
        return found
    row = torch.from_numpy(np.ascontiguousarray(ids, dtype=np.int64))
    was_training = network.training
    network.to(setting.device).eval()
    try:
        with threads_of(setting), torch.inference_mode():
            sight = window or getattr(network, "trained_context", None)
            if sight is None:
                _carried(network, row, found, setting, streams)
            else:
                _windows(network, row, found, setting, sight, stride or max(1, sight // 2))
    finally:
        network.train(was_training)
    return found


def _carried(
    network: Any, row: Tensor, found: NDArray[np.float32], setting: Setting, streams: int
) -> None:
    """Streams of one length, and what is left behind the last one."""
    rows = max(1, min(streams, (len(row) - 1) // STRETCH))
    length = (len(row) - 1) // rows
    places = torch.arange(rows).unsqueeze(1) * length + torch.arange(length)  # (B, T)
    memory = _read_on(network, row, places, None, found, setting)
    left = torch.arange(rows * length, len(row) - 1).unsqueeze(0)
    if left.numel():
        _read_on(network, row, left, memory.rows(torch.tensor([rows - 1])), found, setting)


def _read_on(
    network: Any,
    row: Tensor,
    places: Tensor,
    memory: Any,
    found: NDArray[np.float32],
    setting: Setting,
) -> Any:
    """Read what stands at places (B, T), a stretch at a time; returns the memory behind them."""
    for part in torch.split(places, STRETCH, dim=1):
        with autocast(setting):
            hidden, memory = network.hidden(to_device(row[part], setting.device), memory)
        wanted = part.flatten() + 1
        targets = to_device(row[wanted], setting.device)
        found[wanted.numpy()] = _nats(network, hidden.flatten(0, 1), targets, setting)
    return memory


def _windows(
    network: Any,
    row: Tensor,
    found: NDArray[np.float32],
    setting: Setting,
    window: int,
    stride: int,
) -> None:
    """Windows begin at 0, stride, 2 stride …; all but the first tell of their last ``stride`` tokens alone."""
    last = len(row) - 1  # tokens that are read
    starts = [0]
    while starts[-1] + window < last:
        starts.append(starts[-1] + stride)
    whole = [start for start in starts if start + window <= last]
    size = max(1, PLACES // window)
    for at in range(0, len(whole), size):
        _some(network, row, found, setting, whole[at : at + size], window, stride)
    for start in starts[len(whole) :]:
        _some(network, row, found, setting, [start], last - start, stride, whole=window)


def _some(
    network: Any,
    row: Tensor,
    found: NDArray[np.float32],
    setting: Setting,
    starts: list[int],
    length: int,
    stride: int,
    *,
    whole: int | None = None,
) -> None:
    """Windows of one length; in halves where they do not fit."""
    places = torch.tensor(starts).unsqueeze(1) + torch.arange(length)  # (B, T)
    skip = torch.tensor([0 if start == 0 else (whole or length) - stride for start in starts])
    try:
        with autocast(setting):
            hidden, _ = network.hidden(to_device(row[places], setting.device), None)
        fresh = torch.arange(length) >= skip.unsqueeze(1)
        chosen = fresh.flatten().nonzero().squeeze(1)
        wanted = places.flatten()[chosen] + 1
        rows = hidden.flatten(0, 1).index_select(0, to_device(chosen, setting.device))
        found[wanted.numpy()] = _nats(
            network, rows, to_device(row[wanted], setting.device), setting
        )
        return
    except (RuntimeError, MemoryError) as error:
        if not faults.is_out_of_memory(error):
            raise
    free_memory(setting)
    if len(starts) == 1:
        raise faults.does_not_fit()
    middle = len(starts) // 2
    for half in (starts[:middle], starts[middle:]):
        _some(network, row, found, setting, half, length, stride, whole=whole)


def _nats(network: Any, hidden: Tensor, wanted: Tensor, setting: Setting) -> NDArray[np.float32]:
    """Of places (n, d), some at a time."""
    rows = max(1, _LOGITS // network.vocabulary)
    parts = []
    for start in range(0, len(hidden), rows):
        with autocast(setting):
            logits = network.logits(hidden[start : start + rows])
        target = wanted[start : start + rows]
        parts.append(functional.cross_entropy(logits.float(), target, reduction="none"))
    return np.asarray(torch.cat(parts).float().cpu().numpy(), dtype=np.float32)
