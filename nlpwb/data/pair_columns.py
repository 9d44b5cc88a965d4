"""Which columns of a table hold source and target: as asked, else guessed from names, else the only two. A guess is said."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from nlpwb.errors import InputError, nearest

# Names that tell which column is which, and that a first row is a header.
SOURCE_NAMES = ("source", "src", "input", "question")
TARGET_NAMES = ("target", "trg", "tgt", "output", "translation", "answer")
LANGUAGES = frozenset(
    ("arabic", "chinese", "czech", "dutch", "english", "french", "german", "hindi", "italian", "japanese", "korean",
     "polish", "portuguese", "russian", "spanish", "swedish", "turkish", "ukrainian")
)  # fmt: skip


@dataclass(frozen=True)
class PairOptions:
    """How pairs are to be read; None means "find out and say so".

    ``source`` and ``target`` name the columns, by name or by number from 1.
    """

    source: str | None = None
    target: str | None = None
    encoding: str = "utf-8"
    skip_bad_rows: bool = False
    header: bool | None = None
    input_format: str | None = None


def is_header(cells: Sequence[str], options: PairOptions) -> bool:
    """Whether the first row names columns: some that were asked for or are usual, or two languages."""
    asked = [word for word in (options.source, options.target) if word and not word.isdigit()]
    folded = [cell.casefold() for cell in cells]
    usual = (*SOURCE_NAMES, *TARGET_NAMES)
    return (
        any(word in cells for word in asked)
        or any(name in folded for name in usual)
        or len(_languages(cells)) > 1
    )


def _languages(names: Sequence[str]) -> list[str]:
    """Columns that are called by a language, or its code: ``German``, ``de``, ``pt-br``."""
    found = []
    for name in names:
        code = re.fullmatch(r"([a-z]{2})([-_][a-z]{2,4})?", name.casefold())
        if (code is not None and code[1] != "id") or name.casefold() in LANGUAGES:
            found.append(name)
    return found


def pair_columns(
    names: Sequence[str], options: PairOptions, notes: list[str], *, name: str
) -> tuple[str, str]:
    """The columns of source and target: as asked, else by their names, else the only two; a guess is noted."""
    source = _asked(names, options.source, "--source-col", name=name)
    target = _asked(names, options.target, "--target-col", name=name)
    if source is None:
        # a column that is called target is none of a source, wherever it stands
        others = [column for column in names if column.casefold() not in TARGET_NAMES]
        source = _guessed(others, names, SOURCE_NAMES, taken=target)
        if source is not None:
            notes.append(f"source column: {source} (guessed)")
    if target is None:
        target = _guessed(names, names, TARGET_NAMES, taken=source)
        if target is not None:
            notes.append(f"target column: {target} (guessed)")
    if source is None or target is None or source == target:
        raise InputError(
            f"{name}: which columns are source and target cannot be told from {', '.join(names)}; --source-col and "
            "--target-col name them"
        )
    return source, target


def _asked(names: Sequence[str], wanted: str | None, option: str, *, name: str) -> str | None:
    if wanted is None or wanted in names:
        return wanted
    if wanted.isdigit() and 1 <= int(wanted) <= len(names):
        return names[int(wanted) - 1]
    raise InputError(f"{name} has no column {wanted!r} ({option}); {nearest(wanted, names)}")


def _guessed(
    free: Sequence[str], names: Sequence[str], usual: Sequence[str], *, taken: str | None
) -> str | None:
    """The first of the free columns that has a usual name; else that of a language; else that is one of only two."""
    free = [column for column in free if column != taken]
    folded = {column.casefold(): column for column in reversed(free)}
    for word in usual:
        if word in folded:
            return folded[word]
    languages = _languages(names)
    left = [column for column in free if column in languages]
    if len(languages) == 2 and left:
        return left[0]
    return free[0] if len(names) == 2 and free else None
