"""Frozen dataclasses that cross rooms: what a comparison was asked, and what it found."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from nlpwb.options import Json
from nlpwb.tasks import Task

ALPHA = 0.05
"""The level of every test, over all pairs of a comparison."""


@dataclass(frozen=True)
class Protocol:
    """How a comparison was made: all that a reader needs to judge its figures.

    ``task`` says what is predicted; ``labels`` is empty where that is a number. ``split`` is ``file`` (a test file), ``holdout``
    or ``folds``; ``train_rows`` and ``test_rows`` are documents in one run's parts, their mean over folds. ``separable`` is the
    smallest difference that this design finds with 80 % power, in the metric's unit; None where it cannot be told (one
    method). ``jobs`` and ``threads`` say under what load times were taken.
    """

    task: Task
    corpus: str
    test: str | None
    rows: int
    train_rows: int
    test_rows: int
    labels: list[str]
    metric: str
    higher_is_better: bool
    split: str
    test_size: float | None
    folds: int | None
    repeats: int | None
    seeds: list[int]
    seed: int
    groups: int | None
    budgets: list[int]
    interval: str
    significance: str
    alpha: float
    separable: float | None
    jobs: int
    threads: int
    versions: dict[str, str]
    search: str | None = None


@dataclass(frozen=True)
class Result:
    """One row of the table. A method that failed has ``error`` and no figures.

    ``score`` with its 95 % interval ``low`` to ``high``; methods that share a letter cannot be told apart; ``delta`` is the
    difference to the best with its interval. ``fit_seconds`` is a mean over cells, ``docs_per_second`` counts prediction from
    texts, ``peak_mib`` is the most that a cell took above interpreter, libraries and texts, ``bytes`` the model on disk.
    Of a base that learned on ``trained_share`` is the share of its weights that did, ``ship_bytes`` what they come to in float32.
    ``oov_rate`` is the share of test tokens that the method does not know. ``seed_sd`` is the deviation between seeds.
    ``chosen`` are options that ``auto`` left to the training rows, ``searched`` those that a search changed.
    """

    method: str
    budget: int | None = None
    score: float | None = None
    low: float | None = None
    high: float | None = None
    letters: str | None = None
    delta: float | None = None
    delta_low: float | None = None
    delta_high: float | None = None
    fit_seconds: float | None = None
    docs_per_second: float | None = None
    peak_mib: float | None = None
    bytes: int | None = None
    trained_share: float | None = None
    ship_bytes: int | None = None
    dimensions: int | None = None
    oov_rate: float | None = None
    seed_sd: float | None = None
    chosen: dict[str, float] | None = None
    searched: dict[str, str] | None = None
    error: str | None = None


@dataclass(frozen=True)
class PairResult:
    """Two methods on the same documents: ``delta`` is a's score minus b's, ``p_holm`` its p-value after Holm's correction."""

    a: str
    b: str
    delta: float
    low: float
    high: float
    p: float
    p_holm: float


@dataclass(frozen=True)
class Answer:
    """The comparison in words: the best, those not told from it, the cheapest of all these."""

    text: str
    best: str
    tied: list[str]
    cheapest: str


@dataclass(frozen=True)
class Verdict:
    """Methods judged on the same rows: results best first, the pairs, the smallest difference that the design separates.

    ``borrowed``: in words, whether weights that somebody else trained pay; empty where the methods do not tell.
    """

    results: list[Result]
    pairs: list[PairResult]
    separable: float | None
    answer: Answer | None
    borrowed: str = ""


@dataclass(frozen=True)
class Disagreement:
    """A test document on which methods differ: its row, its label, and what each method says, in the order of the results."""

    row: int
    label: str
    predicted: dict[str, str]
    text: str


@dataclass(frozen=True)
class Comparison:
    """All that a comparison found: ``results`` best first, ``curve`` for every budget, ``pairs`` over the full training part."""

    protocol: Protocol
    results: list[Result]
    curve: list[Result]
    pairs: list[PairResult]
    answer: Answer | None
    warnings: list[str]
    notes: list[str]

    @property
    def failed(self) -> list[Result]:
        """The rows without figures."""
        return [result for result in [*self.results, *self.curve] if result.error]

    def document(self) -> dict[str, Json]:
        """As JSON prints it; `docs/comparison.schema.json` describes it. A number that is not finite is null."""
        import dataclasses

        document: dict[str, Json] = finite(dataclasses.asdict(self))
        return document


def finite(value: Any) -> Any:
    """The value with None for every infinity and NaN in it, since JSON has no word for them; tuples become lists.

    >>> finite({"separable": float("inf"), "low": [0.5, float("nan")]})
    {'separable': None, 'low': [0.5, None]}
    """
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(item) for item in value]
    return value
