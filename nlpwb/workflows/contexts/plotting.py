"""A word's contexts as points of a plane: by what makes them differ most, or between two axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nlpwb.errors import InputError
from nlpwb.vectors.picture import Mark, Picture
from nlpwb.workflows.contexts.records import Context, Contexts
from nlpwb.workflows.words.plotting import axis_names, projection_facts, projection_notes

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nlpwb.workflows.contexts.asking import Answer
    from nlpwb.workflows.contexts.leaning import Leanings

LABELLED = 40
"""Contexts whose words are written beside their points; more are points alone."""
OWN_COLOURS = 8
AROUND = 3
"""Words on each side of the word that a label has at most."""
LONGEST = 34
"""Characters of a label."""
NEAR = 3
SHOWN = 240
WHOLE = 0.995
"""Share of the variance from which a plane hides nothing."""


def map_contexts(answer: Answer, *, seed: int) -> Picture:
    """Contexts by the direction of their vectors in the plane of two principal components; of two axes in the plane of these.

    Raises:
        InputError: fewer than three contexts, where there are not two axes.
    """
    from nlpwb.vectors.similarity import unit_rows

    contexts, leanings = answer.contexts, answer.leanings
    n = len(contexts.places)
    labelled = n <= LABELLED
    places = _between(leanings) if leanings is not None and len(leanings.axes) == 2 else None
    plane = places or _components(unit_rows(contexts.vectors[0]), seed=seed)
    groups, names = _groups(answer)
    near = _near(contexts)
    marks = [
        Mark(text=snippet(place) if labelled else _whole(place), x=x, y=y, group=group, near=found)
        for place, (x, y), group, found in zip(
            contexts.places, plane.points, groups, near, strict=True
        )
    ]
    if plane.alone is not None:
        marks.append(Mark(text=f"{contexts.word} alone", x=plane.alone[0], y=plane.alone[1]))
    return Picture(
        title=f"{contexts.word} in context, {contexts.base}",
        facts=[
            f"{n:,} {'context' if n == 1 else 'contexts'}",
            contexts.phrase(),
            *plane.facts,
        ],
        notes=plane.notes,
        marks=marks,
        groups=names,
        named_groups=answer.senses is not None or answer.leanings is not None,
        axes=plane.axes,
        labels=labelled,
    )


@dataclass(frozen=True)
class _Plane:
    """Where contexts lie, and how that is read; ``alone`` is the word without a context."""

    points: Sequence[tuple[float, float]]
    axes: tuple[str, str] | None
    facts: Sequence[str]
    notes: Sequence[str]
    alone: tuple[float, float] | None = None


def _components(units: NDArray[np.float32], *, seed: int) -> _Plane:
    from nlpwb.vectors.projection import LEAST, project

    if len(units) < LEAST:
        raise InputError(
            f"{len(units)} {'context makes' if len(units) == 1 else 'contexts make'} no picture, {LEAST} are needed; "
            "give more texts, or --axis twice"
        )
    found = project(units, "pca", seed=seed)
    assert found.shares is not None
    whole = sum(found.shares) > WHOLE
    return _Plane(
        [(float(x), float(y)) for x, y in found.places],
        axis_names(found),
        projection_facts(found, seed=seed),
        [] if whole else projection_notes(found),
    )


def _between(leanings: Leanings) -> _Plane:
    """The plane of two axes: the cosines that are compared."""
    one, other = (axis.name for axis in leanings.axes)
    assert len(leanings.alone) == 2
    return _Plane(
        [(lean.cosines[0], lean.cosines[1]) for lean in leanings.leans],
        (f"mean cosine to {one}", f"mean cosine to {other}"),
        [f"{axis.name}: {', '.join(axis.words)}" for axis in leanings.axes],
        [
            f"On the rising diagonal through the word alone a context draws it to neither: below it lies {one}, above it {other}."
        ],
        (leanings.alone[0], leanings.alone[1]),
    )


def snippet(place: Context) -> str:
    """The word with its neighbours, in one line and as short as a label must be: ``the river bank flows``."""
    before = place.text[: place.start].split()
    behind = place.text[place.end :].split()
    word = " ".join(place.text[place.start : place.end].split())
    # what is written together with the word (a comma, an opening bracket) stays with it
    if before and not place.text[: place.start][-1:].isspace():
        word = before.pop() + word
    if behind and not place.text[place.end :][:1].isspace():
        word += behind.pop(0)
    left, right = before[-AROUND:], behind[:AROUND]
    while len(" ".join([*left, word, *right])) > LONGEST and (left or right):
        if len(left) >= len(right):
            left = left[1:]
        else:
            right = right[:-1]
    return " ".join([*left, word, *right])


def _whole(place: Context) -> str:
    line = " ".join(place.text.split())
    return line if len(line) <= SHOWN else f"{line[: SHOWN - 1].rstrip()}…"


def _groups(answer: Answer) -> tuple[list[int | None], list[str]]:
    """The group of each context, and the names of all groups: axes to lean to; or senses; or each context its own."""
    n = len(answer.contexts.places)
    if answer.leanings is not None:
        axes = [axis.name for axis in answer.leanings.axes]
        leans = [lean.axis for lean in answer.leanings.leans]
        return [None if axis is None else axes.index(axis) for axis in leans], axes
    if answer.senses is not None:
        senses = answer.senses.senses
        return (
            [member.sense - 1 for member in answer.senses.members],
            [f"sense {sense.sense}" for sense in senses],
        )
    if n > OWN_COLOURS:
        return [None] * n, []
    return list(range(n)), [place.label for place in answer.contexts.places]


def _near(contexts: Contexts) -> list[tuple[tuple[str, float], ...]]:
    """The nearest other contexts of each, with their cosines, for a page's reader."""
    import numpy as np

    places, cosines = contexts.places, contexts.cosines()
    np.fill_diagonal(cosines, -np.inf)
    count = min(NEAR, len(places) - 1)
    order = np.argsort(-cosines, axis=1, kind="stable")[:, :count]
    return [
        tuple((snippet(places[column]), float(cosines[row, column])) for column in columns)
        for row, columns in enumerate(order.tolist())
    ]
