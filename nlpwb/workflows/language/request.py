"""What can be asked of a model that writes, and what has no meaning."""

from __future__ import annotations

import math
from dataclasses import dataclass

from nlpwb.errors import UsageError
from nlpwb.methods.decoding.config import Sampling


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is asked of a model.

    Args:
        sampling: how a token is chosen.
        beams: 0 to sample; else the hypotheses of a beam search, whose best are the samples.
        length_penalty: α of the search.
        stops: strings at which a text ends; they are left out of it.
        max_tokens: of a text, at most.
        samples: texts for each prompt.
        batch: texts that are written at a time.
        keep: whether keys and states are kept between tokens.
    """

    sampling: Sampling = Sampling()
    beams: int = 0
    length_penalty: float = 1.0
    stops: tuple[str, ...] = ()
    max_tokens: int = 256
    samples: int = 1
    seed: int = 0
    batch: int = 16
    keep: bool = True

    def __post_init__(self) -> None:
        """Refuse what has no meaning.

        Raises:
            UsageError: a value out of its range, or options that contradict each other.
        """
        asked = self.sampling
        above = "--temperature must be a number above 0"
        if not (asked.temperature > 0 and math.isfinite(asked.temperature)):
            raise UsageError(
                f"{above}, got {asked.temperature:g}; --greedy takes the likeliest token"
            )
        if not 0 < asked.top_p <= 1:
            raise UsageError(
                f"--top-p must be above 0 and at most 1, got {asked.top_p:g}; 1 keeps all tokens"
            )
        if not 0 <= asked.min_p < 1:
            raise UsageError(
                f"--min-p must be at least 0 and below 1, got {asked.min_p:g}; 0 keeps all tokens"
            )
        if not (asked.repetition_penalty > 0 and math.isfinite(asked.repetition_penalty)):
            raise UsageError(
                f"--repetition-penalty must be a number above 0, got {asked.repetition_penalty:g}; 1 is none"
            )
        if not (self.length_penalty >= 0 and math.isfinite(self.length_penalty)):
            raise UsageError(
                f"--length-penalty must be a number of at least 0, got {self.length_penalty:g}; 0 is none"
            )
        if not all(self.stops):
            raise UsageError("--stop is empty, which every text holds; give a string")
        if self.beams and self.samples > self.beams:
            raise UsageError(
                f"--samples {self.samples} asks for more texts than --beams {self.beams} keeps; raise --beams"
            )
        if asked.greedy and self.samples > 1:
            raise UsageError(
                "--greedy gives the same text each time; leave out --samples or --greedy"
            )
