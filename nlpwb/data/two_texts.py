"""Which two columns of a table hold the texts of a pair, and what a row must have to be one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from nlpwb.data.cells import is_number
from nlpwb.errors import InputError, UsageError
from nlpwb.text.pairs import BETWEEN, pair_text

PAIR_NAMES = (
    ("sentence1", "sentence2"), ("sentence_1", "sentence_2"), ("sentence_a", "sentence_b"), ("text1", "text2"),
    ("text_1", "text_2"), ("text_a", "text_b"), ("question1", "question2"), ("premise", "hypothesis"), ("a", "b"),
    ("first", "second"), ("left", "right"), ("source", "target"), ("query", "document"),
)  # fmt: skip


def names_columns(cells: Sequence[str]) -> bool:
    """Whether a first row holds the usual names of two texts."""
    folded = {cell.strip().casefold() for cell in cells}
    return any(one in folded and other in folded for one, other in PAIR_NAMES)


def named_pair(wanted: str) -> tuple[str, str]:
    """The two words of ``--text 6,7``.

    Raises:
        UsageError: there are not two, or they are the same.
    """
    words = [word.strip() for word in wanted.split(",")]
    if len(words) != 2 or words[0] == words[1]:
        raise UsageError(
            f"--text {wanted} names {'two equal columns' if len(words) == 2 else _number(len(words))}, and a pair has "
            "two texts; name their columns as in --text 6,7"
        )
    return words[0], words[1]


def _number(count: int) -> str:
    return "one column" if count == 1 else f"{count} columns"


def guess_two_texts(
    names: Sequence[str],
    values: Mapping[str, Sequence[str]],
    *,
    taken: Collection[str | None],
    name: str,
    unlikely: Collection[str] = (),
) -> tuple[str, str]:
    """Two columns of usual names; else the only two that hold no numbers; else the two that are much longer than all others.

    Args:
        names: of all columns.
        values: the first cells of each.
        taken: columns that are something else; ``unlikely``: those that are none of a pair but by their names.
        name: of the source, for the error.

    Raises:
        InputError: it cannot be told.
    """
    folded = {column.casefold(): column for column in reversed(names) if column not in taken}
    for one, other in PAIR_NAMES:
        if one in folded and other in folded:
            return folded[one], folded[other]
    prose = [
        column
        for column in names
        if column not in taken
        and column not in unlikely
        and not (values[column] and all(map(is_number, values[column])))
    ]
    length = {
        column: sum(map(len, values[column])) / max(1, len(values[column])) for column in prose
    }
    longest = sorted(prose, key=lambda column: -length[column])
    if len(prose) == 2 or (len(prose) > 2 and length[longest[1]] >= 2 * length[longest[2]]):
        one, other = sorted(longest[:2], key=list(names).index)
        return one, other
    raise InputError(
        f"{name}: which columns hold the two texts cannot be told from {', '.join(names)}; --text names them, as in --text 6,7"
    )


def joined_pair(columns: Sequence[str], cells: Sequence[str]) -> str:
    """The pair of a row.

    Raises:
        InputError: one of its texts is missing; the sentence is for the row that it stands in.
    """
    for column, cell in zip(columns, cells, strict=True):
        if not cell.strip():
            raise InputError(f"its text ({column}) is missing, and a pair has two")
    first, second = cells
    return pair_text(first, second)


def line_flaw(line: str) -> str | None:
    """What keeps a line of plain text from being a pair."""
    parts = line.split(BETWEEN)
    if len(parts) == 1:
        return "it is one text, and a pair is two, parted by a tab"
    if len(parts) > 2:
        return f"it has {len(parts) - 1} tabs, and a pair is two texts, parted by one"
    if not all(part.strip() for part in parts):
        return "a text of the pair is missing"
    return None
