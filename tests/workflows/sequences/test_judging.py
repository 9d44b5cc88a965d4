"""Kept sums to a verdict: figures by head, letters, who stands aside, and the answer."""

from __future__ import annotations

import math

import numpy as np
import pytest

from nlpwb.cache.store import Cache, Key
from nlpwb.workflows.sequences.judging import Judged, judge
from nlpwb.workflows.sequences.plan import SequencePlan

FACTS = {
    "fit_seconds": 10.0,
    "work_seconds": 2.0,
    "work": 100,
    "peak_bytes": 2**20,
    "model_bytes": 500,
    "parameters": 7,
    "tokenizer": "char",
    "vocabulary": 50,
    "lossless": True,
    "trained_context": 8,
    "wide_context": None,
}
BLOCKS = 40


class Bench:
    """Cells made by hand, and their judgement."""

    def __init__(self, root):
        self.cache = Cache(root)
        self.methods = []

    def cell(self, name, facts, arrays):
        def make(folder):
            for array, values in arrays.items():
                np.save(folder / f"{array.replace('_', '-')}.npy", np.asarray(values))
            return {"summary": name, **FACTS, **facts}

        return self.cache.get_or_make(Key("sequence", {"name": name}), make)

    def language(self, name, *bits, more=None, **facts):
        """A method with a training for each of these: bits a byte in each block."""
        cells = []
        for seed, found in enumerate(bits):
            nats = np.broadcast_to(np.asarray(found, dtype=float), BLOCKS) * 1000 * math.log(2)
            arrays = {"nats": nats, "bytes": [1000] * BLOCKS, "tokens": [500] * BLOCKS}
            cells.append(self.cell(f"{name} {seed}", facts, {**arrays, **(more or {})}))
        self.methods.append(Judged(name, tuple(cells)))

    def judged(self, task="lm"):
        artifact = self.cell("plan", {}, {})
        plan = SequencePlan(
            artifact, task, "text", None, "end", 0.1, True, 9, 1, 9, 1, BLOCKS, 9, {}, [], []
        )
        return judge(task, plan, self.methods, seed=0)


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


def noise(seed=0, scale=0.1):
    """What blocks differ by; their sum is nought."""
    found = np.random.default_rng(seed).normal(0, scale, BLOCKS)
    return found - found.mean()


def test_bits_per_byte_perplexity_and_costs_by_head(bench):
    """Two bits a byte, half a token a byte: four bits a token, a perplexity of 16."""
    bench.language("one", 2.0)
    (result,) = bench.judged().results
    assert result.score == pytest.approx(2)
    assert (result.low, result.high) == (pytest.approx(2), pytest.approx(2))
    assert result.perplexity == pytest.approx(16)
    assert (result.letters, result.delta) == ("a", None)
    assert (result.fit_seconds, result.tokens_per_second, result.peak_mib) == (10, 50, 1)
    assert (result.chrf, result.sentences_per_second, result.score_wide) == (None, None, None)


def test_fewer_bits_are_better_and_told_apart(bench):
    bench.language("worse", 2.2 + noise(1))
    bench.language("better", 2 + noise(2))
    found = bench.judged()
    assert [(r.method, r.letters) for r in found.results] == [("better", "a"), ("worse", "b")]
    worse = found.results[1]
    assert worse.delta == pytest.approx(0.2)
    assert 0 < worse.delta_low < 0.2 < worse.delta_high
    (pair,) = found.pairs
    assert (pair.a, pair.b) == ("worse", "better")
    assert pair.p_holm < 0.01
    assert found.answer.text.startswith(
        "Use better to foretell such texts: on this test text it needs fewer bits per byte than the other one. "
        "Differences of 0.0"
    )


def test_equals_share_a_letter_and_the_far_cheaper_one_is_recommended(bench):
    bench.language("dear", 2 + noise(1), fit_seconds=100.0)
    bench.language("cheap", 2.001 + noise(2))
    found = bench.judged()
    assert [r.letters for r in found.results] == ["a", "a"]
    assert found.answer.cheapest == "cheap"
    assert "within noise of the best (dear), and 8.5 times cheaper" in found.answer.text


def test_tokens_that_lose_something_stand_aside(bench):
    """However few their bits: without letters, without a difference, and behind the others."""
    bench.language("whole", 2 + noise(1))
    bench.language("lossy", 1.0, lossless=False)
    found = bench.judged()
    assert [r.method for r in found.results] == ["whole", "lossy"]
    aside = found.results[1]
    assert (aside.score, aside.letters, aside.delta) == (pytest.approx(1), None, None)
    assert found.pairs == []
    assert found.answer is None


