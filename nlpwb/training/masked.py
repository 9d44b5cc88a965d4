"""Windows of a row of ids with hidden tokens, the loss of saying them, and how well they are said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from nlpwb.training import faults
from nlpwb.training.device import Setting, autocast, free_memory, threads_of, to_device
from nlpwb.training.masking import Ids, Marks, Masking, choose, cover
from nlpwb.training.sequence_losses import linear_cross_entropy
from nlpwb.training.streams import StreamBatches

_LOGITS = 1 << 23
"""Logits that are held at a time."""
MARKS = 2
"""Marks of a window: one before, one behind."""


@dataclass(frozen=True, eq=False)
class MaskedBatch:
    """Windows of one step.

    Args:
        ids: int64 (B, T), what is read, the marks included; padding where a window has ended.
        lengths: int64 (B,), on the processor, whatever the device.
        places: int64 (m,), of what is to be said in the flattened ids, rising.
        targets: int64 (m,), what stood there.
        tokens: ids that are no padding.
    """

    ids: Tensor
    lengths: Tensor
    places: Tensor
    targets: Tensor
    tokens: int

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def windows(self) -> Tensor:
        """The window of each place, int64 (m,)."""
        return self.places // self.ids.shape[1]

    def to(self, device: torch.device, *, non_blocking: bool = True) -> Self:
        """The same on a device."""
        del non_blocking
        ids, places, targets = (
            to_device(one, device) for one in (self.ids, self.places, self.targets)
        )
        return type(self)(ids, self.lengths, places, targets, self.tokens)

    def halves(self) -> tuple[Self, Self] | None:
        """Two batches of half the windows; None for a single one."""
        middle = len(self) // 2
        if middle == 0:
            return None
        return self._part(0, middle), self._part(middle, len(self))

    def _part(self, first: int, last: int) -> Self:
        width = self.ids.shape[1]
        within = (self.windows >= first) & (self.windows < last)
        lengths = self.lengths[first:last]
        return type(self)(
            self.ids[first:last],
            lengths,
            self.places[within] - first * width,
            self.targets[within],
            int(lengths.sum()),
        )


class MaskedBatches(StreamBatches):
    """A row of ids as a source of :class:`MaskedBatch`; implements ``batches.Batches``.

    Windows come from all over the text in random order, and every pass cuts elsewhere and hides anew: what is drawn follows
    from seed, pass and step, whenever it is asked for.

    Args:
        ids: integers (n,), marks between texts among them.
        marks: of the vocabulary.
        masking: how tokens are chosen.
        rows: windows of a batch, B.
        length: ids of a window, its two marks included.
        epochs: passes.
        steps: as in :class:`StreamBatches`; ``together`` too.
        seed: of the cuts, of the order and of what is hidden.
    """

    def __init__(
        self,
        ids: NDArray[Any],
        *,
        marks: Marks,
        masking: Masking,
        rows: int,
        length: int,
        epochs: int,
        steps: int = 0,
        together: int = 1,
        seed: int = 0,
    ) -> None:
        # a stream wants what follows each id: one more behind the last lets every id of ours be read
        super().__init__(
            np.append(ids, marks.end).astype(np.int32),
            rows=rows,
            length=max(1, length - MARKS),
            carried=False,
            epochs=epochs,
            steps=steps,
            together=together,
            seed=seed,
        )
        self.marks = marks
        self.masking = masking

    def _apart(self, number: int, within: int) -> Any:
        places, ends = self._windows_of(number, within)
        random = np.random.default_rng([self.seed, number, within, 2])
        return masked_batch(
            self.ids, places, ends, marks=self.marks, masking=self.masking, random=random
        )


def masked_batch(
    row: NDArray[Any],
    places: Ids,
    ends: Ids,
    *,
    marks: Marks,
    masking: Masking,
    random: np.random.Generator,
    all_hidden: bool = False,
) -> MaskedBatch:
    """Windows between their marks, with hidden tokens.

    Args:
        row: integers (n,).
        places: int64 (B, T), of the row.
        ends: int64 (B,), before which each window's places must be.
        marks: of the vocabulary.
        masking: how tokens are chosen.
        random: draws them, and what stands in their place.
        all_hidden: every chosen token becomes the mask, so that nothing of the answer is seen.
    """
    lengths = (places < ends[:, None]).sum(axis=1)
    width = int(lengths.max())
    columns = np.arange(width)
    real = columns < lengths[:, None]
    ids = np.full((len(places), width + MARKS), marks.padding, dtype=np.int64)
    ids[:, 0] = marks.begin
    ids[:, 1:-1][real] = row.take(places[:, :width], mode="clip")[real]
    ids[np.arange(len(ids)), lengths + 1] = marks.end
    chosen = choose(marks.is_plain[ids], marks.begins[ids], masking, random)
    covered = np.where(chosen, marks.mask, ids) if all_hidden else cover(ids, chosen, marks, random)
    asked = np.flatnonzero(chosen)
    return MaskedBatch(
        torch.from_numpy(covered),
        torch.from_numpy(lengths + MARKS),
        torch.from_numpy(asked),
        torch.from_numpy(ids.ravel()[asked]),
        int(lengths.sum()) + MARKS * len(ids),
    )


def masked_loss(model: nn.Module, batch: MaskedBatch) -> tuple[Tensor, int]:
    """The loop's loss: the sum of the nats of the hidden tokens, float32, and their number.

    The model maps ids, lengths and places to what its output layer sees, (m, e), and offers ``head() -> (weight (V, e), bias
    (V,))``.
    """
    seen = model(batch.ids, batch.lengths, batch.places)
    weight, bias = cast(Any, model).head()
    return linear_cross_entropy(seen, weight, bias, batch.targets), len(batch.targets)


@dataclass(frozen=True, eq=False)
class MaskedFigures:
    """How well hidden tokens were said, float64 (w,) over windows in order: those that were right, their nats, their number."""

    right: NDArray[np.float64]
    nats: NDArray[np.float64]
    hidden: NDArray[np.float64]

    @property
    def accuracy(self) -> float:
        """The share of hidden tokens of which the likeliest answer is right."""
        return float(self.right.sum() / max(1.0, self.hidden.sum()))

    @property
    def nats_per_token(self) -> float:
        """The mean -ln p of a hidden token."""
        return float(self.nats.sum() / max(1.0, self.hidden.sum()))


def score_masked(
    network: nn.Module,
    ids: NDArray[Any],
    setting: Setting,
    *,
    marks: Marks,
    masking: Masking,
    length: int,
    rows: int = 32,
    rounds: int = 1,
    seed: int = 0,
) -> MaskedFigures:
    """Hide tokens of a row in ``rounds`` ways that ``seed`` draws, and ask for them; sums over the rounds by window.

    The windows, of ``length`` ids with their marks, stand side by side. Every chosen token is hidden: none is left to be seen.

    Raises:
        MethodError: a single window does not fit into memory.
    """
    step = max(1, length - MARKS)
    count = -(-len(ids) // step)
    sums = np.zeros((3, count))
    was_training = network.training
    network.to(setting.device).eval()
    try:
        with threads_of(setting), torch.inference_mode():
            for number in range(rounds):
                for first, batch in _fixed(ids, step, rows, marks, masking, (seed, number)):
                    for start, right, nats, windows in _asked(network, batch, setting, first):
                        for kind, values in enumerate((right, nats, np.ones_like(nats))):
                            np.add.at(sums[kind], start + windows, values)
    finally:
        network.train(was_training)
    return MaskedFigures(*sums)


def _fixed(
    ids: NDArray[Any],
    step: int,
    rows: int,
    marks: Marks,
    masking: Masking,
    seed: tuple[int, int],
) -> Iterator[tuple[int, MaskedBatch]]:
    """The number of the first window of each batch, and the batch."""
    starts = np.arange(0, len(ids), step)
    for first in range(0, len(starts), rows):
        some = starts[first : first + rows]
        ends = np.minimum(some + step, len(ids))
        random = np.random.default_rng([*seed, first])
        yield (
            first,
            masked_batch(
                ids,
                some[:, None] + np.arange(step),
                ends,
                marks=marks,
                masking=masking,
                random=random,
                all_hidden=True,
            ),
        )


def _asked(
    network: nn.Module, batch: MaskedBatch, setting: Setting, first: int
) -> Iterator[tuple[int, NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]]:
    """First window, rightness, nats and window of each hidden token, (m,) each; in halves where memory does not suffice."""
    try:
        there = batch.to(setting.device)
        right, nats = _answers(cast(Any, network), there, setting)
        yield first, right, nats, np.asarray(batch.windows.numpy(), dtype=np.int64)
        return
    except (RuntimeError, MemoryError) as error:
        if not faults.is_out_of_memory(error):
            raise
    free_memory(setting)
    halves = batch.halves()
    if halves is None:
        raise faults.does_not_fit()
    yield from _asked(network, halves[0], setting, first)
    yield from _asked(network, halves[1], setting, first + len(halves[0]))


def _answers(
    network: Any, batch: MaskedBatch, setting: Setting
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    with autocast(setting):
        seen = network(batch.ids, batch.lengths, batch.places)
    size = max(1, _LOGITS // network.vocabulary)
    right, nats = [], []
    for start in range(0, len(seen), size):
        with autocast(setting):
            logits = network.logits(seen[start : start + size]).float()
        wanted = batch.targets[start : start + size]
        right.append(logits.argmax(dim=1) == wanted)
        nats.append(functional.cross_entropy(logits, wanted, reduction="none"))
    if not nats:
        return np.zeros(0), np.zeros(0)
    return (
        torch.cat(right).cpu().numpy().astype(np.float64),
        torch.cat(nats).double().cpu().numpy(),
    )
