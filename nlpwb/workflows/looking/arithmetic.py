"""The arithmetic of one head for one word: query, keys, scores, softmax, and the sum of values that comes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nlpwb.errors import UsageError, nearest
from nlpwb.workflows.looking.attention import Attended, View
from nlpwb.workflows.looking.reading import joined, word_numbers

if TYPE_CHECKING:
    from nlpwb.workflows.looking.reading import TokensRead

Vector = tuple[float, ...]


@dataclass(frozen=True)
class Term:
    """One key on its way to a weight.

    Args:
        place: of the key, from 1.
        key: its token.
        key_vector: k, h numbers.
        value_vector: v, h numbers.
        dot: q · k.
        scaled: q · k / √h.
        bias: what positions add; None where they add nothing.
        score: their sum; None where the query may not look.
        exponential: exp(score - the largest score); 0 where it may not look.
        weight: this, divided by the sum of all of them.
    """

    place: int
    key: str
    key_vector: Vector
    value_vector: Vector
    dot: float
    scaled: float
    bias: float | None
    score: float | None
    exponential: float
    weight: float


@dataclass(frozen=True)
class Arithmetic:
    """One query of one head.

    Args:
        title: which attention, layer and head.
        place: of the query, from 1.
        word: its token.
        query: q, h numbers.
        terms: one for each key.
        total: the sum of the exponentials.
        context: the sum of weight · value, h numbers: what the head says of this place.
    """

    title: str
    place: int
    word: str
    query: Vector
    terms: tuple[Term, ...]
    total: float
    context: Vector


def arithmetic(attended: Attended, view: View, place: int) -> Arithmetic:
    """The numbers behind one row of a head's weights.

    Args:
        attended: with its tokens, not joined to words.
        view: one head.
        place: of the query, from 0.
    """
    import numpy as np

    assert view.head is not None or view.heads == 1, "an arithmetic is of one head"
    assert view.layer is not None, "of one layer"
    name = layer_name(attended, view.kind, view.layer)
    head = (view.head or 1) - 1

    found = {
        step.name.removeprefix(f"{name}."): step.value[0, head].double().numpy()
        for step in attended.steps
        if step.name.startswith(f"{name}.")
    }
    queries, keys, values = found["queries"], found["keys"], found["values"]
    scores, biases = found["scores"], found.get("bias")
    q, row = queries[place], scores[place]
    dots = keys @ q
    exponentials = np.exp(row - row.max())
    total = float(exponentials.sum())
    terms = tuple(
        Term(
            place=number + 1,
            key=key,
            key_vector=tuple(keys[number].tolist()),
            value_vector=tuple(values[number].tolist()),
            dot=float(dots[number]),
            scaled=float(dots[number] / np.sqrt(len(q))),
            bias=None if biases is None else float(biases[place, number]),
            score=float(row[number]) if np.isfinite(row[number]) else None,
            exponential=float(exponentials[number]),
            weight=float(exponentials[number] / total),
        )
        for number, key in enumerate(view.keys)
    )
    return Arithmetic(
        title=view.title,
        place=place + 1,
        word=view.queries[place],
        query=tuple(q.tolist()),
        terms=terms,
        total=total,
        context=tuple(found["context"][place].tolist()),
    )


def has_arithmetic(attended: Attended, kind: str) -> bool:
    """Whether a kind of attention has queries and keys of which scores are products."""
    return any(layer_name(attended, kind, one.layer) for one in attended.layers(kind)[:1])


def layer_name(attended: Attended, kind: str, layer: int) -> str:
    """The name of the steps of a layer, or nothing."""
    from nlpwb.workflows.looking.watching import kind_of

    names = [
        step.name.removesuffix(".queries")
        for step in attended.steps
        if step.name.endswith(".queries")
    ]
    of_kind = [name for name in names if kind_of(name) == kind]
    return of_kind[layer - 1] if layer <= len(of_kind) else ""


def places_of(word: str, tokens: Sequence[str], read: TokensRead | None = None) -> list[int]:
    """The places, from 0, at which a word stands: as a token, or as the pieces that make it; case counts only where it tells.

    Raises:
        UsageError: the text has no such word; the sentence names the nearest.
    """
    bodies = [token.strip() for token in tokens]
    exact = [place for place, token in enumerate(bodies) if token == word]
    folded = [place for place, token in enumerate(bodies) if token.casefold() == word.casefold()]
    found = exact or folded
    if not found and read is not None and len(read) == len(tokens):
        numbers = word_numbers(read.starts)
        words = joined(read.tokens, read.starts)
        meant = {n for n, one in enumerate(words) if one.casefold() == word.casefold()}
        found = [place for place, number in enumerate(numbers) if number in meant]
    if not found:
        raise UsageError(
            f"--word {word}: the text has no such word; {nearest(word, set(bodies) - {''})}"
        )
    return found
