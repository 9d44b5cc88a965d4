"""The cells written out, held against torch's at copied weights, and against answers by head."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from nlpwb.methods.recurrent.cells import (
    GATES,
    CellWeights,
    GruStep,
    LstmStep,
    RnnStep,
    gru_step,
    lstm_step,
    rnn_step,
    run_cells,
    unroll,
)

TORCH = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
INPUTS, WIDTH = 5, 4
LENGTHS = torch.tensor([7, 1, 4])


def copied(theirs: nn.RNNBase) -> list[list[CellWeights]]:
    """torch's parameters, layer by layer and direction by direction."""
    ends = ("", "_reverse") if theirs.bidirectional else ("",)
    return [
        [
            CellWeights(
                *(
                    getattr(theirs, f"{name}_l{layer}{end}")
                    for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
                )
            )
            for end in ends
        ]
        for layer in range(theirs.num_layers)
    ]


def packed_states(theirs: nn.RNNBase, x: Tensor) -> Tensor:
    """torch's own way to read documents of different lengths."""
    packed = nn.utils.rnn.pack_padded_sequence(x, LENGTHS, batch_first=True, enforce_sorted=False)
    states, _ = theirs(packed)
    return nn.utils.rnn.pad_packed_sequence(states, batch_first=True)[0]


def relative(ours: Tensor, theirs: Tensor) -> float:
    return float((ours - theirs).detach().abs().max() / theirs.detach().abs().max())


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", GATES)
def test_states_and_gradients_are_torchs(cell: str, layers: int, bidirectional: bool) -> None:
    """A gate in another order, or a document read from its padding, would part from torch at once."""
    torch.manual_seed(0)
    theirs = TORCH[cell](
        INPUTS, WIDTH, num_layers=layers, bidirectional=bidirectional, batch_first=True
    )
    x = torch.randn(3, 7, INPUTS, requires_grad=True)
    expected = packed_states(theirs, x)
    traces = run_cells(cell, x, copied(theirs), lengths=LENGTHS)
    states = torch.cat([trace["hidden"] for trace in traces[-1]], dim=2)
    assert relative(states, expected) < 1e-6
    towards = torch.randn_like(expected)
    leaves = [x, *theirs.parameters()]
    ours = torch.autograd.grad((states * towards).sum(), leaves)
    reference = torch.autograd.grad((expected * towards).sum(), leaves)
    for mine, wanted in zip(ours, reference, strict=True):
        assert relative(mine, wanted) < 1e-6


@pytest.mark.parametrize("cell", GATES)
def test_a_trace_names_every_gate_and_is_zero_behind_the_end(cell: str) -> None:
    """`trace` shows what stands here; a value behind the end would be a token that nobody wrote."""
    torch.manual_seed(0)
    theirs = TORCH[cell](INPUTS, WIDTH)
    (weights,) = copied(theirs)[0]
    trace = unroll(cell, torch.randn(3, 7, INPUTS), weights, lengths=LENGTHS, reverse=True)
    kinds = {"rnn": RnnStep, "lstm": LstmStep, "gru": GruStep}
    assert list(trace) == list(kinds[cell]._fields)
    for values in trace.values():
        assert values.shape == (3, 7, WIDTH)
        assert (values[0] != 0).all()
        assert (values[1, 1:] == 0).all()
        assert (values[2, 4:] == 0).all()


def weights_of(rows: list[float], bias: list[float]) -> CellWeights:
    """One input, one unit: a column for the token, zeros for the state, and a bias."""
    column = torch.tensor(rows, dtype=torch.float32).unsqueeze(1)
    return CellWeights(
        column,
        torch.zeros_like(column),
        torch.tensor(bias, dtype=torch.float32),
        torch.zeros(len(bias)),
    )


SHUT, OPEN = -100.0, 100.0


def test_an_lstm_with_an_open_forget_gate_keeps_its_cell() -> None:
    """Forget 1, input 0: c stays 3 whatever the token says; output 1: h = tanh 3."""
    weights = weights_of([0, 0, 9, 0], [SHUT, OPEN, 0, OPEN])
    zero, cell = torch.zeros(1, 1), torch.full((1, 1), 3.0)
    step = lstm_step(torch.ones(1, 1), LstmStep(zero, zero, zero, zero, cell, zero), weights)
    assert step.cell.item() == 3
    assert step.hidden.item() == pytest.approx(torch.tensor(3.0).tanh().item())


def test_a_gru_with_its_update_gate_at_one_keeps_its_state() -> None:
    """z = 1 means keep, z = 0 means the candidate: the other convention is in print, too."""
    zero, state = torch.zeros(1, 1), torch.full((1, 1), 0.25)
    before = GruStep(zero, zero, zero, state)
    keep = gru_step(torch.ones(1, 1), before, weights_of([0, 0, 9], [0, OPEN, 0]))
    take = gru_step(torch.ones(1, 1), before, weights_of([0, 0, 9], [0, SHUT, 0]))
    assert keep.hidden.item() == 0.25
    assert take.hidden.item() == pytest.approx(1)


def test_an_elman_step_is_the_squashed_sum() -> None:
    """tanh(2 · 3 + 0 - 6) = tanh 0."""
    weights = weights_of([2.0], [-6.0])
    assert rnn_step(torch.full((1, 1), 3.0), RnnStep(torch.zeros(1, 1)), weights).hidden.item() == 0
