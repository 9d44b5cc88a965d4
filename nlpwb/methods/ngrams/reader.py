"""A network and counts as one reader: decoding asks it as it asks any other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
import torch
from torch import Tensor

from nlpwb.methods.ngrams.memory import NgramMemory
from nlpwb.methods.ngrams.mixing import Mixture

if TYPE_CHECKING:
    from nlpwb.methods.decoding.generating import LanguageReader
    from nlpwb.methods.decoding.protocol import Memory


@dataclass(frozen=True, eq=False)
class MixedMemory:
    """What both remember of the same rows."""

    network: Memory
    counts: NgramMemory

    @property
    def lengths(self) -> Tensor:
        """Tokens that each row has read, int64 (B,), on the processor."""
        return self.network.lengths

    def rows(self, chosen: Tensor) -> Self:
        """The memory of these rows, int64 (N,)."""
        return type(self)(self.network.rows(chosen), self.counts.rows(chosen))


class MixedReader:
    """Says what comes next by both; a :class:`~nlpwb.methods.decoding.protocol.Reader`.

    The network's sight is limited as it was; where a row goes on from its last tokens, the counts do so, too.
    """

    def __init__(self, network: LanguageReader, mixture: Mixture) -> None:
        self._network = network
        self._mixture = mixture

    @property
    def vocabulary(self) -> int:
        """V."""
        return self._network.vocabulary

    @property
    def context(self) -> int | None:
        """The network's."""
        return self._network.context

    def start(self, batch: int) -> MixedMemory:
        """The memory of rows that have read nothing."""
        return MixedMemory(self._network.start(batch), self._mixture.counts.start(batch))

    def read(self, ids: Tensor, lengths: Tensor, memory: MixedMemory) -> tuple[Tensor, MixedMemory]:
        """As ``decoding.protocol.Reader.read``; logits are logarithms of probabilities."""
        logits, network = self._network.read(ids, lengths, memory.network)
        counted, counts = self._mixture.counts.read(ids, lengths, memory.counts)
        share = self._mixture.of(self._mixture.counts.known_after(counts))
        ours, theirs = (
            torch.from_numpy(np.log(part)).float().unsqueeze(1).to(logits.device)
            for part in (share, 1 - share)
        )
        both = torch.logaddexp(ours + logits.log_softmax(dim=-1), theirs + counted)
        return both, MixedMemory(network, counts)
