"""The three recurrent cells, each written out once: what the fast kernels compute, and every gate on the way.

This is the reference that the kernels are held against, and what shows gates and states token by token. Weights lie as in
``torch.nn.RNN``, ``LSTM`` and ``GRU``, gates one below the other, so that they can be copied from there and back.

Letters of shapes: B documents of a batch, T tokens of the longest, D inputs, H width of the state, G gates of the cell.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

GATES = {"rnn": 1, "lstm": 4, "gru": 3}
"""Blocks of H rows in the weights of a cell."""

Trace = dict[str, Tensor]
"""Gates and states by name, each (B, T, H); zero behind the end of a document. ``hidden`` is always one of them."""


class CellWeights(NamedTuple):
    """One direction of one layer: W (G H, D), U (G H, H), and two biases (G H,)."""

    input: Tensor
    hidden: Tensor
    input_bias: Tensor
    hidden_bias: Tensor


class RnnStep(NamedTuple):
    """What one step of the Elman network makes, (B, H)."""

    hidden: Tensor


class LstmStep(NamedTuple):
    """The gates of one step, in 0 … 1, the candidate in -1 … 1, and the two states, each (B, H)."""

    input: Tensor
    forget: Tensor
    candidate: Tensor
    output: Tensor
    cell: Tensor
    hidden: Tensor


class GruStep(NamedTuple):
    """The gates of one step, in 0 … 1, the candidate in -1 … 1, and the state, each (B, H)."""

    reset: Tensor
    update: Tensor
    candidate: Tensor
    hidden: Tensor


def rnn_step(x: Tensor, before: RnnStep, weights: CellWeights) -> RnnStep:
    """h' = tanh(W x + b + U h + b')  (Elman 1990, with tanh for the logistic function).

    Args:
        x: (B, D), the token.
        before: the step before; of it the state h counts.
    """
    return RnnStep(torch.tanh(_from_token(x, weights) + _from_state(before.hidden, weights)))


def lstm_step(x: Tensor, before: LstmStep, weights: CellWeights) -> LstmStep:
    """The gates say what enters the cell c, what stays in it and what is seen of it.

        i = σ(W_i x + U_i h + b_i)       f = σ(W_f x + U_f h + b_f)       o = σ(W_o x + U_o h + b_o)
        g = tanh(W_g x + U_g h + b_g)    c' = f ⊙ c + i ⊙ g               h' = o ⊙ tanh(c')

    Hochreiter & Schmidhuber (1997, Neural Computation 9); the forget gate f is of Gers, Schmidhuber & Cummins (2000,
    Neural Computation 12, equation 2.1). Rows of the weights: i, f, g, o.

    Args:
        x: (B, D), the token.
        before: the step before; of it the states h and c count.
    """
    sums = _from_token(x, weights) + _from_state(before.hidden, weights)  # (B, 4 H)
    enter, keep, new, show = sums.chunk(4, dim=1)
    i, f, g, o = enter.sigmoid(), keep.sigmoid(), new.tanh(), show.sigmoid()
    c = f * before.cell + i * g
    return LstmStep(input=i, forget=f, candidate=g, output=o, cell=c, hidden=o * c.tanh())


def gru_step(x: Tensor, before: GruStep, weights: CellWeights) -> GruStep:
    """The state is moved towards a candidate by as much as the update gate lets it.

        r = σ(W_r x + U_r h + b_r)       z = σ(W_z x + U_z h + b_z)
        n = tanh(W_n x + b_n + r ⊙ (U_n h + b'_n))       h' = (1 - z) ⊙ n + z ⊙ h

    Cho et al. (2014, EMNLP, equations 5 to 8) put the reset gate on h itself, U_n (r ⊙ h). Here, as in torch and cuDNN,
    it stands behind the product (their technical variant of version 1 of arXiv:1406.1078), so that one product serves all
    gates; therefore b'_n is a bias of its own. Rows of the weights: r, z, n.

    Args:
        x: (B, D), the token.
        before: the step before; of it the state h counts.
    """
    h = before.hidden
    token_r, token_z, token_n = _from_token(x, weights).chunk(3, dim=1)
    state_r, state_z, state_n = _from_state(h, weights).chunk(3, dim=1)
    r, z = (token_r + state_r).sigmoid(), (token_z + state_z).sigmoid()
    n = torch.tanh(token_n + r * state_n)
    return GruStep(reset=r, update=z, candidate=n, hidden=(1 - z) * n + z * h)


def _from_token(x: Tensor, weights: CellWeights) -> Tensor:
    return x @ weights.input.T + weights.input_bias


def _from_state(h: Tensor, weights: CellWeights) -> Tensor:
    return h @ weights.hidden.T + weights.hidden_bias


_STEPS: dict[str, tuple[type, Callable[..., tuple[Tensor, ...]]]] = {
    "rnn": (RnnStep, rnn_step),
    "lstm": (LstmStep, lstm_step),
    "gru": (GruStep, gru_step),
}


def unroll(
    cell: str, x: Tensor, weights: CellWeights, *, lengths: Tensor, reverse: bool = False
) -> Trace:
    """One direction of one layer over time, from a state of zeros.

    Args:
        cell: ``rnn``, ``lstm`` or ``gru``.
        x: (B, T, D), the tokens.
        weights: of this direction.
        lengths: int64 (B,), tokens of each document; what stands behind them changes nothing.
        reverse: read from each document's last token to its first.

    Returns:
        Every gate and state of the cell by name, (B, T, H), at the place of the token that was read.
    """
    kind, step = _STEPS[cell]
    batch, longest, _ = x.shape
    zeros = x.new_zeros(batch, weights.hidden.shape[1])
    now = kind(*[zeros for _ in kind._fields])  # type: ignore[attr-defined]
    places: list[tuple[Tensor, ...]] = [now] * longest
    for t in reversed(range(longest)) if reverse else range(longest):
        real = (t < lengths.to(x.device)).unsqueeze(1)  # (B, 1)
        # behind the end everything is zero, so a document read from there meets its last token with a state of zeros
        now = kind(*[torch.where(real, value, zeros) for value in step(x[:, t], now, weights)])
        places[t] = now
    return {
        name: torch.stack([values[number] for values in places], dim=1)
        for number, name in enumerate(kind._fields)  # type: ignore[attr-defined]
    }


def run_cells(
    cell: str, x: Tensor, layers: Sequence[Sequence[CellWeights]], *, lengths: Tensor
) -> list[list[Trace]]:
    """All layers and directions over time; each layer reads the states of the one below, both directions side by side.

    Args:
        cell: ``rnn``, ``lstm`` or ``gru``.
        x: (B, T, D), the tokens.
        layers: for each layer the weights of its directions, the one that reads forwards first.
        lengths: int64 (B,).

    Returns:
        For each layer and direction what :func:`unroll` gives.
    """
    traces: list[list[Trace]] = []
    for directions in layers:
        traces.append(
            [
                unroll(cell, x, weights, lengths=lengths, reverse=backwards)
                for backwards, weights in zip((False, True), directions, strict=False)
            ]
        )
        x = torch.cat([trace["hidden"] for trace in traces[-1]], dim=2)  # (B, T, H or 2 H)
    return traces
