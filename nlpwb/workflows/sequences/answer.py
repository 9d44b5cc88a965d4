"""The answer of a comparison in one sentence: what to use, what cannot be told from it, what is cheapest of these."""

from __future__ import annotations

import math
from collections.abc import Sequence

from nlpwb.evaluation.cost import recommend
from nlpwb.records import Answer
from nlpwb.records_sequences import SequenceResult
from nlpwb.workflows.phrases import WORTH_NAMING, WORTH_SAVING, listed, no_cheaper, others, times
from nlpwb.workflows.sequences.sources import SequenceTask


def answer_of(
    task: SequenceTask,
    found: Sequence[SequenceResult],
    seconds: Sequence[float],
    separable: float | None,
    *,
    units: int,
    few: bool = False,
) -> Answer | None:
    """The answer over methods that can be compared, best first, with what each costs; None for fewer than two.

    Args:
        units: blocks of the test text, or test sentences.
        few: they are too few for any difference to be told from chance.
    """
    if len(found) < 2:
        return None
    advice = recommend(
        [result.score or 0.0 for result in found],
        [result.letters or "" for result in found],
        seconds,
        higher_is_better=task == "translate",
    )
    best, tied = found[advice.best], [found[m] for m in advice.tied]
    cheapest = found[advice.cheapest_tied]
    saved = seconds[advice.best] - seconds[advice.cheapest_tied]
    rest = others(len(found) - 1)
    if task == "lm":
        use, asked = "to foretell such texts", "on this test text"
        better = f"it needs fewer bits per byte than {rest}"
    else:
        use, asked = "to translate such texts", f"on these {units:,} test sentences"
        better = f"its BLEU is higher than that of {rest}"
    if few:
        text = _undecided(task, found, units)
    elif not tied:
        text = f"Use {best.method} {use}: {asked} {better}."
    elif advice.times_cheaper < WORTH_NAMING or saved < WORTH_SAVING:
        names = [result.method for result in tied]
        text = f"Use {best.method} {use}: {asked} {listed(names)} cannot be told from it, and {no_cheaper(names)}."
    else:
        more = [result.method for result in tied if result is not cheapest]
        text = f"Use {cheapest.method} {use}: {asked} within noise of the best ({best.method}), and {times(advice.times_cheaper)}"
        text += f"; {listed(more)} cannot be told from the best either." if more else "."
    if separable is not None and math.isfinite(separable) and separable > 0:
        unit = f"{separable:.3f} bits per byte" if task == "lm" else f"{separable:.1f} BLEU"
        text += f" Differences of {unit} or more would show."
    return Answer(
        text=text,
        best=best.method,
        tied=[result.method for result in tied],
        cheapest=cheapest.method,
    )


def _undecided(task: SequenceTask, found: Sequence[SequenceResult], units: int) -> str:
    """No test can decide: the best is named as what it is, and the way out."""
    if task == "lm":
        lead, few = "needs the fewest bits per byte here", "block" if units == 1 else "blocks"
        more = "give a longer text, or a larger --test-size"
    else:
        lead, few = "has the highest BLEU here", "sentence" if units == 1 else "sentences"
        more = "give more pairs, or a larger --test-size"
    return (
        f"{found[0].method} {lead}, but {units:,} {few} are too few to tell {len(found)} methods apart, "
        f"however large the difference; {more}."
    )
