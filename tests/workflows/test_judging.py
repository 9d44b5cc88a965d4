"""From cells to a verdict: scores, letters, differences, costs, and the answer in words."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nlpwb.cache.store import Artifact
from nlpwb.evaluation.intervals import wilson
from nlpwb.records import Verdict
from nlpwb.workflows.judging import Scored, judge
from nlpwb.workflows.plans import Plan, Run

COSTS = {
    "fit_seconds": 1.0,
    "predict_seconds": 0.5,
    "peak_bytes": 100 * 2**20,
    "model_bytes": 1000,
    "dimensions": 7,
    "oov_rate": 0.25,
    "chosen": {},
}


class Bench:
    """A plan over given truths, and methods whose answers are given too."""

    def __init__(self, folder: Path, *truths: list[int], groups: list[int] | None = None) -> None:
        self.folder = folder
        self.truths = [np.array(truth, dtype=np.int32) for truth in truths]
        for i, truth in enumerate(self.truths):
            np.save(folder / f"truth-{i}.npy", truth)
            if groups is not None:
                np.save(folder / f"groups-{i}.npy", np.array(groups, dtype=np.int32))
        n = sum(len(truth) for truth in truths)
        self.plan = Plan(
            artifact=Artifact(folder, {}),
            task="classify",
            corpus="c",
            test=None,
            labels=("no", "yes"),
            rows=n,
            groups=None if groups is None else len(set(groups)),
            split="holdout" if len(truths) == 1 else "folds",
            folds=None if len(truths) == 1 else len(truths),
            repeats=None,
            test_size=None,
            runs=tuple(Run(f"{i}", "", "", 4 * len(t), len(t), {}) for i, t in enumerate(truths)),
            warnings=(),
            notes=(),
        )
        self.methods: list[Scored] = []

    def says(self, name: str, *wrong: set[int], p: float = 0.9, **costs: Any) -> None:
        """A method that is wrong on these rows of each run, and gives what it says the probability ``p``."""
        cells = [
            self._cell(f"{name}-{run}", run, [rows], p, costs) for run, rows in enumerate(wrong)
        ]
        self.methods.append(Scored(name, cells))

    def says_with_seeds(self, name: str, *wrong: set[int], **costs: Any) -> None:
        """A method whose seeds are wrong on these rows of the one run."""
        self.methods.append(Scored(name, [self._cell(name, 0, list(wrong), 0.9, costs)]))

    def judged(self, metric: str = "accuracy") -> Verdict:
        """The verdict over all methods."""
        return judge(self.plan, self.methods, metric, seed=0)

    def _cell(
        self, name: str, run: int, seeds: list[set[int]], p: float, costs: dict[str, Any]
    ) -> list[Artifact]:
        truth = self.truths[run]
        found = []
        for seed, wrong in enumerate(seeds):
            predicted = np.array([1 - y if i in wrong else y for i, y in enumerate(truth)])
            scores = np.full((len(truth), 2), 1 - p)
            scores[np.arange(len(truth)), predicted] = p
            folder = self.folder / f"{name}-{seed}"
            folder.mkdir()
            np.save(folder / "predicted.npy", predicted.astype(np.int32))
            np.save(folder / "scores.npy", scores)
            facts = COSTS | {"documents": len(truth)} | costs
            found.append(Artifact(folder, {"facts": facts}))
        return found


ALTERNATING = [0, 1] * 50


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """One test part of 100 rows, half of each label."""
    return Bench(tmp_path, ALTERNATING)


def by_name(verdict: Verdict) -> dict[str, Any]:
    """Results by their method."""
    return {result.method: result for result in verdict.results}


def test_scores_are_shares_of_right_answers_best_first(bench):
    bench.says("some", set(range(20)))
    bench.says("best", set(range(10)))
    bench.says("worst", set(range(50)))
    verdict = bench.judged()
    assert [(one.method, one.score) for one in verdict.results] == [
        ("best", 0.9), ("some", 0.8), ("worst", 0.5),
    ]  # fmt: skip
    for one in verdict.results:
        assert (one.low, one.high) == wilson(round(100 * one.score), 100)


def test_letters_part_what_the_test_parts(bench):
    """0 against 3 documents is p = 1/4, 0 against 30 is p = 2 / 2^30."""
    bench.says("best", set())
    bench.says("equal", set(range(3)))
    bench.says("worse", set(range(30)))
    found = by_name(bench.judged())
    assert {name: one.letters for name, one in found.items()} == {
        "best": "a", "equal": "a", "worse": "b",
    }  # fmt: skip


def test_one_method_can_share_letters_with_two_that_differ(bench):
    bench.says("best", set())
    bench.says("middle", set(range(6)))
    bench.says("worst", set(range(11)))
    found = by_name(bench.judged())
    assert {name: one.letters for name, one in found.items()} == {
        "best": "a", "middle": "ab", "worst": "b",
    }  # fmt: skip


def test_differences_are_to_the_best_and_the_best_has_none(bench):
    bench.says("worse", set(range(30)))
    bench.says("best", set(range(5)))
    found = by_name(bench.judged())
    assert (found["best"].delta, found["best"].delta_low, found["best"].delta_high) == (None,) * 3
    assert found["worse"].delta == pytest.approx(-0.25)
    assert found["worse"].delta_low < -0.25 < found["worse"].delta_high < 0


def test_the_side_on_which_a_method_stands_changes_no_sign(tmp_path):
    """Pairs are (first, second) as given; differences to the best must not turn round with the order."""
    deltas = []
    for order in (("best", "worse"), ("worse", "best")):
        folder = tmp_path / order[0]
        folder.mkdir()
        bench = Bench(folder, ALTERNATING)
        for name in order:
            bench.says(name, set(range(5 if name == "best" else 30)))
        worse = by_name(bench.judged())["worse"]
        deltas.append((worse.delta, worse.delta_low, worse.delta_high))
    assert deltas[0] == pytest.approx(deltas[1])


def test_of_a_loss_the_lowest_is_best_and_worse_is_a_positive_difference(bench):
    """Right with 0.9 costs -ln 0.9, wrong costs -ln 0.1."""
    bench.says("worse", set(range(30)))
    bench.says("best", set())
    verdict = bench.judged("log-loss")
    best, worse = verdict.results
    assert (best.method, worse.method) == ("best", "worse")
    assert best.score == pytest.approx(-math.log(0.9))
    expected = 0.7 * -math.log(0.9) + 0.3 * -math.log(0.1)
    assert worse.score == pytest.approx(expected)
    assert worse.delta == pytest.approx(expected - best.score)
    assert 0 < worse.delta_low < worse.delta < worse.delta_high
    assert (best.letters, worse.letters) == ("a", "b")
    assert verdict.answer.best == "best"


def test_pairs_are_all_pairs_with_their_p_values(bench):
    bench.says("one", set())
    bench.says("two", set(range(3)))
    bench.says("three", set(range(30)))
    pairs = {(pair.a, pair.b): pair for pair in bench.judged().pairs}
    assert set(pairs) == {("one", "two"), ("one", "three"), ("two", "three")}
    assert pairs["one", "two"].p == 0.25
    assert pairs["one", "two"].p_holm == 0.25
    assert pairs["one", "two"].delta == pytest.approx(0.03)
    assert pairs["one", "three"].p == 2 * 0.5**30
    assert pairs["one", "three"].p_holm == pytest.approx(3 * 2 * 0.5**30)


def test_costs_are_of_all_cells(tmp_path):
    bench = Bench(tmp_path, [0, 1] * 5, [1, 0] * 5)
    bench.says("m", set(), set())
    cells = bench.methods[0].cells
    cells[0][0].manifest["facts"] = COSTS | {"documents": 10, "chosen": {"C": 1.0}}
    cells[1][0].manifest["facts"] = {
        "documents": 10,
        "fit_seconds": 3.0,
        "predict_seconds": 1.5,
        "peak_bytes": 300 * 2**20,
        "model_bytes": 2000,
        "dimensions": 9,
        "oov_rate": 0.75,
        "chosen": {"C": 10.0},
    }
    (one,) = bench.judged().results
    assert one.fit_seconds == 2.0  # the mean
    assert one.docs_per_second == 20 / 2.0
    assert one.peak_mib == 300.0  # the largest
    assert one.bytes == 1500
    assert one.dimensions == 8
    assert one.oov_rate == 0.5
    assert one.chosen == {"C": 1.0}


def test_what_a_method_does_not_have_is_none(bench):
    bench.says("m", set(), dimensions=None, oov_rate=None, predict_seconds=0.0)
    (one,) = bench.judged().results
    assert (one.dimensions, one.oov_rate, one.docs_per_second) == (None, None, None)
    assert (one.chosen, one.seed_sd) == (None, None)


def test_seeds_are_averaged_and_their_spread_is_told(bench):
    """Accuracies .9, .8 and .7: mean .8, deviation .1."""
    bench.says_with_seeds("seeded", set(range(10)), set(range(20)), set(range(30)))
    (one,) = bench.judged().results
    assert one.score == pytest.approx(0.8)
    assert one.seed_sd == pytest.approx(0.1)


def test_folds_are_judged_by_their_means(tmp_path):
    """Four folds of 20: the mean of the folds' accuracies, Student's t with three degrees of freedom."""
    bench = Bench(tmp_path, *[[0, 1] * 10] * 4)
    bench.says("best", set(), {1}, set(), {1})
    bench.says("worse", {0, 1, 2}, {0, 1, 2, 3}, {0, 1, 2, 3, 4}, {0, 1, 2, 3})
    best, worse = bench.judged().results
    assert best.score == pytest.approx((1 + 0.95 + 1 + 0.95) / 4)
    assert worse.score == pytest.approx((0.85 + 0.8 + 0.75 + 0.8) / 4)
    spread = math.sqrt((1 / 4 + 20 / 80) * np.var([0.85, 0.8, 0.75, 0.8], ddof=1))
    assert worse.high - worse.score == pytest.approx(3.182446 * spread, rel=1e-6)
    assert (best.letters, worse.letters) == ("a", "b")


# the answer in words


def test_a_clear_winner(bench):
    bench.says("winner", set(), fit_seconds=100.0)
    bench.says("cheap", set(range(40)), fit_seconds=0.1)
    answer = bench.judged().answer
    assert answer.text.startswith(
        "Use winner: on these 100 documents better than the other one. Differences of "
    )
    assert answer.text.endswith(" points or more would show.")
    assert (answer.best, answer.tied, answer.cheapest) == ("winner", [], "winner")


def test_a_tie_with_a_much_cheaper_method(bench):
    """Costs are fitting and one prediction of the test rows: 40.5 s against 1.5 s is 27 times."""
    bench.says("best", set(), fit_seconds=40.0)
    bench.says("cheap", {1}, fit_seconds=1.0)
    bench.says("third", {1, 2}, fit_seconds=20.0)
    bench.says("bad", set(range(40)), fit_seconds=0.01)
    answer = bench.judged().answer
    assert answer.text.startswith(
        "Use cheap: on these 100 documents within noise of the best (best), and 27 times cheaper; "
        "third cannot be told from the best either."
    )
    assert (answer.best, answer.tied, answer.cheapest) == ("best", ["cheap", "third"], "cheap")


def test_a_tie_with_a_somewhat_cheaper_method_names_its_times(bench):
    bench.says("best", set(), fit_seconds=3.25)
    bench.says("cheap", {1}, fit_seconds=1.0)
    text = bench.judged().answer.text
    assert text.startswith(
        "Use cheap: on these 100 documents within noise of the best (best), and 2.5 times cheaper."
    )


def test_a_tie_without_a_cheaper_method(bench):
    bench.says("best", set(), fit_seconds=1.0)
    bench.says("equal", {1}, fit_seconds=0.9)
    bench.says("dear", {2}, fit_seconds=9.0)
    answer = bench.judged().answer
    assert answer.text.startswith(
        "Use best: on these 100 documents equal and dear cannot be told from it, "
        "and none of them costs much less."
    )
    assert (answer.best, answer.tied, answer.cheapest) == ("best", ["equal", "dear"], "equal")


def test_many_equals_are_counted_not_listed(bench):
    for number in range(6):
        bench.says(f"m{number}", {number})
    assert bench.judged().answer.text.startswith(
        "Use m0: on these 100 documents 5 other methods cannot be told from it"
    )


def test_a_method_that_costs_nothing_is_far_cheaper(bench):
    bench.says("best", set(), fit_seconds=1.0)
    bench.says("free", {1}, fit_seconds=0.0, predict_seconds=0.0)
    assert "within noise of the best (best), and far cheaper" in bench.judged().answer.text


def test_folds_speak_of_all_documents(tmp_path):
    bench = Bench(tmp_path, *[[0, 1] * 10] * 4)
    bench.says("one", {1}, {2}, set(), {3})
    bench.says("two", {4}, set(), {1, 2}, {5})
    assert "on these 80 documents" in bench.judged().answer.text


def test_methods_that_never_differ_separate_nothing_and_nothing_is_claimed(bench):
    bench.says("one", {1})
    bench.says("two", {1})
    verdict = bench.judged()
    assert [one.letters for one in verdict.results] == ["a", "a"]
    assert "better than" not in verdict.answer.text
    assert verdict.results[0].method == "one", "of equal scores the first that was named"


def test_five_documents_separate_nothing(tmp_path):
    """No difference on five documents is significant: the sentence that names one is left out."""
    bench = Bench(tmp_path, [0, 1, 0, 1, 0])
    bench.says("one", set())
    bench.says("two", {0, 1, 2, 3, 4})
    verdict = bench.judged()
    assert [one.letters for one in verdict.results] == ["a", "a"]
    assert "separate" not in verdict.answer.text


def test_one_method_has_no_answer_no_pairs_and_the_letter_a(bench):
    bench.says("alone", {1})
    verdict = bench.judged()
    assert (verdict.answer, verdict.pairs, verdict.separable) == (None, [], None)
    assert [(one.letters, one.delta) for one in verdict.results] == [("a", None)]


def test_a_verdict_survives_json(bench):
    """It is kept as JSON in the cache: no number of numpy, no tuple may be in it."""
    import json

    bench.says("one", set())
    bench.says("two", set(range(30)))
    for metric in ("accuracy", "macro-f1", "log-loss"):
        verdict = dataclasses.asdict(bench.judged(metric))
        assert json.loads(json.dumps(verdict)) == verdict


def test_grouped_rows_have_wider_intervals(tmp_path):
    """Ten authors, each right or wrong as a whole, are ten observations and not a hundred."""
    widths = []
    for groups in (None, [i // 10 for i in range(100)]):
        folder = tmp_path / str(groups is None)
        folder.mkdir()
        bench = Bench(folder, ALTERNATING, groups=groups)
        bench.says("m", set(range(30)))
        (one,) = bench.judged().results
        widths.append(one.high - one.low)
    assert widths[1] > 2 * widths[0]


def test_nothing_is_advised_where_guessing_is_as_good(bench):
    """A method that cannot be told from the most frequent label would otherwise be recommended for being cheap."""
    bench.says("majority", {1, 2})
    bench.says("learner", {3})
    bench.methods[0] = dataclasses.replace(bench.methods[0], baseline=True)
    text = bench.judged().answer.text
    assert "no method is shown to be better than always guessing" in text
    assert "Use " not in text
