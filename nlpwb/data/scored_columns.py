"""Which columns hold two texts and how alike people find them: as asked, else by name, else by content; a guess is said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nlpwb.data.cells import is_number
from nlpwb.data.corpus import ReadOptions
from nlpwb.data.two_texts import guess_two_texts, named_pair
from nlpwb.errors import InputError, UsageError, nearest

SURE_SCORE_NAMES = ("score", "similarity", "similarity_score", "relatedness", "relatedness_score")
SCORE_NAMES = ("gold", "gold_score", "label", "rating", "value", "mean", "y")


@dataclass(frozen=True)
class ScoredColumns:
    """The columns of the two texts, and that of the scores, None where there is none."""

    first: str
    second: str
    score: str | None


def choose_scored_columns(
    names: Sequence[str], sample: Sequence[Sequence[str]], options: ReadOptions, *, name: str
) -> tuple[ScoredColumns, list[str]]:
    """The columns and notes that say which of them were guessed; ``sample`` holds the first rows below the header.

    Raises:
        UsageError: ``--text`` names other than two columns, or the scores' as one of them.
        InputError: a column that was asked for is not there; the texts, or the scores among several columns of numbers, cannot
            be told.
    """
    notes = []
    score = _asked(names, options.label, "--label", name=name) if options.label else None
    values = {
        column: [row[place].strip() for row in sample if place < len(row)]
        for place, column in enumerate(names)
    }
    if options.text is not None:
        words = named_pair(options.text)
        first, second = (_asked(names, word, "--text", name=name) for word in words)
    else:
        first, second = guess_two_texts(names, values, taken=(score,), name=name)
        notes.append(f"text columns: {first} and {second} (guessed)")
    if score in (first, second):
        raise UsageError(f"--label {options.label} is a text column as well; name another")
    if score is None:
        score = _guess_score(names, values, taken=(first, second), name=name)
        if score is not None:
            notes.append(f"score column: {score} (guessed)")
        else:
            notes.append("no column of scores found (--label names one)")
    return ScoredColumns(first, second, score), notes


def _asked(names: Sequence[str], wanted: str, option: str, *, name: str) -> str:
    if wanted in names:
        return wanted
    if wanted.isdigit() and 1 <= int(wanted) <= len(names):
        return names[int(wanted) - 1]
    numbered = list(names) == [str(number + 1) for number in range(len(names))]
    there = (
        f"it has no header, its columns are numbered 1 to {len(names)}"
        if numbered
        else nearest(wanted, names)
    )
    raise InputError(f"{name} has no column {wanted!r} ({option}); {there}")


def _guess_score(
    names: Sequence[str], values: dict[str, list[str]], *, taken: Sequence[str], name: str
) -> str | None:
    """The column of a usual name that holds numbers; else the only one of numbers; else of these the only one with fractions."""
    left = {column: values[column] for column in names if column not in taken and values[column]}
    folded = {column.casefold(): column for column in reversed(left)}
    for usual in (*SURE_SCORE_NAMES, *SCORE_NAMES):
        if usual in folded:
            column = folded[usual]
            numbers = sum(map(is_number, left[column]))
            # names of labels are no scores; of scores some may be mistaken
            if usual in SURE_SCORE_NAMES or 2 * numbers > len(left[column]):
                return column
    free = [column for column, cells in left.items() if all(map(is_number, cells))]
    broken = [column for column in free if any("." in value for value in values[column])]
    found = free if len(free) < 2 else broken
    if len(free) > 1 and len(found) != 1:
        raise InputError(
            f"{name}: the score could be any of the columns {', '.join(free)}; --label names the one you mean"
        )
    return found[0] if found else None