def test_where_all_lose_something_nothing_is_compared(bench):
    bench.language("lossy", 1.0, lossless=False)
    bench.language("lossier", 0.9, lossless=False)
    found = bench.judged()
    assert [r.method for r in found.results] == ["lossier", "lossy"]
    assert (found.pairs, found.answer, found.separable) == ([], None, None)


def test_seeds_count_by_their_mean_beside_a_method_that_has_none(bench):
    bench.language("drawn", 2.0, 2.2)
    bench.language("fixed", 3.0)
    found = {r.method: r for r in bench.judged().results}
    assert found["drawn"].score == pytest.approx(2.1)
    assert found["drawn"].seed_sd == pytest.approx(0.2 / math.sqrt(2))
    assert (found["fixed"].delta, found["fixed"].seed_sd) == (pytest.approx(0.9), None)


def test_twice_the_context_has_a_figure(bench):
    wide = np.full(BLOCKS, 1500 * math.log(2))
    bench.language("gpt", 2.0, more={"nats_wide": wide}, wide_context=16)
    (result,) = bench.judged().results
    assert (result.score_wide, result.wide_context) == (pytest.approx(1.5), 16)


def test_translators_by_bleu_and_chrf(bench):
    """One writes the references, the other nothing that is right."""
    perfect = [10, 10, 10, 9, 8, 7, 10, 9, 8, 7]
    wrong = [10, 10, 1, 0, 0, 0, 10, 9, 8, 7]
    for name, counts in (("wrong", wrong), ("perfect", perfect)):
        arrays = {
            "bleu": [counts] * BLOCKS,
            "chrf": [[9, 9, 9] * 6 if name == "perfect" else [9, 9, 3] * 6] * BLOCKS,
            "nats": [10.0] * BLOCKS,
            "tokens": [5] * BLOCKS,
        }
        cell = bench.cell(name, {"lossless": False}, arrays)
        bench.methods.append(Judged(name, (cell,)))
    found = bench.judged("translate")
    best, worst = found.results
    assert (best.method, best.score, best.chrf) == ("perfect", pytest.approx(100), 100)
    assert (worst.letters, worst.chrf) == ("b", pytest.approx(100 / 3))
    assert worst.delta == pytest.approx(worst.score - 100)
    assert best.perplexity == pytest.approx(math.exp(2))
    assert best.sentences_per_second == 50
    assert found.answer.text.startswith(
        "Use perfect to translate such texts: on these 40 test sentences its BLEU is higher than that of the other one."
    )


def test_a_single_unit_has_figures_and_no_interval(bench, monkeypatch):
    """Nothing is known of how it might have been; nothing is claimed."""
    monkeypatch.setattr(f"{__name__}.BLOCKS", 1)
    bench.language("one", 2.0)
    bench.language("two", 3.0)
    found = bench.judged()
    assert [(r.score, r.letters) for r in found.results] == [
        (pytest.approx(2), "a"),
        (pytest.approx(3), "a"),
    ]
    assert all(math.isnan(r.low) and math.isnan(r.high) for r in found.results)
    assert (found.pairs[0].p, found.separable) == (1, None)


def test_blocks_that_are_too_few_for_any_verdict_say_so(bench, monkeypatch):
    """Five tosses reach any difference once in sixteen: nobody is advised, and nothing is said to be separable."""
    monkeypatch.setattr(f"{__name__}.BLOCKS", 5)
    bench.language("far worse", 9.0 + noise(1))
    bench.language("better", 2.0 + noise(2))
    found = bench.judged()
    assert [(r.method, r.letters) for r in found.results] == [("better", "a"), ("far worse", "a")]
    assert found.separable is None
    assert found.answer.text == (
        "better needs the fewest bits per byte here, but 5 blocks are too few to tell 2 methods apart, "
        "however large the difference; give a longer text, or a larger --test-size."
    )


def test_six_blocks_are_enough_for_two_methods(bench, monkeypatch):
    """Two tosses in sixty-four: the fewest blocks that can decide, and they do."""
    monkeypatch.setattr(f"{__name__}.BLOCKS", 6)
    bench.language("far worse", 9.0 + noise(1))
    bench.language("better", 2.0 + noise(2))
    found = bench.judged()
    assert [r.letters for r in found.results] == ["a", "b"]
    assert found.separable > 0
    assert found.answer.text.startswith("Use better to foretell such texts")
