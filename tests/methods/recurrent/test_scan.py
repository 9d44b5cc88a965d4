"""The loops over time, held against torch's kernels at the same weights."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from nlpwb.methods.recurrent.layer import Direction

TORCH = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


def twin(cell: str, inputs: int, width: int) -> tuple[Direction, nn.RNNBase]:
    """A direction, and torch's network with the same weights."""
    ours, theirs = Direction(cell, inputs, width), TORCH[cell](inputs, width)
    for mine, copy in zip(ours.parameters(), theirs.parameters(), strict=True):
        nn.init.normal_(mine, std=0.3)
        copy.data.copy_(mine.data)
    return ours, theirs


def states_and_gradients(network: nn.Module, x: Tensor) -> list[Tensor]:
    states = network(x)
    states = states[0] if isinstance(states, tuple) else states
    towards = torch.sin(torch.arange(states.numel())).view_as(states)
    loss = (states.float() * towards).sum()
    return [states, *torch.autograd.grad(loss, [x, *network.parameters()])]


@settings(max_examples=15, deadline=None)
@given(
    cell=st.sampled_from(sorted(TORCH)),
    steps=st.integers(1, 12),
    batch=st.integers(1, 5),
    inputs=st.integers(1, 6),
    width=st.integers(1, 6),
)
def test_states_and_gradients_are_torchs(
    cell: str, steps: int, batch: int, inputs: int, width: int
) -> None:
    """The gradients are written by hand: a forgotten term would train to something, only worse."""
    torch.manual_seed(steps)
    ours, theirs = twin(cell, inputs, width)
    x = torch.randn(steps, batch, inputs, requires_grad=True)
    pairs = zip(states_and_gradients(ours, x), states_and_gradients(theirs, x), strict=True)
    for mine, wanted in pairs:
        torch.testing.assert_close(mine, wanted, atol=2e-6, rtol=2e-6)


@pytest.mark.parametrize("cell", ["rnn", "gru"])
def test_gradients_of_the_loops_are_differences(cell: str) -> None:
    """Finite differences in double precision know nothing of torch's kernels."""
    torch.manual_seed(0)
    direction = Direction(cell, 2, 3).double()
    x = torch.randn(4, 2, 2, dtype=torch.float64, requires_grad=True)

    def states(x: Tensor, *parameters: Tensor) -> Tensor:
        named = dict(zip(dict(direction.named_parameters()), parameters, strict=True))
        return torch.func.functional_call(direction, named, (x,))

    assert torch.autograd.gradcheck(states, (x, *direction.parameters()))


@pytest.mark.parametrize("cell", sorted(TORCH))
def test_half_precision_stays_near_float32(cell: str) -> None:
    """Autocast reaches the loops, too, and costs a few hundredths at most: 8 bits a product."""
    torch.manual_seed(0)
    direction = Direction(cell, 16, 16)
    x = torch.randn(30, 4, 16, requires_grad=True)
    exact = states_and_gradients(direction, x)
    with torch.autocast("cpu", torch.bfloat16):
        half = states_and_gradients(direction, x)
    assert half[0].dtype == torch.bfloat16
    for rough, fine in zip(half, exact, strict=True):
        assert (rough.float() - fine).norm() < 0.05 * fine.norm()
        assert not torch.equal(rough.float(), fine)


def test_a_slow_gru_keeps_small_updates_in_half_precision() -> None:
    """z near 1 moves the state by 1/500 of the way each step: in a state of 8 bits it would stand still."""
    direction = Direction("gru", 1, 1)
    with torch.no_grad():
        for parameter in direction.parameters():
            parameter.zero_()
        direction.bias_input.copy_(torch.tensor([0.0, 6.2, 100.0]))
        with torch.autocast("cpu", torch.bfloat16):
            states = direction(torch.zeros(2000, 1, 1))
    # 1 - z is 1/493 in real numbers and 1/512 or 1/256 as bfloat16; either way the state is near its candidate, 1
    assert float(states[-1]) > 0.95


def test_how_the_weights_start() -> None:
    """Orthogonal from state to state, and the LSTM's forget gate open: without either, long documents train badly."""
    torch.manual_seed(0)
    direction = Direction("lstm", 3, 4)
    for block in direction.weight_hidden.split(4):
        torch.testing.assert_close(block @ block.T, torch.eye(4), atol=1e-5, rtol=0)
    bias = direction.bias_input + direction.bias_hidden
    assert bias.tolist() == [0] * 4 + [1] * 4 + [0] * 8


def test_weight_drop_zeroes_the_state_to_state_weights_in_training_alone() -> None:
    """With nearly all of U gone a training step nearly forgets; without training the answers are those without drop."""
    torch.manual_seed(0)
    dropped, whole = Direction("rnn", 2, 50, weight_drop=0.5), Direction("rnn", 2, 50)
    whole.load_state_dict(dropped.state_dict())
    x = torch.randn(3, 1, 2)
    assert torch.equal(dropped.eval()(x), whole(x))
    dropped.train()
    assert torch.equal(dropped(x)[0], whole(x)[0])  # the first state saw no U
    assert not torch.equal(dropped(x)[2], whole(x)[2])
    dropped(x).sum().backward()
    assert dropped.weight_hidden.grad is not None
    share = (dropped.weight_hidden.grad == 0).float().mean()
    assert 0.4 < float(share) < 0.6
