"""Batches hold every document once, within their limits, in an order that a seed decides."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from nlpwb.training.batches import Batch, TextBatches, as_targets

lengths_of_documents = st.lists(st.integers(1, 30), min_size=1, max_size=80)


def made(lengths: list[int], *, tokens: int = 64, documents: int = 8, seed: int = 0) -> TextBatches:
    """Document i holds the token i + 2 as often as it is long, and has the target i."""
    ids = np.repeat(np.arange(2, len(lengths) + 2), lengths).astype(np.int32)
    targets = np.arange(len(lengths))
    return TextBatches(
        ids, np.cumsum(lengths), targets, tokens=tokens, documents=documents, seed=seed
    )


@given(lengths=lengths_of_documents, tokens=st.integers(1, 200), documents=st.integers(1, 20))
def test_an_epoch_has_every_document_once_as_it_is(
    lengths: list[int], tokens: int, documents: int
) -> None:
    """A token lost, doubled, or taken from a neighbour would be trained on unseen."""
    data = made(lengths, tokens=tokens, documents=documents)
    seen = []
    for batch in data.batches(3):
        assert batch.targets is not None
        assert torch.equal(batch.targets, batch.rows)
        assert batch.tokens == int(batch.lengths.sum())
        for ids, length, row in zip(batch.ids, batch.lengths, batch.rows, strict=True):
            assert int(length) == lengths[int(row)]
            assert torch.all(ids[:length] == row + 2)
            assert torch.all(ids[length:] == 0)
            seen.append(int(row))
    assert sorted(seen) == list(range(len(lengths)))


@given(lengths=lengths_of_documents, tokens=st.integers(1, 200), documents=st.integers(1, 20))
def test_no_batch_is_larger_than_its_limits(
    lengths: list[int], tokens: int, documents: int
) -> None:
    """A document longer than the budget stands alone; nothing else may be larger than what memory was planned for."""
    for batch in made(lengths, tokens=tokens, documents=documents).batches(0):
        assert len(batch) <= documents
        assert batch.ids.numel() <= tokens or len(batch) == 1
        assert batch.ids.shape[1] == int(batch.lengths.max())


def rows_of(data: TextBatches, epoch: int, start: int = 0) -> list[list[int]]:
    return [batch.rows.tolist() for batch in data.batches(epoch, start)]


def test_an_order_is_that_of_seed_and_epoch() -> None:
    """A resumed training meets the batches that the interrupted one would have met."""
    lengths = [1 + i % 17 for i in range(200)]
    first = rows_of(made(lengths, seed=5), 2)
    again = made(lengths, seed=5)
    assert rows_of(again, 1) != first
    assert rows_of(again, 2) == first
    assert rows_of(again, 2, start=7) == first[7:]
    assert rows_of(made(lengths, seed=6), 2) != first
    assert again.steps(2) == len(first)


def test_lengths_mix_over_epochs() -> None:
    """Documents of one length would otherwise keep the same company for ever."""
    data = made([1 + i % 20 for i in range(2000)], tokens=100)
    company = {
        frozenset(rows) for epoch in range(3) for rows in rows_of(data, epoch) if len(rows) > 2
    }
    assert len(company) > 2.9 * len(rows_of(data, 0)) * 0.9


def test_like_lengths_leave_little_padding() -> None:
    """Random batches of these documents would be half padding."""
    random = np.random.default_rng(0)
    data = made(random.integers(1, 100, 3000).tolist(), tokens=1000, documents=32)
    assert data.padding < 0.1


def test_the_padding_share_counts_places() -> None:
    """3 and 1 tokens in one batch are 6 places, two of them empty."""
    assert made([3, 1]).padding == pytest.approx(2 / 6)


def test_rows_choose_documents_and_keep_their_numbers() -> None:
    """The tuning part must not be trained on."""
    ids = np.arange(2, 12, dtype=np.int32)
    data = TextBatches(
        ids, np.arange(1, 11), np.arange(10), rows=np.array([1, 4, 7]), tokens=10, documents=10
    )
    (batch,) = data.batches(0)
    assert sorted(batch.rows.tolist()) == [1, 4, 7]
    assert torch.equal(batch.ids[:, 0], batch.rows + 2)


def test_halves_are_the_batch_without_its_padding() -> None:
    (batch,) = made([5, 4, 2, 1]).batches(0)
    halves = batch.halves()
    assert halves is not None
    assert [half.ids.shape for half in halves] == [(2, 5), (2, 2)]
    assert torch.equal(torch.cat([half.rows for half in halves]), batch.rows)
    assert sum(half.tokens for half in halves) == batch.tokens
    assert (
        Batch(
            *(getattr(halves[0], n)[:1] for n in ("ids", "lengths", "targets", "rows")), 5
        ).halves()
        is None
    )


def test_targets_are_what_losses_take() -> None:
    assert as_targets(np.array([1, 2], dtype=np.int32)).dtype == torch.int64
    assert as_targets(np.array([1.5])).dtype == torch.float32
    assert as_targets(np.array([[True, False]])).dtype == torch.bool
