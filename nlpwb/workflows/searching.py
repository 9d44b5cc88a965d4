"""``compare --search``: every method tries options on a part of its training rows before it meets the test rows.

The training rows of every run are divided once more, a fifth for tuning, groups and equal texts kept together. A trial is a
cell like any other: fitted on four fifths, its predictions for the fifth kept in the cache. The best by the comparison's
metric is then fitted on all training rows. No test row has a part in it, and every fold chooses for itself, so the figures of
the table are as honest as without a search. Interrupted, it goes on with the trials that are missing; what it chose is kept.
"""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from nlpwb.cache.store import Artifact, Cache, Key
from nlpwb.data.corpus import Corpus, part_of
from nlpwb.data.splits import Split, holdout
from nlpwb.errors import InputError
from nlpwb.searching import Budget, chosen_options, trials
from nlpwb.specs import Spec, parse_spec
from nlpwb.tasks import Task
from nlpwb.workflows.cells import Cell, Documents
from nlpwb.workflows.computing import Progress, compute
from nlpwb.workflows.design import Sources
from nlpwb.workflows.plans import Plan
from nlpwb.workflows.request import MethodRow, Request

SEARCH_VERSION = 1
TUNING = 0.2
"""Share of the training rows on which trials are judged."""


@dataclass(frozen=True)
class Found:
    """Rows with the specs that were chosen, the failures by digest, and what each method chose, as words."""

    rows: list[MethodRow]
    failures: dict[tuple[str, int | None], str]
    chosen: dict[tuple[str, int | None], dict[str, str]]


@dataclass
class _Search:
    """One method on one training part: trials made so far, and what came out."""

    row: MethodRow
    run: int
    key: Key
    proposals: Iterator[Spec]
    results: list[dict[str, Any]] = field(default_factory=list)
    chosen: str | None = None
    failure: str | None = None

    @property
    def part(self) -> tuple[int, int | None]:
        """Which training rows these are."""
        return self.run, self.row.budget

    def wants(self, budget: Budget, jobs: int) -> list[Spec]:
        """The specs to try next; none where the budget is used up, or nothing is left to try."""
        if budget.trials is not None:
            number = budget.trials - len(self.results)
        else:
            spent = sum(result["seconds"] for result in self.results)
            number = jobs if spent < (budget.seconds or 0.0) else 0
        return list(itertools.islice(self.proposals, max(0, number)))


def search(
    request: Request,
    plan: Plan,
    rows: Sequence[MethodRow],
    *,
    cache: Cache,
    sources: Sources,
    progress: Callable[[Progress], None],
) -> Found:
    """Choose the options of every method for every training part, as long as the request's budget lasts."""
    budget = request.search
    assert budget is not None
    searches = [
        _Search(row, run, _key(request, budget, plan, row, run), _proposals(request, row))
        for row in rows
        for run in range(len(plan.runs))
    ]
    open_ones = []
    for one in searches:
        kept = cache.get(one.key)
        if kept is None:
            open_ones.append(one)
        else:
            one.chosen, one.results = kept.facts["chosen"], kept.facts["trials"]
    if open_ones:
        parts = _Parts(plan, sources, seed=request.design.seed)
        open_ones = [one for one in open_ones if not parts.fails(one)]
        _try_all(request, budget, plan, open_ones, parts, cache, progress)
    return _found(searches, rows)


def _proposals(request: Request, row: MethodRow) -> Iterator[Spec]:
    return trials(row.spec, seed=request.design.seed)


def _key(request: Request, budget: Budget, plan: Plan, row: MethodRow, run: int) -> Key:
    # a trial that was stopped, or that another precision would have mended, is a result too
    asked = {
        "device": request.device,
        "precision": request.precision,
        "timeout": request.method_timeout,
    }
    return Key(
        "search",
        {
            "version": SEARCH_VERSION,
            "spec": row.spec.identity(),
            "train": row.cells[run][0].train,
            "labels": list(plan.labels),
            "task": plan.task,
            "metric": request.metric,
            "seed": request.design.seed,
            "budget": dataclasses.asdict(budget),
            **{name: value for name, value in asked.items() if value not in ("auto", None)},
        },
    )


