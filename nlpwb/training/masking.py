"""Which tokens of a window are to be said, and what stands in their place: BERT's masking.

Devlin et al. 2019, section 3.1 and appendix A.1: of 15 % of the tokens, eight in ten become the mask, one becomes any token, one
stays as it is, so that the network cannot rely on seeing which ones are asked for. Whole words: all pieces of a word are chosen
together (the authors' later models; Cui et al. 2021). Drawn anew whenever a text is seen: Liu et al. 2019, section 4.1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

HIDDEN, SWAPPED = 0.8, 0.1
"""Shares of the chosen tokens that become the mask, and any token."""

Ids = NDArray[np.int64]
Truths = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Marks:
    """What masking must know of a vocabulary.

    Args:
        begin: the mark before a window.
        end: the mark behind it.
        mask: what stands for a hidden token.
        padding: what stands where nothing is.
        plain: int64 (k,), the tokens that are no marks: those that are chosen, and drawn.
        begins: bool (V,), whether a token begins a word.
    """

    begin: int
    end: int
    mask: int
    padding: int
    plain: Ids
    begins: Truths

    @property
    def is_plain(self) -> Truths:
        """bool (V,)."""
        found = np.zeros(len(self.begins), dtype=bool)
        found[self.plain] = True
        return found


@dataclass(frozen=True)
class Masking:
    """How tokens are chosen: ``share`` of a window's plain ones (one at least), by themselves or with the whole word."""

    share: float = 0.15
    whole_word: bool = False


def choose(plain: Truths, begins: Truths, masking: Masking, random: np.random.Generator) -> Truths:
    """The places that are to be said, bool (B, T).

    Args:
        plain: bool (B, T), where tokens stand that are no marks.
        begins: bool (B, T), where words begin.
        masking: how many, and whether words stay together.
        random: draws them.
    """
    there = plain.sum(axis=1)
    counts = np.minimum(np.maximum(np.rint(masking.share * there).astype(np.int64), 1), there)
    if masking.whole_word:
        chosen = np.zeros_like(plain)
        for row, count in enumerate(counts.tolist()):
            places = np.flatnonzero(plain[row])
            if count:
                chosen[row, _words(places, begins[row], count, random)] = True
        return chosen
    order = np.where(plain, random.random(plain.shape), 2.0)
    ranks = order.argsort(axis=1, kind="stable").argsort(axis=1, kind="stable")
    return np.asarray(ranks < counts[:, None])


def _words(places: Ids, begins: Truths, count: int, random: np.random.Generator) -> Ids:
    """Places of whole words, drawn one after the other as long as they fit; one word at least."""
    first = begins[places].copy()
    first[0] = True
    first[1:] |= np.diff(places) > 1  # a mark stood between
    word = np.cumsum(first) - 1
    sizes = np.bincount(word)
    order = random.permutation(len(sizes))
    taken = np.zeros(len(sizes), dtype=bool)
    left = count
    for number in order.tolist():
        if sizes[number] <= left:
            taken[number] = True
            left -= int(sizes[number])
            if left == 0:
                break
    if not taken.any():
        taken[order[0]] = True
    found: Ids = places[taken[word]]
    return found


def cover(ids: Ids, chosen: Truths, marks: Marks, random: np.random.Generator) -> Ids:
    """What is read in place of ids (B, T): masks, other tokens, or what was there, at the chosen places."""
    fate = random.random(ids.shape)
    covered = np.where(chosen & (fate < HIDDEN), marks.mask, ids)
    swapped = chosen & (fate >= HIDDEN) & (fate < HIDDEN + SWAPPED)
    drawn = random.integers(len(marks.plain), size=int(swapped.sum()))
    covered[swapped] = marks.plain[drawn]
    return covered
