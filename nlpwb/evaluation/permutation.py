"""Paired permutation tests: is the difference of two methods more than swapping them document by document would give?

Under the null hypothesis the two methods' answers to a document are exchangeable (Yeh 2000; Good 2005, chapter 3), so each
document (each group, where documents are grouped) tosses one fair coin. Nothing is recomputed for a toss:

* accuracy, log-loss and, as shown at :func:`_auc_differences`, roc-auc change linearly: a toss flips the sign of one number;
* so do the other means over documents (hamming-loss, lrap, mae), and rmse and r2 with the mean of squared errors;
* the F1 scores and MCC depend on label margins, to which each swap adds a fixed row. Documents with the same row are one
  atom of n coins, and the number of heads among n coins is the number of set bits in n random bits.

Correlations with the truth are not tested so: the predictions of two methods may stand on different scales.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import lcm
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlpwb.evaluation.label_sets import wrong_labels
from nlpwb.evaluation.metrics import MARGIN_METRICS, Floats, Ints
from nlpwb.evaluation.resampling import HELD_AT_ONCE, numbered_groups, sums_by_group
from nlpwb.evaluation.scoring import (
    Predictions,
    check_metric,
    distinct_rows,
    document_values,
    margin_finish,
    margin_sums,
    margins_of_sets,
    right_answers,
)
from nlpwb.tasks import CORRELATIONS, PROPORTIONS

Reals = NDArray[np.floating[Any]]
EXACT_IN_SINGLE = (
    1 << 24
)  # integers up to here are exact in float32, which multiplies twice as fast


_WHOLE = (*PROPORTIONS, "hamming-loss")


def swap_p_values(
    methods: Sequence[Predictions],
    pairs: Sequence[tuple[int, int]],
    metric: str,
    *,
    replicates: int,
    seed: int,
) -> list[float]:
    """Two-sided p-values of pairs (i, j) of methods on the same documents: (1 + hits) / (1 + replicates).

    A hit is a toss whose absolute difference reaches the observed one. Every pair starts the same random stream, so its
    p-value does not depend on which other pairs are tested. Errors as in ``check_metric``.
    """
    for predictions in methods:
        check_metric(predictions, metric)
    if not pairs:
        return []
    groups = methods[0].groups
    if metric in MARGIN_METRICS and metric not in PROPORTIONS:
        of_pair = _margin_p if methods[0].task == "classify" else _set_p
        return [
            of_pair(methods[i], methods[j], metric, replicates=replicates, seed=seed)
            for i, j in pairs
        ]
    differences = [swap_differences(methods[i], methods[j], metric) for i, j in pairs]
    if groups is not None:
        number, units = numbered_groups(groups)
        d = sums_by_group(np.stack(differences, axis=1), number, groups=units)
        return _flip_p(d, np.ones(units, dtype=np.int64), replicates=replicates, seed=seed)
    if metric in _WHOLE:  # few distinct sizes: the documents of one size are one atom
        ps = []
        for difference in differences:
            sizes, counts = np.unique(np.abs(difference[difference != 0]), return_counts=True)
            observed = abs(difference.sum())
            ps += _flip_p(
                sizes[:, None], counts, replicates=replicates, seed=seed, observed=observed
            )
        return ps
    d = np.stack(differences, axis=1)
    return _flip_p(d, np.ones(len(d), dtype=np.int64), replicates=replicates, seed=seed)


def swap_differences(a: Predictions, b: Predictions, metric: str) -> Floats:
    """Numbers (n,) whose sum is in proportion to score(a) - score(b), and of which a swap flips the sign.

    For every metric but those of margins and the correlations. Of rmse and r2 it is the mean squared error, in which both are
    monotone while the sum over both methods stays (with one seed; with several it is a test of that mean).
    """
    assert metric not in CORRELATIONS
    if metric in _WHOLE:  # whole numbers, so that sums and ties are exact
        count_a, count_b = (_whole_numbers(p, metric) for p in (a, b))
        return np.asarray(count_a * b.seeds - count_b * a.seeds, dtype=np.float64)
    if metric != "roc-auc":
        return document_values(a, metric) - document_values(b, metric)
    assert a.scores is not None
    assert b.scores is not None
    S, K = lcm(a.seeds, b.seeds), len(a.labels)
    total = np.zeros(a.n)
    for k in [1] if K == 2 else range(K):
        positive = a.truth == k
        if positive.any() and not positive.all():
            for s in range(S):
                x, y = a.scores[s % a.seeds, :, k], b.scores[s % b.seeds, :, k]
                total += _auc_differences(positive, midranks(x), midranks(y))
    return total


def _whole_numbers(predictions: Predictions, metric: str) -> Ints:
    """Right answers, or wrong labels, of each document over all seeds, (n,)."""
    if metric == "hamming-loss":
        wrong: Ints = wrong_labels(predictions.truth, predictions.predicted).sum(axis=0)
        return wrong
    return np.asarray(np.count_nonzero(right_answers(predictions), axis=0), dtype=np.int64)


def midranks(x: Floats) -> Floats:
    """Ranks (n,) from 1 to n, ties sharing the mean of theirs: one scale for the scores of any two methods."""
    ordered = np.sort(x)
    left, right = (
        np.searchsorted(ordered, x, side="left"),
        np.searchsorted(ordered, x, side="right"),
    )
    ranks: Floats = (left + right + 1) / 2
    return ranks


def _auc_differences(positive: NDArray[np.bool_], x: Floats, y: Floats) -> Floats:
    """Numbers d (n,) with AUC(x) - AUC(y) = sum d, the sign of d_i flipping when x_i and y_i are swapped.

    With phi(u, v) = 1, 1/2 or 0 as u is above, equal to or below v, AUC(x) is the mean of phi(x_i, x_j) over positives i
    and negatives j. Write a swap as s_i = -1. As a function of (s_i, s_j), phi is alpha + beta s_i + gamma s_j + delta s_i s_j,
    and the other method has it at (-s_i, -s_j): alpha and delta cancel in the difference, which is linear in s. (The exact
    form of the test of Bandos, Rockette & Gur 2005.)
    """
    P, N = np.count_nonzero(positive), np.count_nonzero(~positive)
    negatives = np.sort(np.concatenate([x[~positive], y[~positive]]))
    positives = np.sort(np.concatenate([x[positive], y[positive]]))

    def below(pool: Floats, v: Floats) -> Floats:
        twice = np.searchsorted(pool, v, side="left") + np.searchsorted(pool, v, side="right")
        half: Floats = twice / 2
        return half

    d = np.empty(len(x))
    d[positive] = below(negatives, x[positive]) - below(negatives, y[positive])
    d[~positive] = below(positives, y[~positive]) - below(positives, x[~positive])
    return d / (2 * P * N)


def _flip_p(
    d: Floats, counts: Ints, *, replicates: int, seed: int, observed: float | None = None
) -> list[float]:
    """p-values of the columns of d (U, P), row i standing for counts[i] numbers of independent sign.

    ``observed`` is the absolute observed sum where it is not that of the rows.
    """
    total = counts @ d
    reached = np.abs(total) if observed is None else np.array([observed])
    reached = reached - 1e-6 * (counts @ np.abs(d))  # float32 sums; a tie is a hit
    hits = np.zeros(d.shape[1], dtype=np.int64)
    rng = np.random.default_rng(seed)
    for swapped in coin_sums(counts, d.astype(np.float32), replicates, rng=rng):
        hits += np.count_nonzero(np.abs(total - 2 * swapped) >= reached, axis=0)
    return [float(p) for p in (1 + hits) / (1 + replicates)]


def _margin_p(a: Predictions, b: Predictions, metric: str, *, replicates: int, seed: int) -> float:
    K, S = len(a.labels), lcm(a.seeds, b.seeds)
    first, second = (p.predicted[np.arange(S) % p.seeds] for p in (a, b))
    finish = margin_finish(metric, labels=K, seeds=S)
    differs = np.flatnonzero((first != second).any(axis=0))
    if not len(differs):
        return 1.0
    base = _margin_total(a.truth, first, labels=K), _margin_total(a.truth, second, labels=K)
    observed = abs(float(finish(base[0]) - finish(base[1])))
    truth, one, other = a.truth[differs], first[:, differs], second[:, differs]
    if a.groups is not None:
        number, units = numbered_groups(a.groups[differs])
        change = _swap_rows(truth, one, other, labels=K)
        effects = sums_by_group(change, number, groups=units)
        counts: Ints = np.ones(units, dtype=np.int64)
    else:
        # A fair coin does not care which side is up: order each document's two answers, and more documents are alike.
        codes, _ = distinct_rows(list(np.concatenate([one, other], axis=1)))
        low, high = codes[: len(differs)], codes[len(differs) :]
        turned = low > high
        change = _swap_rows(truth[turned], one[:, turned], other[:, turned], labels=K).sum(axis=0)
        base = base[0] + change, base[1] - change
        one, other = np.where(turned, other, one), np.where(turned, one, other)
        low, high = np.minimum(low, high), np.maximum(low, high)
        # Where neither side is right in any seed, the true label plays no part in a swap.
        hit = ((one == truth) | (other == truth)).any(axis=0)
        atom, representative = distinct_rows([low, high, np.where(hit, truth, K)])
        counts = np.bincount(atom)
        r = representative
        effects = _swap_rows(truth[r], one[:, r], other[:, r], labels=K)
    kind = np.float32 if a.n < EXACT_IN_SINGLE else np.float64
    hits = 0
    rng = np.random.default_rng(seed)
    for swapped in coin_sums(counts, effects.astype(kind), replicates, rng=rng):
        moved = swapped.astype(np.float64)
        difference = finish(base[0] + moved) - finish(base[1] - moved)
        hits += int(np.count_nonzero(np.abs(difference) >= observed - 1e-12))
    return (1 + hits) / (1 + replicates)


def _set_p(a: Predictions, b: Predictions, metric: str, *, replicates: int, seed: int) -> float:
    """The p-value of an F1 score of sets of labels: a swap moves what the document adds to the margins."""
    S = lcm(a.seeds, b.seeds)
    (first, K), (second, _) = (
        margins_of_sets(replace(p, predicted=p.predicted[np.arange(S) % p.seeds]), metric)
        for p in (replace(a, scores=None), replace(b, scores=None))
    )
    finish = margin_finish(metric, labels=K, seeds=S)
    change = second - first
    differs = np.flatnonzero(change.any(axis=1))
    if not len(differs):
        return 1.0
    base = first.sum(axis=0), second.sum(axis=0)
    observed = abs(float(finish(base[0]) - finish(base[1])))
    effects = change[differs]
    if a.groups is not None:
        number, units = numbered_groups(a.groups[differs])
        effects = sums_by_group(effects, number, groups=units)
    hits = 0
    alone: Ints = np.ones(len(effects), dtype=np.int64)
    rng = np.random.default_rng(seed)
    for swapped in coin_sums(alone, effects.astype(np.float32), replicates, rng=rng):
        moved = swapped.astype(np.float64)
        difference = finish(base[0] + moved) - finish(base[1] - moved)
        hits += int(np.count_nonzero(np.abs(difference) >= observed - 1e-12))
    return (1 + hits) / (1 + replicates)


def _margin_total(truth: Ints, predicted: Ints, *, labels: int) -> Floats:
    """The sum over all documents of :func:`nlpwb.evaluation.scoring.margin_sums`, (K + 2 S K,)."""
    rows = [np.bincount(truth, minlength=labels)]
    for p in predicted:
        rows += [np.bincount(truth[p == truth], minlength=labels), np.bincount(p, minlength=labels)]
    return np.concatenate(rows).astype(np.float64)


def _swap_rows(truth: Ints, one: Ints, other: Ints, *, labels: int) -> Floats:
    """What putting ``other`` in the place of ``one`` adds to the margins, per document."""
    return margin_sums(truth, other, labels=labels) - margin_sums(truth, one, labels=labels)


def coin_sums(
    counts: Ints, effects: Reals, replicates: int, *, rng: np.random.Generator
) -> Iterator[Reals]:
    """Blocks (b, m) of all replicates of sum_i heads_i effects_i, with heads_i ~ Binomial(counts_i, 1/2).

    counts (A,), effects (A, m).
    """
    single = counts == 1
    alone, together = effects[single], effects[~single]
    words = -(-counts[~single] // 64)
    owner = np.repeat(np.arange(len(words)), words)
    bits = np.full(len(owner), 64, dtype=np.uint64)
    bits[np.cumsum(words) - 1] = counts[~single] - 64 * (words - 1)  # the last word of each atom
    mask = np.uint64(2**64 - 1) >> (np.uint64(64) - bits)
    of_word = together[owner]
    packs = -(-len(alone) // 64)
    rows = max(1, HELD_AT_ONCE // (len(alone) + len(owner) + 8))
    for start in range(0, replicates, rows):
        b = min(rows, replicates - start)
        sums = np.zeros((b, effects.shape[1]), dtype=effects.dtype)
        if len(owner):
            tossed = _random_words(b * len(owner), rng).reshape(b, -1)
            heads = set_bits(tossed & mask)
            sums += heads.astype(effects.dtype) @ of_word
        if len(alone):
            tossed = _random_words(b * packs, rng).reshape(b, -1)
            coins = np.unpackbits(tossed.view(np.uint8), axis=1, count=len(alone))
            sums += coins.astype(effects.dtype) @ alone
        yield sums


def _random_words(size: int, rng: np.random.Generator) -> NDArray[np.uint64]:
    return rng.integers(0, 2**64 - 1, size=size, dtype=np.uint64, endpoint=True)


def set_bits(words: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """How many bits of each 64-bit word are 1."""
    if hasattr(np, "bitwise_count"):
        counted: NDArray[np.uint8] = np.bitwise_count(words)
        return counted
    return set_bits_by_halving(words)  # numpy before 2.0


def set_bits_by_halving(words: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """The same by adding neighbouring bits, pairs, nibbles and bytes (Warren, Hacker's Delight, figure 5-2)."""
    x = words.copy()
    for shift, pattern in (
        (1, 0x5555555555555555),
        (2, 0x3333333333333333),
        (4, 0x0F0F0F0F0F0F0F0F),
    ):
        low = np.uint64(pattern)
        x = (x & low) + ((x >> np.uint64(shift)) & low)
    return ((x * np.uint64(0x0101010101010101)) >> np.uint64(56)).astype(np.uint8)
