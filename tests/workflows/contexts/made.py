"""Contexts whose cosines one can compute by head."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nlpwb.workflows.contexts.finding import find_in_texts
from nlpwb.workflows.contexts.records import Contexts

BANKS = ("money bank grows", "the river bank flows", "she went to the bank to pay")


def contexts(
    vectors: Sequence[Sequence[float]] = ((1, 0), (0, 1), (3, 4)),
    texts: Sequence[str] = BANKS,
    *,
    word: str = "bank",
    others: Sequence[Sequence[float]] | None = None,
    static: Sequence[Sequence[float]] | None = None,
    layers: Sequence[tuple[int, ...]] = ((3, 4, 5, 6),),
    looks_back: bool = False,
) -> Contexts:
    """The same vectors in each group of layers; the static vector is one for all, and other tokens lie at (1, 0)."""
    n = len(vectors)

    def each(rows: Sequence[Sequence[float]]) -> np.ndarray:
        return np.array([rows] * len(layers), dtype=np.float32)

    return Contexts(
        base="tiny",
        word=word,
        blocks=6,
        looks_back=looks_back,
        layers=tuple(layers),
        places=tuple(find_in_texts(word, texts)),
        vectors=each(vectors),
        others=each(others if others is not None else [(1, 0)] * n),
        static=np.array(static if static is not None else [(1, 2)] * n, dtype=np.float32),
    )
