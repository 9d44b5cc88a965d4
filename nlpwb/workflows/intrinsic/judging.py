"""Cells to a verdict without labels: retrieval with letters, word tests, stability, and the answer in words."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np  # noqa: TID253  only functions import this module

from nlpwb.cache.store import Artifact
from nlpwb.data.wordsets import builtin_analogies, builtin_similarity
from nlpwb.evaluation.answers import RIGHT, accuracy_interval, word_pairs
from nlpwb.evaluation.correlation import bootstrap_spearman, spearman
from nlpwb.evaluation.cost import recommend
from nlpwb.evaluation.intervals import Interval, wilson
from nlpwb.evaluation.letters import letters
from nlpwb.evaluation.power import smallest_separable_normal
from nlpwb.evaluation.retrieval import (
    chance,
    compare_means,
    mean_intervals,
    recalls,
    reciprocal_ranks,
)
from nlpwb.evaluation.significance import Pair
from nlpwb.records import ALPHA, Answer, PairResult
from nlpwb.records_intrinsic import IntrinsicResult, IntrinsicVerdict
from nlpwb.vectors.drift import jaccard_stability, shared_words
from nlpwb.vectors.table import WordVectors
from nlpwb.workflows.intrinsic.cells import NEIGHBORS
from nlpwb.workflows.intrinsic.plan import IntrinsicPlan
from nlpwb.workflows.intrinsic.protocol import LEAST_QUESTIONS, RECALL_AT
from nlpwb.workflows.phrases import WORTH_NAMING, WORTH_SAVING, listed, no_cheaper, others, times

FIELDS = {"WordSim-353": "wordsim353", "SimLex-999": "simlex999"}
"""The fields of a result by the names of the sets."""
LEAST_PAIRS = 30
"""Below so many covered pairs there is no figure, as in ``words evaluate``."""
_TWO_SIDED = 1.959963984540054  # normal quantile of 97.5 %


@dataclass(frozen=True)
class Asked:
    """A method whose whole training part was asked; the other cells are None where they failed, or where there are none.

    ``deterministic``: a seed changes nothing of its vectors; ``trained``: the texts of this corpus made them.
    """

    method: str
    train: Artifact
    seed: Artifact | None = None
    half_a: Artifact | None = None
    half_b: Artifact | None = None
    stability_error: str | None = None
    deterministic: bool = False
    trained: bool = True


def judge(plan: IntrinsicPlan, methods: Sequence[Asked], *, seed: int) -> IntrinsicVerdict:
    """Compare methods that were asked the same questions."""
    standings = [np.load(one.train.path / "standings.npy", allow_pickle=False) for one in methods]
    ranks = np.stack([reciprocal_ranks(found) for found in standings])
    hits = np.stack([recalls(found, k=RECALL_AT) for found in standings])
    groups = plan.query_groups()
    mrr, recall = ranks.mean(axis=1).tolist(), hits.mean(axis=1).tolist()
    mrr_ends = mean_intervals(ranks, groups=groups, seed=seed)
    recall_ends = mean_intervals(hits, groups=groups, seed=seed)
    if groups is None:
        recall_ends = [
            _no_narrower(ends, share, hits.shape[1])
            for ends, share in zip(recall_ends, recall, strict=True)
        ]
    pairs = compare_means(ranks, groups=groups, seed=seed)
    significant = {(pair.i, pair.j) for pair in pairs if pair.p_holm < ALPHA}
    shown = letters(mrr, significant, higher_is_better=True)
    order = sorted(range(len(methods)), key=lambda m: -mrr[m])
    to_best = {pair.i + pair.j - order[0]: pair for pair in pairs if order[0] in (pair.i, pair.j)}
    results = []
    for m in order:
        result = IntrinsicResult(
            method=methods[m].method,
            **_three("mrr", mrr[m], mrr_ends[m]),
            **_three("recall", recall[m], recall_ends[m]),
            letters=shown[m],
            stability_error=methods[m].stability_error,
            **_costs(methods[m].train),
            **_word_tests(methods[m].train, seed=seed),
            **_stability(methods[m], plan, seed=seed),
        )
        results.append(_to_best(result, to_best[m], m) if m != order[0] else result)
    separable = None
    if pairs:
        errors = [(pair.high - pair.low) / (2 * _TWO_SIDED) for pair in pairs]
        separable = smallest_separable_normal(statistics.median(errors), alpha=ALPHA / len(pairs))
    names = [one.method for one in methods]
    return IntrinsicVerdict(
        results,
        [
            PairResult(
                names[pair.i], names[pair.j], pair.delta, pair.low, pair.high, pair.p, pair.p_holm
            )
            for pair in pairs
        ],
        separable,
        _answer(results, separable, plan),
    )


def _no_narrower(ends: Interval, share: float, n: int) -> Interval:
    """An interval of a share that is no narrower than Wilson's: a bootstrap has no width where every query is answered."""
    whole = wilson(round(share * n), n)
    return Interval(min(ends.low, whole.low), max(ends.high, whole.high))


def _to_best(result: IntrinsicResult, pair: Pair, m: int) -> IntrinsicResult:
    sign = 1 if pair.i == m else -1
    low, high = sorted((sign * pair.low, sign * pair.high))
    return replace(result, delta=sign * pair.delta, delta_low=low, delta_high=high)


def _three(name: str, value: float, ends: Interval) -> dict[str, Any]:
    return {name: value, f"{name}_low": ends.low, f"{name}_high": ends.high}


def _costs(cell: Artifact) -> dict[str, Any]:
    facts = cell.facts
    seconds = facts["transform_seconds"]
    return {
        "oov_rate": facts["oov_rate"],
        "fit_seconds": facts["fit_seconds"],
        "docs_per_second": facts["documents"] / seconds if seconds > 0 else None,
        "peak_mib": facts["peak_bytes"] / 2**20,
        "bytes": facts["model_bytes"],
        "dimensions": facts["dimensions"],
    }