class _Parts:
    """The training rows of every run and budget, divided for fitting and tuning when first asked for."""

    def __init__(self, plan: Plan, sources: Sources, *, seed: int) -> None:
        self._plan = plan
        self._sources = sources
        self._seed = seed
        self._divided: dict[tuple[int, int | None], tuple[Corpus, Split] | str] = {}

    def of(self, part: tuple[int, int | None]) -> tuple[Corpus, Split] | str:
        """The training part as a corpus and its division, or the sentence that says why there is none."""
        if part not in self._divided:
            run, budget = part
            corpus = part_of(self._sources.train, self._plan.train_indices(run, budget))
            self._divided[part] = self._divide(corpus)
        return self._divided[part]

    def fails(self, one: _Search) -> bool:
        """Whether a search cannot begin, which is noted in it."""
        divided = self.of(one.part)
        if isinstance(divided, str):
            one.failure = divided
        return one.failure is not None

    def documents(self, part: tuple[int, int | None]) -> Documents:
        """The texts of a trial."""
        corpus, split = self._sound(part)
        labels = corpus.labels
        assert labels is not None
        return Documents(
            [corpus.texts[i] for i in split.train],
            [labels[i] for i in split.train],
            [corpus.texts[i] for i in split.test],
        )

    def truth(self, part: tuple[int, int | None]) -> Any:
        """What is true of the tuning rows, as :meth:`Plan.truth` gives it."""
        import numpy as np

        from nlpwb.workflows.targets import target_array

        corpus, split = self._sound(part)
        assert corpus.labels is not None
        cells = [corpus.labels[i] for i in split.test]
        truth = target_array(self._plan.task, cells, self._plan.labels)
        return truth.astype(np.int32) if self._plan.task == "classify" else truth

    def _sound(self, part: tuple[int, int | None]) -> tuple[Corpus, Split]:
        divided = self.of(part)
        assert not isinstance(divided, str)
        return divided

    def _divide(self, corpus: Corpus) -> tuple[Corpus, Split] | str:
        from nlpwb.workflows.targets import strata_of

        assert corpus.labels is not None
        strata = strata_of(self._plan.task, corpus.labels)
        try:
            return corpus, holdout(corpus, test_size=TUNING, seed=self._seed, strata=strata)
        except InputError as error:
            return f"no search on {len(corpus):,} training rows: {error}"


def _try_all(
    request: Request,
    budget: Budget,
    plan: Plan,
    searches: Sequence[_Search],
    parts: _Parts,
    cache: Cache,
    progress: Callable[[Progress], None],
) -> None:
    """Rounds of trials until every search has used its budget; then each keeps its best."""
    running = list(searches)
    while running:
        asked: list[tuple[_Search, Cell]] = []
        still = []
        for one in running:
            wanted = one.wants(budget, request.jobs)
            asked += [(one, _trial(plan, one, spec, request.design.seed)) for spec in wanted]
            if wanted:
                still.append(one)
        part_of_cell = {cell.key.digest: one.part for one, cell in asked}
        failures = compute(
            [cell for _, cell in asked],
            lambda cell: parts.documents(part_of_cell[cell.key.digest]),  # noqa: B023  called in this round
            cache=cache,
            jobs=request.jobs,
            threads=request.threads,
            timeout=request.method_timeout,
            progress=progress,
        )
        for one, cell in asked:
            one.results.append(_judged(request, plan, one, cell, parts, cache, failures))
        running = still
    for one in searches:
        _choose(request, one, cache)


def _trial(plan: Plan, one: _Search, spec: Spec, seed: int) -> Cell:
    base = one.row.cells[one.run][0]
    fitted, tuned = (
        hashlib.sha256(f"{side} {TUNING} {seed} {base.train}".encode()).hexdigest()
        for side in ("fitting", "tuning")
    )
    return Cell(
        spec=spec,
        run=f"{base.run}, tuning",
        seed=base.seed,
        train=fitted,
        test=tuned,
        labels=plan.labels,
        budget=base.budget,
        task=plan.task,
        device=base.device,
        precision=base.precision,
        pairs=plan.pairs,
    )


