"""Documents as points of a plane, coloured by label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from nlpwb.errors import InputError
from nlpwb.vectors.picture import Mark, Picture
from nlpwb.workflows.prediction import Embedded
from nlpwb.workflows.words.plotting import axis_names, projection_facts, projection_notes

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST = {"pca": 5_000, "tsne": 2_000}
"""Documents on a map; of more a random sample is drawn. t-SNE takes ten seconds or more for each thousand."""
MOST_LABELS = 8
SHOWN = 240
"""Characters of a document's beginning."""
CROWD = 15
CLEAR = 0.7
"""A label is written where at least this share of the nearest CROWD points carry it."""


def map_documents(
    embedded: Embedded, *, projection: str, seed: int, warn: Callable[[str], None]
) -> Picture:
    """Project documents into a plane by the direction of their vectors.

    Documents without a direction (no known word) are left out, and it is said; so is a sample of too many. Beyond eight
    labels the rarest share a colour.

    Raises:
        InputError: fewer than three documents with a direction.
    """
    import numpy as np

    from nlpwb.vectors.projection import LEAST, project

    total = len(embedded.documents)
    taken = min(total, MOST[projection])
    rows = np.arange(total)
    if total > taken:
        rows = np.sort(np.random.default_rng(seed).choice(total, taken, replace=False))
    units, kept = _directions(embedded.matrix[rows])
    rows = rows[kept]
    if len(kept) < taken:
        lost = taken - len(kept)
        warn(
            f"left out, because the model knows none of their words: {lost:,} "
            f"{'document' if lost == 1 else 'documents'}"
        )
    if len(rows) < LEAST:
        raise InputError(
            f"{embedded.corpus}: {len(rows)} documents with vectors are too few for a map, "
            f"{LEAST} are needed; give more"
        )
    places = project(units, projection, seed=seed)
    documents = [embedded.documents[row] for row in rows.tolist()]
    groups, names = _labels([document.label for document in documents])
    marks = [
        Mark(
            text=_beginning(document.text),
            x=float(x),
            y=float(y),
            group=groups[i] if names else None,
            row=document.row,
        )
        for i, (document, (x, y)) in enumerate(zip(documents, places.places, strict=True))
    ]
    drawn = f"{len(rows):,} documents"
    if total > taken:
        drawn = f"{len(rows):,} of {total:,} documents, drawn at random (seed {seed})"
    return Picture(
        title=embedded.corpus,
        facts=[drawn, f"vectors of {embedded.spec}", *projection_facts(places, seed=seed)],
        notes=projection_notes(places),
        marks=marks,
        groups=names,
        axes=axis_names(places),
        labels=False,
        centres=clear_centres(places.places, groups) if names else (),
    )


def clear_centres(
    places: NDArray[np.float64], groups: Sequence[int]
) -> list[tuple[int, float, float]]:
    """Where groups stand apart: those whose middle (the median) lies in a crowd that is mostly their own."""
    import numpy as np

    of = np.array(groups)
    crowd = min(CROWD, len(of))
    found = []
    for group in np.unique(of).tolist():
        own = of == group
        if own.sum() < crowd:
            continue
        middle = np.median(places[own], axis=0)
        near = np.argsort(((places - middle) ** 2).sum(axis=1), kind="stable")[:crowd]
        if own[near].mean() >= CLEAR:
            found.append((int(group), float(middle[0]), float(middle[1])))
    return found


def _directions(matrix: Any) -> tuple[Any, NDArray[np.int64]]:
    """Rows of length 1, sparse ones sparse, and the places of those that have one."""
    import numpy as np
    from scipy.sparse import csr_matrix, diags_array, issparse

    sparse = bool(issparse(matrix))
    if sparse:
        rows = csr_matrix(matrix, dtype=np.float64)
        norms = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
        kept = np.flatnonzero(norms)
        return csr_matrix(diags_array(1 / norms[kept]) @ rows[kept]), kept
    dense = np.asarray(matrix, dtype=np.float64)
    norms = np.linalg.norm(dense, axis=1)
    kept = np.flatnonzero(norms)
    return dense[kept] / norms[kept, None], kept


def _labels(labels: Sequence[str | None]) -> tuple[list[int], list[str]]:
    """The group of each document, and the names of the groups, by name; none where nothing is labelled.

    Of more labels than there are colours the most frequent keep their own, and the others share the last.
    """
    counted = Counter(label for label in labels if label is not None)
    if not counted:
        return [0] * len(labels), []
    shown = sorted(counted)
    if len(shown) > MOST_LABELS:
        by_size = sorted(shown, key=lambda name: -counted[name])
        rest = f"{len(shown) - (MOST_LABELS - 1)} other labels"
        shown = [*sorted(by_size[: MOST_LABELS - 1]), rest]
    number = {name: place for place, name in enumerate(shown)}
    return [number.get(label or "", len(shown) - 1) for label in labels], shown


def _beginning(text: str) -> str:
    """The first words of a document in one line."""
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else f"{line[: SHOWN - 1].rstrip()}…"
