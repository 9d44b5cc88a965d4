"""The main job: methods on a corpus, one table with intervals, significance and cost.

Every (method, run, budget, seed) is a cell in the cache; only the missing ones are computed. So is the verdict over them:
the same question again is answered without a text being read or a library being loaded.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlpwb.cache.store import Artifact, Cache, Key
from nlpwb.errors import UsageError
from nlpwb.records import (
    Answer,
    Comparison,
    PairResult,
    Result,
    Verdict,
)
from nlpwb.workflows.cells import Cell, Documents
from nlpwb.workflows.computing import Progress, compute
from nlpwb.workflows.design import Sources
from nlpwb.workflows.networks.telling import told
from nlpwb.workflows.plans import Plan, make_plan
from nlpwb.workflows.protocol import protocol_of
from nlpwb.workflows.request import (
    MethodRow,
    Request,
    check_probabilities,
    method_rows,
    metric_of,
    settled,
)

if TYPE_CHECKING:
    from nlpwb.workflows.searching import Found

BASELINE = "majority"
VERDICT_VERSION = 6  # 6: with what of a base learned, and is to be shipped


def compare(
    request: Request,
    *,
    cache: Cache,
    progress: Callable[[Progress], None] = lambda _: None,
    note: Callable[[str], None] = lambda _: None,
    sources: Sources | None = None,
) -> Comparison:
    """Compare methods on a corpus.

    ``sources`` lets a caller share the corpora that were read.

    Raises:
        InputError: the corpus cannot be compared on.
        UsageError: the request has no meaning.
    """
    if not request.specs:
        raise UsageError("a comparison needs a method; give one with -m tfidf, or --preset quick")
    check_probabilities(request.specs, request.metric)
    sources = sources or Sources(request.design)
    plan = make_plan(cache, sources, note=note)
    request = settled(request, plan)
    rows = method_rows(request, plan)
    found = None
    if request.search is not None:
        from nlpwb.workflows.searching import search

        found = search(request, plan, rows, cache=cache, sources=sources, progress=progress)
        rows = found.rows
    failures = _compute(request, plan, rows, cache, sources, progress)
    comparison = _comparison(request, plan, rows, failures, cache)
    return comparison if found is None else _with_search(comparison, found)


def _with_search(comparison: Comparison, found: Found) -> Comparison:
    """The same with what every method chose, and with those whose search failed."""

    def told(result: Result) -> Result:
        searched = found.chosen.get((result.method, result.budget))
        return dataclasses.replace(result, searched=searched)

    lost = [
        Result(method=method, budget=budget, error=reason)
        for (method, budget), reason in found.failures.items()
    ]
    curve = [told(result) for result in comparison.curve]
    return dataclasses.replace(
        comparison,
        results=[*map(told, comparison.results), *(one for one in lost if one.budget is None)],
        curve=[*curve, *lost] if curve else curve,
    )


def _compute(
    request: Request,
    plan: Plan,
    rows: Sequence[MethodRow],
    cache: Cache,
    sources: Sources,
    progress: Callable[[Progress], None],
) -> dict[str, str]:
    """Compute the cells that the cache does not have; returns the failures by digest of the cell's key."""
    run_of = {
        cell.key.digest: run
        for row in reversed(rows)
        for run, cells in reversed(list(enumerate(row.cells)))
        for cell in cells
    }

    def documents(cell: Cell) -> Documents:
        tested, labels = sources.test or sources.train, sources.train.labels
        assert labels is not None
        run = run_of[cell.key.digest]
        train = plan.train_indices(run, cell.budget)
        return Documents(
            [sources.train.texts[i] for i in train],
            [labels[i] for i in train],
            [tested.texts[i] for i in plan.test_indices(run)],
        )

    return compute(
        [cell for row in rows for cells in row.cells for cell in cells],
        documents,
        cache=cache,
        jobs=request.jobs,
        threads=request.threads,
        timeout=request.method_timeout,
        progress=progress,
    )


