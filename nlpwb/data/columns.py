"""Which columns of a table hold the text and the label: as asked, else guessed from names, else from content.

A guess is said, and where two columns would do equally well for a label there is none: then the user must name it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from nlpwb.data.cells import is_number
from nlpwb.data.corpus import Columns, ReadOptions
from nlpwb.data.targets import number
from nlpwb.data.two_texts import guess_two_texts, named_pair
from nlpwb.errors import InputError, UsageError
from nlpwb.tasks import SEPARATOR

TEXT_NAMES = (
    "text", "texts", "sentence", "review", "content", "tweet", "body", "document", "comment", "text_a", "sentence1",
    "message", "post", "utterance", "question", "query", "phrase", "description", "abstract",
)  # fmt: skip
SURE_LABEL_NAMES = ("label", "labels")
LABEL_NAMES = (
    "class", "category", "sentiment", "target", "y", "intent", "topic", "polarity", "emotion", "stance", "gold",
    "gold_label", "annotation", "tag", "genre",
)  # fmt: skip
LAST_LABEL_NAMES = ("stars", "rating", "score")
NUMBER_NAMES = (
    *SURE_LABEL_NAMES,
    "score",
    "rating",
    "stars",
    "target",
    "y",
    "value",
    "gold",
    "grade",
)

_LEAST_ROWS = 10  # below which nothing is said of how often texts repeat
_MOST_LABELS = 100  # distinct values of a column whose name does not say that it is a label


def last_word(name: str) -> str | None:
    """The last of a name's words, such as ``sentiment`` of ``airline_sentiment``; None where it is one word."""
    words = re.split(r"[\W_]+", name.casefold())
    return words[-1] if len(words) > 1 else None


def choose_columns(
    names: Sequence[str], sample: Sequence[Sequence[str]], options: ReadOptions, *, name: str
) -> tuple[Columns, tuple[str, ...]]:
    """The columns to read and notes that say which of them were guessed; ``sample`` holds the first rows below the header.

    Raises InputError where a column that was asked for does not exist, and where a label is wanted but cannot be told from
    its rivals.
    """
    notes = []
    label, marks = _asked_label(options.label, names, name=name)
    group = (
        _asked(options.group, names, option="--group-col", name=name)[0] if options.group else None
    )
    if options.pairs:
        text = _pair(names, sample, options, taken=(label, group, *marks), name=name)
        notes += [] if options.text else [f"text columns: {text[0]} and {text[1]} (guessed)"]
    elif options.text:
        text = _asked(options.text, names, option="--text", name=name, several=True)
    else:
        text = (_guess_text(names, sample, taken={label, group, *marks}, name=name),)
        notes.append(f"text column: {text[0]} (guessed)")
    for word in marks or (label,):
        if word in text:
            raise UsageError(f"--label {word!r} is the text column as well; name another")
    if label is None and options.labelled is not False:
        guess = _guess_number if options.task == "regression" else _guess_label
        label = guess(names, sample, taken={*text, group}, name=name)
        if label is None and options.pairs and options.task is None:  # how alike two texts are
            label = _guess_number(names, sample, taken={*text, group}, name=name)
        if label is not None:
            notes.append(f"label column: {label} (guessed)")
        elif options.labelled:
            raise InputError(
                f"{name}: no column looks like a label among {', '.join(names)}; --label names it"
            )
        else:
            notes.append(
                "no label column found, so the documents are unlabelled (--label names one)"
            )
    return Columns(text, label, group, marks, pair=options.pairs), tuple(notes)


def _pair(
    names: Sequence[str],
    sample: Sequence[Sequence[str]],
    options: ReadOptions,
    *,
    taken: Sequence[str | None],
    name: str,
) -> tuple[str, ...]:
    """The two columns of a pair's texts, as asked or guessed; what looks like a label is none of them."""
    if not options.text:
        values = _by_column(names, sample)
        unlikely = {
            column
            for column in names
            if column.casefold() in (*SURE_LABEL_NAMES, *LABEL_NAMES)
            or last_word(column) in (*SURE_LABEL_NAMES, *LABEL_NAMES)
            or (len(sample) >= _LEAST_ROWS and _few_values(values[column]))
        }
        if list(names) == ["1", "2"] and options.labelled is False:  # there is nothing else
            unlikely = set()
        return guess_two_texts(names, values, taken=taken, unlikely=unlikely, name=name)
    words = named_pair(options.text)
    found = [_asked(word, names, option="--text", name=name)[0] for word in words]
    if found[0] == found[1]:
        raise UsageError(f"--text {options.text} names one column twice, and a pair has two texts")
    return tuple(found)


def _asked_label(
    wanted: str | None, names: Sequence[str], *, name: str
) -> tuple[str | None, tuple[str, ...]]:
    """The label column that the user named; or several, one for each label, and what they are called together."""
    if wanted is None:
        return None, ()
    words = [word.strip() for word in wanted.split(SEPARATOR)]
    if wanted in names or len(words) == 1:
        return _asked(wanted, names, option="--label", name=name)[0], ()
    marks = [_asked(word, names, option="--label", name=name)[0] for word in words]
    return SEPARATOR.join(marks), tuple(dict.fromkeys(marks))


