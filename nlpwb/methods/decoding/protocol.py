"""What a network that writes offers to whoever decodes: read some tokens, remember them, say what may come next.

Language models and the decoders of encoder-decoders are the same to sampling and to beam search. Letters of shapes: B rows
(prompts, samples or hypotheses), T tokens read at once, V vocabulary.
"""

from __future__ import annotations

from typing import Protocol, Self

from torch import Tensor


class Memory(Protocol):
    """What a network keeps of the tokens that each of B rows has read: states, or keys and values. Never shared with another."""

    @property
    def lengths(self) -> Tensor:
        """Tokens that each row has read, int64 (B,), on the processor."""

    def rows(self, chosen: Tensor) -> Self:
        """The memory of these rows, int64 (N,), in this order; a row may be taken several times, or not at all."""


class Reader(Protocol):
    """A network that says what comes next."""

    @property
    def vocabulary(self) -> int:
        """V."""

    @property
    def context(self) -> int | None:
        """The most tokens that a row's memory can hold; None where there is no limit."""

    def read(self, ids: Tensor, lengths: Tensor, memory: Memory) -> tuple[Tensor, Memory]:
        """Read the next tokens of each row.

        What a row is told does not depend on padding, on the other rows, or on whether its tokens came at once or one by one
        (to rounding).

        Args:
            ids: int64 (B, T), padded on the right.
            lengths: int64 (B,), on the processor, each at least 1.
            memory: of what the rows have read so far; it must not be used again.

        Returns:
            Logits float32 (B, V) of what follows each row's last token, and the memory that has these tokens, too.
        """
