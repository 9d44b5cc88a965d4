"""Analogy questions answered by several models: how sure an accuracy is, and whether two differ.

The questions of a set are no independent draws: some 500 pairs of words make the 19,544 questions of Mikolov et al. 2013, each
pair asked with many others, and a model that has one word wrong is wrong in all of them. What is drawn here is the *pairs of
words*: a question's weight in a bootstrap copy is how often its first pair was drawn, times how often its second was (the
bootstrap of exchangeable arrays; Davezies, D'Haultfoeuille & Guyonvarch 2021, Ann. Statist. 49:845). Wilson's interval and
McNemar's test, which take each question for a draw of its own, stand beside them for what they are: figures about these
questions. ``tests/evaluation/test_answers.py`` measures both on models that differ by luck alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nlpwb.evaluation.intervals import CONFIDENCE, REPLICATES, Interval, judged, percentiles
from nlpwb.evaluation.metrics import Floats, Ints
from nlpwb.evaluation.resampling import drawn_weights
from nlpwb.evaluation.significance import Pair, holm, mcnemar_exact

RIGHT, UNKNOWN = 1, -1
LEAST_WORD_PAIRS = 10
"""Pairs of words that a comparison needs, however many questions they make: they are what is drawn."""
_HELD = 1 << 20  # weights of questions in memory at a time: 8 MB


@dataclass(frozen=True)
class AnswerPair(Pair):
    """A :class:`Pair` of models with the ``n`` questions that both answer and McNemar's exact p-value on them."""

    n: int
    p_mcnemar: float


def word_pairs(questions: Sequence[tuple[str, str, str, str]]) -> Ints:
    """The numbers (n, 2) of the two pairs of words, (a, b) and (c, d), that each question is made of, whatever their case."""
    numbers: dict[tuple[str, str], int] = {}
    found = [
        [numbers.setdefault((x.upper(), y.upper()), len(numbers)) for x, y in ((a, b), (c, d))]
        for a, b, c, d in questions
    ]
    return np.array(found, dtype=np.int64).reshape(-1, 2)


def accuracy_copies(right: ArrayLike, pairs: Ints, *, replicates: int, seed: int) -> Floats:
    """Accuracies (M, B) of models on the same B copies of a set: right (M, n) 0 or 1, pairs (n, 2) of :func:`word_pairs`.

    NaN where a copy holds no question.
    """
    answers = np.atleast_2d(np.asarray(right, dtype=np.float64))
    units, number = np.unique(pairs, return_inverse=True)
    first, second = number.reshape(-1, 2).T
    step = max(1, _HELD // len(first))
    found = []
    for drawn in drawn_weights(len(units), replicates, rng=np.random.default_rng(seed)):
        for start in range(0, len(drawn), step):
            turned = np.ascontiguousarray(drawn[start : start + step].T)
            weights = turned[first]
            weights *= turned[second]
            whole = weights.sum(axis=0)
            sums = answers @ weights
            found.append(np.divide(sums, whole, out=np.full_like(sums, np.nan), where=whole > 0))
    return np.concatenate(found, axis=1)


def accuracy_interval(
    right: ArrayLike,
    pairs: Ints,
    *,
    replicates: int = REPLICATES,
    seed: int,
    confidence: float = CONFIDENCE,
) -> Interval:
    """Percentile interval of the accuracy of right (n,) over sets made of other pairs of words (n, 2)."""
    copies = accuracy_copies(right, pairs, replicates=replicates, seed=seed)[0]
    low, high = percentiles(copies, confidence=confidence)
    return Interval(float(low), float(high))


def compare_answers(
    answers: NDArray[np.int8],
    pairs: Ints,
    *,
    least: int,
    least_pairs: int = LEAST_WORD_PAIRS,
    replicates: int = REPLICATES,
    seed: int,
    confidence: float = CONFIDENCE,
) -> list[AnswerPair]:
    """Pairs i < j of models on the questions that both answer, with Holm over all of them.

    answers (M, n): 1 right, 0 wrong, -1 not asked; pairs (n, 2). The difference over its standard error on joint copies is
    judged by Student's t with as many degrees of freedom as there are pairs of words, less one; its interval belongs to the
    same t. Pairs of models with fewer than ``least`` questions in common, or with questions that are made of fewer than
    ``least_pairs`` pairs of words, are left out.
    """
    found = []
    for i, j in combinations(range(len(answers)), 2):
        both = (answers[i] != UNKNOWN) & (answers[j] != UNKNOWN)
        n = int(np.count_nonzero(both))
        units = len(np.unique(pairs[both]))
        if n < least or units < least_pairs:
            continue
        right = (answers[[i, j]][:, both] == RIGHT).astype(np.float64)
        # what both get right, or wrong, has no part in the difference of two copies of one set
        copies = accuracy_copies(
            right[:1] - right[1:], pairs[both], replicates=replicates, seed=seed
        )
        delta = float((right[0] - right[1]).mean())
        low, high, p = judged(delta, copies[0], freedom=units - 1, confidence=confidence)
        only = [int(np.count_nonzero(right[a] > right[1 - a])) for a in (0, 1)]
        found.append((i, j, delta, low, high, p, n, mcnemar_exact(*only)))
    adjusted = holm([row[5] for row in found])
    return [
        AnswerPair(*row[:6], p_holm=float(p_holm), n=row[6], p_mcnemar=row[7])
        for row, p_holm in zip(found, adjusted, strict=True)
    ]
