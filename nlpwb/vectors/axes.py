"""How far words lean to axes that are named by a few words each: "apple is 0.4 fruit and 0.6 technology".

An axis is the direction of the mean of its words' unit vectors. A word's cosine with it says little by itself: the vectors of
most trainings share a common direction, which makes every word somewhat similar to every axis, and to some axes more
than to others. So the cosine is compared with those of the table's first words, in most the most frequent: it lies so many of
their standard deviations above their mean (0 and less is no lean at all). A word's shares are these numbers divided by their
sum. They depend on no temperature as a softmax's would, and an arbitrary word, which a softmax would share out too, leans to
nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nlpwb.vectors.neighbors import cosine_blocks
from nlpwb.vectors.similarity import unit_rows
from nlpwb.vectors.table import Floats, WordVectors

USUAL = 20_000
"""The first words of the table, in most the most frequent; they say what a usual cosine is."""
LEAST = 2.0
"""Standard deviations above the usual cosine from which a word leans to an axis: about one word in forty does by chance."""


@dataclass(frozen=True, eq=False)
class Leanings:
    """``cosines``, ``above`` (in standard deviations) and ``shares``, float64 (words, axes).

    The shares of a word that leans to no axis are NaN; the others sum to 1.
    """

    cosines: NDArray[np.float64]
    above: NDArray[np.float64]
    shares: NDArray[np.float64]


def direction(members: Floats) -> Floats:
    """The axis of some words' vectors (n, dim): the mean of their unit vectors, of length 1, (dim,)."""
    mean: Floats = unit_rows(unit_rows(members).mean(axis=0, keepdims=True))[0]
    return mean


def lean(vectors: WordVectors, words: Floats, axes: Floats, *, least: float = LEAST) -> Leanings:
    """How far each of ``words`` (w, dim) leans to each of ``axes`` (a, dim), which are of length 1.

    A word that lies less than ``least`` standard deviations above the usual cosine for every axis has no shares.
    """
    blocks = [block for _, block in cosine_blocks(vectors, axes, restrict=USUAL)]
    usual = np.concatenate(blocks, axis=1).astype(np.float64)
    usual = usual[:, np.isfinite(usual[0])]
    cosines = (unit_rows(words) @ axes.T).astype(np.float64)
    spread = usual.std(axis=1)
    above = (cosines - usual.mean(axis=1)) / np.where(spread > 0, spread, np.inf)
    positive = np.clip(above, 0, None)
    positive[~(above >= least).any(axis=1)] = np.nan
    return Leanings(cosines, above, positive / positive.sum(axis=1, keepdims=True))