def _comparison(
    request: Request,
    plan: Plan,
    rows: Sequence[MethodRow],
    failures: dict[str, str],
    cache: Cache,
) -> Comparison:
    judged: dict[int | None, list[MethodRow]] = {}
    failed: list[Result] = []
    for row in rows:
        reasons = [
            failures[cell.key.digest]
            for cells in row.cells
            for cell in cells
            if cell.key.digest in failures
        ]
        if reasons:
            failed.append(Result(method=str(row.spec), budget=row.budget, error=reasons[0]))
        else:
            judged.setdefault(row.budget, []).append(row)
    verdicts = {
        budget: _verdict(request, plan, methods, cache) for budget, methods in judged.items()
    }
    full = verdicts.get(None)
    results = full.results if full is not None else []
    curve = [
        result
        for budget in sorted(n for n in verdicts if n is not None)
        for result in verdicts[budget].results
    ]
    budgets = sorted(plan.runs[0].budgets)
    if budgets:
        curve += results
        curve += [result for result in failed if result.budget is not None]
    return Comparison(
        protocol=protocol_of(request, plan, full),
        results=[*results, *(result for result in failed if result.budget is None)],
        curve=curve,
        pairs=full.pairs if full is not None else [],
        answer=_answer(full, verdicts),
        warnings=list(plan.warnings),
        notes=[*plan.notes, *_told(judged.get(None, []), cache)],
    )


def _answer(full: Verdict | None, verdicts: dict[int | None, Verdict]) -> Answer | None:
    """That over all rows, and what borrowed weights gain there and where the fewest rows are at hand."""
    if full is None or full.answer is None:
        return None
    fewest = min((budget for budget in verdicts if budget is not None), default=None)
    few = verdicts[fewest].borrowed if fewest is not None else ""
    text = " ".join(part for part in (full.answer.text, full.borrowed, few) if part)
    return dataclasses.replace(full.answer, text=text)


def _verdict(request: Request, plan: Plan, rows: Sequence[MethodRow], cache: Cache) -> Verdict:
    """The judgement over some methods, from the cache where the same cells were judged before."""
    metric = metric_of(request, plan)
    artifacts = [[[_kept(cache, cell) for cell in cells] for cells in row.cells] for row in rows]
    key = Key(
        "verdict",
        {
            "version": VERDICT_VERSION,
            "plan": plan.artifact.path.name,
            "metric": metric,
            "seed": request.design.seed,
            "methods": [str(row.spec) for row in rows],
            # with what each cost: a cell that was computed anew is judged anew
            "cells": [
                [[artifact.path.name, artifact.facts] for run in row for artifact in run]
                for row in artifacts
            ],
        },
    )

    def make(folder: Path) -> dict[str, Any]:
        from nlpwb.workflows.judging import Scored, judge

        del folder
        methods = [
            Scored(
                str(row.spec),
                cells,
                baseline=row.spec.representation.name == BASELINE,
                based=row.spec.representation.entry.based,
            )
            for row, cells in zip(rows, artifacts, strict=True)
        ]
        verdict = judge(plan, methods, metric, seed=request.design.seed, budget=rows[0].budget)
        summary = f"{plan.corpus}, {metric}, {len(rows)} methods"
        return {"summary": summary, "verdict": dataclasses.asdict(verdict)}

    facts = cache.get_or_make(key, make).facts["verdict"]
    return Verdict(
        results=[Result(**result) for result in facts["results"]],
        pairs=[PairResult(**pair) for pair in facts["pairs"]],
        separable=facts["separable"],
        answer=Answer(**facts["answer"]) if facts["answer"] is not None else None,
        borrowed=facts["borrowed"],
    )


def _told(rows: Sequence[MethodRow], cache: Cache) -> list[str]:
    """What networks said while they trained on the full training part."""
    return [
        note
        for row in rows
        if row.spec.representation.entry.network
        for note in told(str(row.spec), (_kept(cache, cell) for run in row.cells for cell in run))
    ]


def _kept(cache: Cache, cell: Cell) -> Artifact:
    artifact = cache.get(cell.key)
    assert artifact is not None, cell
    return artifact
