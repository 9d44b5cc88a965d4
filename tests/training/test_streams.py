"""Running text in batches: every token is wanted once, streams go on, and any batch can be made without those before it."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpwb.training.streams import LEAST_ROUNDS, NOTHING, StreamBatch, StreamBatches

SIZES = st.integers(2, 150)
ROWS = st.integers(1, 9)
LENGTHS = st.integers(1, 12)
WAYS = pytest.mark.parametrize("carried", [True, False])


def stream(n: int, **options: int | bool) -> StreamBatches:
    """Batches of a row whose tokens are their own places, 0 to n - 1."""
    given_options = {"rows": 3, "length": 4, "carried": True, "epochs": 1, **options}
    return StreamBatches(np.arange(n, dtype=np.int32), **given_options)  # type: ignore[arg-type]


def everything(batches: StreamBatches) -> list[StreamBatch]:
    """All batches of all epochs."""
    return [batch for epoch in range(batches.rounds) for batch in list(batches.batches(epoch))]


def wanted(batch: StreamBatch) -> list[int]:
    """The tokens that are wanted of a batch."""
    return batch.targets[batch.targets != NOTHING].tolist()


def as_lists(batch: StreamBatch) -> tuple[object, ...]:
    """All that a batch says, to be compared."""
    return batch.ids.tolist(), batch.targets.tolist(), batch.fresh, batch.tokens, batch.whole


@WAYS
@settings(deadline=None, max_examples=60)
@given(n=SIZES, rows=ROWS, length=LENGTHS, seed=st.integers(0, 5))
def test_every_token_but_the_first_is_wanted_once_in_a_pass(
    carried: bool, n: int, rows: int, length: int, seed: int
) -> None:
    """A cut that loses or doubles a token would weigh some tokens more than others."""
    batches = stream(n, rows=rows, length=length, carried=carried, epochs=2, seed=seed)
    for epoch in range(2):
        found = [token for batch in batches.batches(epoch) for token in wanted(batch)]
        assert sorted(found) == list(range(1, n))


@WAYS
@settings(deadline=None, max_examples=60)
@given(n=SIZES, rows=ROWS, length=LENGTHS)
def test_what_is_wanted_follows_what_is_read(carried: bool, n: int, rows: int, length: int) -> None:
    """A shift by one would train a network to copy; padding must not be a target."""
    for batch in everything(stream(n, rows=rows, length=length, carried=carried)):
        real = batch.targets != NOTHING
        assert torch.equal(batch.ids[real] + 1, batch.targets[real])
        assert batch.tokens == int(real.sum()) > 0
        assert batch.ids.shape == batch.targets.shape
        assert 1 <= batch.ids.shape[0] <= rows
        assert 1 <= batch.ids.shape[1] <= length
        assert batch.ids.dtype == batch.targets.dtype == torch.int64
        # a row's tokens stand at its beginning: what is read behind them has no influence
        assert (real[:, 1:] <= real[:, :-1]).all()


@settings(deadline=None, max_examples=60)
@given(n=SIZES, rows=ROWS, length=LENGTHS, seed=st.integers(0, 5))
def test_a_carried_batch_goes_on_where_the_one_before_ended(
    n: int, rows: int, length: int, seed: int
) -> None:
    """Otherwise a state would be carried into another place of the text."""
    batches = list(stream(n, rows=rows, length=length, seed=seed).batches(0))
    assert [batch.fresh for batch in batches] == [True] + [False] * (len(batches) - 1)
    assert all(batch.whole for batch in batches)
    for before, after in itertools.pairwise(batches):
        assert len(before) == len(after)
        for row in range(len(after)):
            if after.targets[row, 0] != NOTHING:
                assert after.ids[row, 0] == before.targets[row, -1]


def test_rows_of_a_carried_batch_are_streams_of_one_length() -> None:
    """12 wanted tokens in 3 streams of 4: the rows begin at 0, 4 and 8."""
    batches = list(stream(13, length=4).batches(0))
    assert batches[0].ids[:, 0].tolist() == [0, 4, 8]
    assert [row[-1] for row in batches[-1].targets.tolist()] == [4, 8, 12]


def test_windows_apart_begin_anew_and_come_from_all_over() -> None:
    """In order they would tell a network where in the text it is; their rows may be divided, as nothing is carried."""
    batches = list(stream(400, carried=False).batches(0))
    assert all(batch.fresh and not batch.whole for batch in batches)
    begins = [begin for batch in batches for begin in batch.ids[:, 0].tolist()]
    assert begins != sorted(begins)
    assert len(set(begins)) == len(begins) >= 100
    sizes = {len(batch) for batch in batches}
    assert max(sizes) - min(sizes) <= 1, "the last batch weighs as much as the others"


@WAYS
def test_any_batch_can_be_had_without_those_before_it(carried: bool) -> None:
    """A training that goes on from a checkpoint would read something else."""
    options: dict[str, int | bool] = {"carried": carried, "epochs": 3, "seed": 4, "length": 5}
    for epoch in (2, 0):
        whole = [as_lists(batch) for batch in stream(97, **options).batches(epoch)]
        assert len(whole) == stream(97, **options).steps(epoch)
        for start in range(len(whole) + 1):
            found = [as_lists(batch) for batch in stream(97, **options).batches(epoch, start)]
            assert found == whole[start:]


@WAYS
def test_every_pass_cuts_elsewhere_and_a_seed_says_where(carried: bool) -> None:
    """The first tokens of windows have the least before them, and would always be the same ones."""

    def cuts(epoch: int, seed: int) -> list[list[int]]:
        batches = stream(301, rows=2, length=10, epochs=9, carried=carried, seed=seed)
        return [batch.ids[:, 0].tolist() for batch in batches.batches(epoch)]

    assert len({str(cuts(epoch, 0)) for epoch in range(9)}) > 4
    assert cuts(3, 0) == cuts(3, 0)
    assert [cuts(epoch, 0) for epoch in range(4)] != [cuts(epoch, 1) for epoch in range(4)]


@WAYS
@settings(deadline=None, max_examples=60)
@given(n=SIZES, rows=ROWS, length=LENGTHS, steps=st.integers(1, 80), together=st.integers(1, 4))
def test_steps_are_counted_exactly(
    carried: bool, n: int, rows: int, length: int, steps: int, together: int
) -> None:
    """A round that ends within a step of several batches would make a step of what is left, and more steps than were asked."""
    batches = stream(n, rows=rows, length=length, carried=carried, steps=steps, together=together)
    counts = [batches.steps(epoch) for epoch in range(batches.rounds)]
    assert sum(counts) == steps * together
    assert all(count > 0 and count % together == 0 for count in counts)
    assert sum(-(-count // together) for count in counts) == steps
    assert len(counts) >= min(LEAST_ROUNDS, steps)
    for epoch, count in enumerate(counts):
        assert len(list(batches.batches(epoch))) == count


@WAYS
def test_counted_steps_read_pass_after_pass(carried: bool) -> None:
    """Rounds cut the passes, and change nothing in them: the batches are those of epochs, one after the other."""
    counted = everything(stream(60, carried=carried, steps=40, seed=2))
    passes = everything(stream(60, carried=carried, epochs=10, seed=2))
    assert len(passes) > 40
    assert list(map(as_lists, counted)) == list(map(as_lists, passes[:40]))


def test_a_short_text_makes_few_rows_and_short_windows() -> None:
    """Two tokens are the least: one is read, one is wanted."""
    (batch,) = everything(stream(2, rows=32, length=64))
    assert (batch.ids.tolist(), batch.targets.tolist()) == ([[0]], [[1]])
    (batch,) = everything(stream(2, rows=32, length=64, carried=False))
    assert (batch.ids.tolist(), batch.targets.tolist()) == ([[0]], [[1]])
    for carried in (True, False):
        batches = stream(20, rows=32, length=64, carried=carried, epochs=4)
        assert (batches.rows, batches.length) == (1, 19)
        assert {len(batch) for batch in everything(batches)} == {1}


def test_halves_are_the_rows_and_a_carried_batch_has_none() -> None:
    """A state of all rows does not fit half of them."""
    batch = next(stream(50, carried=False).batches(0))
    halves = batch.halves()
    assert halves is not None
    assert torch.cat([half.ids for half in halves]).tolist() == batch.ids.tolist()
    assert sum(half.tokens for half in halves) == batch.tokens
    assert halves[0].halves() is None, "a single row"
    assert next(stream(50).batches(0)).halves() is None


def test_any_integers_are_read() -> None:
    """Ids of small vocabularies may lie in two bytes; a batch has the type that embeddings take."""
    for kind in (np.uint16, np.int32, np.int64):
        ids = np.arange(9, dtype=kind)
        batch = next(StreamBatches(ids, rows=2, length=3, carried=False, epochs=1).batches(0))
        assert batch.ids.dtype == batch.targets.dtype == torch.int64
