"""How translations are looked for. Nothing heavy is imported."""

from __future__ import annotations

from dataclasses import dataclass

BEAMS = 5
LENGTH_PENALTY = 1.0
BATCH = 64


@dataclass(frozen=True)
class Search:
    """How a translation is looked for.

    Args:
        beams: hypotheses of a text at a time; 1 takes the likeliest token each time.
        length_penalty: α of Wu et al. 2016, equation 14; 0 compares plain probabilities, larger values favour longer texts.
        max_tokens: most tokens of a translation; None: twice the source's and twenty.
        batch: texts that are translated at once, at most.
    """

    beams: int = BEAMS
    length_penalty: float = LENGTH_PENALTY
    max_tokens: int | None = None
    batch: int = BATCH
