"""Cells to figures, by hand: what stands in the files decides every number of the row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nlpwb.cache.store import Artifact
from nlpwb.data.wordsets import builtin_analogies, builtin_similarity
from nlpwb.evaluation.intervals import wilson
from nlpwb.records_intrinsic import IntrinsicResult, IntrinsicVerdict
from nlpwb.workflows.intrinsic.judging import Asked, judge
from nlpwb.workflows.intrinsic.plan import IntrinsicPlan

QUERIES = 40
NEAR = [[0, 1]] * QUERIES  # every second half is found at once
HALF = [[0, 1], [1, 1]] * (QUERIES // 2)  # first, second, first, second …
BLIND = [[0, QUERIES]] * QUERIES
FACTS = {
    "fit_seconds": 10.0, "transform_seconds": 2.0, "documents": QUERIES, "peak_bytes": 2**20,
    "model_bytes": 500, "dimensions": 8, "oov_rate": 0.25, "word_vectors": False,
}  # fmt: skip


class Bench:
    """Artifacts as cells would leave them, and a plan that asked them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.methods: list[Asked] = []

    def artifact(self, name: str, *, facts: dict[str, Any], **arrays: Any) -> Artifact:
        """A folder with these arrays."""
        path = self.folder / name
        path.mkdir()
        for array, values in arrays.items():
            np.save(path / f"{array.replace('_', '-')}.npy", np.array(values))
        return Artifact(path, {"facts": facts})

    def asked(self, name: str, standings: list[list[int]], **facts: Any) -> None:
        """A method without word vectors."""
        train = self.artifact(name, facts={**FACTS, **facts}, standings=standings)
        self.methods.append(Asked(name, train))

    def judged(self, groups: list[int] | None = None) -> IntrinsicVerdict:
        """The verdict over all methods."""
        if groups is not None:
            np.save(self.folder / "groups.npy", np.array(groups))
        plan = IntrinsicPlan(
            artifact=Artifact(self.folder, {"facts": {}}), corpus="c.txt", rows=200, train_rows=160,
            held_out_rows=QUERIES, half_rows=[80, 80], test_size=0.2, queries=QUERIES,
            queries_cap=5000, unit="words", least_units=20, reference_words=50, probe_words=4,
            groups=None if groups is None else len(set(groups)), least_count=5, digests={},
            warnings=[], notes=[],
        )  # fmt: skip
        return judge(plan, self.methods, seed=0)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def words(bench: Bench, cosines: Any, answers: Any, **more: Any) -> IntrinsicResult:
    """The row of a method with word vectors whose answers are these."""
    sets = builtin_similarity()
    arrays = {
        f"similarity_{i}": cosines(np.array(one.scores)) if i == 0 else [np.nan] * len(one.pairs)
        for i, one in enumerate(sets)
    }
    unknown = np.full(len(builtin_analogies().questions), -1, dtype=np.int8)
    unknown[: len(answers)] = answers
    train = bench.artifact(
        "words", facts={**FACTS, "word_vectors": True}, standings=NEAR, analogies=unknown,
        neighbors=more.pop("neighbors", [[1, 2]] * 4), **arrays,
    )  # fmt: skip
    bench.methods.append(Asked("words", train, **more))
    return next(result for result in bench.judged().results if result.method == "words")


def test_mean_reciprocal_rank_recall_and_costs(bench):
    bench.asked("half", HALF)
    (result,) = bench.judged().results
    assert (result.mrr, result.recall) == (0.75, 1)
    assert (result.recall_low, result.recall_high) == wilson(
        40, 40
    )  # a bootstrap has no width here
    assert 0.65 < (result.mrr_low or 0) < 0.75 < (result.mrr_high or 0) < 0.85
    assert (result.fit_seconds, result.docs_per_second, result.peak_mib) == (10.0, 20.0, 1.0)
    assert (result.bytes, result.dimensions, result.oov_rate) == (500, 8, 0.25)
    assert (result.letters, result.delta) == ("a", None)


def test_the_best_first_with_letters_and_differences(bench):
    bench.asked("half", HALF)
    bench.asked("near", NEAR)
    found = bench.judged()
    assert [(result.method, result.letters) for result in found.results] == [
        ("near", "a"),
        ("half", "b"),
    ]
    worse = found.results[1]
    assert worse.delta == -0.25
    assert worse.delta_low is not None
    assert worse.delta_low < -0.25 < (worse.delta_high or 0) < 0
    (pair,) = found.pairs
    assert (pair.a, pair.b, pair.delta) == ("half", "near", -0.25)
    assert found.answer is not None
    assert found.answer.text.startswith(
        "Use near to compare documents: on these 40 held-out documents it finds their other halves "
        "better than the other one. Differences in MRR of "
    )


