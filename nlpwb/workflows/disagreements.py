"""The test documents on which the methods of a comparison differ."""

from __future__ import annotations

from nlpwb.cache.store import Cache
from nlpwb.records import Disagreement
from nlpwb.workflows.design import Sources
from nlpwb.workflows.plans import make_plan
from nlpwb.workflows.request import Request, method_rows


def disagreements(
    request: Request, *, cache: Cache, sources: Sources | None = None
) -> list[Disagreement]:
    """The test documents on which the methods of a finished comparison differ, in the order of the corpus.

    Cells that failed are left out; with several seeds the first one speaks for its method.
    """
    import numpy as np

    sources = sources or Sources(request.design)
    plan = make_plan(cache, sources, note=lambda _: None)
    tested = sources.test or sources.train
    rows = [row for row in method_rows(request, plan) if row.budget is None]
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
        for place in np.flatnonzero((table != table[0]).any(axis=0)).tolist():
            found.append(
                Disagreement(
                    row=tested.rows[indices[place]],
                    label=plan.labels[truth[place]],
                    predicted={
                        method: plan.labels[said[place]] for method, said in predictions.items()
                    },
                    text=tested.texts[indices[place]],
                )
            )
    return sorted(found, key=lambda one: one.row)
