"""Contexts in groups: the senses that a word is used in, as far as a base tells them apart.

Clusters of the vectors of a word's contexts (Schütze 1998, section 3; with contextual vectors Wiedemann et al. 2019). They are
what is alike to the base: a sense of the dictionary may fall apart by topic, and two may come together.
"""

from __future__ import annotations

from dataclasses import dataclass

from nlpwb.errors import InputError
from nlpwb.workflows.contexts.records import Context, Contexts

FEWEST, MOST = 2, 8
"""Senses that can be asked for, and that are tried."""
LEAST = 4
"""Contexts below which nothing can be divided."""
NEAREST = 3
"""Sentences that stand for a sense."""


@dataclass(frozen=True)
class Member:
    """A context in its sense: the cosine to the centre, and its own silhouette."""

    place: Context
    sense: int
    cosine: float
    silhouette: float


@dataclass(frozen=True)
class Sense:
    """A group, from 1: its size, its share of all contexts, the mean cosine to its centre, the contexts nearest to this."""

    sense: int
    size: int
    share: float
    cohesion: float
    silhouette: float
    nearest: tuple[Member, ...]


@dataclass(frozen=True)
class Senses:
    """Senses, the most frequent first; ``members`` stand in the order of the contexts.

    ``silhouette`` is the mean over all; ``tried`` the same by number of senses, where the number was sought.
    """

    senses: tuple[Sense, ...]
    members: tuple[Member, ...]
    silhouette: float
    tried: tuple[tuple[int, float], ...]


def check_count(contexts: int, senses: int | None) -> None:
    """Refuse what cannot be divided.

    Raises:
        InputError: too few contexts, or as many senses.
    """
    if contexts < LEAST:
        there = "is 1 sentence" if contexts == 1 else f"are {contexts} sentences"
        raise InputError(
            f"there {there} with the word, and senses need {LEAST} at least; give more text"
        )
    if senses is not None and senses >= contexts:
        raise InputError(
            f"--senses {senses}: there are {contexts} sentences with the word, and a sense of each says nothing; "
            f"ask for {contexts - 1} at most, or give more text"
        )


def divide(contexts: Contexts, *, count: int | None, seed: int) -> Senses:
    """The contexts by sense, ``count`` of them or as many as have the highest mean silhouette, 2 to 8.

    Spherical k-means (:mod:`nlpwb.vectors.clusters`) on the first group of layers.

    Raises:
        InputError: all contexts have the same vector.
    """
    import numpy as np

    from nlpwb.vectors.clusters import (
        best_count,
        candidates,
        centres,
        silhouettes,
        spherical_kmeans,
    )
    from nlpwb.vectors.similarity import unit_rows

    units = unit_rows(contexts.vectors[0])
    if np.allclose(units, units[0], atol=1e-6):
        raise InputError(
            f"all contexts of {contexts.word} have the same vector in this layer; take a later one"
        )
    counts = candidates(len(units), most=MOST) if count is None else [count]
    divided = {each: spherical_kmeans(units, each, seed=seed) for each in counts}
    found = {each: silhouettes(units, labels) for each, labels in divided.items()}
    tried = [(each, float(scores.mean())) for each, scores in found.items()]
    best = best_count(tried)
    labels, scores = divided[best], found[best]
    cosines = (units * centres(units, labels)[labels]).sum(axis=1)
    members = tuple(
        Member(place, int(label) + 1, float(cosine), float(score))
        for place, label, cosine, score in zip(
            contexts.places, labels, cosines, scores, strict=True
        )
    )
    return Senses(
        tuple(_sense(members, number) for number in range(1, int(labels.max()) + 2)),
        members,
        float(scores.mean()),
        tuple(tried) if count is None else (),
    )


def _sense(members: tuple[Member, ...], number: int) -> Sense:
    own = [member for member in members if member.sense == number]
    return Sense(
        sense=number,
        size=len(own),
        share=len(own) / len(members),
        cohesion=sum(member.cosine for member in own) / len(own),
        silhouette=sum(member.silhouette for member in own) / len(own),
        nearest=tuple(sorted(own, key=lambda member: -member.cosine)[:NEAREST]),
    )
