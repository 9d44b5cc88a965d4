"""The loop over time of a wide LSTM on a processor in bfloat16, forwards and backwards.

oneDNN's kernel computes such a layer forwards as fast as its products can be, and backwards at half that rate: it adds to the
gradients of the weights at every step. Here these are one large product each after the loop. Products run in bfloat16, gates and
both states in float32.

Letters of shapes: T tokens, B documents, H width of the state.
"""

from __future__ import annotations

import functools
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from nlpwb.methods.networks.packing import Product, packed_product

LEAST_WEIGHTS = 7 << 18
"""Of W and U together; below, and above so many documents, what oneDNN's kernel loses is less than what these loops cost."""
MOST_DOCUMENTS = 64


def is_faster(x: Tensor, *weights: Tensor) -> bool:
    """Whether a step of training takes less time by these loops than by oneDNN's kernel, given inputs (T, B, D), W and U."""
    return (
        torch.is_grad_enabled()
        and torch.is_autocast_enabled("cpu")
        and torch.get_autocast_dtype("cpu") == torch.bfloat16
        and x.shape[1] <= MOST_DOCUMENTS
        and sum(weight.numel() for weight in weights) >= LEAST_WEIGHTS
    )


def scan_lstm(sums: Tensor, weight: Tensor, hidden: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
    """States of an LSTM, (T, B, H), and its last c, (B, H); the equations are those of ``cells.lstm_step``.

    Args:
        sums: (T, B, 4 H), W x + b of all tokens: input, forget, candidate, output; in the precision of the products.
        weight: U, (4 H, H), in the same precision.
        hidden: h before the first token, (B, H).
        cell: c before it, (B, H).
    """
    states, last = _ScanLstm.apply(sums, weight, hidden, cell)  # type: ignore[no-untyped-call]
    return states, last


def _product(weight: Tensor) -> Product:
    """x ↦ x Wᵀ."""
    packed = packed_product(weight, None, weight.dtype)
    return packed or functools.partial(torch.mm, mat2=weight.t())


def _tanh_(x: Tensor) -> Tensor:
    """tanh x = 2 σ(2 x) - 1, in place: torch's σ is four times as fast."""
    return x.mul_(2).sigmoid_().mul_(2).sub_(1)


class _ScanLstm(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, sums: Tensor, weight: Tensor, hidden: Tensor, cell: Tensor
    ) -> tuple[Tensor, Tensor]:
        steps, batch, _ = sums.shape
        width = weight.shape[1]
        exact = torch.promote_types(sums.dtype, torch.float32)
        gates = torch.empty(sums.shape, dtype=exact, device=sums.device)
        states = sums.new_empty(steps + 1, batch, width)
        cells = gates.new_empty(steps + 1, batch, width)
        shown = gates.new_empty(steps, batch, width)  # tanh(c)
        states[0], cells[0] = hidden, cell
        with torch.autocast(sums.device.type, enabled=False):
            product = _product(weight)
            for t in range(steps):
                gate = gates[t].copy_(sums[t])
                gate += product(states[t])
                i, f, g, o = gate.chunk(4, dim=1)
                gate[:, : 2 * width].sigmoid_()
                _tanh_(g)
                o.sigmoid_()
                torch.mul(i, g, out=cells[t + 1]).addcmul_(f, cells[t])
                _tanh_(shown[t].copy_(cells[t + 1]))
                torch.mul(o, shown[t], out=states[t + 1])
        ctx.save_for_backward(weight, states, cells, gates, shown)
        ctx.kinds = hidden.dtype, cell.dtype
        return states[1:], cells[-1].clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor, last: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        weight, states, cells, gates, shown = ctx.saved_tensors
        width = weight.shape[1]
        sigmoid = torch.ops.aten.sigmoid_backward.grad_input
        tanh = torch.ops.aten.tanh_backward.grad_input
        d_sums = torch.empty(gates.shape, dtype=weight.dtype, device=weight.device)
        d_gate = torch.empty_like(gates[0])
        d_i, d_f, d_g, d_o = d_gate.chunk(4, dim=1)
        d_both, d_show = d_gate[:, : 2 * width], d_gate[:, 3 * width :]
        d_h, d_c = torch.zeros_like(cells[0]), last.to(cells.dtype, copy=True)
        with torch.autocast(gradient.device.type, enabled=False):
            product = _product(weight.t())
            for t in range(len(gradient) - 1, -1, -1):
                i, f, g, o = gates[t].chunk(4, dim=1)
                d_h += gradient[t]
                torch.mul(d_h, o, out=d_o)
                d_c += tanh(d_o, shown[t], grad_input=d_o)
                torch.mul(d_h, shown[t], out=d_o)
                torch.mul(d_c, g, out=d_i)
                torch.mul(d_c, cells[t], out=d_f)
                torch.mul(d_c, i, out=d_g)
                d_c *= f
                sigmoid(d_both, gates[t, :, : 2 * width], grad_input=d_both)
                tanh(d_g, g, grad_input=d_g)
                sigmoid(d_show, o, grad_input=d_show)
                d_sums[t] = d_gate
                d_h = product(d_sums[t]).to(cells.dtype)
            d_weight = d_sums.flatten(0, 1).t() @ states[:-1].flatten(0, 1)
        return d_sums, d_weight, d_h.to(ctx.kinds[0]), d_c.to(ctx.kinds[1])
