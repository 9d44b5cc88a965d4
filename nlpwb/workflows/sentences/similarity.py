"""Encoders judged by how alike people find pairs of texts: Spearman's correlation of their cosines with the scores."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np  # noqa: TID253  only functions import this module
from numpy.typing import NDArray  # noqa: TID253

from nlpwb.data.corpus import ReadOptions
from nlpwb.data.scored_pairs import ScoredPairs, read_scored_pairs
from nlpwb.data.wordsets import SimilaritySet
from nlpwb.errors import UsageError
from nlpwb.workflows.sentences.encoders import (
    DEFAULT_BASE,
    Encoder,
    fitted_encoder,
    model_encoder,
    open_encoder,
)
from nlpwb.workflows.words.verdicts import LEAST, judge_similarity

if TYPE_CHECKING:
    from nlpwb.cache.store import Cache
    from nlpwb.methods.protocol import Matrix

_BLOCK = 4096
"""Pairs whose rows are multiplied at a time."""


@dataclass(frozen=True)
class SimilarityResult:
    """One encoder on the pairs of a file. What could not be judged is None.

    ``spearman`` with its 95 % interval ``low`` to ``high`` (bootstrap over pairs), and Pearson's correlation. Encoders that
    share a letter cannot be told apart; ``delta`` is the difference to the best with its interval. ``seconds`` are those of
    encoding; of vectors found in the cache those that they once took.
    """

    encoder: str
    spearman: float | None
    low: float | None
    high: float | None
    pearson: float | None
    letters: str | None
    delta: float | None
    delta_low: float | None
    delta_high: float | None
    pairs: int
    dimensions: int
    seconds: float


@dataclass(frozen=True, eq=False)
class Similarities:
    """What was found: ``results`` best first, and the cosines of every encoder, float64 (n,), by name, as they were typed."""

    pairs: ScoredPairs
    results: list[SimilarityResult]
    cosines: dict[str, NDArray[np.float64]]
    why: str | None


def judge_encoders(
    origin: str,
    options: ReadOptions,
    *,
    bases: Sequence[str],
    models: Sequence[Path],
    cache: Cache | None,
    device: str = "auto",
    threads: int = 1,
    seed: int = 0,
    note: Callable[[str], object] = lambda _: None,
    warn: Callable[[str], object] = lambda _: None,
) -> Similarities:
    """Judge encoders on a file of pairs: bases or specs, and models; :data:`DEFAULT_BASE` where none is named.

    Raises:
        UsageError: a name without meaning, or one that is given twice.
        InputError: the pairs cannot be read, or a base is not at hand.
        ModelError: a folder that is no sound base or model.
    """
    names = [*(bases or ([] if models else [DEFAULT_BASE])), *map(str, models)]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise UsageError(f"{twice} is given twice; keep one")
    pairs = read_scored_pairs(origin, options)
    for line in pairs.notes:
        note(line)
    texts = list(dict.fromkeys([*pairs.first, *pairs.second]))
    place = {text: number for number, text in enumerate(texts)}
    left, right = (np.array([place[text] for text in side]) for side in (pairs.first, pairs.second))
    cosines, facts = {}, {}
    for number, name in enumerate(names):
        if number < len(names) - len(models):
            encoder = _encoder(
                name, cache=cache, device=device, threads=threads, seed=seed, note=note
            )
        else:
            encoder = model_encoder(Path(name), device=device, threads=threads)
        started = time.perf_counter()
        matrix = encoder.vectors(texts)
        seconds = time.perf_counter() - started + encoder.spared()
        cosines[name] = row_cosines(matrix, left, right)
        facts[name] = (int(matrix.shape[1]), seconds)
        empty = int(np.count_nonzero(~np.isfinite(cosines[name])))
        if empty:
            warn(f"{name} has no vector for a text of {empty:,} pairs; their cosine counts as 0")
            cosines[name] = np.nan_to_num(cosines[name])
    return Similarities(pairs, *_judged(pairs, names, cosines, facts, seed=seed))


def _encoder(
    name: str,
    *,
    cache: Cache | None,
    device: str,
    threads: int,
    seed: int,
    note: Callable[[str], object],
) -> Encoder:
    opened = open_encoder(name, cache=cache, device=device, threads=threads)
    if opened is not None:
        return opened[0]
    note(f"{name} is fitted on the texts of the pairs")
    return fitted_encoder(name, seed=seed, threads=threads)


def row_cosines(
    matrix: Matrix, left: NDArray[np.int64], right: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The cosines of rows of a matrix (n, d), dense or sparse, float64 (pairs,); NaN where one of the two is zero."""
    lengths = np.sqrt(_products(matrix, np.arange(matrix.shape[0]), np.arange(matrix.shape[0])))
    with np.errstate(divide="ignore", invalid="ignore"):
        cosines = _products(matrix, left, right) / (lengths[left] * lengths[right])
    found: NDArray[np.float64] = np.clip(cosines, -1, 1)
    return found


def _products(
    matrix: Any, left: NDArray[np.int64], right: NDArray[np.int64]
) -> NDArray[np.float64]:
    from scipy.sparse import issparse

    found: NDArray[np.float64] = np.empty(len(left))
    sparse = bool(issparse(matrix))
    for start in range(0, len(left), _BLOCK):
        part = slice(start, start + _BLOCK)
        a, b = matrix[left[part]].astype(np.float64), matrix[right[part]].astype(np.float64)
        if sparse:
            found[part] = np.asarray(a.multiply(b).sum(axis=1)).ravel()
        else:
            found[part] = np.einsum("ij,ij->i", a, b)
    return found


def _judged(
    pairs: ScoredPairs,
    names: Sequence[str],
    cosines: dict[str, NDArray[np.float64]],
    facts: dict[str, tuple[int, float]],
    *,
    seed: int,
) -> tuple[list[SimilarityResult], dict[str, NDArray[np.float64]], str | None]:
    if pairs.scores is None:
        return [], cosines, None
    both = tuple(zip(pairs.first, pairs.second, strict=True))
    judged = SimilaritySet(pairs.name, both, tuple(pairs.scores))
    rows, _ = judge_similarity(
        names, np.stack([cosines[name] for name in names]), judged, seed=seed
    )
    results = [
        SimilarityResult(
            encoder=row.vectors,
            spearman=row.score,
            low=row.low,
            high=row.high,
            pearson=_pearson(cosines[row.vectors], np.array(pairs.scores)),
            letters=row.letters,
            delta=row.delta,
            delta_low=row.delta_low,
            delta_high=row.delta_high,
            pairs=len(pairs),
            dimensions=facts[row.vectors][0],
            seconds=facts[row.vectors][1],
        )
        for row in rows
    ]
    why = None
    if len(pairs) < LEAST:
        why = f"{len(pairs):,} pairs are too few for a rank correlation with an interval, {LEAST} are needed"
    elif any(row.score is None for row in rows):
        why = next(row.why for row in rows if row.score is None)
    return results, cosines, why


def _pearson(x: NDArray[np.float64], y: NDArray[np.float64]) -> float | None:
    """Pearson's correlation; None of a constant, or of fewer than two pairs."""
    a, b = x - x.mean(), y - y.mean()
    spread = math.sqrt(float(a @ a) * float(b @ b))
    return float(a @ b) / spread if spread > 0 else None
