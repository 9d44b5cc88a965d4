"""What a comparison is asked, and the cells that this comes to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from nlpwb.errors import UsageError
from nlpwb.searching import Budget
from nlpwb.specs import Spec, for_task
from nlpwb.tasks import Task, default_metric, metric_info
from nlpwb.workflows.cells import Cell
from nlpwb.workflows.design import Design
from nlpwb.workflows.plans import Plan

QUICK = (
    "majority",
    "onehot",
    "bow+nb",
    "tfidf",
    "tfidf:ngrams=1-2+svm",
)
STANDARD = (
    "majority",
    "onehot",
    "bow",
    "bow+nb",
    "tfidf",
    "tfidf:ngrams=1-2+svm",
    "tfidf:ngrams=2-5,analyzer=char_wb+svm",
    "skipgram",
    "fasttext",
)
LABELS_ONLY = ("logreg", "nb")
"""Heads that cannot predict numbers."""
PRESETS = {"quick": QUICK, "standard": STANDARD}


def preset(name: str, task: Task) -> list[str]:
    """The specs of a preset; numbers are not for heads that know labels alone."""
    if task != "regression":
        return list(PRESETS[name])
    return [spec for spec in PRESETS[name] if not spec.endswith("+nb")]


@dataclass(frozen=True)
class Request:
    """What a comparison is asked; without a metric the task's own. ``device`` and ``precision`` are those of networks."""

    design: Design
    specs: tuple[Spec, ...]
    metric: str | None = None
    seeds: int = 1
    jobs: int = 1
    threads: int = 1
    method_timeout: float | None = None
    search: Budget | None = None
    device: str = "auto"
    precision: str = "auto"


@dataclass(frozen=True)
class MethodRow:
    """A method at one budget: its cells by run and seed."""

    spec: Spec
    budget: int | None
    cells: tuple[tuple[Cell, ...], ...]


def metric_of(request: Request, plan: Plan) -> str:
    """The metric that a comparison is judged by.

    Raises:
        UsageError: it judges another task than the plan's.
    """
    if request.metric is None:
        return default_metric(plan.task)
    return metric_info(request.metric, plan.task).name


def check_probabilities(specs: Iterable[Spec], metric: str | None) -> None:
    """Refuse heads without probabilities where the metric needs them, before anything is read.

    Raises:
        UsageError: there is one.
    """
    for spec in specs:
        judge = spec.head or spec.representation
        if metric == "log-loss" and not judge.entry.probabilistic:
            raise UsageError(
                f"{spec}: log-loss needs probabilities, and {judge.name} gives none; "
                "take +logreg, +nb or +knn, or another --metric"
            )


def settled(request: Request, plan: Plan) -> Request:
    """The request with what only the plan's task tells: the metric, and the heads that nobody named.

    Raises:
        UsageError: the metric, or a head, is for another task.
    """
    metric = metric_of(request, plan)
    specs = {str(spec): spec for spec in (for_task(one, plan.task) for one in request.specs)}
    for spec in specs.values():
        judge = spec.head or spec.representation
        if plan.task == "regression" and judge.name in LABELS_ONLY:
            raise UsageError(
                f"{spec}: {judge.name} predicts labels, and the task is regression; "
                "take +ridge, +svm or +knn"
            )
    return replace(request, metric=metric, specs=tuple(specs.values()))


def method_rows(request: Request, plan: Plan) -> list[MethodRow]:
    """Every method at every budget with its cells; the full training part first."""
    budgets: list[int | None] = [None]
    budgets += sorted(plan.runs[0].budgets)
    rows = []
    for budget in budgets:
        for spec in request.specs:
            seeds = 1 if spec.deterministic else request.seeds
            cells = tuple(
                tuple(
                    Cell(
                        spec=spec,
                        run=run.name,
                        seed=request.design.seed + seed,
                        train=run.train_digest if budget is None else run.budgets[budget],
                        test=run.test_digest,
                        labels=plan.labels,
                        budget=budget,
                        task=plan.task,
                        device=request.device,
                        precision=request.precision,
                        pairs=plan.pairs,
                    )
                    for seed in range(seeds)
                )
                for run in plan.runs
            )
            rows.append(MethodRow(spec, budget, cells))
    return rows
