"""How the next token is chosen: the options of sampling, with their defaults."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """What is done to the probabilities before a token is drawn, in the order of the fields; the defaults change nothing.

    Args:
        repetition_penalty: logits of tokens that the row holds are divided by it, or multiplied where they are negative.
        temperature: logits are divided by it; above 0.
        top_k: tokens that may be drawn, the likeliest; 0: all.
        top_p: the fewest likeliest tokens that have this much probability together may be drawn; above 0, 1: all.
        min_p: tokens with at least this share of the likeliest one's probability may be drawn; below 1, 0: all.
        greedy: nothing is drawn, the likeliest token is taken.
    """

    repetition_penalty: float = 1.0
    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0
    greedy: bool = False
