"""``finetune --search``: options of one spec tried on a part of the training rows, before it learns from all of them.

Trials are drawn as ``compare --search`` draws them, and are cells as there: fitted on four fifths of the rows in processes of
their own, judged on the fifth, kept in the cache. Interrupted, the same command goes on with the trials that are missing.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from nlpwb.cache.store import Cache
from nlpwb.data.corpus import Corpus, ReadOptions
from nlpwb.data.reading import read_corpus
from nlpwb.data.splits import holdout
from nlpwb.data.targets import check_varied, set_names
from nlpwb.errors import MethodError
from nlpwb.searching import Budget, trials
from nlpwb.specs import Spec, for_task
from nlpwb.tasks import METRICS, Task, default_metric
from nlpwb.workflows.cells import Cell, Documents
from nlpwb.workflows.computing import compute
from nlpwb.workflows.searching import TUNING, score_of_cell
from nlpwb.workflows.targets import strata_of, target_array, task_of
from nlpwb.workflows.training import labels_of


@dataclass(frozen=True)
class Trial:
    """What came of a spec: its score on the tuning rows, None where it failed, and why; its seconds."""

    spec: Spec
    score: float | None
    seconds: float
    error: str = ""


@dataclass(frozen=True)
class Tried:
    """The trials in their order, the first of them the spec as it was typed, judged by ``metric``."""

    trials: tuple[Trial, ...]
    metric: str

    @property
    def best(self) -> Trial:
        """The best trial, the earlier of equal ones.

        Raises:
            MethodError: all of them failed.
        """
        scored = [trial for trial in self.trials if trial.score is not None]
        if not scored:
            reason = self.trials[0].error if self.trials else "there was no time for one"
            raise MethodError(f"no trial of --search came to a score: {reason}")
        sign = 1 if METRICS[self.metric].higher_is_better else -1
        return max(scored, key=lambda trial: sign * (trial.score or 0.0))


@dataclass(frozen=True)
class _Part:
    """The rows that trials are fitted on and judged on."""

    documents: Documents
    truth: Any
    names: tuple[str, ...]
    task: Task
    pairs: bool
    digest: str


def try_options(
    spec: Spec,
    source: str,
    options: ReadOptions,
    *,
    budget: Budget,
    task: Task | None,
    seed: int,
    threads: int,
    device: str,
    precision: str,
    cache: Cache,
    note: Callable[[str], None],
) -> Tried:
    """Draw options that were not typed, and try them, as long as the budget lasts; one trial is made whatever it is.

    Raises:
        InputError: the corpus has no labels, or cannot be divided.
    """
    part = _divided(read_corpus(source, options), task, seed=seed)
    metric = default_metric(part.task)
    proposals = trials(for_task(spec, part.task), seed=seed)
    found: list[Trial] = []
    for drawn in _as_long_as(budget, proposals, found):
        cell = _cell(drawn, part, seed=seed, device=device, precision=precision)
        failures = compute(
            [cell],
            lambda _: part.documents,
            cache=cache,
            jobs=1,
            threads=threads,
            timeout=None,
            progress=lambda _: None,
        )
        trial = _judged(cell, part, metric, cache, failures)
        found.append(trial)
        said = f"{metric} {trial.score:.4f}" if trial.score is not None else trial.error
        of = f" of {budget.trials}" if budget.trials is not None else ""
        note(f"trial {len(found)}{of}: {said}, {trial.seconds:.0f} s, {drawn}")
    return Tried(tuple(found), metric)


def _as_long_as(
    budget: Budget, proposals: Iterator[Spec], found: Sequence[Trial]
) -> Iterator[Spec]:
    if budget.trials is not None:
        yield from itertools.islice(proposals, budget.trials)
        return
    for proposal in proposals:
        if found and sum(trial.seconds for trial in found) >= (budget.seconds or 0.0):
            return
        yield proposal


def _divided(corpus: Corpus, task: Task | None, *, seed: int) -> _Part:
    import numpy as np

    labels = labels_of(corpus, "--label")
    task = task_of(task, corpus, lambda _: None)
    check_varied(task, labels, corpus.rows, name=corpus.name)
    names: list[str] = []
    if task != "regression":
        names = sorted(set(labels)) if task == "classify" else set_names(labels)
    split = holdout(corpus, test_size=TUNING, seed=seed, strata=strata_of(task, labels))
    truth = target_array(task, [labels[i] for i in split.test], names)
    digest = hashlib.sha256(f"{corpus.fingerprint} {TUNING} {seed}".encode()).hexdigest()
    return _Part(
        Documents(
            [corpus.texts[i] for i in split.train],
            [labels[i] for i in split.train],
            [corpus.texts[i] for i in split.test],
        ),
        truth.astype(np.int32) if task == "classify" else truth,
        tuple(names),
        task,
        corpus.pairs,
        digest,
    )


def _cell(spec: Spec, part: _Part, *, seed: int, device: str, precision: str) -> Cell:
    return Cell(
        spec=spec,
        run="tuning",
        seed=seed,
        train=f"fitting {part.digest}",
        test=f"tuning {part.digest}",
        labels=part.names,
        task=part.task,
        device=device,
        precision=precision,
        pairs=part.pairs,
    )


def _judged(cell: Cell, part: _Part, metric: str, cache: Cache, failures: dict[str, str]) -> Trial:
    failure = failures.get(cell.key.digest)
    if failure is not None:
        return Trial(cell.spec, None, 0.0, failure)
    artifact = cache.get(cell.key)
    assert artifact is not None
    score = score_of_cell(artifact, part.truth, task=part.task, labels=part.names, metric=metric)
    seconds = artifact.facts["fit_seconds"] + artifact.facts["predict_seconds"]
    return Trial(cell.spec, score, seconds)
