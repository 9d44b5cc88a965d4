"""Words in groups: how many, who is in them, and how well they hold together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nlpwb.errors import InputError
from nlpwb.options import Json
from nlpwb.vectors.files import read_vectors
from nlpwb.workflows.words.choosing import Wanted, choose

if TYPE_CHECKING:
    from nlpwb.vectors.clusters import Branch, Labels, Linkage
    from nlpwb.vectors.table import Floats

LEAST = 3
MOST_PAIRS = 10_000
"""Words whose distances from each other fit into memory: half a gigabyte."""
NAMED = 8
BANDS = 6
AUTO_STARTS = 3
SAMPLE = 5_000
"""Words on which a number of clusters is sought, where there are more."""


@dataclass(frozen=True)
class Cluster:
    """A group: the words nearest to its centre, the mean cosine to the centre, the mean silhouette."""

    cluster: int
    size: int
    words: list[str]
    cohesion: float
    silhouette: float


@dataclass(frozen=True)
class Member:
    """A word in its cluster: the cosine to the centre, the word's own silhouette, how often it was counted."""

    word: str
    cluster: int
    cosine: float
    silhouette: float
    count: int | None


@dataclass(frozen=True)
class Clustering:
    """Words in clusters, the largest first. ``tried``: mean silhouette by number of clusters, where it was sought.

    ``merges`` (scipy's linkage) and ``tree`` are there for the agglomerative method; their leaves are places in ``words``.
    """

    source: str
    method: str
    silhouette: float
    words: list[str]
    clusters: list[Cluster]
    members: list[Member]
    tried: list[tuple[int, float]]
    merges: Linkage | None = None
    tree: Branch | None = None

    def document(self, *, tree: bool = False) -> dict[str, Json]:
        """As JSON prints it; with ``tree`` also the tree, and the merges from which any other can be made.

        A merge joins two numbers: below the number of ``leaves`` a word of these, from there on an earlier merge.
        """
        import dataclasses

        found: dict[str, Json] = {
            "source": self.source,
            "method": self.method,
            "silhouette": self.silhouette,
            "clusters": [dataclasses.asdict(cluster) for cluster in self.clusters],
            "words": [dataclasses.asdict(member) for member in self.members],
        }
        if tree:
            assert self.merges is not None
            assert self.tree is not None
            found["tree"] = _branch(self.tree, self.words)
            found["leaves"] = [*self.words]
            found["merges"] = [
                {"joins": [int(one), int(other)], "cosine": 1 - distance, "size": int(size)}
                for one, other, distance, size in self.merges.tolist()
            ]
        return found


def _branch(branch: Branch, words: Sequence[str]) -> dict[str, Json]:
    """A part of a tree as JSON prints it."""
    return {
        "cosine": branch.cosine,
        "size": len(branch.members),
        "words": [words[leaf] for leaf in branch.leaves],
        "branches": [_branch(inner, words) for inner in branch.branches],
    }


def cluster(
    source: Path,
    wanted: Wanted,
    *,
    method: str,
    clusters: int | None,
    seed: int,
    warn: Callable[[str], None],
    check: Callable[[int], None] = lambda _: None,
) -> Clustering:
    """Put words into ``clusters`` groups; None: as many as have the highest mean silhouette.

    ``check`` is given the number of words before any work is done for them, and may refuse it.

    Raises:
        InputError: too few words for so many clusters, or too many for the method.
    """
    from nlpwb.vectors.clusters import centres, linkage, silhouettes, tree_of

    chosen = choose(
        read_vectors(source), source.name or str(source), wanted, least=LEAST, warn=warn
    )
    words, units = chosen.words, chosen.units
    n = len(words)
    check(n)
    if clusters is not None and clusters >= n:
        raise InputError(
            f"--clusters {clusters}: there are {n} words, and a cluster of each says nothing; "
            f"ask for {n - 1} at most, or name more words"
        )
    if method == "agglomerative" and n > MOST_PAIRS:
        raise InputError(
            f"--method agglomerative compares every pair of words and takes {MOST_PAIRS:,} at most, "
            f"got {n:,}; take fewer with --top, or --method kmeans"
        )
    merges = linkage(units) if method == "agglomerative" else None
    labels, tried = grouped(units, merges, clusters=clusters, seed=seed)
    middle = centres(units, labels)
    cosines = (units * middle[labels]).sum(axis=1)
    scores = silhouettes(units, labels)
    members = [
        Member(word, int(label) + 1, float(cosine), float(score), count)
        for word, label, cosine, score, count in zip(
            words, labels, cosines, scores, chosen.counts, strict=True
        )
    ]
    groups = []
    for number in range(1, int(labels.max()) + 2):
        own = sorted((m for m in members if m.cluster == number), key=lambda m: -m.cosine)
        groups.append(
            Cluster(
                cluster=number,
                size=len(own),
                words=[member.word for member in own[:NAMED]],
                cohesion=sum(member.cosine for member in own) / len(own),
                silhouette=sum(member.silhouette for member in own) / len(own),
            )
        )
    if clusters is not None and len(groups) < clusters:
        warn(
            f"{len(groups)} clusters, and not the {clusters} asked for: some of the words have the same vector"
        )
    return Clustering(
        source=str(source),
        method=method,
        silhouette=float(scores.mean()),
        words=words,
        clusters=groups,
        members=sorted(members, key=lambda m: (m.cluster, -m.cosine)),
        tried=tried,
        merges=merges,
        tree=tree_of(merges, bands=BANDS) if merges is not None else None,
    )


def grouped(
    units: Floats,
    merges: Linkage | None,
    *,
    clusters: int | None,
    seed: int,
    most: int = 40,
) -> tuple[Labels, list[tuple[int, float]]]:
    """Cluster numbers of rows (n, dim), and what was tried on the way to their number: (clusters, mean silhouette).

    For k-means of more than :data:`SAMPLE` rows the number is sought on so many of them, drawn at random.
    """
    import numpy as np

    from nlpwb.vectors.clusters import (
        STARTS,
        best_count,
        candidates,
        cut,
        silhouettes,
        spherical_kmeans,
    )

    def divided(rows: Floats, count: int, starts: int) -> Labels:
        if merges is not None:
            return cut(merges, count)
        return spherical_kmeans(rows, count, seed=seed, starts=starts)

    tried = []
    if clusters is None:
        some = units
        if merges is None and len(units) > SAMPLE:
            some = units[np.random.default_rng(seed).choice(len(units), SAMPLE, replace=False)]
        for count in candidates(len(units), most=most):
            score = float(silhouettes(some, divided(some, count, AUTO_STARTS)).mean())
            tried.append((count, score))
        clusters = best_count(tried)
    return divided(units, clusters, STARTS if len(units) <= SAMPLE else AUTO_STARTS), tried
