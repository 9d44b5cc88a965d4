"""Networks whose answers one can know: logits that depend on all that a row has read, and on nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class Histories:
    """What each row has read."""

    read: tuple[tuple[int, ...], ...]

    @property
    def lengths(self) -> Tensor:
        return torch.tensor([len(row) for row in self.read])

    def rows(self, chosen: Tensor) -> Self:
        return type(self)(tuple(self.read[row] for row in chosen.tolist()))


class Toy:
    """Logits drawn from a generator whose seed is the row's history; counts the rows that it was asked about."""

    def __init__(
        self, vocabulary: int, *, context: int | None = None, salt: int = 0, spread: float = 1.5
    ) -> None:
        self.vocabulary = vocabulary
        self.context = context
        self.salt = salt
        self.spread = spread
        self.rows: list[int] = []
        self.longest = 0

    def start(self, batch: int) -> Histories:
        return Histories(((),) * batch)

    def logits(self, history: tuple[int, ...]) -> np.ndarray:
        """float32 (V,)."""
        draws = np.random.default_rng([self.salt, len(history), *history])
        return (self.spread * draws.standard_normal(self.vocabulary)).astype(np.float32)

    def read(self, ids: Tensor, lengths: Tensor, memory: Histories) -> tuple[Tensor, Histories]:
        assert ids.shape[0] == len(lengths) == len(memory.read)
        assert int(lengths.min()) >= 1
        self.rows.append(len(lengths))
        new = zip(memory.read, ids.tolist(), lengths.tolist(), strict=True)
        read = tuple(before + tuple(row[:length]) for before, row, length in new)
        self.longest = max(self.longest, *(len(row) for row in read))
        assert self.context is None or self.longest <= self.context
        return torch.from_numpy(np.stack([self.logits(row) for row in read])), Histories(read)


class Fixed(Toy):
    """The same probabilities whatever was read."""

    def __init__(self, probabilities: list[float], *, context: int | None = None) -> None:
        super().__init__(len(probabilities), context=context)
        self.fixed = np.log(np.array(probabilities, dtype=np.float32))

    def logits(self, history: tuple[int, ...]) -> np.ndarray:
        return self.fixed
