"""What decoders remember while they write: states, or keys and values, and the source that every row reads.

Letters of shapes: N rows (hypotheses), H heads or width, h width of a head, S places of the source.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, Protocol, Self, TypeVar

import torch
from torch import Tensor

from nlpwb.methods.recurrent.layer import State


class _Rows(Protocol):
    def rows(self, chosen: Tensor) -> Self: ...


R = TypeVar("R", bound=_Rows)


@dataclass(frozen=True, eq=False)
class Sources(Generic[R]):
    """The source of each row. Hypotheses change places among those of their own source: then nothing is copied.

    Args:
        read: what the decoder looks at, a row each.
        numbers: int64 (N,), which source each row has, on the processor.
    """

    read: R
    numbers: Tensor

    def rows(self, chosen: Tensor) -> Self:
        """Those of these rows, int64 (N,)."""
        numbers = self.numbers[chosen.cpu()]
        if numbers.shape == self.numbers.shape and torch.equal(numbers, self.numbers):
            return self
        return replace(self, read=self.read.rows(chosen), numbers=numbers)


@dataclass(frozen=True, eq=False)
class RecurrentMemory(Generic[R]):
    """Of a recurrent decoder.

    Args:
        states: of each layer, (N, H).
        fed: what enters the next step besides its token, (N, H), where anything does.
        source: what the decoder looks at.
        lengths: int64 (N,), tokens read.
    """

    states: list[State]
    fed: Tensor | None
    source: Sources[R]
    lengths: Tensor

    def rows(self, chosen: Tensor) -> Self:
        """Those of these rows, int64 (N,)."""
        here = chosen.to(self.states[0][0].device)
        return replace(
            self,
            states=[tuple(part.index_select(0, here) for part in state) for state in self.states],
            fed=None if self.fed is None else self.fed.index_select(0, here),
            source=self.source.rows(chosen),
            lengths=self.lengths[chosen.cpu()],
        )


def where_reading(reading: Tensor, after: Sequence[State], before: Sequence[State]) -> list[State]:
    """The states after a step of the rows that read a token in it, and those before it of the others; bool (N,)."""
    if bool(reading.all()):
        return list(after)
    chosen: Callable[[Tensor, Tensor], Tensor] = lambda new, old: torch.where(  # noqa: E731
        reading.to(new.device).unsqueeze(1), new, old.to(new.dtype)
    )
    return [
        tuple(chosen(new, old) for new, old in zip(*both, strict=True))
        for both in zip(after, before, strict=True)
    ]
