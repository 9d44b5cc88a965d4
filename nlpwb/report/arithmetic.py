"""The arithmetic of one head for one word, as it is printed: query, keys, scores, softmax, sum of values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from nlpwb.report.attention import amount, shown
from nlpwb.report.columns import Column, Row, Table
from nlpwb.report.layout import aligned, wrap

if TYPE_CHECKING:
    from nlpwb.workflows.looking.arithmetic import Arithmetic, Term

NUMBERS = 6
"""Numbers of a vector that a table shows."""


def arithmetic_lines(made: Arithmetic, *, width: int) -> Iterator[str]:
    """The arithmetic of one word, from its query to the sum of values."""
    size = len(made.query)
    numbers = 2 if width < 100 else NUMBERS
    yield from wrap(f"{shown(made.word)!r} at place {made.place} of {made.title}", width)
    yield from wrap(f"  q = {vector(made.query, max(numbers, (width - 20) // 7))}", width, indent=4)
    yield ""
    table = Table([term_row(term) for term in made.terms], term_columns(made, numbers))
    lines, _ = aligned(table, width)
    yield from lines
    yield ""
    yield from wrap(
        f"  score = q · k / √{size}"
        + (" + bias" if any(term.bias is not None for term in made.terms) else "")
        + f"; weight = exp(score {_less(made)}) / {made.total:.3f}, the sum of the exponentials",
        width,
        indent=4,
    )
    kept = sorted(made.terms, key=lambda term: -term.weight)[:6]
    terms = " + ".join(
        f"{amount(term.weight)}·v({shown(term.key)})"
        for term in sorted(kept, key=lambda t: t.place)
    )
    left = [term.weight for term in made.terms if term.weight > 0 and term not in kept]
    more = f" + {amount(sum(left))} of {len(left)} smaller" if left else ""
    yield from wrap(f"  head({shown(made.word)}) = {terms}{more}", width, indent=4)
    yield from wrap(
        f"    = {vector(made.context, max(numbers, (width - 20) // 7))}", width, indent=4
    )


def vector(values: Sequence[float], most: int) -> str:
    """A few numbers of a vector: ``(0.12 −0.30 … 16)``.

    >>> vector((0.5, -0.25, 1.0), 2)
    '(0.50 −0.25 … 3 numbers)'
    """
    body = " ".join(f"{value:.2f}".replace("-", "−") for value in values[:most])
    return f"({body} … {len(values)} numbers)" if len(values) > most else f"({body})"


def _less(made: Arithmetic) -> str:
    """The largest score, taken away."""
    most = max(term.score for term in made.terms if term.score is not None)
    return f"{'+' if most < 0 else '−'} {abs(most):.3f}"


def term_row(term: Term) -> Row:
    """A key's fields."""
    return {
        "key": shown(term.key),
        "k": term.key_vector,
        "v": term.value_vector,
        "dot": term.dot,
        "bias": term.bias,
        "score": term.score,
        "exponential": term.exponential,
        "weight": term.weight,
    }


def term_columns(made: Arithmetic, numbers: int = NUMBERS) -> list[Column]:
    """The columns of keys; vectors show their first numbers."""

    def short(values: Sequence[float]) -> str:
        body = " ".join(f"{value:.2f}".replace("-", "−") for value in values[:numbers])
        return body + (" …" if len(values) > numbers else "")

    columns = [
        Column("key", "key", keep=True),
        Column("k", "k", show=short),
        Column("dot", "q · k", right=True, keep=True, show=_signed),
        Column("score", f"/ √{len(made.query)}", right=True, keep=True, show=_signed),
        Column("exponential", "exp", right=True, keep=True, show=lambda value: f"{value:.3f}"),
        Column("weight", "weight", right=True, keep=True, show=lambda value: f"{value:.3f}"),
        Column("v", "v", show=short),
    ]
    if any(term.bias is not None for term in made.terms):
        columns.insert(3, Column("bias", "bias", right=True, keep=True, show=_signed))
        columns[4] = Column("score", "score", right=True, keep=True, show=_signed)
    return columns


def _signed(value: float) -> str:
    return f"{value:.3f}".replace("-", "−")
