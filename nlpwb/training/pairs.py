"""Pairs of texts in batches of like lengths, and the loss of a network that writes the second from the first.

Letters of shapes: B pairs, S places of the source, T of the target, d width of what the output layer sees, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from nlpwb.training.batches import POOL
from nlpwb.training.device import to_device
from nlpwb.training.sequence_losses import linear_cross_entropy

EVEN = 16
"""Batches of more pairs than that hold a multiple of it: oneDNN makes, and keeps, an LSTM of megabytes for every shape."""
PLACES = 512
"""Places whose logits are held at once where no gradient is wanted."""

Ids = NDArray[np.int32]
Ends = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class PairBatch:
    """Pairs of one step. Lengths and rows are on the processor, whatever the device.

    Args:
        source: int64 (B, S), 0 where a source has ended.
        source_lengths: int64 (B,), each at least 1.
        target: int64 (B, T + 1), from the token that begins a text to the one that ends it, 0 behind.
        target_lengths: int64 (B,), tokens of the target that are to be written: up to T.
        rows: int64 (B,), which pairs these are.
        tokens: of both sides, no padding among them.
    """

    source: Tensor
    source_lengths: Tensor
    target: Tensor
    target_lengths: Tensor
    rows: Tensor
    tokens: int

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def given(self) -> Tensor:
        """What the decoder reads, (B, T)."""
        return self.target[:, :-1]

    @property
    def wanted(self) -> Tensor:
        """What it should say there, (B, T)."""
        return self.target[:, 1:]

    def to(self, device: torch.device, *, non_blocking: bool = True) -> Self:
        """The same with the ids on a device."""
        del non_blocking
        source, target = to_device(self.source, device), to_device(self.target, device)
        return type(self)(
            source, self.source_lengths, target, self.target_lengths, self.rows, self.tokens
        )

    def halves(self) -> tuple[Self, Self] | None:
        """Two batches of half the pairs, padded no further than needed; None for a single pair."""
        middle = len(self) // 2
        if middle == 0:
            return None
        return self._part(slice(0, middle)), self._part(slice(middle, None))

    def _part(self, part: slice) -> Self:
        sources, targets = self.source_lengths[part], self.target_lengths[part]
        return type(self)(
            self.source[part, : int(sources.max())].contiguous(),
            sources,
            self.target[part, : int(targets.max()) + 1].contiguous(),
            targets,
            self.rows[part],
            int(sources.sum() + targets.sum()),
        )


@dataclass(frozen=True, eq=False)
class Side:
    """One side of all pairs: text i is ``ids[ends[i - 1]:ends[i]]``; int32 (tokens,) and int64 (n,)."""

    ids: Ids
    ends: Ends

    @property
    def lengths(self) -> Ends:
        """Tokens of each text."""
        return np.diff(self.ends, prepend=0)

    def marked(self, *, first: int | None = None, last: int | None = None) -> Self:
        """The same with a token in front of every text, or behind it."""
        more = (first is not None) + (last is not None)
        numbers = np.arange(len(self.ends))
        ends = self.ends + more * (numbers + 1)
        ids = np.empty(len(self.ids) + more * len(numbers), dtype=np.int32)
        owners = np.repeat(numbers, self.lengths)
        ids[np.arange(len(self.ids)) + more * owners + (first is not None)] = self.ids
        if first is not None:
            ids[ends - self.lengths - more] = first
        if last is not None:
            ids[ends - 1] = last
        return type(self)(ids, ends)

    def padded(self, rows: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
        """These texts, int64 (B, longest), 0 behind their ends, and their lengths, int64 (B,)."""
        ends = self.ends[rows]
        starts = np.where(rows > 0, self.ends[rows - 1], 0)
        lengths = ends - starts
        columns = np.arange(int(lengths.max()))
        taken = self.ids.take(starts[:, None] + columns, mode="clip").astype(np.int64)
        taken *= columns < lengths[:, None]
        return torch.from_numpy(taken), torch.from_numpy(lengths)


class PairBatches:
    """Encoded pairs as a source of :class:`PairBatch`.

    Args:
        source: the texts that are read, each of at least one token.
        target: the texts that are written, with the tokens that begin and end them.
        rows: int64, the pairs to take; all of them where it is None.
        tokens: most places of a batch, both sides, padding included; a longer pair stands alone.
        documents: most pairs of a batch.
        seed: of the order.
        most: batches in all epochs together, at which the data ends; None: no limit.
    """

    def __init__(
        self,
        source: Side,
        target: Side,
        *,
        rows: NDArray[Any] | None = None,
        tokens: int,
        documents: int,
        seed: int = 0,
        most: int | None = None,
    ) -> None:
        self.source, self.target = source, target
        self.rows = (
            np.arange(len(source.ends)) if rows is None else np.asarray(rows, dtype=np.int64)
        )
        assert len(self.rows), "a pair at least"
        self.tokens = tokens
        self.documents = documents
        self.seed = seed
        self.most = most
        self._read, self._written = source.lengths, target.lengths - 1
        self._counts: dict[int, int] = {}
        self._plan: tuple[int, list[NDArray[np.int64]]] | None = None

    @property
    def padding(self) -> float:
        """The share of places without a token, over the batches of the first epoch, 0 to 1."""
        places = sum(
            len(batch) * int(self._read[batch].max() + self._written[batch].max())
            for batch in self._planned(0)
        )
        tokens = int(self._read[self.rows].sum() + self._written[self.rows].sum())
        return 1 - tokens / places

    def steps(self, epoch: int) -> int:
        """The number of batches of an epoch; it differs by a few between epochs."""
        if epoch not in self._counts:
            count = len(self._planned(epoch))
            if self.most is not None:
                count = max(0, min(count, self.most - sum(map(self.steps, range(epoch)))))
            self._counts[epoch] = count
        return self._counts[epoch]

    def rounds(self, epochs: int) -> int:
        """The epochs that there are: so many, or as many as hold ``most`` batches."""
        if self.most is None:
            return epochs
        held = count = 0
        while held < self.most:
            held += self.steps(count)
            count += 1
        return count

    def batches(self, epoch: int, start: int = 0) -> Iterator[PairBatch]:
        """The batches of an epoch, from number ``start`` on."""
        plan = self._planned(epoch)
        for number in range(start, self.steps(epoch)):
            rows = plan[number]
            source, source_lengths = self.source.padded(rows)
            target, lengths = self.target.padded(rows)
            tokens = int(source_lengths.sum() + lengths.sum()) - len(rows)
            yield PairBatch(
                source, source_lengths, target, lengths - 1, torch.from_numpy(rows), tokens
            )

    def _planned(self, epoch: int) -> list[NDArray[np.int64]]:
        """The rows of each batch of an epoch: shuffled, sorted by length inside pools, cut, and the batches shuffled."""
        if self._plan is None or self._plan[0] != epoch:
            random = np.random.default_rng([self.seed, epoch])
            shuffled = random.permutation(self.rows)
            mean = float((self._read[self.rows] + self._written[self.rows]).mean())
            usual = max(1, min(self.documents, int(self.tokens / mean)))
            pools = max(1, round(len(shuffled) / (usual * POOL)))
            batches: list[NDArray[np.int64]] = []
            for pool in np.array_split(shuffled, pools):
                batches += self._cut(pool)
            order = random.permutation(len(batches))
            self._plan = (epoch, [batches[place] for place in order.tolist()])
        return self._plan[1]

    def _cut(self, rows: NDArray[np.int64]) -> list[NDArray[np.int64]]:
        """Rows sorted by target and source, from long to short, and cut into batches that keep both limits."""
        rows = rows[np.lexsort((-self._read[rows], -self._written[rows]))]
        batches, start, end = [], 0, 0
        read, written = self._read[rows].tolist(), self._written[rows].tolist()
        while start < len(rows):
            longest = 0
            for end in range(start, min(len(rows), start + self.documents)):
                longest = max(longest, read[end])
                if (end + 1 - start) * (longest + written[start]) > self.tokens:
                    break
            else:
                end += 1
            count = max(1, end - start)
            if end < len(rows) and count > EVEN:
                count -= count % EVEN
            batches.append(rows[start : start + count])
            start += count
        return batches


def pair_loss(smoothing: float = 0.0) -> Callable[[nn.Module, PairBatch], tuple[Tensor, int]]:
    """The loop's loss, teacher forced: nats of each token of the target given the source and the true tokens before it.

    The model is called with source, its lengths, what the decoder reads, and its lengths; it gives (B, T, d), which its
    ``head``, a matrix (V, d) and a bias (V,), turns into logits. Smoothing: Szegedy et al. 2016, section 7.
    """

    def loss(model: nn.Module, batch: PairBatch) -> tuple[Tensor, int]:
        hidden, wanted = _at_tokens(model, batch)
        weight, bias = model.head()  # type: ignore[operator]
        total = linear_cross_entropy(hidden, weight, bias, wanted, smoothing=smoothing)
        return total, len(wanted)

    return loss


def pair_nats(model: nn.Module, batch: PairBatch) -> Tensor:
    """-ln p of each target's tokens, its end among them, given the source: float32 (B,)."""
    hidden, wanted = _at_tokens(model, batch)
    parts = zip(torch.split(hidden, PLACES), torch.split(wanted, PLACES), strict=True)
    each = torch.cat([_nats(model, some, tokens) for some, tokens in parts])
    owners = torch.repeat_interleave(torch.arange(len(batch)), batch.target_lengths)
    return torch.zeros(len(batch), device=each.device).index_add_(0, owners.to(each.device), each)


def _nats(model: nn.Module, hidden: Tensor, wanted: Tensor) -> Tensor:
    logits: Tensor = model.logits(hidden)  # type: ignore[operator]
    return functional.cross_entropy(logits.float(), wanted, reduction="none")


def _at_tokens(model: nn.Module, batch: PairBatch) -> tuple[Tensor, Tensor]:
    """What the output layer sees where a token is wanted, (n, d), and that token, (n,)."""
    hidden: Tensor = model(
        batch.source, batch.source_lengths, batch.given, batch.target_lengths
    )  # (B, T, d)
    width = hidden.shape[1]
    real = torch.arange(width) < batch.target_lengths.unsqueeze(1)
    places = to_device(real.flatten().nonzero().squeeze(1), hidden.device)
    return hidden.flatten(0, 1).index_select(0, places), batch.wanted.flatten()[places]