def _word_tests(cell: Artifact, *, seed: int) -> dict[str, Any]:
    """Similarity and analogies of a method with word vectors; nothing of another."""
    if not cell.facts["word_vectors"]:
        return {}
    found: dict[str, Any] = {}
    for number, similarity in enumerate(builtin_similarity()):
        field = FIELDS[similarity.name]
        cosines = np.load(cell.path / f"similarity-{number}.npy", allow_pickle=False)
        covered = np.isfinite(cosines)
        n = int(covered.sum())
        found[f"{field}_pairs"] = n
        if n < LEAST_PAIRS:
            continue
        machine, people = cosines[covered], np.array(similarity.scores)[covered]
        value = spearman(machine, people)
        if math.isfinite(value):
            found |= _three(field, value, bootstrap_spearman(machine, people, seed=seed))
    answers = np.load(cell.path / "analogies.npy", allow_pickle=False)
    asked = answers >= 0
    n = int(asked.sum())
    found["analogies_questions"] = n
    if n >= LEAST_QUESTIONS:
        right = answers[asked] == RIGHT
        found |= _three("analogies", float(right.mean()), wilson(int(right.sum()), n))
        pairs = word_pairs(builtin_analogies().questions)[asked]
        ends = accuracy_interval(right, pairs, seed=seed)
        found |= {"analogies_words_low": ends.low, "analogies_words_high": ends.high}
    return found


def _stability(method: Asked, plan: IntrinsicPlan, *, seed: int) -> dict[str, Any]:
    """How much of a word's neighbours two trainings share: under another seed, and on two halves of the texts."""
    if not method.train.facts["word_vectors"]:
        return {}
    found: dict[str, Any] = {}
    if not method.trained:
        return {"seed_stability": 1.0, "half_stability": 1.0}
    if method.deterministic:
        found["seed_stability"] = 1.0
    elif method.seed is not None:
        found |= _overlap("seed_stability", method.train, method.seed, plan, seed=seed)
    if method.half_a is not None and method.half_b is not None:
        found |= _overlap("half_stability", method.half_a, method.half_b, plan, seed=seed)
    return found


def _overlap(
    name: str, one: Artifact, other: Artifact, plan: IntrinsicPlan, *, seed: int
) -> dict[str, Any]:
    """The mean share of neighbours in common, over the probes that both know, among the reference words that both know."""
    a, b = _known_words(one), _known_words(other)
    shared = shared_words(a, b)
    probes = [word for word in shared if int(word) < plan.probe_words]
    n = len(probes) if len(shared) > NEIGHBORS else 0
    if n < 2:
        return {f"{name}_words": n}
    shares = jaccard_stability(a, b, words=probes, k=NEIGHBORS)
    (ends,) = mean_intervals(shares[None, :], seed=seed)
    return {f"{name}_words": n, **_three(name, float(shares.mean()), ends)}


def _known_words(cell: Artifact) -> WordVectors:
    """The reference words that a training knows, by their numbers."""
    known, units = (
        np.load(cell.path / f"{part}.npy", allow_pickle=False) for part in ("known", "units")
    )
    return WordVectors([str(number) for number in known.tolist()], units.astype(np.float32))


def _answer(
    found: Sequence[IntrinsicResult], separable: float | None, plan: IntrinsicPlan
) -> Answer | None:
    """One sentence: what to use for the similarity of documents, what cannot be told from it, what is cheapest of these."""
    if len(found) < 2:
        return None
    near = [
        result.delta_low is None or result.delta_low <= 0 <= (result.delta_high or 0.0)
        for result in found
    ]
    costs = [
        _cost(result, plan) if within else math.nan
        for result, within in zip(found, near, strict=True)
    ]
    advice = recommend(
        [result.mrr or 0.0 for result in found],
        [result.letters or "" for result in found],
        costs,
        higher_is_better=True,
    )
    best, tied = found[advice.best], [found[m] for m in advice.tied]
    cheapest = found[advice.cheapest_tied]
    asked = f"on these {plan.queries:,} held-out documents"
    use = "to compare documents"
    saved = costs[advice.best] - costs[advice.cheapest_tied]
    guessing, _ = chance(plan.queries, k=RECALL_AT)
    if (best.mrr_low or 0.0) <= guessing:
        text = f"O{asked[1:]} no method is shown to find their other halves better than guessing."
    elif not tied:
        text = f"Use {best.method} {use}: {asked} it finds their other halves better than {others(len(found) - 1)}."
    elif advice.times_cheaper < WORTH_NAMING or saved < WORTH_SAVING:
        names = [result.method for result in tied]
        text = f"Use {best.method} {use}: {asked} {listed(names)} cannot be told from it, and {no_cheaper(names)}."
    else:
        rest = [result.method for result in tied if result is not cheapest]
        text = f"Use {cheapest.method} {use}: {asked} within noise of the best ({best.method}), and {times(advice.times_cheaper)}"
        text += f"; {listed(rest)} cannot be told from the best either." if rest else "."
    if separable is not None and math.isfinite(separable) and separable > 0:
        text += f" Differences in MRR of {separable:.3f} or more would show."
    return Answer(
        text=text,
        best=best.method,
        tied=[result.method for result in tied],
        cheapest=cheapest.method,
    )


def _cost(result: IntrinsicResult, plan: IntrinsicPlan) -> float:
    """What a method costs, in seconds: fitting, and turning the queries into vectors once."""
    if result.fit_seconds is None:
        return math.nan
    asking = plan.queries / result.docs_per_second if result.docs_per_second else 0.0
    return result.fit_seconds + asking
