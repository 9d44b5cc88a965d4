"""Frozen dataclasses of a comparison of language models, or of translators: how it was made, and what it found."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from nlpwb.options import Json
from nlpwb.records import Answer, PairResult, finite


@dataclass(frozen=True)
class SequenceProtocol:
    """How methods that write were compared.

    ``metric`` is ``bits-per-byte`` (task ``lm``, lower is better) or ``bleu`` (task ``translate``). ``split`` is ``file`` (a test
    file), ``end`` (the last ``test_size`` of the texts' bytes, in order) or ``holdout`` (pairs by lot). ``running`` says whether
    the texts are one running text; rows are then its lines, else documents; of pairs it is None, as are the bytes.
    ``units`` is how many blocks of consecutive lines or documents, of ``unit_bytes`` or a little more, or how many pairs,
    the bootstrap draws from. ``beams`` and ``length_penalty`` say how translations are looked for, ``signatures`` are
    sacrebleu's. ``separable`` is the smallest difference in the metric that this test part tells with 80 % power; None where it
    cannot be told. ``jobs`` and ``threads`` say under what load times were taken.
    """

    task: str
    corpus: str
    test: str | None
    metric: str
    higher_is_better: bool
    split: str
    test_size: float | None
    running: bool | None
    train_rows: int
    test_rows: int
    train_bytes: int | None
    test_bytes: int | None
    units: int
    unit: str
    unit_bytes: int | None
    beams: int | None
    length_penalty: float | None
    signatures: dict[str, str] | None
    seed: int
    seeds: list[int]
    interval: str
    significance: str
    alpha: float
    separable: float | None
    jobs: int
    threads: int
    device: str
    precision: str
    versions: dict[str, str]


@dataclass(frozen=True)
class SequenceResult:
    """One row. A method that failed has ``error`` and no figures; what does not apply to a task is None.

    ``score`` is in bits per byte, or BLEU from 0 to 100, with its 95 % interval; ``block`` neighbouring units were kept together
    for it. Methods that share a letter cannot be told apart; ``delta`` is the difference to the best. A language model whose
    tokens do not hold all of a text (``lossless`` false) foretells less than the others: it has no letters and no difference.
    ``perplexity`` is per token of the method's own vocabulary; ``score_wide`` is the score where ``wide_context`` tokens, twice
    the ``trained_context``, are seen at once. ``fit_seconds`` is a mean over seeds, ``tokens_per_second`` counts tokens that are
    scored, ``sentences_per_second`` those translated, ``peak_mib`` is the most that a cell took above interpreter, libraries and
    texts, ``bytes`` the model on disk; ``parameters`` counts n-grams where there are no weights. ``seed_sd`` is the deviation of
    the score between seeds.
    """

    method: str
    score: float | None = None
    low: float | None = None
    high: float | None = None
    block: int | None = None
    letters: str | None = None
    delta: float | None = None
    delta_low: float | None = None
    delta_high: float | None = None
    perplexity: float | None = None
    perplexity_low: float | None = None
    perplexity_high: float | None = None
    score_wide: float | None = None
    trained_context: int | None = None
    wide_context: int | None = None
    chrf: float | None = None
    chrf_low: float | None = None
    chrf_high: float | None = None
    tokenizer: str | None = None
    vocabulary: int | None = None
    lossless: bool | None = None
    parameters: int | None = None
    fit_seconds: float | None = None
    tokens_per_second: float | None = None
    sentences_per_second: float | None = None
    peak_mib: float | None = None
    bytes: int | None = None
    seed_sd: float | None = None
    error: str | None = None


@dataclass(frozen=True)
class SequenceVerdict:
    """Methods judged on the same units: results best first, the pairs, the smallest difference that would show."""

    results: list[SequenceResult]
    pairs: list[PairResult]
    separable: float | None
    answer: Answer | None


@dataclass(frozen=True)
class SequenceComparison:
    """All that a comparison found: ``results`` best first, then those that cannot be compared, then those that failed."""

    protocol: SequenceProtocol
    results: list[SequenceResult]
    pairs: list[PairResult]
    answer: Answer | None
    warnings: list[str]
    notes: list[str]

    @property
    def failed(self) -> list[SequenceResult]:
        """The rows without figures."""
        return [result for result in self.results if result.error]

    def document(self) -> dict[str, Json]:
        """As JSON prints it; `docs/sequences.schema.json` describes it. A number that is not finite is null."""
        document: dict[str, Json] = finite(dataclasses.asdict(self))
        return document
