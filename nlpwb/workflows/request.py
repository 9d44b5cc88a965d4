"""What a comparison is asked, and the cells that this comes to."""

from __future__ import annotations

from dataclasses import dataclass

from nlpwb.specs import Spec
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
PRESETS = {"quick": QUICK, "standard": STANDARD}


@dataclass(frozen=True)
class Request:
    """What a comparison is asked."""

    design: Design
    specs: tuple[Spec, ...]
    metric: str = "accuracy"
    seeds: int = 1
    jobs: int = 1
    threads: int = 1
    method_timeout: float | None = None


@dataclass(frozen=True)
class MethodRow:
    """A method at one budget: its cells by run and seed."""

    spec: Spec
    budget: int | None
    cells: tuple[tuple[Cell, ...], ...]


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
                    )
                    for seed in range(seeds)
                )
                for run in plan.runs
            )
            rows.append(MethodRow(spec, budget, cells))
    return rows
