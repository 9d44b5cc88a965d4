"""The last tokens of each row: all that an n-gram model remembers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from nlpwb.methods.networks.sequence_tokens import BEGIN, END

if TYPE_CHECKING:
    from torch import Tensor

NOTHING = -1


@dataclass(frozen=True, eq=False)
class NgramMemory:
    """``last``: int32 (B, order - 1), the latest on the right, NOTHING before the beginning; ``lengths``: int64 (B,)."""

    last: NDArray[np.int32]
    lengths: Tensor

    def rows(self, chosen: Tensor) -> Self:
        """The memory of these rows, int64 (N,)."""
        at = chosen.cpu()
        return type(self)(self.last[at.numpy()], self.lengths[at])


def opening(rows: int, width: int) -> NDArray[np.int32]:
    """What ``rows`` rows remember that begin a text."""
    last = np.full((rows, width), NOTHING, dtype=np.int32)
    last[:, width - 1 :] = BEGIN
    return last


def moved_on(
    last: NDArray[np.int32], ids: NDArray[np.int64], lengths: NDArray[np.int64]
) -> NDArray[np.int32]:
    """What is remembered when these ids (B, T), ``lengths`` of them in each row, were read; the end of a text begins the next."""
    width = last.shape[1]
    joined = np.concatenate([last, np.where(ids == END, BEGIN, ids)], axis=1)
    columns = np.arange(width) + lengths[:, None]
    return np.take_along_axis(joined, columns, axis=1).astype(np.int32)