def _judged(
    request: Request,
    plan: Plan,
    one: _Search,
    cell: Cell,
    parts: _Parts,
    cache: Cache,
    failures: dict[str, str],
) -> dict[str, Any]:
    """What a trial came to: its spec, its score on the tuning rows (None where it failed), its seconds."""
    spec = str(cell.spec)
    failure = failures.get(cell.key.digest)
    if failure is not None:
        # its time is unknown here; a search by time must end all the same
        seconds = request.method_timeout or 1.0
        return {"spec": spec, "score": None, "seconds": seconds, "error": failure}
    artifact = cache.get(cell.key)
    assert artifact is not None
    assert request.metric is not None
    facts = artifact.facts
    return {
        "spec": spec,
        "score": score_of_cell(
            artifact,
            parts.truth(one.part),
            task=plan.task,
            labels=plan.labels,
            metric=request.metric,
        ),
        "seconds": facts["fit_seconds"] + facts["predict_seconds"],
        "error": None,
    }


def score_of_cell(
    artifact: Artifact, truth: Any, *, task: Task, labels: tuple[str, ...], metric: str
) -> float | None:
    """What the answers of a cell are worth; None where that is no number."""
    import numpy as np

    from nlpwb.evaluation.scoring import Predictions, score

    scores = None
    if task != "regression":
        scores = np.load(artifact.path / "scores.npy", allow_pickle=False)[None]
    predictions = Predictions(
        truth=truth,
        predicted=np.load(artifact.path / "predicted.npy", allow_pickle=False)[None],
        scores=scores,
        labels=labels,
        task=task,
    )
    value = score(predictions, metric)
    return float(value) if np.isfinite(value) else None


def _choose(request: Request, one: _Search, cache: Cache) -> None:
    """Keep the best trial, the earlier of equal ones; a search of which every trial failed is not kept."""
    from nlpwb.tasks import metric_info

    assert request.metric is not None
    sign = 1 if metric_info(request.metric).higher_is_better else -1
    scored = [result for result in one.results if result["score"] is not None]
    if not scored:
        reasons = [result["error"] for result in one.results if result["error"]]
        one.failure = reasons[0] if reasons else "no trial had a score on the tuning rows"
        return
    best = max(scored, key=lambda result: sign * result["score"])
    one.chosen = best["spec"]
    facts = {
        "summary": f"{one.row.spec}, {len(one.results)} trials, best {best['score']:.4f}",
        "chosen": best["spec"],
        "trials": one.results,
    }
    cache.get_or_make(one.key, lambda _folder: facts)


def _found(searches: Sequence[_Search], rows: Sequence[MethodRow]) -> Found:
    by_row: dict[tuple[str, int | None], list[_Search]] = {}
    for one in searches:
        by_row.setdefault((str(one.row.spec), one.row.budget), []).append(one)
    found: list[MethodRow] = []
    failures: dict[tuple[str, int | None], str] = {}
    chosen: dict[tuple[str, int | None], dict[str, str]] = {}
    for row in rows:
        name = (str(row.spec), row.budget)
        reasons = [one.failure for one in by_row[name] if one.failure]
        if reasons:
            failures[name] = reasons[0]
            continue
        specs = []
        for one in by_row[name]:
            assert one.chosen is not None
            specs.append(parse_spec(one.chosen))
        cells = tuple(
            tuple(dataclasses.replace(cell, spec=spec) for cell in of_run)
            for spec, of_run in zip(specs, row.cells, strict=True)
        )
        found.append(MethodRow(row.spec, row.budget, cells))
        chosen[name] = _in_words([chosen_options(row.spec, spec) for spec in specs])
    return Found(found, failures, chosen)


def _in_words(choices: Sequence[dict[str, str]]) -> dict[str, str]:
    """Each option with what the runs chose; where they differ the most frequent, and in how many it was chosen.

    >>> _in_words([{"C": "3"}, {"C": "3", "ngrams": "1-2"}, {}])
    {'C': '3 (2 of 3)', 'ngrams': '1-2 (1 of 3)'}
    """
    words: dict[str, str] = {}
    for name in dict.fromkeys(name for choice in choices for name in choice):
        values = [choice[name] for choice in choices if name in choice]
        most = max(dict.fromkeys(values), key=values.count)
        count = values.count(most)
        words[name] = most if count == len(choices) else f"{most} ({count} of {len(choices)})"
    return words