def _asked(
    wanted: str, names: Sequence[str], *, option: str, name: str, several: bool = False
) -> tuple[str, ...]:
    """The columns that the user named, by name or by number from 1."""
    words = [wanted]
    if several and wanted not in names:
        words = [word.strip() for word in wanted.split(",")]
    found = []
    for word in words:
        if word in names:
            found.append(word)
        elif word.isdigit() and 1 <= int(word) <= len(names):
            found.append(names[int(word) - 1])
        else:
            numbered = list(names) == [str(number + 1) for number in range(len(names))]
            there = (
                f"it has no header, its columns are numbered 1 to {len(names)}"
                if numbered
                else f"there are: {', '.join(names)}"
            )
            raise InputError(f"{name} has no column {word!r} ({option}); {there}")
    return tuple(found)


def _guess_text(
    names: Sequence[str], sample: Sequence[Sequence[str]], *, taken: set[str | None], name: str
) -> str:
    free = [column for column in names if column not in taken]
    if not free:
        raise InputError(f"{name} has no column left for the text; --text names it")
    values = _by_column(names, sample)
    prose = [column for column in free if not all(map(is_number, values[column])) or not sample]
    found = _first_named(prose, TEXT_NAMES) or _ending_in(prose, TEXT_NAMES)
    if found:
        return found[0]
    mean = {column: _mean_length(values[column]) for column in free}
    longest = max(mean.values())
    # Of two long columns the first: the sentence before its translation, the question before the answer.
    return next(column for column in free if mean[column] >= longest / 2)


def _guess_label(
    names: Sequence[str], sample: Sequence[Sequence[str]], *, taken: set[str | None], name: str
) -> str | None:
    values = _by_column(names, sample)
    free = [column for column in names if column not in taken and _fits_label(values[column])]
    sure = _first_named([column for column in names if column not in taken], SURE_LABEL_NAMES)
    if sure and _is_short(values[sure[0]]):  # many labels on few rows are labels still
        return sure[0]
    for candidates in (
        _first_named(free, LABEL_NAMES),
        _ending_in(free, (*SURE_LABEL_NAMES, *LABEL_NAMES)),
        [column for column in _first_named(free, LAST_LABEL_NAMES) if _few_values(values[column])],
        [column for column in free if _few_values(values[column])],
    ):
        if len(candidates) == 1:
            return candidates[0]
        if candidates:
            raise InputError(
                f"{name}: the label could be any of the columns {', '.join(candidates)}; "
                "--label names the one you mean"
            )
    return None


def _guess_number(
    names: Sequence[str], sample: Sequence[Sequence[str]], *, taken: set[str | None], name: str
) -> str | None:
    """The column of numbers: of a usual name, or the only one that does not count its rows."""
    values = _by_column(names, sample)
    free = [
        column
        for column in names
        if column not in taken
        and any(value.strip() for value in values[column])
        and all(number(value) is not None for value in values[column] if value.strip())
    ]
    named = _first_named(free, NUMBER_NAMES) or _ending_in(free, NUMBER_NAMES)
    if named:
        return named[0]
    others = [column for column in free if last_word(column) != "id" and column.casefold() != "id"]
    if len(others) > 1:
        raise InputError(
            f"{name}: the number could be any of the columns {', '.join(others)}; "
            "--label names the one you mean"
        )
    return others[0] if others else None


def _first_named(columns: Sequence[str], usual: Sequence[str]) -> list[str]:
    """The columns of a usual name, in the order of the usual names."""
    by_name = {column.casefold(): column for column in reversed(columns)}
    return [by_name[word] for word in usual if word in by_name]


def _ending_in(columns: Sequence[str], usual: Sequence[str]) -> list[str]:
    """The columns whose name ends in a usual one: ``airline_sentiment``, ``Review Text``."""
    return [column for column in columns if last_word(column) in usual]


def _fits_label(values: Sequence[str]) -> bool:
    """Whether these can be labels: short, and repeated unless there are only a few rows."""
    filled = [value for value in values if value.strip()]
    if values and not filled:
        return False
    return _is_short(filled) and (len(filled) < 10 or len(set(filled)) <= len(filled) / 2)


def _is_short(values: Sequence[str]) -> bool:
    return all(len(value) <= 100 for value in values) and _mean_length(values) <= 40


def _few_values(values: Sequence[str]) -> bool:
    """Whether an unnamed column looks like a label: 2 to 100 distinct values, each several times, all of them filled."""
    distinct = set(values)
    return (
        2 <= len(distinct) <= min(_MOST_LABELS, len(values) / 2)
        and all(value.strip() for value in distinct)
        and not any("." in value and is_number(value) for value in distinct)
    )


def _by_column(names: Sequence[str], sample: Sequence[Sequence[str]]) -> dict[str, list[str]]:
    return {
        column: [row[place] for row in sample if place < len(row)]
        for place, column in enumerate(names)
    }


def _mean_length(values: Sequence[str]) -> float:
    return sum(map(len, values)) / len(values) if values else 0.0
