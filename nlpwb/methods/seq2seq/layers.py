"""Encoder and decoder of the recurrent networks: layers of one cell, over a whole batch at once or token by token.

Letters of shapes: B pairs, S places of the source, T of the target, D inputs, H width of a state, L layers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn

from nlpwb.methods.networks.pooling import last_in_time
from nlpwb.methods.recurrent.cells import GruStep, LstmStep, RnnStep, gru_step, lstm_step, rnn_step
from nlpwb.methods.recurrent.layer import Direction, State
from nlpwb.methods.recurrent.network import locked_dropout, turn, turned_rows


class Encoder(nn.Module):
    """Layers that read a source, in one direction or in both; the width of their states is H all the same.

    Bahdanau et al. 2015, section 3.2: the annotation of a place is what both directions say of it, side by side.
    """

    def __init__(
        self, cell: str, inputs: int, width: int, *, layers: int, both: bool, dropout: float
    ) -> None:
        super().__init__()
        assert width % (1 + both) == 0, "directions share the width"
        self.dropout = dropout
        self.layers = nn.ModuleList(
            nn.ModuleList(
                Direction(cell, width if number else inputs, width // (1 + both))
                for _ in range(1 + both)
            )
            for number in range(layers)
        )

    def forward(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Tokens (S, B, D) and lengths int64 (B,) to the last layer's states (B, S, H), and each layer's last state (B, H).

        The last state is what each direction says where it has read the whole source.
        """
        rows = turned_rows(lengths, len(x)).to(x.device)
        lasts = []
        for number, directions in enumerate(self.layers):
            if number:
                x = locked_dropout(x, self.dropout, training=self.training)
            forwards, *backwards = cast("Sequence[Direction]", directions)
            states = [forwards(x)]  # (S, B, H or H / 2)
            ends = [last_in_time(states[0].transpose(0, 1), lengths)]
            for direction in backwards:
                turned = direction(turn(x, rows))
                ends.append(last_in_time(turned.transpose(0, 1), lengths))
                states.append(turn(turned, rows))
            x = torch.cat(states, dim=2) if backwards else states[0]
            lasts.append(torch.cat(ends, dim=1))
        return x.transpose(0, 1), lasts


class Bridge(nn.Module):
    """From the last state of each encoder's layer to the first of the decoder's.

    h = tanh(W e + b), as Bahdanau et al. 2015 (appendix A.2.2) begin with the backward state. An LSTM's c has a matrix of its
    own, and no tanh, since c is not bounded.
    """

    def __init__(self, cell: str, width: int, layers: int) -> None:
        super().__init__()
        self.hidden = nn.ModuleList(nn.Linear(width, width) for _ in range(layers))
        self.cells = (
            nn.ModuleList(nn.Linear(width, width) for _ in range(layers))
            if cell == "lstm"
            else None
        )

    def forward(self, lasts: Sequence[Tensor]) -> list[State]:
        """(B, H) of each layer to its state."""
        states: list[State] = []
        for number, last in enumerate(lasts):
            h = torch.tanh(self.hidden[number](last))
            states.append((h,) if self.cells is None else (h, self.cells[number](last)))
        return states


class Decoder(nn.Module):
    """Layers that write: a whole target by the fused kernels, or a token by the cells' equations."""

    def __init__(self, cell: str, inputs: int, width: int, *, layers: int, dropout: float) -> None:
        super().__init__()
        self.cell = cell
        self.dropout = dropout
        self.layers = nn.ModuleList(
            Direction(cell, width if number else inputs, width) for number in range(layers)
        )

    def forward(self, x: Tensor, start: Sequence[State]) -> Tensor:
        """Inputs (T, B, D), from these states on, to the last layer's (T, B, H)."""
        for number, (direction, state) in enumerate(zip(self.layers, start, strict=True)):
            if number:
                x = locked_dropout(x, self.dropout, training=self.training)
            x, _ = cast(Direction, direction).run(x, state)
        return x

    def step(self, x: Tensor, states: Sequence[State]) -> tuple[Tensor, list[State]]:
        """One token's inputs (B, D) to the last layer's h (B, H), and all states after it."""
        after: list[State] = []
        for number, (direction, state) in enumerate(zip(self.layers, states, strict=True)):
            if number:
                x = locked_dropout(x.unsqueeze(0), self.dropout, training=self.training).squeeze(0)
            after.append(_stepped(cast(Direction, direction), x, state))
            x = after[-1][0]
        return x, after


def _stepped(direction: Direction, x: Tensor, state: State) -> State:
    weights, h = direction.weights, state[0]
    if direction.cell == "lstm":
        after = lstm_step(x, LstmStep(h, h, h, h, cell=state[1], hidden=h), weights)
        return after.hidden, after.cell
    if direction.cell == "gru":
        return (gru_step(x, GruStep(h, h, h, hidden=h), weights).hidden,)
    return (rnn_step(x, RnnStep(h), weights).hidden,)
