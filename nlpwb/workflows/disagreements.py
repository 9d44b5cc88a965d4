"""The test documents on which the methods of a comparison differ."""

from __future__ import annotations

from nlpwb.cache.store import Cache
from nlpwb.records import Disagreement
from nlpwb.workflows.design import Sources
from nlpwb.workflows.plans import make_plan
from nlpwb.workflows.request import Request, method_rows, settled
from nlpwb.workflows.targets import in_words


def disagreements(
    request: Request, *, cache: Cache, sources: Sources | None = None
) -> list[Disagreement]:
    """The test documents on which the methods of a finished comparison differ, in the order of the corpus.

    Cells that failed are left out; with several seeds the first one speaks for its method.
    """
    import numpy as np

    sources = sources or Sources(request.design)
    plan = make_plan(cache, sources, note=lambda _: None)
    request = settled(request, plan)
    tested = sources.test or sources.train
    rows = method_rows(request, plan)
    if request.search is not None:  # made already: what was chosen is in the cache
        from nlpwb.workflows.searching import search

        rows = search(
            request, plan, rows, cache=cache, sources=sources, progress=lambda _: None
        ).rows
    rows = [row for row in rows if row.budget is None]
    found: list[Disagreement] = []
    once = plan.folds or 1  # of repeated folds the first division speaks
    for run in range(once):
        predictions = {}
        for row in rows:
            artifact = cache.get(row.cells[run][0].key)
            if artifact is not None:
                predictions[str(row.spec)] = np.load(
                    artifact.path / "predicted.npy", allow_pickle=False
                )
        if not predictions:
            continue
        table = np.stack(list(predictions.values()))
        truth = plan.truth(run)
        indices = plan.test_indices(run)
        differs = (table != table[0]).any(axis=0)
        if plan.task == "multilabel":
            differs = differs.any(axis=1)
        for place in np.flatnonzero(differs).tolist():
            found.append(
                Disagreement(
                    row=tested.rows[indices[place]],
                    label=in_words(plan.task, truth[place], plan.labels),
                    predicted={
                        method: in_words(plan.task, said[place], plan.labels)
                        for method, said in predictions.items()
                    },
                    text=tested.texts[indices[place]],
                )
            )
    return sorted(found, key=lambda one: one.row)
