"""Batches of pairs, in which a text stands once; and losses that hand and torch agree on."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from nlpwb.training.contrasts import (
    ContrastBatch,
    ContrastBatches,
    company_loss,
    cosine_loss,
    labelled_pairs,
)
from nlpwb.training.drawn_pairs import Drawn, LabelledTexts
from nlpwb.training.pairs import Side


def side(lengths: list[int]) -> Side:
    """Texts of these lengths; every token of text i is 1 + i."""
    ids = np.repeat(np.arange(len(lengths)), lengths).astype(np.int32) + 1
    return Side(ids, np.cumsum(lengths).astype(np.int64))


def batches(lengths: list[int], pairs: list[tuple[int, int]], **options: int) -> ContrastBatches:
    found = Drawn(np.array(pairs), np.linspace(0, 1, len(pairs), dtype=np.float32))
    asked = {"tokens": 1000, "documents": 8, "seed": 0, **options}
    return ContrastBatches(side(lengths), lambda _: found, **asked)


class Given(nn.Module):
    """Vectors of texts that are told by their first token."""

    def __init__(self, vectors: list[list[float]]) -> None:
        super().__init__()
        self.vectors = nn.Parameter(torch.tensor([[0.0] * len(vectors[0]), *vectors]))

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        del lengths
        found: Tensor = self.vectors[ids[:, 0]]
        return found


def test_a_text_of_several_pairs_is_encoded_once() -> None:
    (batch,) = batches([2, 1, 3], [(0, 1), (0, 2), (2, 1)]).batches(0)
    assert batch.ids.shape == (3, 3)
    assert batch.tokens == 6
    texts = batch.ids[:, 0] - 1
    found = {
        tuple(texts[pair].tolist()): round(like, 2)
        for pair, like in zip(batch.pairs, batch.likeness.tolist(), strict=True)
    }
    assert found == {(0, 1): 0.0, (0, 2): 0.5, (2, 1): 1.0}


@given(
    lengths=st.lists(st.integers(1, 20), min_size=2, max_size=20),
    count=st.integers(1, 60),
    documents=st.integers(1, 20),
    seed=st.integers(0, 9),
)
def test_every_pair_comes_once_within_the_limits(
    lengths: list[int], count: int, documents: int, seed: int
) -> None:
    random = np.random.default_rng(seed)
    pairs = [tuple(random.integers(len(lengths), size=2).tolist()) for _ in range(count)]
    source = batches(lengths, pairs, documents=documents, tokens=60, seed=seed)
    found = []
    every = list(source.batches(0))
    assert len(every) == source.steps(0)
    for batch in every:
        assert len(batch) == 1 or len(batch) * 2 <= documents
        assert len(batch) == 1 or batch.ids.numel() <= 60
        texts = (batch.ids[:, 0] - 1).tolist()
        assert [lengths[text] for text in texts] == batch.lengths.tolist()
        found += [(texts[a], texts[b]) for a, b in batch.pairs.tolist()]
    assert sorted(found) == sorted(pairs)


def test_batches_go_on_where_they_were_left() -> None:
    """What a training that was killed asks for: the same batches, from some number on; other ones in the next epoch."""
    texts = LabelledTexts(np.arange(40) % 4)

    def source() -> ContrastBatches:
        pairs = labelled_pairs(texts, 100, seed=3, balanced=False)
        return ContrastBatches(side([3] * 40), pairs, tokens=1000, documents=8, seed=3)

    def told(epoch: int, start: int = 0) -> list[list[list[int]]]:
        return [batch.ids[batch.pairs, 0].tolist() for batch in source().batches(epoch, start)]

    assert told(1, 5) == told(1)[5:]
    assert told(0) != told(1)


def test_halves_hold_the_same_pairs() -> None:
    """Where a batch does not fit: the losses of the halves add up to that of the whole."""
    (batch,) = batches([2, 1, 3, 2], [(0, 1), (0, 2), (3, 1), (3, 2)]).batches(0)
    model = Given([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0], [-1.0, 0.0]])
    halves = batch.halves()
    assert halves is not None
    losses = [cosine_loss()(model, part) for part in halves]
    whole = cosine_loss()(model, batch)
    assert sum(count for _, count in losses) == whole[1] == 4
    torch.testing.assert_close(losses[0][0] + losses[1][0], whole[0])
    assert halves[0].halves() is not None
    assert halves[0].halves()[0].halves() is None  # type: ignore[index]


def one(pair: tuple[int, int], likeness: float) -> ContrastBatch:
    (batch,) = batches([1, 1, 1], [pair]).batches(0)
    like = torch.tensor([likeness])
    return ContrastBatch(batch.ids, batch.lengths, batch.pairs, like, None, batch.tokens)


@pytest.mark.parametrize(
    ("margin", "likeness", "expected"),
    [(None, 1.0, 0.16), (None, 0.0, 0.36), (None, 0.5, 0.01), (0.5, 0.0, 0.01), (0.7, 0.0, 0.0)],
)
def test_the_cosine_loss_by_hand(margin: float | None, likeness: float, expected: float) -> None:
    """The cosine is 0.6; alike it should be 1, unlike 0, or at most the margin."""
    model = Given([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]])
    total, count = cosine_loss(margin)(model, one((0, 1), likeness))
    assert count == 1
    assert float(total.detach()) == pytest.approx(expected, abs=1e-6)


def test_the_loss_of_company_by_hand() -> None:
    """Two alike and one alone: of the first -ln(e^0.6 / (e^0.6 + e^0)), of the second with 0.8 for the third."""
    model = Given([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]])
    pairs = Drawn(np.array([[0, 1], [0, 2]]), np.array([1, 0], dtype=np.float32))
    labels = LabelledTexts(np.array([0, 0, 1]))
    source = ContrastBatches(
        side([1, 1, 1]), lambda _: pairs, tokens=99, documents=8, seed=0, labels=labels
    )
    (batch,) = source.batches(0)
    total, count = company_loss(1.0)(model, batch)
    first = math.log(1 + math.exp(0 - 0.6))
    second = math.log(1 + math.exp(0.8 - 0.6))
    assert count == 2
    assert float(total.detach()) == pytest.approx(first + second, rel=1e-5)
    total.backward()
    assert torch.isfinite(model.vectors.grad).all()  # type: ignore[arg-type]


@pytest.mark.parametrize("loss", ["cosine", "company"])
def test_vectors_of_a_label_come_together(loss: str) -> None:
    """By plain steps on either loss texts of a label end nearer to each other than to any other."""
    targets = np.array([0, 0, 0, 1, 1, 1])
    texts = LabelledTexts(targets)
    torch.manual_seed(0)
    vectors = nn.Parameter(torch.randn(7, 4))

    class Model(nn.Module):
        def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
            del lengths
            return nn.functional.normalize(vectors[ids[:, 0]], dim=1)

    pairs = labelled_pairs(texts, 40, seed=0, balanced=False, alike_only=loss == "company")
    source = ContrastBatches(side([1] * 6), pairs, tokens=99, documents=16, seed=0, labels=texts)
    of = company_loss(0.1) if loss == "company" else cosine_loss()
    step = torch.optim.Adam([vectors], lr=0.05)
    for epoch in range(30):
        for batch in source.batches(epoch):
            total, count = of(Model(), batch)
            step.zero_grad()
            (total / count).backward()
            step.step()
    found = nn.functional.normalize(vectors[1:].detach(), dim=1)
    cosines = found @ found.T
    alike = torch.from_numpy(targets[:, None] == targets)
    assert cosines[alike].min() > cosines[~alike].max() + 0.3
