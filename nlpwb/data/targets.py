"""What a label cell says: one label, a set of labels, or a number; and which of these a corpus seems to hold.

Cells stay text in a corpus whatever they mean. A set is written ``sport;politics`` (or as an array in JSON, as several marks in
fastText, or as a column of 0 and 1 for each label), an empty cell is the empty set. Numbers are written with a point.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence

from nlpwb.errors import InputError
from nlpwb.tasks import AS_SAID, SEPARATOR, Task

_YES = {"1", "1.0", "true", "yes", "y", "t"}
_NO = {"", "0", "0.0", "false", "no", "n", "f"}
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")

_SEVERAL = 0.25  # share of the cells with several items from which they are taken for sets
_LEAST_NUMBERS = 20  # distinct numbers below which they are names of labels
_REPEATED = 5  # and as often must a number stand on the mean to be one


def label_set(cell: str) -> frozenset[str]:
    """The labels of a cell such as ``sport; politics``; none of an empty one.

    >>> sorted(label_set(" b;a;;b "))
    ['a', 'b']
    """
    return frozenset(word for part in cell.split(SEPARATOR) if (word := part.strip()))


def set_names(cells: Iterable[str]) -> list[str]:
    """All labels of some cells, sorted."""
    return sorted(frozenset().union(*map(label_set, set(cells))))


def written_set(labels: Iterable[str]) -> str:
    """A set as a cell.

    Raises:
        InputError: a label holds the separator.
    """
    words = list(labels)
    for word in words:
        if SEPARATOR in word:
            raise InputError(f"its label {word!r} holds a {SEPARATOR!r}, which parts labels")
    return SEPARATOR.join(words)


def marked_set(columns: Iterable[tuple[str, str]]) -> str:
    """The set of those columns (name, cell) that hold 1, or true, or yes; 0, false, no and nothing leave a label out.

    Raises:
        InputError: a cell holds something else.
    """
    there = []
    for name, cell in columns:
        mark = cell.strip().casefold()
        if mark in _YES:
            there.append(name)
        elif mark not in _NO:
            raise InputError(f"its label column {name} holds {cell!r} where 0 or 1 is due")
    return written_set(there)


def array_set(cell: str) -> str:
    """A cell that holds a JSON array of labels as a set; another one as it is."""
    if not cell.startswith("["):
        return cell
    try:
        labels = json.loads(cell)
    except ValueError:
        return cell
    return written_set(str(label) for label in labels if label is not None)


def number(cell: str) -> float | None:
    """The number that a cell holds; None where it holds none.

    >>> number(" 4.5 "), number("1e3"), number("4,5"), number("nan")
    (4.5, 1000.0, None, None)
    """
    if not _NUMBER.fullmatch(cell.strip()):
        return None
    value = float(cell)
    return value if math.isfinite(value) else None


def numbers_of(cells: Sequence[str], rows: Sequence[int], *, name: str) -> list[float]:
    """The numbers of a corpus's label cells.

    Raises:
        InputError: a cell holds something else; the sentence names its line.
    """
    found = []
    for cell, row in zip(cells, rows, strict=True):
        value = number(cell)
        if value is None:
            comma = " (with a point, not a comma)" if number(cell.replace(",", ".")) else ""
            raise InputError(
                f"{name}, line {row}: its label {cell!r} is no number{comma}; "
                "--task regression needs a number in every row, --task classify takes labels as names"
            )
        found.append(value)
    return found


def guess_task(cells: Sequence[str]) -> tuple[Task, str | None]:
    """What label cells hold, and a sentence about the guess where it is not plain labels.

    Sets: a quarter of the cells holds several items, every item stands in several cells, and they combine in more ways than
    there are items. Numbers: every cell is one, and there are so many different ones (20, and one for every five rows) that
    as labels they could not be learned. Stars from 1 to 5 are labels.
    """
    counts = Counter(cells)
    several = sum(n for cell, n in counts.items() if len(label_set(cell)) > 1)
    if several >= _SEVERAL * len(cells):
        items = Counter(
            label for cell, n in counts.items() for label in label_set(cell) for _ in range(n)
        )
        ways = len({label_set(cell) for cell in counts})
        if ways > len(items) and min(items.values()) > 1:
            return "multilabel", (
                f"task: multilabel (guessed: label cells hold sets of {len(items)} labels, parted by "
                f"{SEPARATOR!r}); --task classify takes each cell as one label"
            )
    if len(counts) >= max(_LEAST_NUMBERS, len(cells) / _REPEATED) and all(
        number(cell) is not None for cell in counts
    ):
        return "regression", (
            f"task: regression (guessed: the labels are {len(counts):,} different numbers); "
            "--task classify takes them as names"
        )
    return "classify", None


def check_varied(task: Task, cells: Sequence[str], rows: Sequence[int], *, name: str) -> None:
    """Refuse label cells from which nothing can be learned.

    Raises:
        InputError: fewer than two labels, or numbers that are all the same, or no numbers.
    """
    if task == "regression":
        values = numbers_of(cells, rows, name=name)
        if min(values) == max(values):
            raise InputError(
                f"{name}: all {len(values):,} rows have the number {values[0]:g}, so there is "
                "nothing to predict; name another column with --label"
            )
        return
    if task == "multilabel":
        labels = set_names(cells)
        if not labels:
            raise InputError(f"{name}: no row has a label; name their column with --label COL")
    else:
        labels = sorted(set(cells))
    if len(labels) < 2:
        way = (
            f"{AS_SAID[task]} need two or more of them; --task classify tells rows with it from others"
            if task == "multilabel"
            else "a comparison needs two or more"
        )
        raise InputError(f"{name} has one label only, {labels[0]!r}; {way}")
