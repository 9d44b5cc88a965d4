"""Analogies as people type them: ``king - man + woman``, or ``man : king :: woman : ?``."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nlpwb.errors import UsageError
from nlpwb.workflows.words.asking import (
    CHUNK,
    Asked,
    Known,
    UnknownWord,
    count_of,
    joined,
    look_up_all,
)

if TYPE_CHECKING:
    from nlpwb.vectors.analogies import Method, Question

_ANSWERS = 1_000_000  # answers that are held at a time
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
    """The words of an analogy with their signs.

    A token alone, or one with a sign in it, may hold several words; any other is one word, whatever spaces it has.

    >>> str(parse_expression(["king - man", "+", "woman"]))
    'king - man + woman'
    >>> str(parse_expression(["man", "king", "woman"]))
    'king - man + woman'
    >>> parse_expression(["new york", "-", "usa", "+", "france"]).signed[0]
    ('+', 'new york')

    Raises:
        UsageError: it is neither a sum nor a proportion of three words.
    """
    words = [word for token in tokens for word in _words_of(token, alone=len(tokens) == 1)]
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


def _words_of(token: str, *, alone: bool) -> list[str]:
    parts = token.split()
    marks = (*PLUS, *MINUS, *_PROPORTION)
    whole = parts and not alone and not any(part in marks for part in parts)
    return [token.strip()] if whole else parts


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
    k = min(k, len(asked.vectors))
    lines = max(1, min(CHUNK, _ANSWERS // max(1, k)))
    remaining = iter(questions)
    while chunk := list(itertools.islice(remaining, lines)):
        yield from _answers(asked, chunk, k, method, restrict)


def _answers(
    asked: Asked, questions: Sequence[Sequence[str]], k: int, method: Method, restrict: int | None
) -> Iterator[Answer]:
    """The answers to some questions, in their order, all found in one pass over the table."""
    from nlpwb.vectors.analogies import solve_all

    read: list[tuple[Expression, str | None] | Answer] = []
    known: list[Question] = []
    for tokens in questions:
        try:
            expression = parse_expression(tokens)
            found, note = look_up_all(asked, [word for _, word in expression.signed])
        except (UnknownWord, UsageError) as error:
            if not asked.batch:
                raise
            read.append(Answer(" ".join(tokens), None, None, None, None, str(error)))
            continue
        read.append((expression, joined(expression.note, note)))
        known.append(_question(expression, found))
    answers: Iterator[tuple[list[int], list[float]]] = iter(())
    if known:
        rows, scores = solve_all(asked.vectors, known, k=k, method=method, restrict=restrict)
        answers = zip(rows.tolist(), scores.tolist(), strict=True)
    for entry in read:
        if isinstance(entry, Answer):
            yield entry
            continue
        expression, note = entry
        best = [pair for pair in zip(*next(answers), strict=True) if pair[0] >= 0]
        if not best:
            empty = "the vectors cancel out, or no other word is there"
            yield Answer(str(expression), None, None, None, None, joined(note, empty))
        for rank, (row, score) in enumerate(best, 1):
            count = count_of(asked.vectors, row)
            yield Answer(str(expression), rank, asked.vectors.words[row], score, count, note)


def _question(expression: Expression, found: Sequence[Known]) -> Question:
    """The vectors of an analogy's words; the words themselves are no answer."""
    import numpy as np

    from nlpwb.vectors.analogies import Question

    signs = np.array([sign == "+" for sign, _ in expression.signed])
    table = np.stack([entry.vector for entry in found])
    own = [entry.row for entry in found if entry.row is not None]
    return Question(table[signs], table[~signs], own)
