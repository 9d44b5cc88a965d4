"""Pieces of text joined to blocks that stand side by side with little to do with each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np  # noqa: TID253  only functions import this module
from numpy.typing import NDArray  # noqa: TID253

from nlpwb.workflows.language.model import TextScores

BLOCK_BYTES = 1000
"""Sentences of a page depend on each other: about so many bytes make a unit of the bootstrap."""


@dataclass(frozen=True, eq=False)
class Blocks:
    """Sums over blocks, float64 (m,) each."""

    nats: NDArray[np.float64]
    tokens: NDArray[np.float64]
    bytes: NDArray[np.float64]


def blocks_of(scores: TextScores, *, size: int = BLOCK_BYTES) -> Blocks:
    """Consecutive pieces in blocks of about ``size`` bytes: a block has the pieces that begin within the same ``size`` bytes.

    What is left at the end, less than that, joins the block before it.
    The cuts depend on the bytes alone, so that models with other tokens have the same blocks.
    """
    ends = np.cumsum(scores.bytes)
    number = np.concatenate([[0], ends // size])[: len(ends)]
    _, block = np.unique(number, return_inverse=True)
    if len(ends) and block[-1] > 0 and scores.bytes[block == block[-1]].sum() < size:
        block[block == block[-1]] -= 1
    count = int(block.max(initial=-1)) + 1

    def sums(values: NDArray[np.generic]) -> NDArray[np.float64]:
        summed = np.bincount(block, weights=values.astype(np.float64), minlength=count)
        return np.asarray(summed, dtype=np.float64)

    return Blocks(sums(scores.nats), sums(scores.tokens), sums(scores.bytes))
