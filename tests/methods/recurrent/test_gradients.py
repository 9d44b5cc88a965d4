"""The gradient by distance: by head for a cell whose weights say the answer, and as the paper on it says for the three."""

from __future__ import annotations

import math

import pytest
import torch

from nlpwb.methods.recurrent.config import GruConfig, LstmConfig, RecurrentConfig, RnnConfig
from nlpwb.methods.recurrent.gradients import gradient_by_distance
from nlpwb.methods.recurrent.network import RecurrentNetwork


def network_of(kind: type[RecurrentConfig], hidden: int) -> RecurrentNetwork:
    torch.manual_seed(0)
    config = kind(dim=hidden, hidden=hidden, bidirectional=False, pooling="last")
    return RecurrentNetwork.build(config, vocabulary=9, outputs=2, table=None)


def test_a_linear_memory_forgets_by_its_factor() -> None:
    """h' = tanh(x + h/2) near zero: a token k places before the end counts (1/2)^k; none is so far in a document of two."""
    network = network_of(RnnConfig, 1)
    (weights,) = network.cell_weights[0]
    with torch.no_grad():
        network.embedding.weight.fill_(1e-9)
        weights.input.fill_(1.0)
        weights.hidden.fill_(0.5)
    ids, lengths = torch.full((2, 6), 3), torch.tensor([6, 2])
    found = gradient_by_distance(network, [(ids, lengths)], longest=8)
    assert found.documents.tolist() == [2, 2, 1, 1, 1, 1, 0, 0]
    expected = [0.5**k for k in range(6)]
    assert found.norms[:6] == pytest.approx(expected, rel=1e-6)
    assert found.logarithms[:6] == pytest.approx([math.log(value) for value in expected])
    assert found.norms[6:].tolist() == [0, 0]


def test_the_network_stays_as_it_is() -> None:
    """It is asked, not trained: no gradient is left in it, and it stays in single precision and in training."""
    network = network_of(GruConfig, 4).train()
    gradient_by_distance(network, [(torch.tensor([[2, 3]]), torch.tensor([2]))], longest=2)
    assert network.training
    assert {parameter.dtype for parameter in network.parameters()} == {torch.float32}
    assert all(parameter.grad is None for parameter in network.parameters())


@pytest.mark.parametrize("of", ["state", "loss"])
def test_an_elman_network_forgets_what_an_lstm_keeps(of: str) -> None:
    """The reason for gates: 60 tokens on, hardly anything of a token is left without them."""
    ids = torch.randint(2, 9, (8, 61), generator=torch.Generator().manual_seed(0))
    lengths = torch.full((8,), 61)
    left = {}
    for kind in (RnnConfig, LstmConfig):
        network = network_of(kind, 16)
        with torch.no_grad():
            # Elman: slopes of tanh below 1; LSTM: a forget gate as training on long documents leaves it
            network.embedding.weight[2:] *= 10
            network.cell_weights[0][0].input_bias[16:32] += 3 if kind is LstmConfig else 0
        found = gradient_by_distance(network, [(ids, lengths)], longest=61, of=of)
        left[kind] = found.norms[60] / found.norms[0]
    assert left[RnnConfig] < 1e-6
    assert left[LstmConfig] > 1e-3
