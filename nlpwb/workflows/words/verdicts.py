"""From cosines and answers to verdicts: scores with intervals, letters, differences to the best, unknown words counted twice.

Sets of words judge one file or several. What a file does not cover is left out of its score and, in a second figure, counted
as cosine 0 or as a wrong answer. Files that cover as many items stand in the order of their scores, others in that of the
second figure: a file must not be best because it knows the easy items alone. The first row is the best file; the lower end
that a quality gate asks for is that of its score, over what it covers. Two files are compared on what both cover.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np  # noqa: TID253  only functions import this module

from nlpwb.data.wordsets import AnalogySet, SimilaritySet, is_syntactic
from nlpwb.evaluation.answers import (
    RIGHT,
    UNKNOWN,
    AnswerPair,
    accuracy_interval,
    compare_answers,
    word_pairs,
)
from nlpwb.evaluation.correlation import (
    SpearmanPair,
    bootstrap_spearman,
    compare_spearman,
    spearman,
)
from nlpwb.evaluation.intervals import wilson
from nlpwb.evaluation.letters import letters
from nlpwb.evaluation.significance import Pair
from nlpwb.records import ALPHA

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nlpwb.evaluation.metrics import Ints

LEAST = 30
"""Pairs or questions that a score needs: intervals and tests are no longer what they say below that."""
WHOLE, SEMANTIC, SYNTACTIC = "all", "semantic", "syntactic"


@dataclass(frozen=True)
class WordScore:
    """One file of word vectors on one set, or on a part of it.

    ``kind`` is similarity (Spearman's correlation) or analogies (accuracy); ``part`` is all, semantic, syntactic or a section.
    ``used`` of ``total`` pairs or questions have a vector for every word; ``score`` is theirs, None below :data:`LEAST`.
    ``low`` to ``high`` is its 95 % interval: bootstrap over pairs, or Wilson's; ``words_low`` to ``words_high`` that of an
    accuracy over other pairs of words. ``score_of_all`` counts what has no vector as cosine 0 or as wrong. Files that share a
    letter cannot be told apart on this set; a file that could not be compared with a better one has none. ``delta`` is the
    difference to the best file with its interval, on what both cover. ``why`` says why there is no score, or no letter.
    """

    vectors: str
    set: str
    kind: str
    part: str
    used: int
    total: int
    score: float | None = None
    low: float | None = None
    high: float | None = None
    words_low: float | None = None
    words_high: float | None = None
    score_of_all: float | None = None
    letters: str | None = None
    delta: float | None = None
    delta_low: float | None = None
    delta_high: float | None = None
    why: str | None = None


@dataclass(frozen=True)
class WordPair:
    """Two files on what both cover of a set: ``delta`` is a's score less b's, ``p_holm`` its p-value after Holm's correction.

    ``p_mcnemar`` is McNemar's exact p-value, of analogies alone, uncorrected: it takes questions for independent.
    """

    a: str
    b: str
    set: str
    n: int
    delta: float
    low: float
    high: float
    p: float
    p_holm: float
    p_mcnemar: float | None


def judge_similarity(
    names: Sequence[str], cosines: NDArray[np.float64], judged: SimilaritySet, *, seed: int
) -> tuple[list[WordScore], list[WordPair]]:
    """The scores of M files, best first, and their pairs; cosines (M, n), NaN where a word has no vector."""
    gold = np.asarray(judged.scores)
    found = [
        _correlated(name, row, gold, judged.name, seed=seed)
        for name, row in zip(names, cosines, strict=True)
    ]
    scored = [m for m, score in enumerate(found) if score.score is not None]
    pairs = compare_spearman(cosines[scored], gold, least=LEAST, seed=seed) if scored else []
    return _ranked(found, scored, pairs), _named(names, judged.name, scored, pairs)


def judge_analogies(
    names: Sequence[str],
    answers: NDArray[np.int8],
    judged: AnalogySet,
    *,
    sections: bool = False,
    seed: int,
) -> tuple[list[WordScore], list[WordPair]]:
    """The scores of M files, best first, part by part, and their pairs; answers (M, n): 1 right, 0 wrong, -1 not known.

    Parts are all questions, the semantic and the syntactic ones where a set has both, and with ``sections`` each section.
    """
    units = word_pairs(judged.questions)
    found = [
        _answered(name, row, units, judged.name, WHOLE, seed=seed)
        for name, row in zip(names, answers, strict=True)
    ]
    scored = [m for m, score in enumerate(found) if score.score is not None]
    pairs = compare_answers(answers[scored], units, least=LEAST, seed=seed) if scored else []
    ranked = _ranked(found, scored, pairs)
    order = _best_first(found)
    for part, rows in _parts(judged, sections=sections):
        ranked += [
            _answered(names[m], answers[m][rows], units[rows], judged.name, part, seed=seed)
            for m in order
        ]
    return ranked, _named(names, judged.name, scored, pairs)


def _correlated(
    name: str, cosines: NDArray[np.float64], gold: NDArray[np.float64], title: str, *, seed: int
) -> WordScore:
    known = np.isfinite(cosines)
    used = int(np.count_nonzero(known))
    row = WordScore(name, title, "similarity", WHOLE, used, len(gold))
    if used < LEAST:
        return replace(row, why=_too_few(used, len(gold), "pairs"))
    score = spearman(cosines[known], gold[known])
    if math.isnan(score):
        return replace(row, why="cosines or scores are all the same, and have no order")
    low, high = bootstrap_spearman(cosines[known], gold[known], seed=seed)
    of_all = spearman(np.where(known, cosines, 0.0), gold)
    return replace(row, score=score, low=low, high=high, score_of_all=of_all)


def _answered(
    name: str,
    answers: NDArray[np.int8],
    units: Ints,
    title: str,
    part: str,
    *,
    seed: int,
) -> WordScore:
    known = answers != UNKNOWN
    used, total = int(np.count_nonzero(known)), len(answers)
    row = WordScore(name, title, "analogies", part, used, total)
    if used < LEAST:
        return replace(row, why=_too_few(used, total, "questions"))
    right = answers[known] == RIGHT
    hits = int(np.count_nonzero(right))
    low, high = wilson(hits, used)
    words = accuracy_interval(right, units[known], seed=seed)
    return replace(
        row,
        score=hits / used,
        low=low,
        high=high,
        words_low=words.low,
        words_high=words.high,
        score_of_all=hits / total,
    )


def _parts(judged: AnalogySet, *, sections: bool) -> Iterable[tuple[str, slice | list[int]]]:
    """Parts of the questions, by their places; semantic and syntactic ones where a set has both."""
    places, start = {}, 0
    for section, questions in judged.sections:
        places[section] = slice(start, start + len(questions))
        start += len(questions)
    kinds: dict[str, list[int]] = {SEMANTIC: [], SYNTACTIC: []}
    for section, place in places.items():
        kinds[SYNTACTIC if is_syntactic(section) else SEMANTIC] += range(place.start, place.stop)
    if all(kinds.values()):
        yield from kinds.items()
    if sections:
        yield from places.items()


def _ranked(
    found: Sequence[WordScore],
    scored: Sequence[int],
    pairs: Sequence[SpearmanPair] | Sequence[AnswerPair],
) -> list[WordScore]:
    """The rows best first, with letters and differences to the best where there are several."""
    order = _best_first(found)
    tested: dict[frozenset[int], Pair] = {
        frozenset((scored[pair.i], scored[pair.j])): pair for pair in pairs
    }
    rows = _lettered(found, order[: len(scored)], tested)
    best = order[0]
    for m in order[1:]:
        pair = tested.get(frozenset((m, best)))
        if pair is not None:
            sign = 1 if scored[pair.i] == m else -1
            low, high = sorted((sign * pair.low, sign * pair.high))
            rows[m] = replace(rows[m], delta=sign * pair.delta, delta_low=low, delta_high=high)
    return [rows[m] for m in order]


def _lettered(
    found: Sequence[WordScore], order: Sequence[int], tested: Mapping[frozenset[int], Pair]
) -> list[WordScore]:
    """The rows with letters; one that was not compared with all better ones that have some gets a reason in place of them."""
    rows, chosen = list(found), list[int]()
    for m in order:
        better = next((other for other in chosen if frozenset((m, other)) not in tested), None)
        if better is None:
            chosen.append(m)
            continue
        name = found[better].vectors
        why = f"too little is covered by it and by {name} to compare the two, so it has no letter"
        rows[m] = replace(rows[m], why=why)
    if len(chosen) > 1:
        significant = [
            (a, b)
            for a, b in combinations(range(len(chosen)), 2)
            if tested[frozenset((chosen[a], chosen[b]))].p_holm < ALPHA
        ]
        shown = letters(range(len(chosen)), significant, higher_is_better=False)  # by their ranks
        for m, letter in zip(chosen, shown, strict=True):
            rows[m] = replace(rows[m], letters=letter)
    return rows


def _named(
    names: Sequence[str],
    title: str,
    scored: Sequence[int],
    pairs: Sequence[SpearmanPair] | Sequence[AnswerPair],
) -> list[WordPair]:
    return [
        WordPair(
            a=names[scored[pair.i]],
            b=names[scored[pair.j]],
            set=title,
            n=pair.n,
            delta=pair.delta,
            low=pair.low,
            high=pair.high,
            p=pair.p,
            p_holm=pair.p_holm,
            p_mcnemar=pair.p_mcnemar if isinstance(pair, AnswerPair) else None,
        )
        for pair in pairs
    ]


def _best_first(found: Sequence[WordScore]) -> list[int]:
    """The places of rows by falling score, or by the score over all items where they cover unlike numbers; last those without."""
    scored = [row for row in found if row.score is not None]
    alike = len({row.used for row in scored}) <= 1

    def place(m: int) -> float:
        value = found[m].score if alike else found[m].score_of_all
        return math.inf if found[m].score is None or value is None else -value

    return sorted(range(len(found)), key=place)


def _too_few(used: int, total: int, what: str) -> str:
    return f"{used:,} of {total:,} {what} are covered, and a score needs {LEAST}"
