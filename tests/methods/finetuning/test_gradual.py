"""Levels of a body, and the head of ULMFiT, on answers that can be computed by head."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from nlpwb.methods.finetuning.concat_head import BatchNorm, ConcatHead, concat_pooled
from nlpwb.methods.finetuning.gradual import beginnings, levels_of, parts_of
from nlpwb.methods.recurrent.language import RecurrentLanguageNetwork
from nlpwb.methods.recurrent.language_config import LstmLmConfig
from nlpwb.methods.transformer.bert import BertNetwork, BertShape
from nlpwb.methods.transformer.gpt import GptNetwork
from nlpwb.methods.transformer.gpt_config import GptConfig

BERT = BertShape(vocabulary=9, dim=8, layers=2, heads=2, inner=8, places=6, segments=2)
BODIES = {
    "bert": lambda: BertNetwork(BERT),
    "gpt": lambda: GptNetwork.build(
        GptConfig(dim=8, layers=2, heads=2, context=6, tied=False), vocabulary=9
    ),
    "lstm-lm": lambda: RecurrentLanguageNetwork.build(
        LstmLmConfig(dim=4, hidden=6, tied=False), vocabulary=9
    ),
}


@pytest.mark.parametrize("name", BODIES)
def test_every_weight_below_the_head_is_in_one_part(name: str) -> None:
    """The last block first, the tables last; what says tokens (an untied output layer, its offsets) is in none."""
    body = BODIES[name]()
    names = {id(parameter): name for name, parameter in body.named_parameters()}
    parts = [{names[id(p)] for p in part} for part in parts_of(body)]
    assert len(parts) == 3
    assert sum(map(len, parts)) == len(set.union(*parts))
    assert set(names.values()) - set.union(*parts) <= {"output.weight", "output", "bias"}
    assert all(".1." in name or name.startswith("final_norm") for name in parts[0])
    assert all(".0." in name for name in parts[1])
    assert "embedding.weight" in parts[2]


def test_each_part_learns_slower_than_the_one_above() -> None:
    head = torch.nn.Linear(1, 1)
    levels = levels_of(head, BODIES["bert"](), decay=2.0, thaw=1, epochs=5, head_rate=3.0)
    assert [level.rate for level in levels] == [3.0, 0.5, 0.25, 0.125]
    assert [level.begins for level in levels] == [0, 1, 2, 3]


@given(parts=st.integers(1, 30), thaw=st.integers(1, 9), epochs=st.integers(1, 40))
def test_everything_moves_in_the_last_epoch(parts: int, thaw: int, epochs: int) -> None:
    """However few epochs there are; and a part never begins before the one above it."""
    begins = beginnings(parts, thaw=thaw, epochs=epochs)
    assert begins == sorted(begins)
    assert len(begins) == parts
    assert begins[-1] < epochs
    if epochs > 1:
        assert begins[0] >= 1, "the head is alone at first"


def test_concat_is_last_largest_and_mean() -> None:
    """Padding holds the largest number and must not show."""
    states = torch.tensor(
        [[[1.0, 5.0], [3.0, 1.0], [99.0, 99.0]], [[1.0, 2.0], [0.0, 0.0], [2.0, 4.0]]]
    )
    found = concat_pooled(states, torch.tensor([2, 3]))
    assert found.tolist() == [[3, 1, 3, 5, 2, 3], [2, 4, 2, 4, 1, 2]]


def test_a_few_batches_leave_their_mean() -> None:
    """torch's own would still be near 0 and 1 after two steps: 0.19 of the way."""
    norm = BatchNorm(1).train()
    norm(torch.tensor([[0.0], [2.0]]))
    norm(torch.tensor([[4.0], [10.0]]))
    assert norm.mean.item() == pytest.approx((1 + 7) / 2)
    assert norm.variance.item() == pytest.approx((2 + 18) / 2)
    found = norm.eval()(torch.tensor([[4.0 + 10**0.5]]))
    assert found.item() == pytest.approx(1, abs=1e-4)


def test_a_text_alone_in_its_batch_is_no_error() -> None:
    """Its variance is 0: it is normalised by what was seen before, and moves none of that."""
    norm = BatchNorm(2).train()
    norm(torch.tensor([[0.0, 1.0], [2.0, 3.0]]))
    before = norm.mean.clone()
    norm(torch.ones(1, 2))
    assert torch.equal(norm.mean, before)


def test_the_head_says_the_same_of_a_text_alone() -> None:
    """In evaluation no text depends on its company."""
    torch.manual_seed(0)
    head = ConcatHead(2, 3, hidden=5)
    head.train()(torch.randn(8, 6))
    head.eval()
    vectors = torch.randn(4, 6)
    together = head(vectors)
    alone = torch.cat([head(vectors[n : n + 1]) for n in range(4)])
    torch.testing.assert_close(together, alone)
    assert head.features(vectors).shape == (4, 5)
