"""Which words moved between two tables of vectors, and how stable the tables are as a whole."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nlpwb.errors import InputError
from nlpwb.options import Json
from nlpwb.vectors.files import read_vectors
from nlpwb.workflows.words.choosing import known_words, some, typed_words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nlpwb.vectors.table import WordVectors

LEAST_SHARED = 10
REPLICATES = 2000
BANDS = 4
ORDERS = ("neighbors", "cosine")


@dataclass(frozen=True)
class Moved:
    """One word: ``jaccard`` of its neighbour sets, ``cosine`` of its two vectors after alignment; neighbours nearest first."""

    word: str
    jaccard: float
    cosine: float
    count_a: int | None
    count_b: int | None
    gained: list[str]
    lost: list[str]


@dataclass(frozen=True)
class Band:
    """Words of similar frequency: places ``first`` to ``last`` of those judged, by falling frequency, and their means."""

    first: int
    last: int
    jaccard: float
    cosine: float


@dataclass(frozen=True)
class Drift:
    """How far two tables agree: the mean Jaccard index with its interval over words; ``words`` with the most moved first."""

    a: str
    b: str
    shared: int
    judged: int
    k: int
    order: str
    jaccard: float
    low: float
    high: float
    cosine: float
    bands: list[Band]
    words: list[Moved]

    def document(self) -> dict[str, Json]:
        """As JSON prints it."""
        return dataclasses.asdict(self)


def drift(
    a: Path,
    b: Path,
    *,
    words: str | None,
    top: int,
    k: int,
    min_count: int,
    order: str,
    seed: int,
    warn: Callable[[str], None],
) -> Drift:
    """Compare two files of word vectors over the words that both have.

    ``words`` are judged where given (as in :func:`typed_words`), else the ``top`` first shared ones; neighbours are always
    sought, and the alignment is fitted, among all shared words that are counted ``min_count`` times in both. A typed word must
    be among these; of a list in a file the others are left out, and it is said.

    Raises:
        InputError: the files share fewer than ten words, or a word is not in both.
    """
    import numpy as np

    from nlpwb.vectors.alignment import aligned_cosines
    from nlpwb.vectors.drift import jaccard, neighbor_rows, shared_words, unit_vectors

    one, other = read_vectors(a), read_vectors(b)
    pool = shared_words(one, other, min_count=min_count)
    _check(pool, one, other, a, b, min_count=min_count, warn=warn)
    place = dict(zip(pool, range(len(pool)), strict=True))
    judged = _judged(words, one, a, place, b, top=top, min_count=min_count, warn=warn)
    rows = np.array([place[word] for word in judged], dtype=np.int64)
    k = min(k, len(pool) - 1)
    units = unit_vectors(one, pool), unit_vectors(other, pool)
    before, after = (neighbor_rows(table, rows, k=k) for table in units)
    same = jaccard(before, after)
    cosines = aligned_cosines(*units, rows=rows)
    keys = (same, cosines) if order == "neighbors" else (cosines, same)
    listed = []
    for i in np.lexsort((np.arange(len(rows)), keys[1], keys[0])).tolist():
        old, new = before[i].tolist(), after[i].tolist()
        listed.append(
            Moved(
                word=judged[i],
                jaccard=float(same[i]),
                cosine=float(cosines[i]),
                count_a=_count(one, judged[i]),
                count_b=_count(other, judged[i]),
                gained=[pool[row] for row in new if row >= 0 and row not in old],
                lost=[pool[row] for row in old if row >= 0 and row not in new],
            )
        )
    low, high = mean_interval(same, seed=seed)
    return Drift(
        a=str(a),
        b=str(b),
        shared=len(pool),
        judged=len(judged),
        k=k,
        order=order,
        jaccard=float(same.mean()),
        low=low,
        high=high,
        cosine=float(cosines.mean()),
        bands=_bands(same, cosines) if words is None else [],
        words=listed,
    )


def mean_interval(values: NDArray[np.float64], *, seed: int) -> tuple[float, float]:
    """The 95 % percentile bootstrap interval of a mean over words (Efron & Tibshirani 1993, section 13.3).

    Jaccard indices take few values: a copy is a multinomial draw over them, which has the same distribution as drawing words.
    """
    import numpy as np

    from nlpwb.evaluation.intervals import percentiles

    distinct, counts = np.unique(values, return_counts=True)
    n = len(values)
    drawn = np.random.default_rng(seed).multinomial(n, counts / n, size=REPLICATES)
    low, high = percentiles(drawn @ distinct / n).tolist()
    return low, high


def _check(
    pool: Sequence[str],
    one: WordVectors,
    other: WordVectors,
    a: Path,
    b: Path,
    *,
    min_count: int,
    warn: Callable[[str], None],
) -> None:
    """Refuse too few shared words; say what makes the figures weak."""
    counted = one.counts is not None or other.counts is not None
    if min_count and not counted:
        warn("--min-count has no effect: neither file tells how often its words occur")
    if len(pool) < LEAST_SHARED:
        often = f" that occur {min_count:,} times or more" if min_count and counted else ""
        raise InputError(
            f"{a} and {b} share {len(pool)} words{often}, and {LEAST_SHARED} are needed; "
            + ("lower --min-count" if often else "compare vectors of one language, spelled alike")
        )
    width = max(one.dimensions, other.dimensions)
    if len(pool) < 2 * width:
        warn(
            f"{len(pool):,} shared words in {width} dimensions: a rotation fits so few nearly always, "
            "so cosines after alignment are too high; look at the neighbours"
        )


def _judged(
    words: str | None,
    one: WordVectors,
    a: Path,
    place: dict[str, int],
    b: Path,
    *,
    top: int,
    min_count: int,
    warn: Callable[[str], None],
) -> list[str]:
    if words is None:
        return list(place)[:top]
    if not words.startswith("@") and not typed_words(words):
        raise InputError(f"--words {words}: there is no word in it; name one at least")
    table = dataclasses.replace(one, subwords=None)  # what n-grams would make is in no table
    found = dict.fromkeys(known_words(table, a.name or str(a), words, warn=warn))
    often = f" {min_count:,} times or more" if min_count else ""
    elsewhere = [word for word in found if word not in place]
    if elsewhere and not words.startswith("@"):
        raise InputError(
            f"the word {elsewhere[0]!r} is not in both {a} and {b}{often}; leave it out of --words"
        )
    if elsewhere:
        warn(f"left out, because they are not in both {a} and {b}{often}: {some(elsewhere)}")
    judged = [word for word in found if word in place]
    if not judged:
        raise InputError(
            f"--words {words}: none of its words is in both {a} and {b}{often}; name others"
        )
    return judged


def _bands(same: NDArray[np.float64], cosines: NDArray[np.float64]) -> list[Band]:
    """Quarters of the words by frequency; none where a quarter would be a handful."""
    n = len(same)
    if n < 10 * BANDS:
        return []
    ends = [n * band // BANDS for band in range(BANDS + 1)]
    return [
        Band(start + 1, end, float(same[start:end].mean()), float(cosines[start:end].mean()))
        for start, end in itertools.pairwise(ends)
    ]


def _count(table: WordVectors, word: str) -> int | None:
    return None if table.counts is None else int(table.counts[table.numbers[word]])
