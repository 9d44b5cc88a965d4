"""One direction of one layer: its weights, how they start, and the kernel that runs it.

Letters of shapes: T tokens, B documents, D inputs, H width of the state, G gates of the cell.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from nlpwb.methods.recurrent.cells import GATES, CellWeights
from nlpwb.methods.recurrent.scan import scan_gru, scan_rnn
from nlpwb.methods.recurrent.scan_lstm import is_faster, scan_lstm

State = tuple[Tensor, ...]
"""In which a layer has been left: h, and c where the cell has one; (B, H) each."""

_FORGET = 1
"""Place of the forget gate among the LSTM's four."""


class Direction(nn.Module):
    """A cell read over time, from a state of zeros.

    Weights and biases have the shapes and the order of torch's own (``cells.CellWeights``). They start so that gradients neither
    grow nor shrink at once: U's gates orthogonal (Saxe et al. 2014, ICLR), W's after Glorot & Bengio (2010), biases
    zero, but the LSTM's forget gate 1, open (Gers et al. 2000; Jozefowicz et al. 2015, ICML, section 2.2).

    Args:
        cell: ``rnn``, ``lstm`` or ``gru``.
        inputs: D.
        width: H.
        weight_drop: share of U that is zero in a training step, the same for all its tokens (DropConnect on the
            state-to-state weights: Merity et al. 2018, ICLR, section 2).
    """

    def __init__(self, cell: str, inputs: int, width: int, *, weight_drop: float = 0.0) -> None:
        super().__init__()
        gates = GATES[cell]
        self.cell = cell
        self.width = width
        self.weight_drop = weight_drop
        self.weight_input = nn.Parameter(torch.empty(gates * width, inputs))
        self.weight_hidden = nn.Parameter(torch.empty(gates * width, width))
        self.bias_input = nn.Parameter(torch.zeros(gates * width))
        self.bias_hidden = nn.Parameter(torch.zeros(gates * width))
        with torch.no_grad():
            for block in self.weight_input.chunk(gates):
                nn.init.xavier_uniform_(block)
            for block in self.weight_hidden.chunk(gates):
                nn.init.orthogonal_(block)
            if cell == "lstm":
                self.bias_input.chunk(gates)[_FORGET].fill_(1.0)

    @property
    def weights(self) -> CellWeights:
        """As the cells written out take them."""
        return CellWeights(self.weight_input, self.weight_hidden, self.bias_input, self.bias_hidden)

    def forward(self, x: Tensor) -> Tensor:
        """Tokens (T, B, D) to states (T, B, H). What stands behind a token has no influence on its state."""
        hidden = nn.functional.dropout(self.weight_hidden, self.weight_drop, self.training)
        if self.cell == "lstm" or not x.is_cpu:
            return self._fused(x, hidden)
        return self._scanned(x, hidden)

    def run(self, x: Tensor, start: State) -> tuple[Tensor, State]:
        """Tokens (T, B, D), read from the state ``start`` on, to states (T, B, H) and the last one, by torch's kernels."""
        hidden = nn.functional.dropout(self.weight_hidden, self.weight_drop, self.training)
        return self._fused_from(x, hidden, start)

    def _fused(self, x: Tensor, hidden: Tensor) -> Tensor:
        """From a state of zeros."""
        zeros = x.new_zeros(x.shape[1], self.width)
        return self._fused_from(x, hidden, (zeros,) * (2 if self.cell == "lstm" else 1))[0]

    def _fused_from(self, x: Tensor, hidden: Tensor, start: State) -> tuple[Tensor, State]:
        """By torch's kernels, oneDNN's LSTM on a processor and cuDNN's on a GPU; by ``scan_lstm`` where that trains faster.

        On a GPU autocast would hand cuDNN float16 whatever precision was asked for, and on a processor it knows the LSTM alone,
        so for all others the cast is made here.
        """
        device = x.device.type
        by_torch = device == "cpu" and self.cell == "lstm"
        if torch.is_autocast_enabled(device) and not by_torch:
            low = torch.get_autocast_dtype(device)
            with torch.autocast(device, enabled=False):
                return self._by_kernel(x.to(low), hidden.to(low), start)
        if by_torch and is_faster(x, self.weight_input, self.weight_hidden):
            low = torch.get_autocast_dtype("cpu")
            bias = (self.bias_input + self.bias_hidden).to(low)
            sums = nn.functional.linear(x.to(low), self.weight_input.to(low), bias)
            states, cell = scan_lstm(sums, hidden.to(low), *start)
            return states, (states[-1], cell)
        return self._by_kernel(x, hidden, start)

    def _by_kernel(self, x: Tensor, hidden: Tensor, start: State) -> tuple[Tensor, State]:
        weights = [
            self.weight_input.to(x.dtype),
            hidden,
            self.bias_input.to(x.dtype),
            self.bias_hidden.to(x.dtype),
        ]
        assert all(len(part) == x.shape[1] for part in start), "a state for each row"
        first = [part.to(x.dtype).unsqueeze(0) for part in start]
        # "train" decides whether the kernel keeps what the gradient needs; it has no dropout here
        options = (True, 1, 0.0, torch.is_grad_enabled(), False, False)
        states: Tensor
        if self.cell == "lstm":
            states, h, c = torch.lstm(x, first, weights, *options)
            return states, (h[0], c[0])
        if self.cell == "gru":
            states, h = torch.gru(x, first[0], weights, *options)
        else:
            states, h = torch.rnn_tanh(x, first[0], weights, *options)
        return states, (h[0],)

    def _scanned(self, x: Tensor, hidden: Tensor) -> Tensor:
        """By the loops of ``scan``, in the precision of autocast where that is on."""
        low = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else x.dtype
        bias = self.bias_input + self.bias_hidden if self.cell == "rnn" else self.bias_input
        sums = nn.functional.linear(x.to(low), self.weight_input.to(low), bias.to(low))
        if self.cell == "rnn":
            return scan_rnn(sums, hidden.to(low))
        return scan_gru(sums, hidden.to(low), self.bias_hidden.to(low))
