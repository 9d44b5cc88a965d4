"""Label cells to the arrays that are learned, and scores back to what is said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from nlpwb.data.corpus import Corpus
from nlpwb.data.strata import Strata, number_strata
from nlpwb.data.targets import guess_task, label_set, number
from nlpwb.tasks import SEPARATOR, Task

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PROBABLE = 0.5
"""The probability above which a document is said to have a label, where it may have several."""


def task_of(asked: Task | None, corpus: Corpus, note: Callable[[str], object]) -> Task:
    """The task that was asked for, or the one that a corpus's labels seem to be for, which a note says."""
    assert corpus.labels is not None
    if asked is not None:
        return asked
    guess, sentence = guess_task(corpus.labels)
    if sentence is not None:
        note(sentence)
    return guess


def target_array(task: Task, cells: Sequence[str], labels: Sequence[str]) -> NDArray[Any]:
    """What label cells say: int64 (n,) for ``classify``, bool (n, labels) for ``multilabel``, float64 (n,) for ``regression``.

    Every label of theirs is among ``labels``, and for ``regression`` every cell holds a number.
    """
    import numpy as np

    if task == "regression":
        numbers = [number(cell) for cell in cells]
        assert None not in numbers
        return np.array(numbers, dtype=np.float64)
    place = {label: at for at, label in enumerate(labels)}
    if task == "classify":
        return np.array([place[cell] for cell in cells], dtype=np.int64)
    sets = np.zeros((len(cells), len(labels)), dtype=bool)
    for row, cell in zip(sets, cells, strict=True):
        for label in label_set(cell):
            row[place[label]] = True
    return sets


def strata_of(task: Task, cells: Sequence[str]) -> Strata | None:
    """What a split spreads evenly where it is not single labels: sets of labels, or tenths of a range."""
    if task == "multilabel":
        return [sorted(label_set(cell)) for cell in cells]
    if task == "regression":
        return number_strata([number(cell) or 0.0 for cell in cells])
    return None


def outputs_of(task: Task, labels: Sequence[str]) -> int:
    """How many columns the scores have."""
    return 1 if task == "regression" else len(labels)


def said_by(
    task: Task, scores: NDArray[np.float64], *, probabilistic: bool, always_one: bool
) -> NDArray[Any]:
    """What scores (n, outputs) say: int32 (n,), bool (n, labels), or float64 (n,).

    Sets: every label whose probability is above one half, or whose score, where it is none, is above 0. If ``always_one``, a
    document without such a label gets the one that scores highest (the T-criterion of Boutell, Luo, Shen & Brown 2004,
    Pattern Recognition 37:1757, section 3.2): where no training document was without a label, none is expected.
    """
    import numpy as np

    if task == "regression":
        return np.asarray(scores[:, 0], dtype=np.float64)
    if task == "classify":
        return np.asarray(scores.argmax(axis=1), dtype=np.int32)
    said = scores > (PROBABLE if probabilistic else 0.0)
    if always_one and len(scores):
        empty = np.flatnonzero(~said.any(axis=1))
        said[empty, scores[empty].argmax(axis=1)] = True
    return np.asarray(said)


def in_words(task: Task, said: Any, labels: Sequence[str]) -> str:
    """One document's label, its labels parted by semicolons, or its number in six digits."""
    if task == "regression":
        return f"{float(said):.6g}"
    if task == "classify":
        return labels[int(said)]
    return SEPARATOR.join(label for label, there in zip(labels, said, strict=True) if there)
