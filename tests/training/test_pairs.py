"""Batches of pairs: each once, like lengths, both limits kept; and the loss of what is written."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from nlpwb.training.pairs import EVEN, PairBatches, Side, pair_loss, pair_nats

BEGIN, END = 2, 3


def side(lengths: list[int], *, first: int = 4) -> Side:
    """Texts of these lengths; token number k of text i is 4 + i."""
    ids = np.repeat(np.arange(len(lengths)), lengths).astype(np.int32) + first
    return Side(ids, np.cumsum(lengths))


def batches(sources: list[int], targets: list[int], **options: int) -> PairBatches:
    """Pairs of these lengths, marked as they are for training."""
    return PairBatches(
        side(sources).marked(last=END),
        side(targets).marked(first=BEGIN, last=END),
        **{"tokens": 40, "documents": 8, **options},  # type: ignore[arg-type]
    )


def test_marks_stand_in_front_and_behind() -> None:
    """Empty texts get theirs, too, so that none is empty for the network."""
    marked = side([2, 0, 1]).marked(first=BEGIN, last=END)
    assert marked.ids.tolist() == [2, 4, 4, 3, 2, 3, 2, 6, 3]
    assert marked.ends.tolist() == [4, 6, 9]
    assert side([1, 0]).marked(last=END).ids.tolist() == [4, 3, 3]


def test_a_batch_gives_and_wants_shifted_tokens() -> None:
    """What is wanted at a place is what is given at the next; padding is 0 on both sides."""
    (batch,) = batches([2, 1], [3, 1]).batches(0)
    assert batch.rows.tolist() == [0, 1]
    assert batch.source.tolist() == [[4, 4, 3], [5, 3, 0]]
    assert batch.given.tolist() == [[2, 4, 4, 4], [2, 5, 3, 0]]
    assert batch.wanted.tolist() == [[4, 4, 4, 3], [5, 3, 0, 0]]
    assert batch.source_lengths.tolist() == [3, 2]
    assert batch.target_lengths.tolist() == [4, 2]
    assert batch.tokens == 5 + 6


@given(
    lengths=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=80),
    tokens=st.integers(1, 200),
    documents=st.integers(1, 40),
)
def test_every_pair_comes_once_within_both_limits(
    lengths: list[tuple[int, int]], tokens: int, documents: int
) -> None:
    """A pair that is longer than the limit stands alone; no other batch goes beyond it."""
    data = batches(
        [a for a, _ in lengths], [b for _, b in lengths], tokens=tokens, documents=documents
    )
    found = list(data.batches(0))
    assert len(found) == data.steps(0)
    assert sorted(row for batch in found for row in batch.rows.tolist()) == list(
        range(len(lengths))
    )
    for batch in found:
        places = len(batch) * (batch.source.shape[1] + batch.given.shape[1])
        assert len(batch) == 1 or (len(batch) <= documents and places <= tokens)
        for row, number in enumerate(batch.rows.tolist()):
            source, target = lengths[number]
            assert batch.source[row].count_nonzero() == batch.source_lengths[row] == source + 1
            assert batch.wanted[row].count_nonzero() == batch.target_lengths[row] == target + 1
    assert 0 <= data.padding < 1


def test_large_batches_have_few_shapes() -> None:
    """Kernels are made for every shape anew; sizes between multiples would cost a megabyte each."""
    data = batches([3] * 500, [3] * 500, tokens=300, documents=500)
    assert {len(batch) % EVEN for batch in list(data.batches(0))[:-1]} <= {0, 500 % EVEN}


def test_epochs_differ_and_come_back() -> None:
    """The order is the seed's and the epoch's: a training that goes on meets what it would have met."""
    data = batches([3] * 50, [4] * 50, seed=1)
    again = batches([3] * 50, [4] * 50, seed=1)
    orders = [[batch.rows.tolist() for batch in data.batches(epoch)] for epoch in range(2)]
    assert orders[0] != orders[1]
    assert [batch.rows.tolist() for batch in again.batches(1, 2)] == orders[1][2:]


def test_the_data_ends_after_the_most_batches() -> None:
    """``steps`` may end a training within an epoch, or take it over more epochs than were asked for."""
    whole = batches([3] * 50, [4] * 50)
    each = whole.steps(0)
    data = batches([3] * 50, [4] * 50, most=each + 1)
    assert [data.steps(0), data.steps(1), data.steps(2)] == [each, 1, 0]
    assert (data.rounds(20), whole.rounds(20)) == (2, 20)
    assert len(list(data.batches(1))) == 1


def test_halves_are_the_batch() -> None:
    """Where memory is short, parts must hold the same pairs, padded no further than needed."""
    (batch,) = batches([5, 3, 1], [4, 2, 1]).batches(0)
    first, second = batch.halves()  # type: ignore[misc]
    assert (first.rows.tolist(), second.rows.tolist()) == ([0], [1, 2])
    assert second.source.shape == (2, 4)
    assert second.target.shape == (2, 4)
    assert first.tokens + second.tokens == batch.tokens
    assert first.halves() is None


class Uniform(nn.Module):
    """Says of every place that all V tokens are as likely; ``last`` is told apart by a bias."""

    def __init__(self, vocabulary: int, bias: Tensor | None = None) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(vocabulary, 3))
        self.bias = nn.Parameter(torch.zeros(vocabulary) if bias is None else bias)

    def forward(self, source: Tensor, sources: Tensor, target: Tensor, targets: Tensor) -> Tensor:
        del source, sources, targets
        return torch.ones(*target.shape, 3)

    def head(self) -> tuple[Tensor, Tensor]:
        return self.weight, self.bias

    def logits(self, hidden: Tensor) -> Tensor:
        return nn.functional.linear(hidden, *self.head())


def test_the_loss_of_a_guess_among_all_tokens_is_their_logarithm() -> None:
    """Tokens are counted with the end, padding is not; smoothing changes nothing where all are alike."""
    (batch,) = batches([2, 1], [3, 1]).batches(0)
    for smoothing in (0.0, 0.1):
        total, count = pair_loss(smoothing)(Uniform(10), batch)
        assert count == 6
        assert float(total.detach()) == pytest.approx(6 * math.log(10), rel=1e-6)
    assert pair_nats(Uniform(10), batch).tolist() == pytest.approx(
        [4 * math.log(10), 2 * math.log(10)]
    )


def test_loss_and_nats_are_the_same() -> None:
    """What training lowers is what judging reports."""
    model = Uniform(10, torch.arange(10.0))
    (batch,) = batches([2, 1, 7], [3, 1, 4]).batches(0)
    total, _ = pair_loss()(model, batch)
    assert float(total.detach()) == pytest.approx(float(pair_nats(model, batch).sum()), rel=1e-6)
