"""Windows with hidden tokens: every token once a pass, anew each time, the same whenever asked; and what a score counts."""

from __future__ import annotations

import math

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from nlpwb.training.device import choose_setting
from nlpwb.training.masked import MaskedBatch, MaskedBatches, masked_loss, score_masked
from nlpwb.training.masking import Marks, Masking

VOCABULARY = 20
MARKS = Marks(
    begin=2,
    end=3,
    mask=4,
    padding=0,
    plain=np.arange(5, VOCABULARY),
    begins=np.ones(VOCABULARY, dtype=bool),
)
SETTING = choose_setting("cpu", "float32", 1)


def batches(count: int, **options: int) -> MaskedBatches:
    chosen = {"rows": 3, "length": 8, "epochs": 2, **options}
    ids = 5 + np.arange(count, dtype=np.int32) % (VOCABULARY - 5)
    return MaskedBatches(ids, marks=MARKS, masking=Masking(0.3), **chosen)  # type: ignore[arg-type]


def restored(batch: MaskedBatch) -> Tensor:
    """A batch's ids with what was hidden in its place."""
    ids = batch.ids.clone()
    ids.view(-1)[batch.places] = batch.targets
    return ids


def as_lists(batch: MaskedBatch) -> tuple[object, ...]:
    return batch.ids.tolist(), batch.lengths.tolist(), batch.places.tolist(), batch.targets.tolist()


@settings(deadline=None, max_examples=40)
@given(
    count=st.integers(1, 90),
    rows=st.integers(1, 5),
    length=st.integers(3, 12),
    seed=st.integers(0, 4),
)
def test_every_token_stands_in_one_window_of_a_pass_between_two_marks(
    count: int, rows: int, length: int, seed: int
) -> None:
    """A cut that loses or doubles a token weighs some more than others; padding is behind a window, and never asked for."""
    source = batches(count, rows=rows, length=length, seed=seed)
    for epoch in range(2):
        found: list[int] = []
        for batch in source.batches(epoch):
            whole = restored(batch)
            assert batch.ids.shape[1] <= max(3, length)
            assert batch.tokens == int(batch.lengths.sum())
            for row, size in zip(whole.tolist(), batch.lengths.tolist(), strict=True):
                assert row[0] == MARKS.begin
                assert row[size - 1] == MARKS.end
                assert row[size:] == [MARKS.padding] * (len(row) - size)
                found += row[1 : size - 1]
        wanted = 5 + np.arange(count) % (VOCABULARY - 5)
        assert sorted(found) == sorted(wanted.tolist())


def test_a_text_is_hidden_anew_in_each_pass_and_alike_whenever_it_is_asked_for() -> None:
    """A training that goes on must see what it would have seen, without the batches before."""
    source = batches(200)
    first = [as_lists(batch) for batch in source.batches(0)]
    again = batches(200)
    for start in (0, 3, len(first) - 1):
        assert [as_lists(batch) for batch in again.batches(0, start)] == first[start:]
    hidden = [sorted(np.concatenate([b.targets for b in source.batches(e)])) for e in range(2)]
    assert hidden[0] != hidden[1]
    assert [as_lists(b) for b in batches(200, seed=1).batches(0)] != first


def test_halves_hold_what_the_whole_held() -> None:
    """Where memory does not suffice, nothing may be lost or said of another window."""
    batch = next(batches(200).batches(0))
    halves = batch.halves()
    assert halves is not None
    assert torch.cat([half.targets for half in halves]).tolist() == batch.targets.tolist()
    assert [torch.equal(restored(half), part) for half, part in zip(
        halves, torch.split(restored(batch), [1, 2]), strict=True
    )] == [True, True]  # fmt: skip
    assert halves[0].halves() is None


class Constant(nn.Module):
    """Says token 5 with probability 1/2, and shares the rest evenly, whatever it reads."""

    vocabulary = VOCABULARY

    def __init__(self) -> None:
        super().__init__()
        odds = torch.full((VOCABULARY,), 0.5 / (VOCABULARY - 1))
        odds[5] = 0.5
        self.bias = nn.Parameter(odds.log())
        self.weight = nn.Parameter(torch.zeros(VOCABULARY, 4))
        self.read: list[Tensor] = []

    def forward(self, ids: Tensor, lengths: Tensor, places: Tensor) -> Tensor:
        self.read.append(ids.flatten()[places])
        return torch.zeros(len(places), 4)

    def head(self) -> tuple[Tensor, Tensor]:
        return self.weight, self.bias

    def logits(self, seen: Tensor) -> Tensor:
        return nn.functional.linear(seen, self.weight, self.bias)


def test_a_score_counts_what_was_said_right_and_hides_all_of_it() -> None:
    """By hand: 5 is right where 5 was hidden, and costs ln 2; the others cost ln 38. No answer may be seen."""
    ids = np.array([5, 6, 5, 7] * 10, dtype=np.int32)
    network = Constant()
    found = score_masked(
        network, ids, SETTING, marks=MARKS, masking=Masking(0.5), length=10, rounds=3
    )
    assert all((read == MARKS.mask).all() for read in network.read)
    assert found.hidden.tolist() == [12.0] * 5  # 40 ids in windows of 8, half of each, three times
    right = found.right.sum()
    assert 0.2 < found.accuracy < 0.8
    nats = right * math.log(2) + (60 - right) * math.log(2 * (VOCABULARY - 1))
    assert math.isclose(found.nats.sum(), nats, rel_tol=1e-5)
    assert math.isclose(found.nats_per_token, nats / 60, rel_tol=1e-5)


def test_the_loss_is_that_of_the_hidden_tokens() -> None:
    batch = next(batches(40).batches(0))
    network = Constant()
    total, count = masked_loss(network, batch)
    assert count == len(batch.targets)
    right = int((batch.targets == 5).sum())
    wanted = right * math.log(2) + (count - right) * math.log(2 * (VOCABULARY - 1))
    assert math.isclose(float(total), wanted, rel_tol=1e-5)
