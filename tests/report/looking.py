"""Attention whose weights one can compute by head, for tests of what is printed and drawn."""

from __future__ import annotations

import numpy as np

from nlpwb.workflows.looking.attention import Attended, AttentionMap, views
from nlpwb.workflows.looking.choosing import Shown
from nlpwb.workflows.looking.looked import Answers, Sides
from nlpwb.workflows.looking.reading import TokensRead

WORDS = ("money", "bank", "grows")
BANK = [[0.5, 0.5, 0.0], [0.25, 0.7, 0.05], [0.0, 0.0, 1.0]]


def read(words: tuple[str, ...]) -> TokensRead:
    nothing = (False,) * len(words)
    return TokensRead(
        " ".join(words), words, tuple(range(len(words))), (True,) * len(words), nothing
    )


def attended(words: tuple[str, ...] = WORDS, *, heads: int = 2, layers: int = 2) -> Attended:
    """Every head of the last layer is BANK for these three words; other weights are drawn."""
    generator = np.random.default_rng(0)
    size = len(words)
    maps = []
    for layer in range(1, layers + 1):
        weights = generator.dirichlet(np.full(size, 0.3), size=(heads, size)).astype(np.float32)
        if layer == layers and words == WORDS:
            weights[:] = np.array(BANK, dtype=np.float32)
        maps.append(AttentionMap("self", layer, weights, words, words))
    return Attended(
        model="model",
        method="transformer",
        text=" ".join(words),
        sides=Sides(read(words)),
        answers=Answers(("bad", "good"), (0.25, 0.75), "probability"),
        maps=tuple(maps),
        steps=(),
    )


def shown(one: Attended, *, layer: str | None = None, head: str | None = None) -> Shown:
    return Shown(one, views(one, layer=layer, head=head))
