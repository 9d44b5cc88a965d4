"""Cells to figures, by hand: what stands in the files decides every number of the row."""

from __future__ import annotations

from collections.abc import Sequence
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


def on_an_arc(places: Sequence[int], *, known: Sequence[int] | None = None) -> dict[str, Any]:
    """What a training keeps that has word i at ``places[i]`` times five degrees, of the words ``known`` or of all."""
    known = list(range(len(places)) if known is None else known)
    angles = np.radians([5 * places[word] for word in known])
    return {
        "known": np.array(known),
        "units": np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float16),
    }


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
        **more.pop("kept", on_an_arc(range(12))), **arrays,
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
    """Twelve words on an arc: the ten neighbours are all but the farthest. With both ends exchanged the first word still lies
    farthest from the last, and words 1 to 3 lose one neighbour for another: (1 + 3 · 9/11) / 4."""
    other = bench.artifact("seed", facts={}, **on_an_arc([11, *range(1, 11), 0]))
    result = words(bench, lambda scores: scores, [], seed=other)
    assert result.seed_stability == pytest.approx(19 / 22)
    assert result.seed_stability_words == 4
    assert (result.half_stability, result.half_stability_words) == (None, None)


def test_a_probe_that_one_training_does_not_know_is_neither_probe_nor_neighbour(bench):
    """Thirteen words, of which one training lacks the fourth: (1 + 2 · 9/11) / 3 of the other three."""
    known = [0, 1, 2, *range(4, 13)]
    other = bench.artifact("seed", facts={}, **on_an_arc([12, *range(1, 12), 0], known=known))
    result = words(bench, lambda scores: scores, [], seed=other, kept=on_an_arc(range(13)))
    assert result.seed_stability == pytest.approx(29 / 33)
    assert result.seed_stability_words == 3


@pytest.mark.parametrize("seed", range(5))
def test_the_same_vectors_are_stable_whatever_words_each_training_lacks(bench, seed):
    """Neighbours that only one training knows must not count against either."""
    rng = np.random.default_rng(seed)
    table = rng.normal(size=(50, 5)).astype(np.float16)
    lists = [np.sort(rng.choice(50, size=size, replace=False)) for size in (40, 30)]
    a, b = (
        bench.artifact(name, facts={}, known=known, units=table[known])
        for name, known in zip("ab", lists, strict=True)
    )
    probes = set(range(4)).intersection(*(known.tolist() for known in lists))
    result = words(bench, lambda scores: scores, [], half_a=a, half_b=b)
    assert result.half_stability_words == len(probes)
    assert result.half_stability == (1 if len(probes) > 1 else None)


def test_ten_words_in_common_have_no_ten_neighbours(bench):
    other = bench.artifact("seed", facts={}, **on_an_arc(range(12), known=range(10)))
    result = words(bench, lambda scores: scores, [], seed=other)
    assert (result.seed_stability, result.seed_stability_words) == (None, 0)


def test_halves_are_compared_with_each_other_and_not_with_the_whole(bench):
    arc = on_an_arc([5, 3, 11, 0, 7, 2, 9, 1, 10, 4, 8, 6])
    a, b = (bench.artifact(name, facts={}, **arc) for name in "ab")
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
