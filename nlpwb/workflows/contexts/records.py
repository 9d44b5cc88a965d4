"""What is known of a word in its contexts: where it stands, and a vector for each place and layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Layers = tuple[int, ...]
"""Layers whose states are averaged: 0 is what enters the first block, 1 what leaves it."""


FRAME = "this is {}."
"""In which the words of an axis stand where no other is given: it says nothing of them (May et al. 2019, section 3)."""
LEAST = 0.02
"""Difference of cosines from which a context counts. On the sentences of ``sample:senses``, with three words an axis, MiniLM
reaches it in 72 % of the contexts, and 98 % of these lean to the right axis; of all contexts, whatever the difference, 90 % do
(``benchmarks/word_senses.py``)."""


@dataclass(frozen=True)
class Context:
    """A place of the word.

    Args:
        label: the text's number from 1, with a letter where the word stands in it several times.
        number: of the text, from 1.
        text: as it was given.
        start: of the word in it, in characters.
        end: behind the word.
        pieces: the tokens that the word is made of there.
        cut: whether the network saw a part of the text alone, because it reads no more.
        unknown: whether one of the pieces stands for what the tokenizer cannot write.
    """

    label: str
    number: int
    text: str
    start: int
    end: int
    pieces: tuple[str, ...] = ()
    cut: bool = False
    unknown: bool = False


@dataclass(frozen=True, eq=False)
class Contexts:
    """A word in its contexts, as a base sees it.

    Args:
        base: its name.
        word: as it was typed.
        blocks: of the base.
        looks_back: whether the network sees only what stands before a token.
        layers: of each group of vectors, the layers that are averaged.
        places: n of them.
        vectors: float32 (groups, n, d).
        others: float32 (groups, n, d), the mean of the unit vectors of all other tokens of the text; zeros where there are none.
        static: float32 (n, e), the mean of the pieces' rows of the table of embeddings.
    """

    base: str
    word: str
    blocks: int
    looks_back: bool
    layers: tuple[Layers, ...]
    places: tuple[Context, ...]
    vectors: NDArray[np.float32]
    others: NDArray[np.float32]
    static: NDArray[np.float32]

    def cosines(self, group: int = 0) -> NDArray[np.float64]:
        """Of each two contexts, (n, n); 1 on the diagonal."""
        return cosines_of(self.vectors[group])

    def phrase(self, group: int = 0) -> str:
        """The layers of a group in words."""
        return layers_phrase(self.layers[group])

    def static_cosines(self) -> NDArray[np.float64]:
        """The same of the word before any context, (n, n)."""
        return cosines_of(self.static)

    def usual(self, group: int = 0) -> float | None:
        """The mean cosine of two tokens of different texts, the word left out; None where there are none.

        How alike any two vectors of a layer are is what a cosine is to be compared with (Ethayarajh 2019, section 4.1).
        """
        import numpy as np

        first = {place.number: row for row, place in reversed([*enumerate(self.places)])}
        rows = [row for row in first.values() if self.others[group, row].any()]
        if len(rows) < 2:
            return None
        means = self.others[group, rows].astype(np.float64)
        total = means.sum(axis=0)
        n = len(rows)
        return float((total @ total - (means * means).sum()) / (n * (n - 1)))


def layers_phrase(layers: Layers) -> str:
    """Layers in words.

    >>> layers_phrase((3, 4, 5, 6)), layers_phrase((0,))
    ('mean of layers 3 to 6', 'layer 0')
    """
    if len(layers) == 1:
        return f"layer {layers[0]}"
    return f"mean of layers {layers[0]} to {layers[-1]}"


def cosines_of(vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    """The cosine of each two rows, float64 (n, n), 1 on the diagonal; 0 of rows without a direction with others."""
    import numpy as np

    rows = vectors.astype(np.float64)
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    units = rows / np.where(norms > 0, norms, 1.0)
    found = np.round(np.clip(units @ units.T, -1.0, 1.0), 12)  # equal rows: 1, and not a bit less
    np.fill_diagonal(found, 1.0)
    return np.asarray(found, dtype=np.float64)
