"""Bootstrap copies of a test set (Efron 1979): documents, or whole groups of them, drawn with replacement.

Two ways to the same distribution. One method alone: a multinomial draw over its few atoms, whatever the number of documents.
Several methods jointly: the documents themselves are drawn, so that every method is scored on the same copies and a pair's
interval does not depend on which other methods take part.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from scipy import sparse

from nlpwb.evaluation.metrics import ROC_ROWS, Floats, Ints
from nlpwb.evaluation.scoring import (
    RANKED,
    Additive,
    Predictions,
    additive,
    check_metric,
    distinct_rows,
    ranked_scorer,
)

HELD_AT_ONCE = 1 << 22  # drawn documents in memory: about 100 MB with what is made of them
ATOMS_WORTH_A_DRAW = 8  # a multinomial draw of an atom costs about as much as drawing 8 documents


def drawn_weights(
    units: int, replicates: int, *, rng: np.random.Generator, bins: Ints | None = None
) -> Iterator[Floats]:
    """How often each unit is drawn when ``units`` are drawn with replacement, in blocks (b, units) of all replicates.

    With ``bins`` (units,) the draws are counted by bin instead: blocks of (b, bins.max() + 1).
    """
    size = units if bins is None else int(bins.max()) + 1
    rows = max(1, HELD_AT_ONCE // max(units, size))
    for start in range(0, replicates, rows):
        b = min(rows, replicates - start)
        drawn = rng.integers(0, units, size=(b, units), dtype=np.int64)
        if bins is not None:
            drawn = bins[drawn].astype(np.int64, copy=False)
        drawn += np.arange(0, b * size, size)[:, None]
        yield np.bincount(drawn.ravel(), minlength=b * size).reshape(b, size).astype(np.float64)


def bootstrap_scores(
    predictions: Predictions, metric: str, *, replicates: int, seed: int
) -> Floats:
    """Scores (B,) of one method on bootstrap copies of its test set; of whole groups where it has groups."""
    check_metric(predictions, metric)
    if predictions.groups is None and metric not in RANKED:
        parts = additive(predictions, metric)
        counts = np.bincount(parts.atom, minlength=len(parts.sums))
        if len(counts) * ATOMS_WORTH_A_DRAW <= predictions.n:
            rng = np.random.default_rng(seed)
            drawn = rng.multinomial(predictions.n, counts / predictions.n, size=replicates)
            weights: Floats = drawn.astype(np.float64)
            return parts.finish(weights @ parts.sums)
    copies = joint_bootstrap_scores([predictions], metric, replicates=replicates, seed=seed)
    return copies.reshape(-1)


def joint_bootstrap_scores(
    methods: Sequence[Predictions], metric: str, *, replicates: int, seed: int
) -> Floats:
    """Scores (M, B) of M methods on the same bootstrap copies of their common test set (and groups)."""
    for predictions in methods:
        check_metric(predictions, metric)
    rng = np.random.default_rng(seed)
    if metric in RANKED:
        blocks = _ranked_blocks(methods, metric, replicates, rng)
    elif methods[0].groups is not None:
        blocks = _grouped_blocks(
            [additive(p, metric) for p in methods], methods[0].groups, replicates, rng
        )
    else:
        blocks = _atom_blocks([additive(p, metric) for p in methods], replicates, rng)
    return np.concatenate(list(blocks), axis=1)


def numbered_groups(groups: Ints) -> tuple[Ints, int]:
    """Groups (n,) numbered from 0 without gaps, and how many there are."""
    names, number = np.unique(groups, return_inverse=True)
    return number.reshape(-1), len(names)


def sums_by_group(values: Floats, number: Ints, *, groups: int) -> Floats:
    """Rows of values (n, m) added up by their group number (n,) -> (groups, m)."""
    n = len(number)
    membership = sparse.csr_array((np.ones(n), (number, np.arange(n))), shape=(groups, n))
    return np.asarray(membership @ values)


def _ranked_blocks(
    methods: Sequence[Predictions], metric: str, replicates: int, rng: np.random.Generator
) -> Iterator[Floats]:
    n, groups = methods[0].n, methods[0].groups
    number, units = (None, n) if groups is None else numbered_groups(groups)
    scorers = [ranked_scorer(p, metric) for p in methods]
    for weights in drawn_weights(units, replicates, rng=rng):
        for start in range(0, len(weights), ROC_ROWS):
            w = weights[start : start + ROC_ROWS]
            w = np.asfortranarray(w if number is None else w[:, number])  # turned once for all
            yield np.stack([scored(w) for scored in scorers])


def _grouped_blocks(
    parts: Sequence[Additive], groups: Ints, replicates: int, rng: np.random.Generator
) -> Iterator[Floats]:
    number, units = numbered_groups(groups)
    tables = [sums_by_group(part.sums[part.atom], number, groups=units) for part in parts]
    for weights in drawn_weights(units, replicates, rng=rng):
        yield np.stack(
            [part.finish(weights @ table) for part, table in zip(parts, tables, strict=True)]
        )


def _atom_blocks(
    parts: Sequence[Additive], replicates: int, rng: np.random.Generator
) -> Iterator[Floats]:
    atom, first = distinct_rows([part.atom for part in parts])
    for weights in drawn_weights(len(atom), replicates, rng=rng, bins=atom):
        yield np.stack([part.finish(weights @ part.sums[part.atom[first]]) for part in parts])
