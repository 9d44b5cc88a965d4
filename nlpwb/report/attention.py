"""Attention in the terminal: weights as shaded tables, sentences as sums, the strongest edges of long texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from nlpwb.report.columns import visible
from nlpwb.report.layout import wrap
from nlpwb.report.style import DIM, paint

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nlpwb.workflows.looking.attention import View

SHADES = " ░▒▓█"
LEVELS = (0.05, 0.2, 0.4, 0.7)
"""From which weight on a cell takes the next shade."""
_STYLES = (DIM, "", "", "1", "1;7")
"""How a terminal that has it shows the five levels, whatever its colours are: dim, plain, bold, reversed."""
_CELL = 4  # the narrowest cell that holds a shade and two decimals
_LABEL = 14  # cells for the token that a row belongs to, at most
TERMS = 6
"""Terms of a sum that are written out; what is left is one more."""
LEAST = 0.005
"""Smaller weights are 0.00, and are no terms where others are larger."""
EVEN = 1.02
"""Weights of which the largest is at most so many times the smallest are even: no term tells more than another."""
EDGES = 20
SHARES = (1, 2, 4, 8)
"""Where a cell has no room for a number: from how many times an even share on it takes the next shade."""
ROWS = 40
"""Rows of a table on a terminal; a longer text has its strongest edges listed."""


def shown(token: str) -> str:
    """A token in one line, spaces around it gone, white space visible.

    >>> shown(" the"), shown("\\n"), shown(" ")
    ('the', '⏎', '␣')
    """
    body = token.strip()
    if body:
        return visible(body)
    return token.replace("\n", "⏎").replace(" ", "␣").replace("\t", "⇥") or "∅"


def level(weight: float) -> int:
    """The number of a weight's shade, 0 to 4, by its two decimals.

    >>> level(0.04), level(0.05), level(0.39), level(0.7)
    (0, 1, 2, 4)
    """
    return sum(round(weight, 2) >= least for least in LEVELS)


def number(weight: float) -> str:
    """Three cells: ``.25``, ``1.0``; nothing where the query may not look.

    >>> number(0.25), number(0.999), number(0.0)
    ('.25', '1.0', '   ')
    """
    if weight == 0:
        return "   "
    return f"{weight:.2f}"[1:] if weight < 0.995 else "1.0"


def shaded_table(view: View, *, width: int, colour: bool, rows: Sequence[int]) -> list[str]:
    """The lines of a table: a row for each query, a column for each key, in ``width`` cells.

    Columns that hold no number hold a shade alone, in even shares, and are numbered. What has no room at all
    is told by its strongest edges.
    """
    from rich.cells import cell_len

    queries = [shown(view.queries[row]) for row in rows]
    label = min(_LABEL, max(cell_len(name) for name in queries))
    keys = [shown(key) for key in view.keys]
    room = width - label - 4
    wide = room // len(keys) - 1
    if len(rows) > ROWS or len(keys) > room - 4:
        return strongest_lines(view, width=width, rows=rows)
    if wide < _CELL:
        return _shades_alone(view, label=label, rows=rows, width=width, colour=colour)
    wide = min(wide, max(_CELL, *(cell_len(key) for key in keys)))
    lines = [" " * (label + 4) + " ".join(fitted(key, wide, right=True) for key in keys)]
    for row, name in zip(rows, queries, strict=True):
        cells = [_cell(float(weight), wide, colour) for weight in view.weights[row]]
        lines.append(f"  {fitted(name, label)}  {' '.join(cells)}".rstrip())
    lines[0] = paint(lines[0].rstrip(), DIM, on=colour)
    return lines


def _cell(weight: float, wide: int, colour: bool) -> str:
    shade = level(weight)
    text = SHADES[shade] * (wide - 3) + number(weight)
    style = _STYLES[shade] if weight else ""
    return f"\x1b[{style}m{text}\x1b[0m" if colour and style else text


def _shades_alone(
    view: View, *, label: int, rows: Sequence[int], width: int, colour: bool
) -> list[str]:
    """One cell for each key; keys are numbered above, and each query has its number."""
    even = 1 / len(view.keys)
    digits = len(str(max(len(view.keys), len(view.queries))))
    numbers = [str(n).rjust(digits) for n in range(1, len(view.keys) + 1)]
    lines = []
    for digit in range(digits):
        marks = "".join(
            one[digit] if (digit < digits - 1 and (n + 1) % 10 == 0) or digit == digits - 1 else " "
            for n, one in enumerate(numbers)
        )
        lines.append(paint(" " * (label + digits + 4) + marks, DIM, on=colour))
    for row in rows:
        cells = "".join(
            SHADES[sum(weight >= share * even for share in SHARES)] for weight in view.weights[row]
        )
        name = fitted(shown(view.queries[row]), label)
        lines.append(f"  {row + 1:>{digits}} {name} {cells}".rstrip())
    times = ", ".join(f"{shade} {share}" for shade, share in zip(SHADES[1:], SHARES, strict=True))
    return [*lines, *wrap(f"  times an even share of {even:.3f}, and more: {times}", width)]


def strongest_edges(
    weights: NDArray[np.float32], rows: Sequence[int], count: int
) -> list[tuple[int, int, float]]:
    """The ``count`` largest weights of some rows, largest first: (query, key, weight), places from 0."""
    import numpy as np

    chosen = weights[list(rows)]
    order = np.argsort(-chosen, axis=None, kind="stable")[:count]
    places = np.unravel_index(order, chosen.shape)
    return [(rows[int(q)], int(k), float(chosen[q, k])) for q, k in zip(*places, strict=True)]


def strongest_lines(view: View, *, width: int, rows: Sequence[int]) -> list[str]:
    """The strongest edges, one a line; of even weights the weight alone."""
    found = strongest_edges(view.weights, rows, EDGES)
    total = len(rows) * len(view.keys)
    if found[0][2] <= EVEN / len(view.keys):
        return wrap(f"All {total:,} edges have the same weight, {found[0][2]:.3g}.", width)
    half = max(8, (width - 12) // 2)
    lines = wrap(f"The {len(found)} strongest of {total:,} edges (query, key, weight):", width)
    for query, key, weight in found:
        left = fitted(f"{query + 1} {shown(view.queries[query])}", half)
        right = fitted(f"{key + 1} {shown(view.keys[key])}", half)
        bar = SHADES[level(weight)]
        lines.append(f"  {left} ← {right} {bar}{weight:.3f}".rstrip())
    return lines


def amount(weight: float) -> str:
    """A weight as a factor: two decimals, or two digits that count where these would be 0.00.

    >>> amount(0.25), amount(0.00195)
    ('0.25', '0.0020')
    """
    return f"{weight:.2f}" if weight >= LEAST or weight == 0 else f"{weight:#.2g}"


def sum_of(view: View, row: int, *, terms: int = TERMS) -> str:
    """One query as people write it on a blackboard: ``bank = 0.25·money + 0.70·bank + 0.05·grows``.

    The largest ``terms`` weights in the order of the text, and how much the others hold together. What rounds to 0.00 is left
    out, unless all of them do; of even weights one is said for all.
    """
    return f"{shown(view.queries[row])} = {' + '.join(_terms(view, row, terms=terms))}"


def _terms(view: View, row: int, *, terms: int = TERMS, longest: int = 10**6) -> list[str]:
    """The terms of a sum, the names of keys in so many cells at most."""
    weights = view.weights[row]
    order = sorted(range(len(weights)), key=lambda place: (-weights[place], place))
    while terms < len(order) and not any(weights[place] for place in order[terms + 1 :]):
        terms += 1  # a rest of one is a term like the others
    there = [place for place in order if weights[place] > 0]
    if len(there) > terms and weights[there[0]] <= EVEN * weights[there[-1]]:
        return [f"{amount(float(weights[there[0]]))}·each of {len(there)}"]
    kept = sorted(place for place in there[:terms] if weights[place] >= LEAST)
    kept = kept or sorted(there[:terms])
    parts = [
        f"{amount(float(weights[place]))}·{cut(shown(view.keys[place]), longest)}" for place in kept
    ]
    others = [place for place in there if place not in kept]
    rest = float(sum(weights[place] for place in others))
    if rest >= LEAST:
        parts.append(f"{rest:.2f} of {len(others)} others")
    return parts or ["0"]


def sum_lines(view: View, *, width: int, rows: Sequence[int]) -> Iterator[str]:
    """The sums of some queries, their signs of equality below each other, broken before a plus."""
    from rich.cells import cell_len

    names = [shown(view.queries[row]) for row in rows]
    label = min(_LABEL + 4, width // 3, max((cell_len(name) for name in names), default=0))
    for name, row in zip(names, rows, strict=True):
        line = f"  {fitted(name, label, right=True)} ="
        for number_, term in enumerate(_terms(view, row, longest=width - label - 14)):
            piece = f" {'+ ' if number_ else ''}{term}"
            if number_ and cell_len(line + piece) > width:
                yield line
                line = " " * (label + 4)
            line += piece
        yield line


def cut(text: str, cells: int) -> str:
    """A text in at most so many cells, what is left away told by an ellipsis."""
    from rich.cells import cell_len

    if cell_len(text) <= cells:
        return text
    while text and cell_len(text) > cells - 1:
        text = text[:-1]
    return f"{text}…"


def fitted(text: str, cells: int, *, right: bool = False) -> str:
    """A text in exactly so many cells: cut, or filled with spaces."""
    from rich.cells import cell_len

    text = cut(text, cells)
    gap = " " * (cells - cell_len(text))
    return gap + text if right else text + gap
