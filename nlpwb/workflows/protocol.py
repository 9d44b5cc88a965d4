"""How a comparison was made, in words and numbers: all that a reader needs to judge its figures."""

from __future__ import annotations

import importlib.metadata
import platform

from nlpwb.records import ALPHA, Protocol, Verdict
from nlpwb.tasks import CORRELATIONS, METRICS, PROPORTIONS
from nlpwb.workflows.plans import Plan
from nlpwb.workflows.request import Request, metric_of


def protocol_of(request: Request, plan: Plan, full: Verdict | None) -> Protocol:
    """The protocol of a comparison; ``full`` is its verdict over the full training part."""
    metric = metric_of(request, plan)
    return Protocol(
        task=plan.task,
        corpus=plan.corpus,
        test=plan.test,
        rows=plan.rows,
        train_rows=round(sum(run.train_rows for run in plan.runs) / len(plan.runs)),
        test_rows=round(sum(run.test_rows for run in plan.runs) / len(plan.runs)),
        labels=list(plan.labels),
        metric=metric,
        higher_is_better=METRICS[metric].higher_is_better,
        split=plan.split,
        test_size=plan.test_size,
        folds=plan.folds,
        repeats=plan.repeats,
        seeds=[request.design.seed + seed for seed in range(request.seeds)],
        seed=request.design.seed,
        groups=plan.groups,
        budgets=sorted(plan.runs[0].budgets),
        interval=_interval_name(request, plan, metric),
        significance=_significance_name(request, plan, metric),
        alpha=ALPHA,
        separable=full.separable if full is not None else None,
        jobs=request.jobs,
        threads=request.threads,
        versions={
            "nlpwb": importlib.metadata.version("nlpwb"),
            "python": platform.python_version(),
        },
        search=str(request.search) if request.search is not None else None,
    )


def _interval_name(request: Request, plan: Plan, metric: str) -> str:
    if plan.split == "folds":
        return "Nadeau-Bengio corrected t over folds"
    if plan.groups is not None:
        return "bootstrap over groups"
    return _by_kind(request, metric, "Wilson", "bootstrap over documents")


def _significance_name(request: Request, plan: Plan, metric: str) -> str:
    if plan.split == "folds":
        return "corrected resampled t-test, Holm"
    units = " over groups" if plan.groups is not None else ""
    if metric in CORRELATIONS:
        return f"t-test on joint bootstrap copies{units}, Holm"
    if units:
        return f"paired permutation{units}, Holm"
    return _by_kind(request, metric, "exact McNemar", "paired permutation") + ", Holm"


def _by_kind(request: Request, metric: str, plain: str, resampled: str) -> str:
    """What is used for accuracy with one seed, and what for all else; both where methods differ in it."""
    if metric not in PROPORTIONS:
        return resampled
    several = [request.seeds > 1 and not spec.deterministic for spec in request.specs]
    if not any(several):
        return plain
    return resampled if all(several) else f"{plain}, for several seeds {resampled}"
