"""What counting knows of a context: the longest end of it that training has seen going on, and how sure the counts are there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Known:
    """Of n places.

    Args:
        lengths: tokens of the longest seen context, int64 (n,); 0 where not even the last token was seen with one behind it.
        left: the share of the probability that this context leaves to shorter ones, gamma(h), float64 (n,), 0 to 1: little
            where it was often followed by few different tokens; 1 where there is none.
    """

    lengths: NDArray[np.int64]
    left: NDArray[np.float64]

    @classmethod
    def nothing(cls, places: int) -> Known:
        """Places of which nothing is known yet."""
        return cls(np.zeros(places, dtype=np.int64), np.ones(places))

    def learn(
        self,
        at: NDArray[np.integer[Any]],
        length: int,
        *,
        times: NDArray[np.integer[Any]],
        left: NDArray[np.floating[Any]],
    ) -> None:
        """Contexts of ``length`` tokens stand at these places, int64 (m,), with these counts; one of 0 goes on nowhere."""
        seen = times > 0
        self.lengths[at[seen]] = length
        self.left[at[seen]] = left[seen]
