"""Documents in batches of like length: little padding, another order in every epoch, the same one for the same seed.

An epoch's documents are shuffled, cut into pools of some dozens of batches, sorted by length inside their pool, cut into batches
by two limits (places of the padded array, documents), and the batches are shuffled. Documents of any length so meet others in
the next epoch, and neighbours in a batch have nearly the same length.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol, Self, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nlpwb.training.device import to_device

POOL = 32
"""Batches of a pool. Fewer leave more padding (a tenth at 8), more let batches come in the same company again."""

B = TypeVar("B", covariant=True)


class Batches(Protocol[B]):
    """Where the loop takes batches from, of any kind.

    It may offer ``state_dict() -> dict[str, Tensor]`` and ``load_state_dict``, which then stand in checkpoints, and ``padding``,
    the share of places without a token. A batch may offer ``tokens`` (counted in the records), ``to(device, non_blocking=)``
    (used where the device is not the processor), ``halves()`` (used where it does not fit into memory).
    """

    def steps(self, epoch: int) -> int:
        """The number of batches of an epoch."""
        ...

    def batches(self, epoch: int, start: int = 0) -> Iterator[B]:
        """The batches of an epoch from number ``start`` on; the same ones whenever they are asked for."""
        ...


@dataclass(frozen=True, eq=False)
class Batch:
    """Documents of one step.

    Args:
        ids: int64 (B, T), 0 where a document has ended.
        lengths: int64 (B,), each at least 1; on the processor, whatever the device.
        targets: (B, …) or None.
        rows: int64 (B,), which documents these are; on the processor.
        tokens: ids that are no padding.
    """

    ids: Tensor
    lengths: Tensor
    targets: Tensor | None
    rows: Tensor
    tokens: int

    def __len__(self) -> int:
        return len(self.lengths)

    def to(self, device: torch.device, *, non_blocking: bool = True) -> Self:
        """The same with ids and targets on a device."""
        del non_blocking
        targets = None if self.targets is None else to_device(self.targets, device)
        ids = to_device(self.ids, device)
        return type(self)(ids, self.lengths, targets, self.rows, self.tokens)

    def halves(self) -> tuple[Self, Self] | None:
        """Two batches of half the documents, padded no further than needed; None for a single document."""
        middle = len(self) // 2
        if middle == 0:
            return None
        return self._part(slice(0, middle)), self._part(slice(middle, None))

    def _part(self, part: slice) -> Self:
        lengths = self.lengths[part]
        ids = self.ids[part, : int(lengths.max())].contiguous()
        targets = None if self.targets is None else self.targets[part]
        return type(self)(ids, lengths, targets, self.rows[part], int(lengths.sum()))


class TextBatches:
    """Encoded documents as a source of :class:`Batch`.

    Args:
        ids: integers (tokens,); document i is ``ids[ends[i - 1]:ends[i]]``.
        ends: int64 (n,).
        targets: (n, …): integers become int64, other numbers float32, truth values stay; or None.
        rows: int64, the documents to take; all of them where it is None.
        tokens: most places of a batch, padding included; a longer document stands alone.
        documents: most documents of a batch.
        seed: of the order.
    """

    def __init__(
        self,
        ids: NDArray[Any],
        ends: NDArray[Any],
        targets: NDArray[Any] | Tensor | None = None,
        *,
        rows: NDArray[Any] | None = None,
        tokens: int,
        documents: int,
        seed: int = 0,
    ) -> None:
        assert tokens >= 1, "a token at least"
        assert documents >= 1, "a document at least"
        self.ids = ids
        self.ends = np.asarray(ends, dtype=np.int64)
        self.lengths = np.diff(self.ends, prepend=0)
        self.rows = np.arange(len(self.ends)) if rows is None else np.asarray(rows, dtype=np.int64)
        assert len(self.rows), "a document at least"
        assert self.lengths[self.rows].min() >= 1, "an empty document is one unknown token"
        self.targets = None if targets is None else as_targets(targets)
        assert self.targets is None or len(self.targets) == len(self.ends)
        self.tokens = tokens
        self.documents = documents
        self.seed = seed
        self._counts: dict[int, int] = {}
        self._plan: tuple[int, Plan] | None = None

    @property
    def padding(self) -> float:
        """The share of places without a token, over the batches of the first epoch, 0 to 1."""
        plan = self._planned(0)
        return 1 - sum(plan.tokens) / sum(plan.places)

    def steps(self, epoch: int) -> int:
        """The number of batches of an epoch; it differs by a few between epochs."""
        if epoch not in self._counts:
            self._counts[epoch] = len(self._planned(epoch))
        return self._counts[epoch]

    def batches(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """The batches of an epoch, from number ``start`` on."""
        plan = self._planned(epoch)
        for number in range(start, len(plan)):
            yield plan.batch(number, self.ids, self.targets)

    def _planned(self, epoch: int) -> Plan:
        if self._plan is None or self._plan[0] != epoch:
            self._plan = (epoch, Plan(self._grouped(epoch), self.ends, self.lengths))
        return self._plan[1]

    def _grouped(self, epoch: int) -> list[NDArray[np.int64]]:
        """The rows of each batch of an epoch."""
        random = np.random.default_rng([self.seed, epoch])
        shuffled = random.permutation(self.rows)
        mean = float(self.lengths[self.rows].mean())
        usual = max(1, min(self.documents, int(self.tokens / mean)))
        pools = max(1, round(len(shuffled) / (usual * POOL)))
        batches: list[NDArray[np.int64]] = []
        for pool in np.array_split(shuffled, pools):
            batches += like_lengths(
                pool, self.lengths[pool], tokens=self.tokens, documents=self.documents
            )
        order = random.permutation(len(batches))
        return [batches[place] for place in order.tolist()]


def like_lengths(
    rows: NDArray[np.int64], lengths: NDArray[np.int64], *, tokens: int, documents: int
) -> list[NDArray[np.int64]]:
    """Rows int64 (n,) with these lengths, sorted from long to short and cut into batches that keep both limits."""
    order = np.argsort(-lengths, kind="stable")
    rows, falling = rows[order], lengths[order].tolist()
    batches = []
    start = 0
    while start < len(rows):
        end = start + max(1, min(documents, tokens // falling[start]))
        batches.append(rows[start:end])
        start = end
    return batches


class Plan:
    """Batches that are to be cut. All that can be computed for all of them at once is, since a batch must cost microseconds.

    Args:
        batches: the rows of each, int64, from long documents to short ones.
        ends: int64 (n,) of all documents.
        lengths: int64 (n,) of all documents.
    """

    def __init__(
        self,
        batches: list[NDArray[np.int64]],
        ends: NDArray[np.int64],
        lengths: NDArray[np.int64],
    ) -> None:
        self._rows = np.concatenate(batches)
        self._lengths = lengths[self._rows]
        self._starts = (ends[self._rows] - self._lengths)[:, None]
        sizes = np.array([len(rows) for rows in batches])
        bounds = np.concatenate([[0], np.cumsum(sizes)])
        self._bounds: list[int] = bounds.tolist()
        widths = self._lengths[bounds[:-1]]
        self._widths: list[int] = widths.tolist()
        self._shortest: list[int] = self._lengths[bounds[1:] - 1].tolist()
        self._columns = np.arange(int(widths.max()))
        self.tokens: list[int] = np.add.reduceat(self._lengths, bounds[:-1]).tolist()
        self.places: list[int] = (sizes * widths).tolist()

    def __len__(self) -> int:
        return len(self._widths)

    def batch(self, number: int, ids: NDArray[Any], targets: Tensor | None = None) -> Batch:
        """One of them, padded with 0 to its longest document."""
        part = slice(self._bounds[number], self._bounds[number + 1])
        lengths, rows = self._lengths[part], self._rows[part]
        width, shortest = self._widths[number], self._shortest[number]
        columns = self._columns[:width]
        # Places behind the end read another document, or are clipped to the last token; both become 0.
        taken = ids.take(self._starts[part] + columns, mode="clip").astype(np.int64)
        if shortest < width:
            taken[:, shortest:] *= columns[shortest:] < lengths[:, None]
        return Batch(
            torch.from_numpy(taken),
            torch.from_numpy(lengths),
            # numpy takes rows several times faster than torch does, where there are few
            None if targets is None else torch.from_numpy(targets.numpy().take(rows, axis=0)),
            torch.from_numpy(rows),
            self.tokens[number],
        )


def as_targets(targets: NDArray[Any] | Tensor) -> Tensor:
    """Targets as torch wants them: integers int64, truth values bool, other numbers float32."""
    tensor = (
        targets if isinstance(targets, Tensor) else torch.from_numpy(np.ascontiguousarray(targets))
    )
    if tensor.dtype == torch.bool:
        return tensor
    return tensor.to(torch.float32 if tensor.is_floating_point() else torch.int64)
