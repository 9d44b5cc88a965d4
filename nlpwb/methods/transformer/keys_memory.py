"""The keys and values that a decoder has made so far, with room for more.

Letters of shapes: B rows, H heads of keys, R places that there is room for, h width of a head.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import torch
from torch import Tensor

ROOM = 64
"""Room is taken for so many more places at a time, or a quarter of what there is."""


@dataclass(frozen=True, eq=False)
class KeysMemory:
    """Keys and values of each layer; row b has ``lengths[b]`` places that mean something, from the left.

    Args:
        keys: of each layer (B, H, R, h).
        values: as the keys.
        lengths: int64 (B,), on the processor.
    """

    keys: tuple[Tensor, ...]
    values: tuple[Tensor, ...]
    lengths: Tensor

    @classmethod
    def empty(
        cls, layers: int, batch: int, heads: int, width: int, *, like: Tensor, room: int = 0
    ) -> Self:
        """Of rows that have read nothing, in the type and on the device of ``like``."""

        def blank() -> tuple[Tensor, ...]:
            return tuple(like.new_empty(batch, heads, room, width) for _ in range(layers))

        return cls(blank(), blank(), torch.zeros(batch, dtype=torch.int64))

    @property
    def room(self) -> int:
        """R."""
        return self.keys[0].shape[2]

    def rows(self, chosen: Tensor) -> Self:
        """Those of these rows, int64 (N,)."""
        here = chosen.to(self.keys[0].device)
        return replace(
            self,
            keys=tuple(part.index_select(0, here) for part in self.keys),
            values=tuple(part.index_select(0, here) for part in self.values),
            lengths=self.lengths[chosen.cpu()],
        )

    def with_room(self, places: int) -> Self:
        """The same with room for so many places at least; what is behind the lengths is arbitrary and finite."""
        if places <= self.room:
            return self
        more = max(places, self.room + max(ROOM, self.room // 4)) - self.room

        def longer(parts: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
            return tuple(torch.nn.functional.pad(part, (0, 0, 0, more)) for part in parts)

        return replace(self, keys=longer(self.keys), values=longer(self.values))

    def then(self, lengths: Tensor) -> Self:
        """After so many more places of each row, int64 (B,), which have been written."""
        return replace(self, lengths=self.lengths + lengths)
