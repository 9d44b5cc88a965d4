"""Pairs of texts that share a label, and of texts that share none, drawn at random; memory follows the texts, never n² pairs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

TRIES = 20
"""Draws for a text without a label in common, where sets of labels overlap; whoever finds none in so many goes without."""
_AT_ONCE = 1024

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Drawn:
    """Pairs of texts: int64 (n, 2), and float32 (n,) how alike the labels of each are, 0 to 1."""

    pairs: Ints
    likeness: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.pairs)

    def at(self, places: Ints) -> Drawn:
        """Some of them."""
        return Drawn(self.pairs[places], self.likeness[places])


class LabelledTexts:
    """Who shares a label with whom.

    Args:
        targets: label numbers int64 (n,), or sets of labels bool (n, labels); texts of the empty set share that.
    """

    def __init__(self, targets: NDArray[Any]) -> None:
        self.targets = targets
        if targets.ndim == 1:
            owners, labels = np.arange(len(targets)), np.asarray(targets, dtype=np.int64)
        else:
            self.targets = targets = np.column_stack([targets, ~targets.any(axis=1)])
            owners, labels = np.nonzero(targets)
        order = np.argsort(labels, kind="stable")
        self._members = owners[order]  # texts, label after label
        sizes = np.bincount(labels)
        ends = np.cumsum(sizes)
        self._sizes, self._starts = sizes, ends - sizes
        # of each membership, text after text: its label, and its place among the label's texts
        self._labels = labels
        places = np.empty(len(order), dtype=np.int64)
        places[order] = np.arange(len(order))
        self._places = places - self._starts[labels]
        counts = np.bincount(owners, minlength=len(targets))
        self._counts, self._firsts = counts, np.cumsum(counts) - counts

    def __len__(self) -> int:
        return len(self.targets)

    @property
    def lonely(self) -> int:
        """How many texts share no label with any other."""
        shared = np.zeros(len(self), dtype=bool)
        owners = np.repeat(np.arange(len(self)), self._counts)
        shared[owners[self._sizes[self._labels] > 1]] = True
        return int(np.count_nonzero(~shared))

    def anchors(self, count: int, random: np.random.Generator, *, balanced: bool) -> Ints:
        """``count`` texts: each as often as any other, to one; or, ``balanced``, each label as often as any other."""
        if balanced:
            labels = random.choice(np.flatnonzero(self._sizes), count)
            offsets = (random.random(count) * self._sizes[labels]).astype(np.int64)
            found: Ints = self._members[self._starts[labels] + offsets]
            return found
        rounds = [random.permutation(len(self)) for _ in range(-(-count // len(self)))]
        return np.concatenate(rounds)[:count]

    def alike(self, anchors: Ints, random: np.random.Generator) -> Drawn:
        """For each anchor another text of one of its labels; anchors that have none are left out."""
        chosen = self._firsts[anchors] + (
            random.random(len(anchors)) * self._counts[anchors]
        ).astype(np.int64)
        labels = self._labels[chosen]
        others = self._sizes[labels] - 1
        offsets = (random.random(len(anchors)) * others).astype(np.int64)
        offsets += offsets >= self._places[chosen]  # the text itself is stepped over
        there = others > 0
        first, label, offset = anchors[there], labels[there], offsets[there]
        return self._drawn(first, self._members[self._starts[label] + offset])

    def unlike(self, anchors: Ints, random: np.random.Generator) -> Drawn:
        """For each anchor a text that shares no label with it; anchors for which none was found are left out."""
        if self.targets.ndim == 1:
            labels = self.targets[anchors]
            others = len(self) - self._sizes[labels]
            offsets = (random.random(len(anchors)) * others).astype(np.int64)
            offsets += np.where(offsets >= self._starts[labels], self._sizes[labels], 0)
            there = others > 0
            return self._drawn(anchors[there], self._members[offsets[there]])
        second = np.full(len(anchors), -1)
        for _ in range(TRIES):
            missing = np.flatnonzero(second < 0)
            if not len(missing):
                break
            drawn = random.integers(len(self), size=len(missing))
            apart = self._shared(anchors[missing], drawn) == 0
            second[missing[apart]] = drawn[apart]
        there = second >= 0
        return self._drawn(anchors[there], second[there])

    def _drawn(self, first: Ints, second: Ints) -> Drawn:
        return Drawn(np.stack([first, second], axis=1), self.likeness(first, second))

    def likeness(self, first: Ints, second: Ints) -> NDArray[np.float32]:
        """1 where texts have the same labels, 0 where they share none; of sets the shared ones over all of both (Jaccard)."""
        if self.targets.ndim == 1:
            return np.asarray(self.targets[first] == self.targets[second], dtype=np.float32)
        shared = self._shared(first, second)
        either = self._counts[first] + self._counts[second] - shared
        return np.asarray(shared / either, dtype=np.float32)

    def _shared(self, first: Ints, second: Ints) -> Ints:
        """How many labels texts share; int64 (n,)."""
        found = np.empty(len(first), dtype=np.int64)
        for start in range(0, len(first), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            both = self.targets[first[part]] & self.targets[second[part]]
            found[part] = np.count_nonzero(both, axis=1)
        return found


def draw(
    texts: LabelledTexts, count: int, random: np.random.Generator, *, balanced: bool = False
) -> Drawn:
    """``count`` pairs at most, half of them alike and half not, in random order.

    Where a text has no other of its label, or no other of another, its pair is missing; of the other kind as many are left out.
    """
    anchors = texts.anchors(-(-count // 2), random, balanced=balanced)
    alike, unlike = texts.alike(anchors, random), texts.unlike(anchors, random)
    each = min(len(alike), len(unlike))
    kept = [kind.at(random.permutation(len(kind))[:each]) for kind in (alike, unlike)]
    pairs = np.concatenate([kind.pairs for kind in kept])
    likeness = np.concatenate([kind.likeness for kind in kept])
    return Drawn(pairs, likeness).at(random.permutation(2 * each))
