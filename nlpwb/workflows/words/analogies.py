"""Analogies as people type them: ``king - man + woman``, or ``man : king :: woman : ?``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nlpwb.errors import UsageError
from nlpwb.workflows.words.asking import Asked, UnknownWord, count_of, joined, look_up_all

if TYPE_CHECKING:
    from nlpwb.vectors.analogies import Method

PLUS = ("+",)
MINUS = ("-", "−", "–")
_PROPORTION = (":", "::", "?")
_HOW = "write king - man + woman, or three words: man king woman"


@dataclass(frozen=True)
class Expression:
    """Words that are added and words that are subtracted, in the order in which they were typed.

    ``note`` says how it was read, where that is not what was typed.
    """

    signed: tuple[tuple[str, str], ...]
    note: str | None = None

    def __str__(self) -> str:
        text = " ".join(f"{sign} {word}" for sign, word in self.signed)
        return text.removeprefix("+ ")


@dataclass(frozen=True)
class Answer:
    """One of the best answers to an analogy; without rank, word and score where there are none."""

    question: str
    rank: int | None
    word: str | None
    score: float | None
    count: int | None
    note: str | None


def parse_expression(tokens: Sequence[str]) -> Expression:
    """The words of an analogy with their signs; tokens may hold several words.

    >>> str(parse_expression(["king - man", "+", "woman"]))
    'king - man + woman'
    >>> str(parse_expression(["man", "king", "woman"]))
    'king - man + woman'

    Raises:
        UsageError: it is neither a sum nor a proportion of three words.
    """
    words = [word for token in tokens for word in token.split()]
    if not any(word in (*PLUS, *MINUS) for word in words):
        return _proportion(words)
    signed, sign = [], None
    for place, word in enumerate(words):
        if word in (*PLUS, *MINUS):
            if sign is not None:
                raise UsageError(f"two signs stand before {' '.join(words[place:])!r}; {_HOW}")
            sign = "+" if word in PLUS else "-"
        elif sign is None and place:
            raise UsageError(f"a + or - is missing between {words[place - 1]} and {word}; {_HOW}")
        else:
            signed.append((sign or "+", word))
            sign = None
    if sign is not None:
        raise UsageError(f"no word follows the last {sign}; {_HOW}")
    if all(sign == "-" for sign, _ in signed):
        raise UsageError(f"no word is added; {_HOW}")
    return Expression(tuple(signed))


def _proportion(words: Sequence[str]) -> Expression:
    plain = [word for word in words if word not in _PROPORTION]
    if len(plain) != 3:
        few = {0: "no word", 1: "one word"}.get(len(plain), f"{len(plain)} words")
        raise UsageError(f"{few} without + and - between them; {_HOW}")
    a, b, c = plain
    expression = Expression((("+", b), ("-", a), ("+", c)))
    return Expression(expression.signed, f"read as {a} : {b} :: {c} : ?, which is {expression}")


def analogies(
    asked: Asked,
    questions: Iterable[Sequence[str]],
    *,
    k: int,
    method: Method,
    restrict: int | None = None,
) -> Iterator[Answer]:
    """The ``k`` best answers to each analogy, of the first ``restrict`` words; its own words are none.

    Raises:
        UsageError: it cannot be read, unless in a batch.
        InputError: a word that is not known, unless it is one of a batch.
    """
    import numpy as np

    from nlpwb.vectors.analogies import solve

    k = min(k, len(asked.vectors))
    for tokens in questions:
        try:
            expression = parse_expression(tokens)
            found, note = look_up_all(asked, [word for _, word in expression.signed])
        except (UnknownWord, UsageError) as error:
            if not asked.batch:
                raise
            yield Answer(" ".join(tokens), None, None, None, None, str(error))
            continue
        signs = np.array([sign == "+" for sign, _ in expression.signed])
        table = np.stack([entry.vector for entry in found])
        rows, scores = solve(
            asked.vectors,
            table[signs],
            table[~signs],
            k=k,
            method=method,
            exclude=[entry.row for entry in found if entry.row is not None],
            restrict=restrict,
        )
        note = joined(expression.note, note)
        answers = [
            pair for pair in zip(rows.tolist(), scores.tolist(), strict=True) if pair[0] >= 0
        ]
        if not answers:
            empty = "the vectors cancel out, or no other word is there"
            yield Answer(str(expression), None, None, None, None, joined(note, empty))
        for rank, (row, score) in enumerate(answers, 1):
            count = count_of(asked.vectors, row)
            yield Answer(str(expression), rank, asked.vectors.words[row], score, count, note)
