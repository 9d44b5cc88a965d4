"""Pairs of texts that should stand near each other or apart, in batches, and the losses of an encoder that learns from them.

Letters of shapes: B texts of a batch, each once, P pairs of them, T places, d width of a vector.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from nlpwb.training.batches import like_lengths
from nlpwb.training.device import to_device
from nlpwb.training.drawn_pairs import Drawn, LabelledTexts, draw
from nlpwb.training.pairs import Side

POOL = 32
"""Batches of a pool, inside which pairs are sorted by length."""

Loss = Callable[[nn.Module, "ContrastBatch"], tuple[Tensor, int]]


@dataclass(frozen=True, eq=False)
class ContrastBatch:
    """Pairs of one step. A text that stands in several of them is encoded once.

    Args:
        ids: int64 (B, T), 0 behind the end of a text.
        lengths: int64 (B,), on the processor.
        pairs: int64 (P, 2), rows of ``ids``.
        likeness: float32 (P,), what the cosine of a pair should be.
        company: bool (B, B), which texts share a label; None where there are no labels.
        tokens: of all texts, no padding among them.
    """

    ids: Tensor
    lengths: Tensor
    pairs: Tensor
    likeness: Tensor
    company: Tensor | None
    tokens: int

    def __len__(self) -> int:
        return len(self.pairs)

    def to(self, device: torch.device, *, non_blocking: bool = True) -> Self:
        """The same with all but the lengths on a device."""
        del non_blocking
        ids, pairs, likeness = (
            to_device(part, device) for part in (self.ids, self.pairs, self.likeness)
        )
        company = None if self.company is None else to_device(self.company, device)
        return type(self)(ids, self.lengths, pairs, likeness, company, self.tokens)

    def halves(self) -> tuple[Self, Self] | None:
        """Two batches of half the pairs, and the texts that they need; None for a single pair."""
        middle = len(self) // 2
        if middle == 0:
            return None
        return self._part(slice(0, middle)), self._part(slice(middle, None))

    def _part(self, part: slice) -> Self:
        rows, places = torch.unique(self.pairs[part], return_inverse=True)
        lengths = self.lengths[rows]
        ids = self.ids[rows, : int(lengths.max())].contiguous()
        company = None if self.company is None else self.company[rows][:, rows]
        return type(self)(ids, lengths, places, self.likeness[part], company, int(lengths.sum()))


class ContrastBatches:
    """Pairs as a source of :class:`ContrastBatch`, other ones in every epoch, the same for the same seed.

    Args:
        texts: all of them, encoded.
        pairs: epoch to its pairs; called again it gives the same.
        tokens: most places of a batch, padding included.
        documents: most texts of a batch, two for each pair.
        seed: of the order.
        labels: of the texts, for a loss that asks who shares one.
    """

    def __init__(
        self,
        texts: Side,
        pairs: Callable[[int], Drawn],
        *,
        tokens: int,
        documents: int,
        seed: int,
        labels: LabelledTexts | None = None,
    ) -> None:
        self.texts = texts
        self.labels = labels
        self.pairs = pairs
        self.tokens = tokens
        self.documents = documents
        self.seed = seed
        self._lengths = texts.lengths
        self._counts: dict[int, int] = {}
        self._plan: tuple[int, Drawn, list[NDArray[np.int64]]] | None = None

    def steps(self, epoch: int) -> int:
        """The number of batches of an epoch."""
        if epoch not in self._counts:
            self._counts[epoch] = len(self._planned(epoch)[1])
        return self._counts[epoch]

    def batches(self, epoch: int, start: int = 0) -> Iterator[ContrastBatch]:
        """The batches of an epoch from number ``start`` on."""
        drawn, plan = self._planned(epoch)
        for places in plan[start:]:
            yield self._batch(drawn.at(places))

    def _batch(self, drawn: Drawn) -> ContrastBatch:
        rows, inverse = np.unique(drawn.pairs, return_inverse=True)
        ids, lengths = self.texts.padded(rows)
        pairs = torch.from_numpy(inverse.reshape(-1, 2))
        company = None
        if self.labels is not None:
            alike = self.labels.likeness(np.repeat(rows, len(rows)), np.tile(rows, len(rows)))
            company = torch.from_numpy(alike.reshape(len(rows), -1) > 0)
        likeness = torch.from_numpy(drawn.likeness)
        return ContrastBatch(ids, lengths, pairs, likeness, company, int(lengths.sum()))

    def _planned(self, epoch: int) -> tuple[Drawn, list[NDArray[np.int64]]]:
        if self._plan is None or self._plan[0] != epoch:
            drawn = self.pairs(epoch)
            random = np.random.default_rng([self.seed, epoch, 1])
            longest = self._lengths[drawn.pairs].max(axis=1, initial=1)
            order = random.permutation(len(drawn))
            usual = max(1, self.documents // 2)
            pools = max(1, round(len(order) / (usual * POOL)))
            batches: list[NDArray[np.int64]] = []
            for pool in np.array_split(order, pools):
                batches += like_lengths(
                    pool, longest[pool], tokens=max(1, self.tokens // 2), documents=usual
                )
            shuffled = random.permutation(len(batches))
            self._plan = (epoch, drawn, [batches[place] for place in shuffled.tolist()])
        return self._plan[1:]


def labelled_pairs(
    texts: LabelledTexts, count: int, *, seed: int, balanced: bool, alike_only: bool = False
) -> Callable[[int], Drawn]:
    """Epoch to ``count`` pairs at most (:func:`nlpwb.training.drawn_pairs.draw`); or to half as many, alike in their labels."""

    def pairs(epoch: int) -> Drawn:
        random = np.random.default_rng([seed, epoch, 0])
        if not alike_only:
            return draw(texts, count, random, balanced=balanced)
        return texts.alike(texts.anchors(-(-count // 2), random, balanced=balanced), random)

    return pairs


def cosine_loss(margin: float | None = None) -> Loss:
    """(cosine - likeness)² of each pair: what SetFit learns from (Tunstall et al. 2022, section 3.1).

    With a ``margin`` pairs without likeness cost nothing up to that cosine, and (cosine - margin)² above it.

    The model is called with ids and lengths, and gives vectors of length 1, (B, d).
    """

    def loss(model: nn.Module, batch: ContrastBatch) -> tuple[Tensor, int]:
        vectors: Tensor = model(batch.ids, batch.lengths)
        first, second = (vectors[batch.pairs[:, side]].float() for side in (0, 1))
        cosines = (first * second).sum(dim=1)  # (P,)
        off = cosines - batch.likeness
        if margin is not None:
            off = torch.where(batch.likeness > 0, off, (cosines - margin).clamp(min=0))
        return off.square().sum(), len(batch)

    return loss


def company_loss(temperature: float) -> Loss:
    """The supervised contrastive loss over all texts of a batch (Khosla et al. 2020, equation 2).

    Of each text that has company of its label: the mean over this company of -ln softmax of the cosines, over τ, to all others.
    The model as of :func:`cosine_loss`.
    """

    def loss(model: nn.Module, batch: ContrastBatch) -> tuple[Tensor, int]:
        assert batch.company is not None, "labels"
        vectors: Tensor = model(batch.ids, batch.lengths).float()
        itself = torch.eye(len(vectors), dtype=torch.bool, device=vectors.device)
        scores = (vectors @ vectors.T / temperature).masked_fill(itself, -torch.inf)  # (B, B)
        logs = functional.log_softmax(scores, dim=1).masked_fill(itself, 0)
        company = batch.company & ~itself
        counts = company.sum(dim=1)
        each = -(logs * company).sum(dim=1) / counts.clamp(min=1)
        return each.sum(), int((counts > 0).sum())

    return loss
