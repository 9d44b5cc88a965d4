"""Texts that a model has written, piece by piece and whole, and what is to be said of all of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from nlpwb.workflows.language.request import Request


@dataclass(frozen=True)
class Piece:
    """Some more of a text, as it comes; texts come one after the other, in the order of prompts and samples.

    Args:
        prompt: as it was given; ``number`` and ``sample``: the how manieth, from 0.
    """

    prompt: str
    number: int
    sample: int
    text: str


@dataclass(frozen=True)
class Generated:
    """A text that is finished; all its pieces came before.

    Args:
        prompt, number, sample: as in :class:`Piece`.
        text: what follows the prompt, without the stop string.
        tokens: all that were written, the one that ended the text, too.
        log_probabilities: of the tokens in nats, as the model has them, whatever the sampling.
        finished: end (the model ended the text), stop (a stop string), length (the most tokens).
        stop: the string that ended it.
        cut: tokens of the prompt's beginning that were not read, since they were too many.
        slid: how many times the context was full, and its last half was read again.
        seconds: from the reading of the prompt to the last token, together with the other texts of the batch.
        score: of beam search: log-probability over length penalty.
    """

    prompt: str
    number: int
    sample: int
    text: str
    tokens: tuple[str, ...]
    log_probabilities: tuple[float, ...]
    finished: str
    stop: str | None
    cut: int
    slid: int
    seconds: float
    score: float | None = None


def cut_warning(number: int, cut: int, context: int | None) -> str:
    """What is said of a text that a model goes on from and that is longer than it sees.

    Args:
        number: of the text, from 0.
        cut: tokens of its beginning that were not read.
        context: tokens that the model sees.
    """
    tokens = "1 token" if cut == 1 else f"{cut:,} tokens"
    was = "was" if cut == 1 else "were"
    return f"text {number + 1} is longer than the {context:,} tokens that the model reads: its first {tokens} {was} cut"


@dataclass(eq=False)
class Tally:
    """What was written in all, and what the user should know of it."""

    request: Request
    context: int | None
    warn: Callable[[str], None]
    note: Callable[[str], None]
    texts: int = 0
    tokens: int = 0
    stopped: int = 0
    slid: int = 0
    began: float = field(default_factory=time.perf_counter)

    def count(self, found: Generated) -> None:
        """Take note of a text; says at once when its prompt was cut."""
        self.texts += 1
        self.tokens += len(found.tokens)
        self.stopped += found.stop is not None
        self.slid += found.slid > 0
        if found.cut and found.sample == 0:
            self.warn(cut_warning(found.number, found.cut, self.context))

    def close(self) -> None:
        """Say the rest."""
        seconds = time.perf_counter() - self.began
        if self.slid and self.context is not None:
            self.note(
                f"the context of {self.context:,} tokens was full in {self.slid:,} of {self.texts:,} texts: they went on from "
                f"its last {max(1, self.context // 2):,}"
            )
        if self.request.stops and self.texts and not self.stopped:
            names = ", ".join(map(repr, self.request.stops))
            self.warn(
                f"no text met --stop {names}; each went on to its end or to --max-tokens {self.request.max_tokens:,}"
            )
        if self.tokens:
            self.note(
                f"{self.tokens:,} tokens in {seconds:.1f} s, {self.tokens / seconds:,.0f} a second"
            )
