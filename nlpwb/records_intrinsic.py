"""Frozen dataclasses of a comparison without labels: how it was made, and what it found."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from nlpwb.options import Json
from nlpwb.records import Answer, PairResult, finite


@dataclass(frozen=True)
class IntrinsicProtocol:
    """How methods were compared without labels.

    ``queries`` documents of the held-out part are cut in two after half of their ``unit`` (words or characters); those with
    fewer than ``least_units`` were left out, and ``queries_cap`` is the most that are asked. ``reference_words`` are the
    words that stand ``least_count`` times or more in both halves of the training part: among them the ``neighbors`` nearest
    of the first ``probe_words`` are sought. ``similarity_pairs`` counts the pairs of each set, ``analogy_questions`` all
    questions; they are asked among the first ``restrict_vocab`` words. ``chance_mrr`` is what guessing gets. ``separable`` is
    the smallest difference in MRR that these documents tell with 80 % power; None where it cannot be told.
    """

    task: str
    corpus: str
    rows: int
    train_rows: int
    held_out_rows: int
    half_rows: list[int]
    test_size: float
    queries: int
    queries_cap: int
    unit: str
    least_units: int
    groups: int | None
    order: str
    recall_at: int
    chance_mrr: float
    chance_recall: float
    reference_words: int
    probe_words: int
    least_count: int
    neighbors: int
    similarity_pairs: dict[str, int]
    analogy_questions: int
    least_questions: int
    restrict_vocab: int
    seed: int
    second_seed: int
    interval: str
    significance: str
    alpha: float
    separable: float | None
    jobs: int
    threads: int
    versions: dict[str, str]


@dataclass(frozen=True)
class IntrinsicResult:
    """One row. A method that failed has ``error`` and no figures; without word vectors it has none of the word tests'.

    ``mrr`` and ``recall`` are means over the queries; methods that share a letter cannot be told apart by MRR; ``delta`` is
    the difference in MRR to the best. ``wordsim353`` and ``simlex999`` are Spearman's correlations over the ``_pairs`` whose
    words are both known; ``analogies`` is the share answered right of ``analogies_questions`` whose four words are known, None
    below the protocol's ``least_questions``, with Wilson's interval over these questions, and ``_words_low`` to ``_words_high``
    for questions made of other pairs of words. ``seed_stability`` and ``half_stability`` are the mean share (Jaccard) of
    neighbours that two trainings have in common, over ``_words``; 1 without an interval where nothing could differ: no seed
    changes the method, or no text of this corpus does.
    ``stability_error`` says which of those trainings failed. Costs are those of the whole training part, as in
    :class:`~nlpwb.records.Result`; ``docs_per_second`` counts the documents that were cut in two.
    """

    method: str
    mrr: float | None = None
    mrr_low: float | None = None
    mrr_high: float | None = None
    recall: float | None = None
    recall_low: float | None = None
    recall_high: float | None = None
    letters: str | None = None
    delta: float | None = None
    delta_low: float | None = None
    delta_high: float | None = None
    wordsim353: float | None = None
    wordsim353_low: float | None = None
    wordsim353_high: float | None = None
    wordsim353_pairs: int | None = None
    simlex999: float | None = None
    simlex999_low: float | None = None
    simlex999_high: float | None = None
    simlex999_pairs: int | None = None
    analogies: float | None = None
    analogies_low: float | None = None
    analogies_high: float | None = None
    analogies_words_low: float | None = None
    analogies_words_high: float | None = None
    analogies_questions: int | None = None
    seed_stability: float | None = None
    seed_stability_low: float | None = None
    seed_stability_high: float | None = None
    seed_stability_words: int | None = None
    half_stability: float | None = None
    half_stability_low: float | None = None
    half_stability_high: float | None = None
    half_stability_words: int | None = None
    oov_rate: float | None = None
    fit_seconds: float | None = None
    docs_per_second: float | None = None
    peak_mib: float | None = None
    bytes: int | None = None
    dimensions: int | None = None
    stability_error: str | None = None
    error: str | None = None


@dataclass(frozen=True)
class IntrinsicVerdict:
    """Methods judged on the same questions: results best first, the pairs, the smallest difference that would show."""

    results: list[IntrinsicResult]
    pairs: list[PairResult]
    separable: float | None
    answer: Answer | None


@dataclass(frozen=True)
class IntrinsicComparison:
    """All that a comparison without labels found: ``results`` best first by MRR, then the methods that failed."""

    protocol: IntrinsicProtocol
    results: list[IntrinsicResult]
    pairs: list[PairResult]
    answer: Answer | None
    warnings: list[str]
    notes: list[str]

    @property
    def failed(self) -> list[IntrinsicResult]:
        """The rows of which figures are missing because something failed."""
        return [result for result in self.results if result.error or result.stability_error]

    def document(self) -> dict[str, Json]:
        """As JSON prints it; `docs/intrinsic.schema.json` describes it. A number that is not finite is null."""
        document: dict[str, Json] = finite(dataclasses.asdict(self))
        return document
