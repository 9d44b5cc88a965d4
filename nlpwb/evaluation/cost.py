"""What quality costs: the frontier of a comparison, and what to use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from nlpwb.evaluation.letters import letters_of


@dataclass(frozen=True)
class Recommendation:
    """The answer of a comparison, as indices of methods.

    ``best`` scores best; ``tied`` cannot be told from it (itself left out); ``cheapest_tied`` is the cheapest of all those,
    ``best`` included; ``times_cheaper`` is the cost of ``best`` over that of ``cheapest_tied``: 1.0 where they are the same,
    ``inf`` where the latter costs nothing, NaN where the cost of ``best`` is not known.
    """

    best: int
    tied: tuple[int, ...]
    cheapest_tied: int
    times_cheaper: float


def pareto(points: Sequence[tuple[float, float]]) -> list[bool]:
    """Which (quality, cost) points are on the frontier: no other has as much quality for less, or more for as little.

    Quality is better when higher (negate a loss), cost when lower, in any unit. Equal points stand or fall together; a
    point with a NaN is never on the frontier.
    """
    known = [(quality, cost) for quality, cost in points if quality == quality and cost == cost]
    frontier: set[tuple[float, float]] = set()
    most = -inf
    for cost in sorted({cost for _, cost in known}):
        quality = max(q for q, c in known if c == cost)
        if quality > most or not frontier:
            frontier.add((quality, cost))
            most = quality
    return [point in frontier for point in points]


def recommend(
    scores: Sequence[float],
    letters: Sequence[str],
    costs: Sequence[float],
    *,
    higher_is_better: bool,
) -> Recommendation:
    """The best of M methods, those that share a letter with it, and the cheapest of them.

    ``letters`` as :func:`nlpwb.evaluation.letters.letters` gives them; ``costs`` in any unit, positive or zero. The first
    in the given order wins where scores, or costs, are equal, but ``best`` before any other. A NaN cost is never the cheapest.
    """
    assert len(scores) == len(letters) == len(costs) > 0
    sign = 1 if higher_is_better else -1
    best = max(range(len(scores)), key=lambda m: sign * scores[m])
    of_best = set(letters_of(letters[best]))
    tied = tuple(
        m for m in range(len(scores)) if m != best and of_best & set(letters_of(letters[m]))
    )
    cheapest = min((best, *tied), key=lambda m: costs[m] if costs[m] == costs[m] else inf)
    if cheapest == best:
        return Recommendation(best, tied, best, 1.0)
    times = costs[best] / costs[cheapest] if costs[cheapest] > 0 else inf
    return Recommendation(best, tied, cheapest, times)