def test_equals_share_a_letter_and_the_far_cheaper_one_is_recommended(bench):
    bench.asked("dear", NEAR, fit_seconds=100.0)
    bench.asked("cheap", NEAR, fit_seconds=8.0)
    found = bench.judged()
    assert [result.letters for result in found.results] == ["a", "a"]
    assert found.answer is not None
    assert found.answer.text == (
        "Use cheap to compare documents: on these 40 held-out documents within noise of the best (dear), "
        "and 10 times cheaper."
    )
    assert (found.answer.best, found.answer.tied, found.answer.cheapest) == (
        "dear", ["cheap"], "cheap"
    )  # fmt: skip


def test_equals_of_like_cost_are_named(bench):
    bench.asked("one", NEAR)
    bench.asked("other", NEAR)
    answer = bench.judged().answer
    assert answer is not None
    assert answer.text == (
        "Use one to compare documents: on these 40 held-out documents other cannot be told from it, and "
        "it does not cost much less."
    )


def test_methods_that_guess_are_not_recommended(bench):
    bench.asked("blind", BLIND)
    bench.asked("blinder", BLIND)
    answer = bench.judged().answer
    assert answer is not None
    assert answer.text == (
        "On these 40 held-out documents no method is shown to find their other halves better than guessing."
    )


def test_groups_are_what_is_resampled(bench):
    """Two groups, of which one is always first and the other always second: means of 1, .75 and .5, nothing between."""
    bench.asked("half", [[0, 1]] * 20 + [[1, 1]] * 20)
    (result,) = bench.judged(groups=[0] * 20 + [1] * 20).results
    assert (result.mrr_low, result.mrr_high) == (0.5, 1)


def test_cosines_in_the_order_of_peoples_scores_correlate_fully(bench):
    result = words(bench, lambda scores: scores / 10, [])
    assert result.wordsim353 == pytest.approx(1)
    assert result.wordsim353_pairs == 353
    assert (result.simlex999, result.simlex999_pairs) == (None, 0)


def test_pairs_that_are_not_known_are_left_out(bench):
    def some(scores):
        return np.where(np.arange(len(scores)) < 40, -scores, np.nan)

    result = words(bench, some, [])
    assert result.wordsim353 == pytest.approx(-1)
    assert result.wordsim353_pairs == 40


def test_below_thirty_pairs_there_is_no_figure(bench):
    result = words(bench, lambda s: np.where(np.arange(len(s)) < 29, s, np.nan), [])
    assert (result.wordsim353, result.wordsim353_pairs) == (None, 29)


def test_analogies_are_counted_where_a_hundred_are_covered(bench):
    result = words(bench, lambda scores: scores, [1] * 30 + [0] * 90)
    assert (result.analogies, result.analogies_questions) == (0.25, 120)
    assert (result.analogies_low, result.analogies_high) == wilson(30, 120)
    assert result.analogies_words_low is not None
    assert result.analogies_words_low < (result.analogies_low or 0)


def test_below_a_hundred_questions_there_is_no_figure(bench):
    result = words(bench, lambda scores: scores, [1] * 99)
    assert (result.analogies, result.analogies_low, result.analogies_questions) == (None, None, 99)


def test_stability_is_the_jaccard_index_over_probes_that_both_know(bench):
    """Same two neighbours, one of two, none of two, and a probe that one training does not know: (1 + 1/3 + 0) / 3."""
    other = bench.artifact("seed", facts={}, neighbors=[[2, 1], [1, 3], [3, 4], [1, 2]])
    result = words(
        bench, lambda scores: scores, [], seed=other, neighbors=[[1, 2], [1, 2], [1, 2], [-1, -1]]
    )
    assert result.seed_stability == pytest.approx(4 / 9)
    assert result.seed_stability_words == 3
    assert (result.half_stability, result.half_stability_words) == (None, None)


def test_halves_are_compared_with_each_other_and_not_with_the_whole(bench):
    a = bench.artifact("a", facts={}, neighbors=[[5, 6]] * 4)
    b = bench.artifact("b", facts={}, neighbors=[[6, 5]] * 4)
    result = words(bench, lambda scores: scores, [], half_a=a, half_b=b)
    assert (result.half_stability, result.half_stability_words) == (1, 4)


def test_what_no_seed_or_no_text_changes_is_stable_by_definition(bench):
    fixed = words(bench, lambda scores: scores, [], deterministic=True)
    assert (fixed.seed_stability, fixed.seed_stability_low) == (1, None)
    assert fixed.half_stability is None


def test_vectors_that_were_trained_elsewhere_are_stable_by_definition(bench):
    result = words(bench, lambda scores: scores, [], deterministic=True, trained=False)
    assert (result.seed_stability, result.half_stability) == (1, 1)
    assert (result.half_stability_low, result.half_stability_words) == (None, None)
