"""The bag of embeddings: its formula, its sparse gradients, and nothing of padding or neighbours."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from nlpwb.errors import UsageError
from nlpwb.methods.bags.config import NbowConfig
from nlpwb.methods.bags.hashing import hashed_ngrams
from nlpwb.methods.bags.network import BagNetwork
from nlpwb.options import parse_options

IDS = torch.tensor([[2, 3, 2, 0], [4, 1, 3, 2], [1, 0, 0, 0]])
LENGTHS = torch.tensor([3, 4, 1])


def network(table: torch.Tensor | None = None, **options: Any) -> BagNetwork:
    """A small network whose every weight is random, and none zero."""
    torch.manual_seed(0)
    config = NbowConfig(**{"dim": 3, "buckets": 50, "ngrams": (1, 2), **options})
    built = BagNetwork.build(config, vocabulary=6, outputs=2, table=table)
    for name, parameter in built.named_parameters():
        if parameter.requires_grad and (table is None or name != "words.weight"):
            torch.nn.init.normal_(parameter)
    return built


def test_features_are_the_mean_of_words_and_ngrams() -> None:
    """Joulin et al.'s formula, written out: word by word and pair by pair."""
    bag = network().eval()
    assert bag.ngrams is not None
    rows, _ = hashed_ngrams(IDS, LENGTHS, 2, 50)
    features = bag.features(IDS, LENGTHS)
    assert features.shape == (3, bag.feature_dimensions) == (3, 3)
    for i, length in enumerate(LENGTHS.tolist()):
        vectors = [bag.words.weight[IDS[i, t]] for t in range(length)]
        vectors += [bag.ngrams.weight[rows[i, t]] for t in range(length - 1)]
        torch.testing.assert_close(features[i], torch.stack(vectors).mean(dim=0))
    logits = features @ bag.output.weight.T + bag.output.bias
    torch.testing.assert_close(bag(IDS, LENGTHS), logits)


@given(st.lists(st.integers(1, 6), min_size=1, max_size=5), st.integers(1, 3), st.integers(0, 3))
def test_neither_padding_nor_neighbours_count(lengths: list[int], longest: int, extra: int) -> None:
    """A document's logits are those that it has alone."""
    bag = network(ngrams=(1, longest)).eval()
    width = max(lengths) + extra
    ids = torch.randint(1, 6, (len(lengths), width))
    sizes = torch.tensor(lengths)
    ids[torch.arange(width) >= sizes.unsqueeze(1)] = 0
    together = bag(ids, sizes)
    for i, length in enumerate(lengths):
        alone = bag(ids[i : i + 1, :length], sizes[i : i + 1])
        torch.testing.assert_close(together[i : i + 1], alone)


def test_gradients_touch_the_rows_of_the_batch_alone() -> None:
    """A dense gradient of a million rows would cost more than the step; row 5 is in no document."""
    bag = network()
    bag(IDS, LENGTHS).sum().backward()
    gradient = bag.words.weight.grad
    assert gradient is not None
    assert gradient.is_sparse
    assert sorted(gradient.coalesce().indices()[0].tolist()) == [1, 2, 3, 4]
    assert bag.ngrams is not None
    assert bag.ngrams.weight.grad is not None
    assert bag.ngrams.weight.grad.is_sparse


def test_a_table_is_the_start_of_the_words() -> None:
    """Taken over but for padding, and not written into; frozen where tune=no, while the rest trains."""
    table = torch.ones(6, 4)
    bag = network(table, tune=False)
    assert bag.feature_dimensions == 4
    assert bag.words.weight[0].tolist() == [0] * 4
    assert (bag.words.weight[1:] == 1).all()
    assert (table == 1).all()
    bag(IDS, LENGTHS).sum().backward()
    assert bag.words.weight.grad is None
    assert bag.ngrams is not None
    assert bag.ngrams.weight.grad is not None


def test_an_ngram_that_training_never_saw_adds_nothing() -> None:
    """Its bucket is zero, so a new document is judged by what is known of it."""
    config = NbowConfig(dim=3, buckets=50, ngrams=(1, 2))
    bag = BagNetwork.build(config, vocabulary=6, outputs=2, table=None)
    assert bag.ngrams is not None
    assert (bag.ngrams.weight == 0).all()


def test_dropout_takes_words_in_training_alone() -> None:
    """With most words gone the features differ from draw to draw, are finite, and keep their mean of ones."""
    table = torch.ones(6, 4)
    bag = network(table, ngrams=(1, 1), dropout=0.9).train()
    ids, lengths = torch.full((200, 5), 3), torch.full((200,), 5)
    features = bag.features(ids, lengths)
    assert set(features.flatten().tolist()) == {0.0, 1.0}
    assert (bag.eval().features(ids, lengths) == 1).all()


@pytest.mark.parametrize(("word", "longest"), [("1", 1), ("2", 2), ("1-3", 3)])
def test_ngrams_are_a_number_or_a_range(word: str, longest: int) -> None:
    """ngrams=2 is what people write for pairs: words are always there."""
    config = parse_options(NbowConfig, "nbow", {"ngrams": word})
    built = BagNetwork.build(config, vocabulary=6, outputs=2, table=None)
    assert built.longest == longest
    assert (built.ngrams is None) == (longest == 1)


def test_a_range_without_words_is_refused() -> None:
    """An option that would be swallowed."""
    with pytest.raises(UsageError, match="write ngrams=1-3, not 2-3"):
        parse_options(NbowConfig, "nbow", {"ngrams": "2-3"})


@pytest.mark.filterwarnings("ignore:Sparse invariant checks")
def test_it_learns_order_by_pairs() -> None:
    """Documents that differ in the order of their words alone: pairs tell them apart, words cannot."""
    torch.manual_seed(0)
    ids, lengths = torch.tensor([[2, 3], [3, 2]]), torch.tensor([2, 2])
    losses = {}
    for longest in (1, 2):
        config = NbowConfig(dim=8, buckets=1000, ngrams=(1, longest))
        bag = BagNetwork.build(config, vocabulary=4, outputs=2, table=None)
        optimizer = torch.optim.Adagrad(bag.parameters(), lr=0.5)
        for _ in range(60):
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(bag(ids, lengths), torch.tensor([0, 1]))
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        losses[longest] = loss.item()
    assert losses[2] < 0.1
    assert losses[1] > 0.6
