"""Kim's convolution: its formula, short documents, and nothing of padding or neighbours."""

from __future__ import annotations

from typing import Any

import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from nlpwb.methods.convolution.config import CnnConfig
from nlpwb.methods.convolution.network import ConvolutionNetwork


def network(table: torch.Tensor | None = None, **options: Any) -> ConvolutionNetwork:
    torch.manual_seed(0)
    config = CnnConfig(**{"dim": 4, "filters": 5, "widths": (2, 3), **options})
    return ConvolutionNetwork.build(config, vocabulary=8, outputs=3, table=table)


def test_features_are_the_largest_answers() -> None:
    """Equations 1 to 4, window by window: relu of a product with w words, zeros beside the document, then the maximum."""
    net = network().eval()
    ids = torch.tensor([[2, 5, 3, 7], [4, 0, 0, 0]])
    lengths = torch.tensor([4, 1])
    features = net.features(ids, lengths)
    assert features.shape == (2, net.feature_dimensions) == (2, 10)
    for i, length in enumerate(lengths.tolist()):
        expected = []
        for width, bank in zip((2, 3), net.filters, strict=True):
            words = net.embedding.weight[ids[i, :length]]
            words = functional.pad(words, (0, 0, width - 1, width - 1))
            windows = [words[t : t + width].T for t in range(len(words) - width + 1)]
            answers = [torch.relu((bank.weight * x).sum(dim=(1, 2)) + bank.bias) for x in windows]
            expected.append(torch.stack(answers).amax(dim=0))
        torch.testing.assert_close(features[i], torch.cat(expected))


@given(st.lists(st.integers(1, 7), min_size=1, max_size=5), st.integers(0, 3))
def test_neither_padding_nor_neighbours_count(lengths: list[int], extra: int) -> None:
    """A document's logits are those that it has alone, also where it is shorter than the widest filter."""
    net = network(widths=(3, 5)).eval()
    with torch.no_grad():
        for bank in net.filters:
            bank.bias.fill_(2.0)  # an empty window would answer
    width = max(lengths) + extra
    ids = torch.randint(1, 8, (len(lengths), width))
    sizes = torch.tensor(lengths)
    ids[torch.arange(width) >= sizes.unsqueeze(1)] = 0
    together = net(ids, sizes)
    assert together.shape == (len(lengths), 3)
    for i, length in enumerate(lengths):
        alone = net(ids[i : i + 1, :length], sizes[i : i + 1])
        torch.testing.assert_close(together[i : i + 1], alone)


def test_a_table_sets_the_width_of_the_filters() -> None:
    """Word vectors of any size can be the start; frozen, they do not train."""
    net = network(torch.ones(8, 6), tune=False)
    assert net(torch.tensor([[2, 3]]), torch.tensor([2])).shape == (1, 3)
    assert not net.embedding.weight.requires_grad
    assert [bank.weight.shape for bank in net.filters] == [(5, 6, 2), (5, 6, 3)]


def test_dropout_is_before_the_linear_layer() -> None:
    """Features are what `embed` gives: they must not be random, not even in training."""
    net = network(dropout=0.5).train()
    ids, lengths = torch.tensor([[2, 3, 4]]), torch.tensor([3])
    assert torch.equal(net.features(ids, lengths), net.features(ids, lengths))
    logits = torch.stack([net(ids, lengths) for _ in range(20)])
    assert len(logits.unique(dim=0)) > 1


def test_it_learns_a_phrase() -> None:
    """The pair 2 3 anywhere against the pair 3 2: what a bag of words cannot see."""
    net = network(dropout=0.0)
    ids = torch.tensor([[5, 2, 3, 6], [2, 3, 7, 7], [5, 3, 2, 6], [3, 2, 7, 7]])
    lengths, targets = torch.full((4,), 4), torch.tensor([0, 0, 1, 1])
    optimizer = torch.optim.AdamW(net.parameters(), lr=0.01)
    for _ in range(100):
        optimizer.zero_grad()
        loss = functional.cross_entropy(net(ids, lengths), targets)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    assert loss.item() < 0.1
