"""Language models on a text, or translators on pairs: one table of quality and cost.

Every method is trained once for each seed, in a process and a cache entry of its own; so is the verdict over them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

from nlpwb.cache.store import Artifact, Cache, Key
from nlpwb.data.pairs import part_of
from nlpwb.errors import UsageError
from nlpwb.records import Answer, PairResult
from nlpwb.records_sequences import SequenceComparison, SequenceResult, SequenceVerdict
from nlpwb.workflows.computing import Progress, compute
from nlpwb.workflows.sequences.cells import Material, SequenceCell
from nlpwb.workflows.sequences.plan import SequencePlan, make_plan
from nlpwb.workflows.sequences.protocol import protocol_of
from nlpwb.workflows.sequences.request import PRESETS, SequenceRequest, SequenceRow, method_rows
from nlpwb.workflows.sequences.sources import LanguageSources, Sources

VERDICT_VERSION = 2


def compare_sequences(
    request: SequenceRequest,
    sources: Sources,
    *,
    cache: Cache,
    progress: Callable[[Progress], None] = lambda _: None,
    note: Callable[[str], None] = lambda _: None,
) -> SequenceComparison:
    """Compare methods that write.

    Raises:
        InputError: the texts cannot be read or divided.
        UsageError: the request has no meaning.
    """
    if not request.specs:
        method = PRESETS[request.task][0]
        raise UsageError(f"a comparison needs a method; give one with -m {method}")
    plan = make_plan(cache, sources, test_size=request.test_size, seed=request.seed, note=note)
    rows = method_rows(request, plan)
    failures = compute(
        [cell for row in rows for cell in row.cells],
        _materials(plan, sources),
        cache=cache,
        jobs=request.jobs,
        threads=request.threads,
        timeout=request.method_timeout,
        progress=progress,
    )
    return _comparison(request, plan, rows, failures, cache)


def _materials(plan: SequencePlan, sources: Sources) -> Callable[[SequenceCell], Material]:
    """The texts of each cell: the same for all, divided when the first asks for them."""
    held: list[Material] = []

    def material(cell: SequenceCell) -> Material:
        del cell
        if not held:
            held.append(_divided(plan, sources))
        return held[0]

    return material


def _divided(plan: SequencePlan, sources: Sources) -> Material:
    if isinstance(sources, LanguageSources):
        texts, test_texts = sources.train, sources.test
        if test_texts is not None:
            return Material(texts, test_texts)
        assert plan.place is not None, "no test file"
        return Material(texts.part(0, plan.place), texts.part(plan.place, len(texts)))
    pairs, test_pairs = sources.train, sources.test
    if test_pairs is not None:
        return Material(pairs, test_pairs)
    return Material(*(part_of(pairs, plan.rows(part)) for part in ("train", "test")))


def _comparison(
    request: SequenceRequest,
    plan: SequencePlan,
    rows: Sequence[SequenceRow],
    failures: dict[str, str],
    cache: Cache,
) -> SequenceComparison:
    failed, whole = [], []
    for row in rows:
        reasons = [failures[c.key.digest] for c in row.cells if c.key.digest in failures]
        if reasons:
            failed.append(SequenceResult(method=str(row.spec), error=reasons[0]))
        else:
            whole.append(row)
    notes = list(plan.notes)
    verdict = None
    if whole:
        artifacts = [tuple(_kept(cell, cache) for cell in row.cells) for row in whole]
        verdict = _verdict(request, plan, whole, artifacts, cache)
        for row, cells in zip(whole, artifacts, strict=True):
            said = [f"{row.spec}: {line}" for cell in cells for line in cell.facts["notes"]]
            notes += dict.fromkeys(said)
    return SequenceComparison(
        protocol=protocol_of(request, plan, verdict),
        results=[*(verdict.results if verdict else []), *failed],
        pairs=verdict.pairs if verdict else [],
        answer=verdict.answer if verdict else None,
        warnings=list(plan.warnings),
        notes=notes,
    )


def _kept(cell: SequenceCell, cache: Cache) -> Artifact:
    artifact = cache.get(cell.key)
    assert artifact is not None, cell
    return artifact


def _verdict(
    request: SequenceRequest,
    plan: SequencePlan,
    rows: Sequence[SequenceRow],
    artifacts: Sequence[tuple[Artifact, ...]],
    cache: Cache,
) -> SequenceVerdict:
    """The judgement over some methods, from the cache where the same cells were judged before."""
    key = Key(
        "sequence-verdict",
        {
            "version": VERDICT_VERSION,
            "plan": plan.artifact.path.name,
            "seed": request.seed,
            "methods": [str(row.spec) for row in rows],
            # with what each cost: a cell that was computed anew is judged anew
            "cells": [[[cell.path.name, cell.facts] for cell in cells] for cells in artifacts],
        },
    )

    def make(folder: Any) -> dict[str, Any]:
        from nlpwb.workflows.sequences.judging import Judged, judge

        del folder
        methods = [Judged(str(row.spec), cells) for row, cells in zip(rows, artifacts, strict=True)]
        verdict = judge(request.task, plan, methods, seed=request.seed)
        summary = f"{plan.corpus}, {request.task}, {len(rows)} methods"
        return {"summary": summary, "verdict": dataclasses.asdict(verdict)}

    facts = cache.get_or_make(key, make).facts["verdict"]
    return SequenceVerdict(
        results=[SequenceResult(**result) for result in facts["results"]],
        pairs=[PairResult(**pair) for pair in facts["pairs"]],
        separable=facts["separable"],
        answer=Answer(**facts["answer"]) if facts["answer"] is not None else None,
    )
