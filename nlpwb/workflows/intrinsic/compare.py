"""Methods on a corpus without labels: one table of retrieval, word tests, stability and cost.

Every method is trained in up to four cells: on the whole training part, on it again under the next seed, and on each half of it.
Each is a process and a cache entry of its own; so is the verdict over them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from nlpwb.cache.store import Artifact, Cache, Key
from nlpwb.data.reading import open_corpus
from nlpwb.data.sources import is_pipe
from nlpwb.errors import UsageError
from nlpwb.records import Answer, PairResult
from nlpwb.records_intrinsic import IntrinsicComparison, IntrinsicResult, IntrinsicVerdict
from nlpwb.workflows.computing import Progress, compute
from nlpwb.workflows.design import Sources
from nlpwb.workflows.intrinsic.cells import IntrinsicCell, Material
from nlpwb.workflows.intrinsic.plan import IntrinsicPlan, make_plan
from nlpwb.workflows.intrinsic.protocol import protocol_of
from nlpwb.workflows.intrinsic.request import (
    IntrinsicRequest,
    IntrinsicRow,
    is_trained,
    left_out,
    method_rows,
)

VERDICT_VERSION = 2  # 2: neighbours are sought among the words that both trainings know
_PARTS = {
    "seed": "training with another seed",
    "half-a": "training on the first half",
    "half-b": "training on the second half",
}


def name_if_unlabelled(sources: Sources) -> str | None:
    """The name of a corpus that has no labels, told by its first bytes, else None; a pipe is read for it, and held.

    Raises:
        InputError: there is no such corpus, or it cannot be read.
    """
    design = sources.design
    if is_pipe(design.source):
        return sources.train.name if sources.train.labels is None else None
    reader = open_corpus(design.source, design.options)
    return None if reader.labelled else reader.name


def leaving_labels_out(sources: Sources) -> Sources:
    """The same corpus, read without looking for labels; one that was read from a pipe is kept as it is."""
    design = sources.design
    if is_pipe(design.source) and sources.has_read:
        return sources
    options = dataclasses.replace(design.options, labelled=False)
    return Sources(dataclasses.replace(design, options=options))


def compare_without_labels(
    request: IntrinsicRequest,
    *,
    cache: Cache,
    progress: Callable[[Progress], None] = lambda _: None,
    note: Callable[[str], None] = lambda _: None,
    sources: Sources | None = None,
) -> IntrinsicComparison:
    """Compare methods on a corpus whose labels, if it has any, play no part.

    Raises:
        InputError: the corpus cannot be compared on.
        UsageError: the request has no meaning.
    """
    if not request.specs:
        raise UsageError("a comparison needs a method; give one with -m skipgram")
    sources = sources or Sources(request.design)
    plan = make_plan(cache, sources, note=note)
    rows = method_rows(request, plan)
    failures = compute(
        [cell for row in rows for cell in row.cells],
        _texts(plan, sources),
        cache=cache,
        jobs=request.jobs,
        threads=request.threads,
        timeout=request.method_timeout,
        progress=progress,
    )
    return _comparison(request, plan, rows, failures, cache)


def _texts(plan: IntrinsicPlan, sources: Sources) -> Callable[[IntrinsicCell], Material]:
    """The texts of each cell, when its turn comes."""

    def texts(cell: IntrinsicCell) -> Material:
        corpus = sources.train.texts
        part = cell.part if cell.part.startswith("half") else "train"
        asked = ("queries", "held-out") if cell.full else ()
        found = {name: [corpus[row] for row in plan.indices(name)] for name in (part, *asked)}
        return Material(
            train=found[part],
            queries=found.get("queries", []),
            held_out=found.get("held-out", []),
            unit="words" if plan.unit == "words" else "characters",
            reference=plan.reference(),
        )

    return texts


def _comparison(
    request: IntrinsicRequest,
    plan: IntrinsicPlan,
    rows: Sequence[IntrinsicRow],
    failures: dict[str, str],
    cache: Cache,
) -> IntrinsicComparison:
    failed = [
        IntrinsicResult(method=str(row.spec), error=failures[row.train.key.digest])
        for row in rows
        if row.train.key.digest in failures
    ]
    asked = [row for row in rows if row.train.key.digest not in failures]
    verdict = None
    if asked:
        errors = [_stability_error(row, failures) for row in asked]
        verdict = _verdict(request, plan, asked, errors, cache)
    return IntrinsicComparison(
        protocol=protocol_of(request, plan, verdict),
        results=[*(verdict.results if verdict else []), *failed],
        pairs=verdict.pairs if verdict else [],
        answer=verdict.answer if verdict else None,
        warnings=list(plan.warnings),
        notes=[
            *plan.notes,
            *(
                f"{spec} is left out: {reason}"
                for spec in request.specs
                if request.preset and (reason := left_out(spec, plan)) is not None
            ),
        ],
    )


def _stability_error(row: IntrinsicRow, failures: dict[str, str]) -> str | None:
    """Why a figure of stability is missing; the other figures stand."""
    for cell in row.cells:
        if cell.key.digest in failures:
            return f"{_PARTS[cell.part]}: {failures[cell.key.digest]}"
    return None


def _verdict(
    request: IntrinsicRequest,
    plan: IntrinsicPlan,
    rows: Sequence[IntrinsicRow],
    errors: Sequence[str | None],
    cache: Cache,
) -> IntrinsicVerdict:
    """The judgement over some methods, from the cache where the same cells were judged before."""

    def kept(cell: IntrinsicCell | None) -> Artifact | None:
        return cache.get(cell.key) if cell is not None else None

    artifacts = [
        (kept(row.train), kept(row.seed), kept(row.half_a), kept(row.half_b)) for row in rows
    ]
    key = Key(
        "intrinsic-verdict",
        {
            "version": VERDICT_VERSION,
            "plan": plan.artifact.path.name,
            "seed": request.design.seed,
            "methods": [[str(row.spec), error] for row, error in zip(rows, errors, strict=True)],
            # with what each cost: a cell that was computed anew is judged anew
            "cells": [
                [[cell.path.name, cell.facts] if cell is not None else None for cell in cells]
                for cells in artifacts
            ],
        },
    )

    def make(folder: Path) -> dict[str, Any]:
        from nlpwb.workflows.intrinsic.judging import Asked, judge

        del folder
        methods = []
        for row, error, (train, seed, half_a, half_b) in zip(rows, errors, artifacts, strict=True):
            assert train is not None, row
            methods.append(
                Asked(
                    str(row.spec),
                    train,
                    seed,
                    half_a,
                    half_b,
                    stability_error=error,
                    deterministic=row.spec.representation.deterministic,
                    trained=is_trained(row.spec),
                )
            )
        verdict = judge(plan, methods, seed=request.design.seed)
        summary = f"{plan.corpus}, without labels, {len(rows)} methods"
        return {"summary": summary, "verdict": dataclasses.asdict(verdict)}

    facts = cache.get_or_make(key, make).facts["verdict"]
    return IntrinsicVerdict(
        results=[IntrinsicResult(**result) for result in facts["results"]],
        pairs=[PairResult(**pair) for pair in facts["pairs"]],
        separable=facts["separable"],
        answer=Answer(**facts["answer"]) if facts["answer"] is not None else None,
    )
