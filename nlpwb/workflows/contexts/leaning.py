"""To which named axis its context draws a word: apple to fruit, or to technology.

The words of an axis stand in a frame that says nothing of them, ``this is {}.`` (May et al. 2019, section 3: semantically
bleached templates), and an axis is told by the mean cosine to them. Such a cosine says little by itself: it depends on the frame,
on the layer's common direction, and above all on what the word is most often, so that a river's bank still has a higher one to
money. So the word is put into the frame as well, and a context is judged by what it changes: it *draws* the word to an axis by
its cosine less that of the word in the frame, and the word leans to the axis to which it is drawn most, by so much more than to
the next. A context that goes with the usual sense changes little, and there the word leans to nothing else than it does alone.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nlpwb.errors import InputError, UsageError
from nlpwb.workflows.contexts.records import FRAME, LEAST, Context, Contexts
from nlpwb.workflows.words.leaning import Axis

if TYPE_CHECKING:
    from nlpwb.workflows.pretrained.opening import Base

_HOLE = "{}"


@dataclass(frozen=True)
class Lean:
    """A context's mean ``cosines`` to each axis, and how much nearer it has ``drawn`` the word than it is alone.

    Args:
        place: of the word.
        cosines: to each axis, in order.
        drawn: the same less those of the word in the frame.
        axis: to which the word is drawn most; None where it is by less than the least to the next, or there is but one.
        margin: by how much more than to the next; None of one axis.
    """

    place: Context
    cosines: tuple[float, ...]
    drawn: tuple[float, ...]
    axis: str | None
    margin: float | None


@dataclass(frozen=True)
class Leanings:
    """All contexts' leans.

    Args:
        axes: without the word itself.
        frame: in which their words stood.
        least: margin from which a context counts.
        alone: the mean cosines of the word in the frame.
        leans: in the order of the contexts.
        left_out: axes that had the word itself among their words.
    """

    axes: tuple[Axis, ...]
    frame: str
    least: float
    alone: tuple[float, ...]
    leans: tuple[Lean, ...]
    left_out: tuple[str, ...]


def check_frame(frame: str) -> None:
    """Refuse a frame without one place for a word.

    Raises:
        UsageError: it has none, or several.
    """
    if frame.count(_HOLE) != 1:
        raise UsageError(f"--frame {frame!r} needs one {_HOLE} for a word, as in {FRAME!r}")


def lean(
    base: Base,
    contexts: Contexts,
    axes: Sequence[Axis],
    *,
    frame: str = FRAME,
    least: float = LEAST,
    device: str = "auto",
    threads: int = 1,
) -> Leanings:
    """To which axis each context draws the word. A word of an axis that is the word itself is left out: it is near in any sense.

    Raises:
        UsageError: a frame without a place for a word.
        InputError: an axis has no other word.
    """
    import numpy as np

    from nlpwb.vectors.similarity import unit_rows
    from nlpwb.workflows.contexts.encoding import in_context

    check_frame(frame)
    kept, left_out = _without(contexts.word, axes)
    framed = [_framed(frame, contexts.word)]
    framed += [_framed(frame, word) for axis in kept for word in axis.words]
    found = in_context(
        base, contexts.word, framed, contexts.layers[:1], device=device, threads=threads
    )
    units = unit_rows(found.vectors[0])
    ends = np.cumsum([1, *(len(axis.words) for axis in kept)])
    means = np.stack(
        [units[start:end].mean(axis=0) for start, end in itertools.pairwise(ends)]
    ).astype(np.float64)  # (axes, d)
    alone = means @ units[0]
    cosines = unit_rows(contexts.vectors[0]) @ means.T  # (n, axes)
    names = [axis.name for axis in kept]
    return Leanings(
        axes=tuple(kept),
        frame=frame,
        least=least,
        alone=tuple(alone.tolist()),
        leans=tuple(
            _lean(place, row.tolist(), (row - alone).tolist(), names, least)
            for place, row in zip(contexts.places, cosines, strict=True)
        ),
        left_out=tuple(left_out),
    )


def _lean(
    place: Context, cosines: list[float], drawn: list[float], names: list[str], least: float
) -> Lean:
    if len(names) == 1:
        return Lean(place, tuple(cosines), tuple(drawn), None, None)
    second, first = sorted(drawn)[-2:]
    margin = first - second
    name = names[drawn.index(first)] if margin >= least else None
    return Lean(place, tuple(cosines), tuple(drawn), name, margin)


def _without(word: str, axes: Sequence[Axis]) -> tuple[list[Axis], list[str]]:
    """The axes without the word, and the names of those that had it."""
    same = word.casefold()
    kept, left_out = [], []
    for axis in axes:
        words = tuple(other for other in axis.words if other.casefold() != same)
        if not words:
            raise InputError(
                f"--axis {axis.name} has no word but {word} itself, which is near in any sense; add others"
            )
        if len(words) < len(axis.words):
            left_out.append(axis.name)
        kept.append(Axis(axis.name, words))
    return kept, left_out


def _framed(frame: str, word: str) -> Context:
    start = frame.index(_HOLE)
    text = frame.replace(_HOLE, word)
    return Context("", 0, text, start, start + len(word))
