"""Cells to a verdict: scores with intervals, letters, differences to the best, and the answer in words."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np  # noqa: TID253  only functions import this module

from nlpwb.cache.store import Artifact
from nlpwb.evaluation.cost import recommend
from nlpwb.evaluation.intervals import interval, nadeau_bengio, wilson
from nlpwb.evaluation.letters import letters
from nlpwb.evaluation.power import (
    median_discordance,
    smallest_separable,
    smallest_separable_folds,
    smallest_separable_normal,
)
from nlpwb.evaluation.scoring import Predictions, score, score_per_seed
from nlpwb.evaluation.significance import Pair, compare_folds, compare_pairs
from nlpwb.records import ALPHA, Answer, PairResult, Result, Verdict
from nlpwb.tasks import METRICS, POINTS, PROPORTIONS, Task
from nlpwb.workflows.borrowing import borrowing
from nlpwb.workflows.phrases import WORTH_NAMING, WORTH_SAVING, listed, no_cheaper, others, times
from nlpwb.workflows.plans import Plan

if TYPE_CHECKING:
    from numpy.typing import NDArray

_GUESSES: dict[Task, str] = {
    "classify": "guessing the most frequent label",
    "multilabel": "guessing the same labels",
    "regression": "saying the mean",
}
_TWO_SIDED = 1.959963984540054  # normal quantile of 97.5 %


@dataclass(frozen=True)
class Scored:
    """A method whose cells are all there: ``cells[run][seed]``; ``based``: it begins with weights that somebody else trained."""

    method: str
    cells: list[list[Artifact]]
    baseline: bool = False
    based: bool = False


def judge(
    plan: Plan, methods: Sequence[Scored], metric: str, *, seed: int, budget: int | None = None
) -> Verdict:
    """Compare methods that saw the same rows."""
    info = METRICS[metric]
    predictions = [
        [_predictions(plan, run, cells) for run, cells in enumerate(method.cells)]
        for method in methods
    ]
    if plan.split == "folds":
        scores, rows, pairs, separable = _over_folds(plan, predictions, metric, budget=budget)
    else:
        scores, rows, pairs, separable = _on_one_test(predictions, metric, seed=seed)
    significant = {(pair.i, pair.j) for pair in pairs if pair.p_holm < ALPHA}
    shown = letters(scores, significant, higher_is_better=info.higher_is_better)
    best = _order(scores, info.higher_is_better)[0]
    to_best = {pair.i + pair.j - best: pair for pair in pairs if best in (pair.i, pair.j)}
    results = []
    for m in _order(scores, info.higher_is_better):
        low, high = rows[m]
        result = Result(
            method=methods[m].method,
            budget=budget,
            score=scores[m],
            low=low,
            high=high,
            letters=shown[m],
            seed_sd=_seed_deviation(predictions[m], metric),
            **_costs(methods[m].cells),
        )
        if m != best:
            pair = to_best[m]
            sign = 1 if pair.i == m else -1
            ends = sorted((sign * pair.low, sign * pair.high))
            result = replace(result, delta=sign * pair.delta, delta_low=ends[0], delta_high=ends[1])
        results.append(result)
    told = [
        PairResult(
            a=methods[pair.i].method,
            b=methods[pair.j].method,
            delta=pair.delta,
            low=pair.low,
            high=pair.high,
            p=pair.p,
            p_holm=pair.p_holm,
        )
        for pair in pairs
    ]
    baselines = {method.method for method in methods if method.baseline}
    answer = _answer(results, separable, plan, metric, baselines)
    every = [_cost(result, plan) for result in results]
    based = {method.method for method in methods if method.based}
    borrowed = borrowing(results, told, every, metric, based=based, rows=budget)
    return Verdict(results, told, separable, answer, borrowed)


def _answer(
    found: Sequence[Result],
    separable: float | None,
    plan: Plan,
    metric: str,
    baselines: set[str],
) -> Answer | None:
    """One sentence: what to use, what cannot be told from it, and what is cheapest among these."""
    if len(found) < 2:
        return None
    info = METRICS[metric]
    # Holm over many pairs can leave a letter to a method whose own difference is clear: it is not told apart, but not advised.
    within_noise = [
        result.method not in baselines
        and (result.delta_low is None or (result.delta_low <= 0 <= (result.delta_high or 0.0)))
        for result in found
    ]
    costs = [
        _cost(result, plan) if near else math.nan
        for result, near in zip(found, within_noise, strict=True)
    ]
    advice = recommend(
        [result.score or 0.0 for result in found],
        [result.letters or "" for result in found],
        costs,
        higher_is_better=info.higher_is_better,
    )
    best, tied = found[advice.best], [found[m] for m in advice.tied]
    cheapest = found[advice.cheapest_tied]
    tests = f"these {plan.rows if plan.split == 'folds' else plan.runs[0].test_rows:,} documents"
    saved = costs[advice.best] - costs[advice.cheapest_tied]
    if best.method in baselines or any(result.method in baselines for result in tied):
        guess = next(result.method for result in found if result.method in baselines)
        text = f"On {tests} no method is shown to be better than always {_GUESSES[plan.task]} ({guess})."
    elif not tied:
        text = f"Use {best.method}: on {tests} better than {others(len(found) - 1)}."
    elif advice.times_cheaper < WORTH_NAMING or saved < WORTH_SAVING:
        names = [result.method for result in tied]
        text = f"Use {best.method}: on {tests} {listed(names)} cannot be told from it, and {no_cheaper(names)}."
    else:
        rest = [result.method for result in tied if result is not cheapest]
        how_much = times(advice.times_cheaper)
        text = f"Use {cheapest.method}: on {tests} within noise of the best ({best.method}), and {how_much}"
        text += f"; {listed(rest)} cannot be told from the best either." if rest else "."
    if separable is not None and math.isfinite(separable) and separable > 0:
        text += f" Differences of {_difference(separable, metric)} or more would show."
    return Answer(
        text=text,
        best=best.method,
        tied=[result.method for result in tied],
        cheapest=cheapest.method,
    )


def _on_one_test(
    predictions: list[list[Predictions]], metric: str, *, seed: int
) -> tuple[list[float], list[tuple[float, float]], list[Pair], float | None]:
    methods = [runs[0] for runs in predictions]
    scores = [score(method, metric) for method in methods]
    rows: list[tuple[float, float]] = []
    for method in methods:
        found = interval(method, metric, seed=seed)
        rows.append((found.low, found.high))
    pairs = compare_pairs(methods, metric, seed=seed)
    if not pairs:
        return scores, rows, pairs, None
    plain = metric in PROPORTIONS and methods[0].groups is None
    if plain and all(method.seeds == 1 for method in methods):
        discordance = median_discordance(methods)
        separable = smallest_separable(
            methods[0].n, discordance=discordance, alpha=ALPHA / len(pairs)
        )
    else:
        errors = [(pair.high - pair.low) / (2 * _TWO_SIDED) for pair in pairs]
        separable = smallest_separable_normal(statistics.median(errors), alpha=ALPHA / len(pairs))
    return scores, rows, pairs, separable


def _over_folds(
    plan: Plan, predictions: list[list[Predictions]], metric: str, *, budget: int | None
) -> tuple[list[float], list[tuple[float, float]], list[Pair], float | None]:
    table = np.array([[score(run, metric) for run in runs] for runs in predictions])
    sizes = {
        "test_size": statistics.fmean(run.test_rows for run in plan.runs),
        "train_size": budget or statistics.fmean(run.train_rows for run in plan.runs),
    }
    rows: list[tuple[float, float]] = []
    for values in table:
        low, high = nadeau_bengio(values, metric=metric, **sizes)
        if metric in PROPORTIONS:
            # folds that happen to agree say nothing of other documents: never narrower than one test on all rows
            whole = wilson(round(float(values.mean()) * plan.rows), plan.rows)
            low, high = min(low, whole.low), max(high, whole.high)
        rows.append((low, high))
    pairs = compare_folds(table, **sizes)
    separable = None
    if pairs:
        deviations = [float(np.std(table[pair.i] - table[pair.j], ddof=1)) for pair in pairs]
        separable = smallest_separable_folds(
            statistics.median(deviations), table.shape[1], alpha=ALPHA / len(pairs), **sizes
        )
    return [float(value) for value in table.mean(axis=1)], rows, pairs, separable


def _predictions(plan: Plan, run: int, cells: Sequence[Artifact]) -> Predictions:
    predicted = np.stack(
        [np.load(cell.path / "predicted.npy", allow_pickle=False) for cell in cells]
    )
    scores: NDArray[np.float64] | None = None
    if plan.task != "regression":
        scores = np.stack([np.load(cell.path / "scores.npy", allow_pickle=False) for cell in cells])
    return Predictions(
        truth=plan.truth(run),
        predicted=predicted,
        scores=scores,
        labels=plan.labels,
        groups=plan.test_groups(run),
        task=plan.task,
    )


def _order(scores: Sequence[float], higher_is_better: bool) -> list[int]:
    sign = -1 if higher_is_better else 1
    return sorted(range(len(scores)), key=lambda m: sign * scores[m])


def _seed_deviation(runs: Sequence[Predictions], metric: str) -> float | None:
    if runs[0].seeds < 2:
        return None
    return statistics.fmean(float(np.std(score_per_seed(run, metric), ddof=1)) for run in runs)


def _costs(cells: Sequence[Sequence[Artifact]]) -> dict[str, Any]:
    facts = [cell.facts for run in cells for cell in run]
    seconds = sum(fact["predict_seconds"] for fact in facts)
    documents = sum(fact["documents"] for fact in facts)
    dimensions = [fact["dimensions"] for fact in facts if fact["dimensions"] is not None]
    rates = [fact["oov_rate"] for fact in facts if fact["oov_rate"] is not None]
    chosen = [fact["chosen"] for fact in facts if fact["chosen"]]
    # of cells that older versions kept these are not known
    shares = [fact["trained_share"] for fact in facts if "trained_share" in fact]
    shipped = [fact["ship_bytes"] for fact in facts if "ship_bytes" in fact]
    return {
        "fit_seconds": statistics.fmean(fact["fit_seconds"] for fact in facts),
        "docs_per_second": documents / seconds if seconds > 0 else None,
        "peak_mib": max(fact["peak_bytes"] for fact in facts) / 2**20,
        "bytes": round(statistics.fmean(fact["model_bytes"] for fact in facts)),
        "trained_share": statistics.fmean(shares) if shares else None,
        "ship_bytes": round(statistics.fmean(shipped)) if shipped else None,
        "dimensions": round(statistics.fmean(dimensions)) if dimensions else None,
        "oov_rate": statistics.fmean(rates) if rates else None,
        "chosen": {name: statistics.mode(fact[name] for fact in chosen) for name in chosen[0]}
        if chosen
        else None,
    }


def _cost(result: Result, plan: Plan) -> float:
    """What a method costs, in seconds: fitting, and predicting the test rows once."""
    if result.fit_seconds is None:
        return math.nan
    predicting = plan.runs[0].test_rows / result.docs_per_second if result.docs_per_second else 0.0
    return result.fit_seconds + predicting


def _difference(value: float, metric: str) -> str:
    if metric in POINTS:
        return f"{100 * value:.1f} points"
    return f"{value:.3g}" if math.isinf(METRICS[metric].high) else f"{value:.3f}"
