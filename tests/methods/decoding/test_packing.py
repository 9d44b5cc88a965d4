"""Packed matrices give the same products, and leave no trace."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from nlpwb.methods.decoding.packing import packed


@pytest.mark.parametrize("rows", [1, 3, 16, 70])
@pytest.mark.parametrize(("dtype", "error"), [(torch.float32, 1e-5), (torch.bfloat16, 0.03)])
def test_packed_layers_give_the_same(rows: int, dtype: torch.dtype, error: float) -> None:
    """Another layout would be multiplied as if it were rows."""
    torch.manual_seed(1)
    network = nn.Sequential(nn.Linear(300, 1000), nn.Tanh(), nn.Linear(1000, 270, bias=False))
    x = torch.randn(rows, 2, 300)
    with torch.no_grad():
        expected = network(x)
        with packed(network, dtype):
            found = network(x)
        assert found.dtype == dtype
        torch.testing.assert_close(found.float(), expected, rtol=error, atol=error)
        torch.testing.assert_close(network(x), expected, rtol=0, atol=0)
    assert all("forward" not in vars(module) for module in network)


class Writer(nn.Module):
    """An output layer that is the table of embeddings."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(2000, 300)
        self.bias = nn.Parameter(torch.randn(2000))

    def head(self) -> tuple[torch.Tensor, torch.Tensor]:
        return self.embedding.weight, self.bias

    def logits(self, hidden: torch.Tensor) -> torch.Tensor:
        return nn.functional.linear(hidden, *self.head())


def test_a_tied_output_layer_is_packed_too() -> None:
    """The largest product of a small model would stay slow."""
    network, hidden = Writer(), torch.randn(3, 300)
    with torch.no_grad():
        expected = network.logits(hidden)
        with packed(network, torch.float32):
            assert "logits" in vars(network)
            torch.testing.assert_close(network.logits(hidden), expected, rtol=1e-4, atol=1e-4)
    assert "logits" not in vars(network)


def test_small_layers_stay_as_they_are() -> None:
    """A layer that fits into the processor's cache would only be called in a slower way."""
    network = nn.Sequential(nn.Linear(16, 16))
    with packed(network, torch.bfloat16):
        assert "forward" not in vars(network[0])


def test_an_error_leaves_the_network_as_it_was() -> None:
    """A network that went on training would learn nothing."""
    network = nn.Sequential(nn.Linear(600, 600))
    with pytest.raises(KeyError), packed(network, torch.float32):
        raise KeyError
    assert "forward" not in vars(network[0])
