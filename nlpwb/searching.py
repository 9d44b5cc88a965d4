"""Random search: specs drawn from the ranges that the options of a spec declare (Bergstra & Bengio 2012, JMLR 13).

An option that was typed stays as it is; the others are drawn, each from its own range. What is drawn depends on the spec and on
the seed alone, so a search that is repeated, or made longer, tries the same specs again first.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

from nlpwb.errors import UsageError
from nlpwb.options import OptionInfo, Span, changed_options, option_table, show
from nlpwb.specs import Part, Spec, parse_spec, spell

_PATIENCE = 200
"""Draws in a row that bring nothing new before a search has seen all there is."""
_UNITS = {"s": 1.0, "min": 60.0, "h": 3600.0}


@dataclass(frozen=True)
class Budget:
    """How long to search, for each method and run: a number of trials, or seconds of fitting and predicting."""

    trials: int | None = None
    seconds: float | None = None

    def __str__(self) -> str:
        return f"{self.trials} trials" if self.trials is not None else f"{self.seconds:g} s"


def parse_budget(text: str) -> Budget:
    """``20`` is a number of trials; ``90s``, ``10min`` and ``2h`` are times.

    >>> parse_budget("20").trials, parse_budget("10min").seconds
    (20, 600.0)

    Raises:
        UsageError: it is neither.
    """
    number = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(s|min|h)?", text.strip())
    if number is not None and float(number[1]) > 0:
        if number[2]:
            return Budget(seconds=float(number[1]) * _UNITS[number[2]])
        if number[1].isdigit():
            return Budget(trials=int(number[1]))
    raise UsageError(
        f"--search {text!r}: give a number of trials, such as 20, or a time, such as 90s, 10min or 2h"
    )


def trials(spec: Spec, *, seed: int) -> Iterator[Spec]:
    """Specs to try: first the one as typed, then draws, none twice; ends where nothing new can be drawn.

    >>> from itertools import islice
    >>> [str(trial) for trial in islice(trials(parse_spec("majority"), seed=0), 3)]
    ['majority']
    """
    yield spec
    digest = hashlib.sha256(f"{spec}\n{seed}".encode()).digest()
    generator = random.Random(int.from_bytes(digest[:8], "big"))
    seen = {str(spec)}
    missed = 0
    while missed < _PATIENCE:
        text = "+".join(_drawn(part, generator) for part in spec.parts)
        try:
            trial = parse_spec(text)
            for part in trial.parts:
                getattr(part.config, "check_here", _nothing)()
        except UsageError:  # options that do not go together, or not with the base that is there
            missed += 1
            continue
        if str(trial) in seen:
            missed += 1
            continue
        missed = 0
        seen.add(str(trial))
        yield trial


def _nothing() -> None:
    """What is checked of a config that asks nothing of what it names."""


def searched(part: Part) -> dict[str, OptionInfo]:
    """The options of a part that a search draws: those with a range that were not typed."""
    typed = changed_options(part.config)
    config_class: type = type(part.config)
    return {
        name: info
        for name, info in option_table(config_class).items()
        if info.search and name not in typed
    }


def chosen_options(spec: Spec, trial: Spec) -> dict[str, str]:
    """What a search chose: the options in which a trial differs from the spec as typed, as words.

    Options of a second part carry its name where the first part has an option of that name: ``logreg.C``.
    """
    chosen: dict[str, str] = {}
    for before, after in zip(spec.parts, trial.parts, strict=True):
        old = changed_options(before.config)
        for name, word in changed_options(after.config).items():
            if old.get(name) != word:
                chosen[name if name not in chosen else f"{after.name}.{name}"] = word
    return chosen


def _drawn(part: Part, generator: random.Random) -> str:
    words = changed_options(part.config)
    for name, info in searched(part).items():
        # a draw for every option, whether it is used or not: a longer table of options changes no earlier draw of another
        share = generator.random()
        words[name] = _word(info.search, share)
    return spell(part.name, words)


def _word(search: Span | tuple[str, ...], share: float) -> str:
    if isinstance(search, Span):
        return show(search.draw(share))
    return search[min(int(share * len(search)), len(search) - 1)]
