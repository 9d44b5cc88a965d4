"""A network and counts together: shares against a grid, buckets by hand, a reader that sums to 1 and forgets nothing."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from nlpwb.methods.decoding.beams import beam_search
from nlpwb.methods.decoding.config import Sampling
from nlpwb.methods.decoding.generating import Plan, Written, generate
from nlpwb.methods.networks.sequence_tokens import END
from nlpwb.methods.ngrams.known import Known
from nlpwb.methods.ngrams.mixing import (
    BANDS,
    LEAST,
    Mixture,
    bucket_count,
    buckets_of,
    likeliest_shares,
)
from nlpwb.methods.ngrams.reader import MixedReader
from tests.methods.decoding.toys import Toy

from .test_model import CORPORA, A, B, C, fitted, row

TEXTS = [[A, B, A, B, C], [A, B, A, B, A], [C, C, A], []] * 3


def _log_likelihood(share: float, network: np.ndarray, counts: np.ndarray) -> float:
    return float(np.log(share * np.exp(-network) + (1 - share) * np.exp(-counts)).sum())


def test_the_share_of_all_is_the_best_of_a_grid() -> None:
    """A thousand shares tried one by one: none makes the text likelier."""
    draws = np.random.default_rng(0)
    network, counts = draws.exponential(2, 200), draws.exponential(2.5, 200)
    found = likeliest_shares(network, counts, np.zeros(200, dtype=np.int64), size=1)[0]
    grid = np.linspace(LEAST, 1 - LEAST, 1000)
    best = grid[np.argmax([_log_likelihood(share, network, counts) for share in grid])]
    assert found == pytest.approx(best, abs=1e-3)


def test_a_bucket_with_many_tokens_has_its_own_share_and_one_with_none_the_usual() -> None:
    """In the first the network is right, in the second the counts; the third has one token, the fourth nothing."""
    buckets = np.repeat([0, 1, 2], [4000, 4000, 1])
    network = np.repeat([1.0, 4.0, 9.0], [4000, 4000, 1])
    counts = np.repeat([4.0, 1.0, 1.0], [4000, 4000, 1])
    shares = likeliest_shares(network, counts, buckets, size=4)
    assert shares[0] > 0.98
    assert shares[1] < 0.02
    assert shares[3] == pytest.approx(0.5, abs=1e-3)
    assert shares[2] == pytest.approx(0.5, abs=0.02)
    assert shares[2] < shares[3]


@given(st.integers(0, 10**6), st.floats(-2, 2))
def test_both_are_not_worse_than_either(seed: int, better: float) -> None:
    """On the text where the shares were learned, few tokens in many buckets included."""
    draws = np.random.default_rng(seed)
    network, counts = draws.exponential(2, 40) + max(better, 0), draws.exponential(2, 40)
    counts += max(-better, 0)
    buckets = draws.integers(0, 7, 40)
    share = likeliest_shares(network, counts, buckets, size=7)[buckets]
    both = -np.log(share * np.exp(-network) + (1 - share) * np.exp(-counts))
    assert both.mean() <= min(network.mean(), counts.mean()) + 2 * LEAST


def test_probabilities_of_next_to_nothing_do_no_harm() -> None:
    """What one of the two calls impossible would make a share, or a figure, no number."""
    network, counts = np.array([0.0, 900.0, 1.0]), np.array([900.0, 0.0, 1.0])
    shares = likeliest_shares(network, counts, np.zeros(3, dtype=np.int64), size=1)
    assert shares == pytest.approx([0.5], abs=1e-6)


def test_buckets_by_hand() -> None:
    """Nothing known; then ten bands of each length, of what is left to shorter contexts."""
    lengths, left = [0, 1, 1, 1, 1, 2, 2, 3], [1.0, 0.0, 0.05, 0.15, 1.0, -1e-9, 0.55, 0.99]
    known = Known(np.array(lengths), np.array(left))
    assert BANDS == 10
    assert buckets_of(known).tolist() == [0, 1, 1, 2, 10, 11, 16, 30]
    assert bucket_count(4) == 31


def test_what_is_known_by_hand() -> None:
    """Four times "a b" and once "a c", order 3; no count is 2, so discounts are 0.5, 1 and 1.5.

    A beginning went on to a five times and leaves 1.5 / 5. "BEGIN a" went on to b four times and to c once: (1.5 + 0.5) / 5.
    "a b" ended four times: 1.5 / 4. "b c" was never seen; c ends, behind one token only: 0.5 / 1; so does b, behind one.
    """
    model = fitted([*[[A, B]] * 4, [A, C]], order=3)
    known = model.known(row([[A, B, C, B], []]))
    assert known.lengths.tolist() == [1, 2, 2, 1, 1, 1]
    assert known.left.tolist() == pytest.approx([0.3, 0.4, 0.375, 0.5, 0.5, 0.3])


@given(CORPORA, st.integers(2, 5))
def test_what_is_known_of_a_row_is_what_is_known_on_the_way(
    texts: list[list[int]], order: int
) -> None:
    """The bucket of a token would be another in writing than in judging."""
    if not any(texts):
        return
    model = fitted(texts, order=order, vocabulary=9)
    ids = row([*texts[:2], [8, 4, 5, 4]])
    memory = model.start(1)
    found = [model.known_after(memory)]
    for token in ids[:-1].tolist():
        _, memory = model.read(torch.tensor([[token]]), torch.tensor([1]), memory)
        found.append(model.known_after(memory))
    known = model.known(ids)
    assert known.lengths.tolist() == [int(one.lengths[0]) for one in found]
    assert known.left.tolist() == [float(one.left[0]) for one in found]


def mixed(*, context: int | None = None) -> MixedReader:
    """A network whose answers are known, and counts; each bucket with a share of its own."""
    counts = fitted(TEXTS, order=3)
    shares = np.linspace(0.1, 0.9, bucket_count(3))
    return MixedReader(Toy(7, context=context), Mixture(counts, shares))


def test_a_reader_says_what_the_formula_says_and_sums_to_one() -> None:
    reader = mixed()
    history = [END, A, B]
    ids, lengths = torch.tensor([history, [END, C, 0]]), torch.tensor([3, 2])
    logits, memory = reader.read(ids, lengths, reader.start(2))
    assert logits.dtype == torch.float32
    assert logits.exp().sum(dim=1).tolist() == pytest.approx([1, 1], abs=1e-6)
    assert memory.lengths.tolist() == [3, 2]
    toy = np.exp(Toy(7).logits(tuple(history)).astype(np.float64))
    counts = fitted(TEXTS, order=3)
    share = np.linspace(0.1, 0.9, 21)[11 + 2]  # two tokens known; 3 of 12 are left to one
    expected = share * toy / toy.sum() + (1 - share) * counts.next_distribution([history])[0]
    assert logits[0].exp().tolist() == pytest.approx(expected.tolist(), abs=1e-6)


def _written(plan: Plan, prompts: list[list[int]], *, context: int | None) -> dict[object, list]:
    found: dict[object, list] = {}
    for event in generate(mixed(context=context), prompts, plan):
        if isinstance(event, Written):
            found.setdefault(event.row, []).append((event.token, round(event.log_probability, 5)))
    return found


@pytest.mark.parametrize("context", [None, 6])
@pytest.mark.parametrize("greedy", [False, True])
def test_a_text_depends_neither_on_its_company_nor_on_what_is_kept(
    context: int | None, greedy: bool
) -> None:
    """With a window that fills up, too: then both go on from the same tokens."""
    prompts = [[END], [END, A, B, A], [END, C], [END, B, B, A, A, C, A, B]]
    plan = {"limit": 9, "ends": frozenset({END}), "seed": 3, "sampling": Sampling(greedy=greedy)}
    together = _written(Plan(**plan), prompts, context=context)
    assert len(together) == 4
    assert _written(Plan(**plan, keep=False), prompts, context=context) == together
    assert _written(Plan(**plan, batch=1), prompts, context=context) == together


def test_beams_find_what_the_whole_search_finds() -> None:
    """As many beams as there are texts: the best of three tokens is the best of all."""
    reader = mixed()
    ids, lengths = torch.tensor([[END, A]]), torch.tensor([2])
    (best,) = beam_search(
        reader, ids, lengths, reader.start(1), ends=(), beams=49, length_penalty=0.0, limit=3
    )
    nats = {}
    for text in np.ndindex(7, 7, 7):
        total, memory, read = 0.0, reader.start(1), [END, A]
        for token in text:
            logits, memory = reader.read(torch.tensor([read]), torch.tensor([len(read)]), memory)
            total += float(logits[0, token])
            read = [token]
        nats[text] = total
    assert best[0].ids == max(nats, key=lambda text: nats[text])
