"""Beam search against all texts of a tiny vocabulary, and against decoding that one can do by head."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch

from nlpwb.methods.decoding.beams import Hypothesis, beam_search, length_penalty_of
from tests.methods.decoding.toys import Fixed, Toy

END = 0


def search(toy: Toy, prompts: list[list[int]], **options: object) -> list[list[Hypothesis]]:
    lengths = torch.tensor([len(prompt) for prompt in prompts])
    ids = torch.zeros(len(prompts), int(lengths.max()), dtype=torch.int64)
    for row, prompt in enumerate(prompts):
        ids[row, : len(prompt)] = torch.tensor(prompt)
    asked = {"beams": 4, "length_penalty": 0.0, "limit": 4, "ends": {END}} | options
    return beam_search(toy, ids, lengths, toy.start(len(prompts)), **asked)


def log_softmax(logits: np.ndarray) -> np.ndarray:
    wide = logits.astype(np.float64)
    return wide - np.log(np.exp(wide - wide.max()).sum()) - wide.max()


def every_text(
    toy: Toy, prompt: list[int], *, limit: int, alpha: float
) -> list[tuple[float, tuple[int, ...]]]:
    """All texts that end within the limit, or are as long as it, with their scores, the best first."""
    found = []
    others = range(1, toy.vocabulary)
    for length in range(limit + 1):
        for ids in itertools.product(others, repeat=length):
            whole = ids if length == limit else (*ids, END)
            nats = sum(
                log_softmax(toy.logits((*prompt, *whole[:place])))[token]
                for place, token in enumerate(whole)
            )
            found.append((nats / ((5 + len(whole)) / 6) ** alpha, ids))
    return sorted(found, reverse=True)


@pytest.mark.parametrize("alpha", [0.0, 0.6, 2.0])
@pytest.mark.parametrize("salt", range(3))
def test_with_enough_beams_the_search_is_exhaustive(alpha: float, salt: int) -> None:
    """Scores, order or the early exit would be wrong."""
    toy = Toy(4, salt=salt)
    (found,) = search(toy, [[1]], beams=121, best=121, limit=4, length_penalty=alpha)
    true = every_text(toy, [1], limit=4, alpha=alpha)
    assert len(found) == len(true) == 1 + 3 + 9 + 27 + 81
    assert [one.ids for one in found] == [ids for _, ids in true]
    np.testing.assert_allclose(
        [one.score for one in found], [score for score, _ in true], rtol=1e-6
    )


@pytest.mark.parametrize("alpha", [0.0, 1.0, 3.0])
def test_the_early_exit_loses_nothing(alpha: float) -> None:
    """A search that stops because nothing can win would miss a longer text that wins under the penalty."""
    for salt in range(12):
        toy = Toy(3, salt=salt, spread=2.0)
        (found,) = search(toy, [[2]], beams=64, limit=5, length_penalty=alpha)
        assert found[0].ids == every_text(toy, [2], limit=5, alpha=alpha)[0][1]


def test_one_beam_is_greedy_decoding() -> None:
    """A beam would go on after its end, or look at what is not the likeliest."""
    for salt in range(20):
        toy = Toy(5, salt=salt)
        history, nats = [3], 0.0
        for _ in range(8):
            step = log_softmax(toy.logits(tuple(history)))
            history.append(int(step.argmax()))
            nats += step.max()
            if history[-1] == END:
                break
        (found,) = search(toy, [[3]], beams=1, limit=8)
        assert list(found[0].ids) == [token for token in history[1:] if token != END]
        assert found[0].ended == (history[-1] == END)
        assert found[0].log_probability == pytest.approx(nats, rel=1e-6)


def test_sources_in_company_find_what_they_find_alone() -> None:
    """Rows would be mixed up when hypotheses change places or sources leave."""
    prompts = [[1], [2, 3, 1, 1], [3, 3], [4, 1, 2], [2], [1, 1], [4], [3, 2], [2, 2]]
    toy = Toy(5, salt=7)
    limits = [3, 9, 1, 5, 7, 2, 9, 9, 4]
    together = search(toy, prompts, beams=3, best=3, limit=limits, length_penalty=0.7)
    for prompt, limit, found in zip(prompts, limits, together, strict=True):
        assert search(toy, [prompt], beams=3, best=3, limit=limit, length_penalty=0.7) == [found]
        assert all(len(one.log_probabilities) <= limit for one in found)


def test_the_length_penalty_favours_longer_texts() -> None:
    """End 0.5, go on 0.5: the empty text has the highest probability, any weight of length lets a longer one win."""
    toy = Fixed([0.45, 0.55])
    shortest = search(toy, [[1]], beams=8, limit=6, length_penalty=0.0)[0][0]
    assert (shortest.ids, shortest.ended) == ((), True)
    assert shortest.score == pytest.approx(math.log(0.45), rel=1e-5)
    assert search(toy, [[1]], beams=8, limit=6, length_penalty=5.0)[0][0].ids == (1,) * 6


def test_the_penalty_is_that_of_the_paper() -> None:
    """(5 + |Y|)^α / (5 + 1)^α."""
    assert length_penalty_of(1, 0.6) == 1.0
    assert length_penalty_of(7, 1.0) == 2.0
    assert length_penalty_of(19, 0.5) == 2.0


def test_what_may_not_be_written_is_not_written() -> None:
    """The likeliest token is forbidden; the others keep the probability that the network gives them."""
    toy = Fixed([0.1, 0.6, 0.3])
    (found,) = search(toy, [[1]], beams=1, limit=3, never=[1])
    assert set(found[0].ids) == {2}
    assert found[0].log_probabilities[0] == pytest.approx(math.log(0.3), rel=1e-5)


def test_several_tokens_may_end_a_text() -> None:
    """A token that ends a text would be written into it."""
    toy = Fixed([0.1, 0.2, 0.7])
    (found,) = search(toy, [[1]], beams=1, limit=5, ends={0, 2})
    assert (found[0].ids, found[0].ended) == ((), True)


def _nine_ones(history: tuple[int, ...]) -> np.ndarray:
    """After 2 the end is as likely as not; after 1 comes 1, until there are nine of them."""
    ending = 0.0 if history[0] == 2 else 9.0 if len(history) > 8 else -9.0
    return np.array([ending, 0.0, -9.0], dtype=np.float32)


def test_ends_that_are_unlikely_do_not_stop_a_likely_text() -> None:
    """Two beams are filled with ends of 1 in 10,000 after two steps; the text that goes on is nearly certain."""
    toy = Toy(3)
    toy.logits = _nine_ones  # type: ignore[method-assign]
    (found,) = search(toy, [[1]], beams=2, limit=20)
    assert found[0].ids == (1,) * 8


def test_sources_that_are_done_are_asked_no_more() -> None:
    """One source ends at once, the other after eight tokens: rows of the first would be read in vain."""
    toy = Toy(3)
    toy.logits = _nine_ones  # type: ignore[method-assign]
    search(toy, [[2], [1]], beams=2, limit=20)
    assert toy.rows == [2] + [2] * 8
