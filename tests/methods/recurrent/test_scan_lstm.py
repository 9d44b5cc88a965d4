"""The loops of a wide LSTM in training, held against torch's kernel, against differences, and against the equations."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from nlpwb.methods.recurrent import layer, scan_lstm
from nlpwb.methods.recurrent.layer import Direction, State


def scanned(x: Tensor, start: State, network: nn.LSTM) -> tuple[Tensor, Tensor]:
    """By the loops, with the weights of torch's network."""
    w, u, b, c = network.weight_ih_l0, network.weight_hh_l0, network.bias_ih_l0, network.bias_hh_l0
    return scan_lstm.scan_lstm(nn.functional.linear(x, w, b + c), u, *start)


@settings(max_examples=15, deadline=None)
@given(
    steps=st.integers(1, 9),
    batch=st.integers(1, 4),
    inputs=st.integers(1, 5),
    width=st.integers(1, 5),
)
def test_states_and_gradients_are_torchs(steps: int, batch: int, inputs: int, width: int) -> None:
    """From a state that is not zero, with a loss that reads the last c, too: a forgotten term would train, only worse."""
    torch.manual_seed(steps)
    network = nn.LSTM(inputs, width)
    for weight in network.parameters():
        nn.init.normal_(weight, std=0.5)
    x = torch.randn(steps, batch, inputs, requires_grad=True)
    h, c = torch.randn(2, batch, width, requires_grad=True).unbind()
    states, (_, last) = network(x, (h.unsqueeze(0), c.unsqueeze(0)))
    found, end = scanned(x, (h, c), network)
    torch.testing.assert_close(found, states, atol=2e-6, rtol=2e-6)
    torch.testing.assert_close(end, last[0], atol=2e-6, rtol=2e-6)
    leaves = [x, h, c, *network.parameters()]
    towards = torch.sin(torch.arange(states.numel())).view_as(states)
    theirs = torch.autograd.grad((states * towards).sum() + last.square().sum(), leaves)
    ours = torch.autograd.grad((found * towards).sum() + end.square().sum(), leaves)
    for mine, wanted in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, wanted, atol=5e-6, rtol=5e-6)


def test_gradients_are_differences() -> None:
    """Finite differences in double precision know nothing of torch's kernel."""
    torch.manual_seed(0)
    parts = [
        torch.randn(shape, dtype=torch.float64) for shape in ((4, 2, 12), (12, 3), (2, 3), (2, 3))
    ]
    for part in parts:
        part.requires_grad_()
    assert torch.autograd.gradcheck(scan_lstm.scan_lstm, parts)


def test_a_gradient_may_be_taken_twice() -> None:
    """What was kept for the gradient is not written over by it."""
    torch.manual_seed(0)
    parts = [
        torch.randn(shape, requires_grad=True) for shape in ((4, 2, 12), (12, 3), (2, 3), (2, 3))
    ]
    states, last = scan_lstm.scan_lstm(*parts)
    total = states.sum() + last.sum()
    first = torch.autograd.grad(total, parts, retain_graph=True)
    for mine, again in zip(first, torch.autograd.grad(total, parts), strict=True):
        assert torch.equal(mine, again)


def test_training_in_half_precision_takes_them_and_stays_near_float32(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A wide layer in bfloat16 runs by the loops, and loses no more by them than by the kernel."""
    torch.manual_seed(0)
    direction = Direction("lstm", 16, 16)
    x, start = torch.randn(30, 4, 16), (torch.randn(4, 16), torch.randn(4, 16))
    calls = []

    def counted(*parts: Tensor) -> tuple[Tensor, Tensor]:
        calls.append(parts)
        return scan_lstm.scan_lstm(*parts)

    monkeypatch.setattr(layer, "scan_lstm", counted)

    def taken(least: int, *, half: bool) -> list[Tensor]:
        monkeypatch.setattr(scan_lstm, "LEAST_WEIGHTS", least)
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            states, (h, c) = direction.run(x, start)
        assert torch.equal(states[-1], h)
        total = states.float().square().sum() + c.float().sum()
        return [states, c, *torch.autograd.grad(total, list(direction.parameters()))]

    count = direction.weight_input.numel() + direction.weight_hidden.numel()
    exact = taken(0, half=False)
    kernel = taken(count + 1, half=True)
    assert not calls
    loops = taken(count, half=True)
    assert len(calls) == 1
    assert loops[0].dtype == torch.bfloat16
    for mine, other, fine in zip(loops, kernel, exact, strict=True):
        lost = (mine.float() - fine).norm()
        assert 0 < lost < 0.02 * fine.norm()
        assert lost < 1.5 * (other.float() - fine).norm()


@pytest.mark.parametrize("documents", [64, 65])
def test_many_documents_and_answers_are_left_to_the_kernel(documents: int) -> None:
    """With many documents it loses nothing, and without a gradient there is nothing to lose."""
    x = torch.zeros(1, documents, 1024)
    wide = torch.zeros(2048, 1024, device="meta")
    assert not scan_lstm.is_faster(x, wide)
    with torch.autocast("cpu", torch.bfloat16):
        assert scan_lstm.is_faster(x, wide) == (documents == 64)
        with torch.no_grad():
            assert not scan_lstm.is_faster(x, wide)


def test_a_small_step_is_not_lost_in_half_precision() -> None:
    """c grows by 1/512 of 1 at each of 2,000 steps: in 8 bits it would stand still at 1."""
    sums = torch.full((2000, 1, 4), 20.0, dtype=torch.bfloat16)
    sums[:, :, 0] = -6.25  # σ(-6.25) = .00193
    zeros = torch.zeros(1, 1)
    _, last = scan_lstm.scan_lstm(sums, torch.zeros(4, 1, dtype=torch.bfloat16), zeros, zeros)
    assert last.item() == pytest.approx(2000 * torch.tensor(-6.25).sigmoid().item(), rel=1e-3)
