"""Filters against plain numpy, and draws against the probabilities that they should follow."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import chisquare

from nlpwb.methods.decoding import sampling as filters
from nlpwb.methods.decoding.config import Sampling
from nlpwb.methods.decoding.draws import row_keys, uniforms

# whole and half numbers: no two probabilities differ by rounding alone, and some are equal
LOGITS = st.lists(st.integers(-12, 12).map(lambda n: n / 2), min_size=2, max_size=12)
NONE = torch.zeros(0, dtype=torch.int64)


def softmax(logits: list[float]) -> NDArray[np.float64]:
    powers = np.exp(np.array(logits) - max(logits))
    return powers / powers.sum()


def kept(filtered: torch.Tensor) -> set[int]:
    return set(filtered[0].isfinite().nonzero().flatten().tolist())


@given(LOGITS, st.integers(1, 14))
def test_top_k_keeps_the_k_likeliest_and_their_equals(logits: list[float], k: int) -> None:
    """A tie would be broken by chance, or a k above the vocabulary fail."""
    least = sorted(logits, reverse=True)[min(k, len(logits)) - 1]
    expected = {place for place, logit in enumerate(logits) if logit >= least}
    assert kept(filters.keep_top_k(torch.tensor([logits]), k)) == expected


@given(LOGITS, st.sampled_from([1e-9, 0.01, 0.1, 0.33, 0.5, 0.77, 0.9, 0.99, 0.999999]))
def test_top_p_keeps_the_smallest_nucleus_and_at_least_one(logits: list[float], p: float) -> None:
    """The nucleus would lack the token that brings it over p, or hold more."""
    probabilities = softmax(logits)
    order = np.argsort(-probabilities, kind="stable")
    sums = np.cumsum(probabilities[order])
    count = int(np.searchsorted(sums, p)) + 1
    if np.isclose(sums, p, rtol=0, atol=1e-7).any():
        return  # rounding decides
    least = logits[order[min(count, len(logits)) - 1]]
    expected = {place for place, logit in enumerate(logits) if logit >= least}
    found = kept(filters.keep_top_p(torch.tensor([logits]), p))
    assert found == expected
    assert found


@given(LOGITS, st.sampled_from([0.03, 0.1, 0.3, 0.9]))
def test_min_p_keeps_what_is_nearly_as_likely_as_the_likeliest(
    logits: list[float], p: float
) -> None:
    """The threshold would be absolute, or a share of something else."""
    probabilities = softmax(logits)
    expected = set(np.flatnonzero(probabilities >= p * probabilities.max()).tolist())
    assert kept(filters.keep_min_p(torch.tensor([logits]), p)) == expected


@given(LOGITS, st.sampled_from([1.2, 2.0]), st.data())
def test_a_repetition_becomes_less_likely(
    logits: list[float], penalty: float, data: st.DataObject
) -> None:
    """A negative logit that is divided would make a repetition likelier."""
    held = data.draw(st.lists(st.booleans(), min_size=len(logits), max_size=len(logits)))
    expected = [
        (logit / penalty if logit > 0 else logit * penalty) if was else logit
        for logit, was in zip(logits, held, strict=True)
    ]
    found = filters.penalise_repetition(torch.tensor([logits]), torch.tensor([held]), penalty)
    np.testing.assert_allclose(found[0].numpy(), np.array(expected, dtype=np.float32), rtol=1e-6)


def test_a_wide_vocabulary_has_the_same_nucleus() -> None:
    """More tokens than are looked at first: flat probabilities need them all sorted, peaked ones do not."""
    wide = filters.NARROW * 4
    flat = torch.linspace(0, 0.1, wide).unsqueeze(0)
    probabilities = flat[0].double().softmax(0)
    count = len(kept(filters.keep_top_p(flat, 0.9)))
    assert probabilities.flip(0)[:count].sum() >= 0.9 > probabilities.flip(0)[: count - 1].sum()
    peaked = flat.clone()
    peaked[0, 17] = 20.0
    both = filters.keep_top_p(torch.cat((flat, peaked)), 0.9)
    assert kept(both[1:]) == {17}
    assert len(kept(both[:1])) == count


def test_filters_work_in_the_order_of_the_field() -> None:
    """Top-p before top-k would keep the second token: 0.5 of all, but 0.625 of the two that top-k leaves."""
    logits = torch.tensor([0.5, 0.3, 0.2]).log().unsqueeze(0)
    options = Sampling(top_k=2, top_p=0.6)
    drawn = {
        int(
            filters.choose(
                logits, options, uniform=torch.tensor([u]).double(), seen=None, never=NONE
            ).tokens
        )
        for u in np.linspace(0, 0.999, 50)
    }
    assert drawn == {0}


def test_a_number_falls_into_the_part_of_its_token() -> None:
    """Parts of 0.2, 0.5 and 0.3 end at 0.2, 0.7 and 1; a token of no probability has no part."""
    logits = torch.tensor([0.2, 0.0, 0.5, 0.3]).log().expand(6, 4)
    numbers = torch.tensor([0.0, 0.199, 0.201, 0.699, 0.701, 1 - 2**-53], dtype=torch.float64)
    assert filters.draw(logits, numbers).tolist() == [0, 0, 2, 2, 3, 3]


def test_samples_follow_the_probabilities() -> None:
    """20,000 draws with their own numbers, over rows and places; temperature 2 takes the root of each probability."""
    probabilities = np.array([0.02, 0.5, 0.08, 0.25, 0.15])
    logits = torch.from_numpy(np.log(probabilities).astype(np.float32))
    for temperature in (1.0, 2.0):
        counts = np.zeros(5)
        for place in range(20):
            keys = row_keys(11, [(prompt, sample) for prompt in range(50) for sample in range(20)])
            numbers = torch.from_numpy(uniforms(keys, np.full(1000, place)))
            chosen = filters.choose(
                logits.expand(1000, 5),
                Sampling(temperature=temperature),
                uniform=numbers,
                seen=None,
                never=NONE,
            )
            counts += np.bincount(chosen.tokens.numpy(), minlength=5)
        expected = probabilities ** (1 / temperature)
        assert chisquare(counts, expected / expected.sum() * counts.sum()).pvalue > 0.001


def test_numbers_are_even_and_belong_to_their_place() -> None:
    """Neighbouring seeds, prompts, samples and places share nothing; the same place always has the same number."""
    rows = [(prompt, sample) for prompt in range(20) for sample in range(20)]
    tables = [
        uniforms(row_keys(seed, rows), np.full(400, place))
        for seed in range(5)
        for place in range(5)
    ]
    numbers = np.concatenate(tables)
    assert len(np.unique(numbers)) == len(numbers)
    assert chisquare(np.bincount((numbers * 50).astype(int), minlength=50)).pvalue > 0.001
    assert abs(np.corrcoef(tables)[np.triu_indices(25, 1)]).max() < 0.25
    assert uniforms(row_keys(3, [rows[7]]), np.array([2]))[0] == tables[3 * 5 + 2][7]


def test_log_probabilities_are_those_of_the_network() -> None:
    """Filters would make what was drawn look certain."""
    logits = torch.tensor([[0.5, 0.3, 0.2]]).log() + 3
    for options in (Sampling(top_k=1), Sampling(greedy=True), Sampling(temperature=0.01)):
        chosen = filters.choose(
            logits, options, uniform=torch.tensor([0.3]).double(), seen=None, never=NONE
        )
        assert chosen.tokens.tolist() == [0]
        np.testing.assert_allclose(chosen.log_probabilities.exp(), [0.5], rtol=1e-6)


def test_what_may_not_be_written_is_never_chosen() -> None:
    """A model's padding would leave a hole in the text."""
    logits = torch.tensor([[9.0, 1.0, 2.0]])
    for options in (Sampling(), Sampling(greedy=True), Sampling(top_k=1), Sampling(top_p=0.1)):
        chosen = filters.choose(
            logits,
            options,
            uniform=torch.tensor([0.0]).double(),
            seen=None,
            never=torch.tensor([0]),
        )
        assert chosen.tokens.item() in (1, 2)
