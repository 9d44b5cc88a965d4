"""Running text in batches: windows of a row of ids, each with the tokens that follow.

Two ways. *Carried*: the row is cut into as many streams as a batch has rows, and a batch goes on where the one before ended, so
that a state can be carried along (truncated backpropagation: Mikolov 2012, section 3.3.2; Merity et al. 2018). *Apart*: windows
from all over the text in random order, for networks that see no further than a window. Either way every token is wanted
once in a pass, and every pass cuts elsewhere.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nlpwb.training.device import to_device

NOTHING = -1
"""Stands among the targets where none is wanted."""
LEAST_ROUNDS = 10
"""Where steps are counted, so many times at least a judge looks at the weights."""


@dataclass(frozen=True, eq=False)
class StreamBatch:
    """Windows of one step.

    Args:
        ids: int64 (B, T), what is read.
        targets: int64 (B, T), the token after each; :data:`NOTHING` where a window has ended.
        fresh: whether the rows begin anew, and no state is carried into them.
        tokens: targets that are wanted.
        whole: whether the rows belong together, because a state is carried for all of them.
    """

    ids: Tensor
    targets: Tensor
    fresh: bool
    tokens: int
    whole: bool = False

    def __len__(self) -> int:
        return len(self.ids)

    def to(self, device: torch.device, *, non_blocking: bool = True) -> Self:
        """The same on a device."""
        del non_blocking
        ids, targets = to_device(self.ids, device), to_device(self.targets, device)
        return type(self)(ids, targets, self.fresh, self.tokens, self.whole)

    def halves(self) -> tuple[Self, Self] | None:
        """Two batches of half the rows; None for a single one, and where a state goes with all of them."""
        middle = len(self) // 2
        if middle == 0 or self.whole:
            return None
        return self._part(slice(0, middle)), self._part(slice(middle, None))

    def _part(self, part: slice) -> Self:
        targets = self.targets[part]
        wanted = int((targets != NOTHING).sum())
        return type(self)(self.ids[part], targets, self.fresh, wanted)


class StreamBatches:
    """A row of ids as a source of :class:`StreamBatch`; implements ``batches.Batches``.

    An epoch of the loop is a pass over the row; where ``steps`` are counted, it is a tenth of them, or a pass where that is
    shorter.

    Args:
        ids: integers (n,); token i + 1 is wanted where token i was read.
        rows: windows of a batch, B.
        length: tokens of a window, T.
        carried: see above.
        epochs: passes.
        steps: of the optimiser in all; 0: as many as the passes have.
        together: batches of such a step; no epoch ends within one where steps are counted.
        seed: of the cuts and of the order.
    """

    def __init__(
        self,
        ids: NDArray[Any],
        *,
        rows: int,
        length: int,
        carried: bool,
        epochs: int,
        steps: int = 0,
        together: int = 1,
        seed: int = 0,
    ) -> None:
        assert len(ids) >= 2, "a token to read and one that follows"
        assert rows >= 1, "a window at least"
        assert length >= 1, "a token at least"
        self.ids = ids
        self.carried = carried
        self.seed = seed
        self.wanted = len(ids) - 1
        self.length = min(length, self.wanted)
        self.rows = min(rows, max(1, self.wanted // self.length))
        self._windows: tuple[int, list[NDArray[np.int64]]] | None = None
        ends, count = [0], 0
        while ends[-1] < steps * together if steps else count < epochs:
            ends.append(ends[-1] + self._count(count))
            count += 1
        self._ends = ends
        self.rounds, self._bounds = epochs, ends
        if steps:
            self.rounds = min(steps, max(count, LEAST_ROUNDS))
            self._bounds = [
                steps * number // self.rounds * together for number in range(self.rounds + 1)
            ]

    def steps(self, epoch: int) -> int:
        """The number of batches of an epoch."""
        return self._bounds[epoch + 1] - self._bounds[epoch]

    def batches(self, epoch: int, start: int = 0) -> Iterator[StreamBatch]:
        """The batches of an epoch, from number ``start`` on."""
        for place in range(self._bounds[epoch] + start, self._bounds[epoch + 1]):
            number = bisect_right(self._ends, place) - 1
            within = place - self._ends[number]
            yield self._carried(number, within) if self.carried else self._apart(number, within)

    def _first(self, number: int) -> int:
        """Tokens before the first cut of a pass, 1 to T: the others follow every T tokens."""
        random = np.random.default_rng([self.seed, number])
        return int(random.integers(1, self.length + 1))

    @property
    def _stream(self) -> int:
        """Tokens of a stream; the last one may be shorter."""
        return -(-self.wanted // self.rows)

    def _count(self, number: int) -> int:
        """The batches of a pass."""
        first = self._first(number)
        if self.carried:
            return 1 + max(0, -(-(self._stream - first) // self.length))
        windows = 1 + max(0, -(-(self.wanted - first) // self.length))
        return -(-windows // self.rows)

    def _carried(self, number: int, within: int) -> StreamBatch:
        first, stream = self._first(number), self._stream
        start = 0 if within == 0 else first + (within - 1) * self.length
        end = min(first if within == 0 else start + self.length, stream)
        begins = np.arange(self.rows) * stream
        places = begins[:, None] + np.arange(start, end)
        return self._batch(places, np.minimum(begins + stream, self.wanted), fresh=within == 0)

    def _apart(self, number: int, within: int) -> StreamBatch:
        return self._batch(*self._windows_of(number, within), fresh=True)

    def _windows_of(self, number: int, within: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The windows of a batch of a pass: places of the row, (B, T), and where each window ends, (B,)."""
        if self._windows is None or self._windows[0] != number:
            first = self._first(number)
            starts = np.concatenate([[0], np.arange(first, self.wanted, self.length)])
            order = np.random.default_rng([self.seed, number, 1]).permutation(starts)
            # evenly: the last batch of a pass weighs as much as the others
            self._windows = number, np.array_split(order, self._count(number))
        starts = self._windows[1][within]
        first = self._first(number)
        ends = np.where(starts == 0, min(first, self.wanted), starts + self.length)
        return starts[:, None] + np.arange(self.length), np.minimum(ends, self.wanted)

    def _batch(
        self, places: NDArray[np.int64], ends: NDArray[np.int64], *, fresh: bool
    ) -> StreamBatch:
        """What stands at these places of the row, (B, T), before each row's end, (B,)."""
        real = places < ends[:, None]
        if real.all():
            ids = self.ids.take(places).astype(np.int64)
            wanted = self.ids.take(places + 1).astype(np.int64)
        else:
            width = max(1, int(real.sum(axis=1).max()))
            real, places = real[:, :width], places[:, :width]
            ids = np.where(real, self.ids.take(places, mode="clip"), 0).astype(np.int64)
            after = self.ids.take(places + 1, mode="clip")
            wanted = np.where(real, after, NOTHING).astype(np.int64)
        return StreamBatch(
            torch.from_numpy(ids),
            torch.from_numpy(wanted),
            fresh,
            int(real.sum()),
            self.carried,
        )
