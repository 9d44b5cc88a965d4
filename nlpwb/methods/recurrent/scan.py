"""The loops over time of the Elman network and of the GRU on a processor, forwards and backwards.

torch has a fused kernel of the LSTM for processors (oneDNN's), and for these two none: it records each step's operations
for the gradient one by one. Written as one function, the gradient of U is one large product after the loop in place of T
small ones, and with weights in bfloat16 the products run in bfloat16 while the state that is carried from step to
step stays in float32 (half precision holds 8 bits: an update below 1/256 of the state would be lost).

Letters of shapes: T tokens, B documents, H width of the state.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


def scan_rnn(sums: Tensor, weight: Tensor) -> Tensor:
    """States of the Elman network, (T, B, H), from a state of zeros.

    Args:
        sums: (T, B, H), W x + b + b' of all tokens, in the precision of the products.
        weight: U, (H, H), in the same precision.
    """
    states: Tensor = _ScanRnn.apply(sums, weight)  # type: ignore[no-untyped-call]
    return states


def scan_gru(sums: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """States of the GRU, (T, B, H), from a state of zeros.

    Args:
        sums: (T, B, 3 H), W x + b of all tokens: reset, update, candidate; in the precision of the products.
        weight: U, (3 H, H), in the same precision.
        bias: b', (3 H,), in the same precision.
    """
    states: Tensor = _ScanGru.apply(sums, weight, bias)  # type: ignore[no-untyped-call]
    return states


def _gradient_of_weight(sums: Tensor, states: Tensor) -> Tensor:
    """dU = Σ_t ds_t ⊗ h_{t-1}: gradients of the sums (T, B, G), states before each step (T, B, H), to (G, H)."""
    return sums.flatten(0, 1).t() @ states.flatten(0, 1)


class _ScanRnn(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, sums: Tensor, weight: Tensor) -> Tensor:
        states = sums.new_empty(sums.shape[0] + 1, *sums.shape[1:])  # (T + 1, B, H)
        states[0] = 0
        transposed = weight.t()
        with torch.autocast(sums.device.type, enabled=False):
            for before, now, token in zip(states, states[1:], sums, strict=False):
                torch.addmm(token, before, transposed, out=now).tanh_()
        ctx.save_for_backward(weight, states)
        return states[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor]:
        weight, states = ctx.saved_tensors
        exact = torch.promote_types(weight.dtype, torch.float32)
        slopes = 1 - states[1:].to(exact) ** 2  # tanh' = 1 - tanh²
        d_sums = torch.empty_like(gradient, memory_format=torch.contiguous_format)
        carried = torch.zeros_like(slopes[0])
        with torch.autocast(gradient.device.type, enabled=False):
            for t in range(len(gradient) - 1, -1, -1):
                d_sums[t] = carried.add_(gradient[t]).mul_(slopes[t])
                carried = torch.mm(d_sums[t], weight).to(exact)
            return d_sums, _gradient_of_weight(d_sums, states[:-1])


class _ScanGru(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, sums: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        steps, batch, _ = sums.shape
        width = weight.shape[1]
        states = sums.new_empty(steps + 1, batch, width)
        states[0] = 0
        # r, 1 - z, n: near 1 half precision has steps of 1/256, near 0 far finer ones
        gates = torch.empty_like(sums, memory_format=torch.contiguous_format)
        inner = sums.new_empty(steps, batch, width)  # U_n h + b'_n
        exact = torch.promote_types(sums.dtype, torch.float32)
        h = torch.zeros(batch, width, dtype=exact, device=sums.device)
        transposed = weight.t()
        with torch.autocast(sums.device.type, enabled=False):
            for t in range(steps):
                state = torch.addmm(bias, states[t], transposed)  # (B, 3 H)
                token, gate = sums[t], gates[t]
                both, n = gate[:, : 2 * width], gate[:, 2 * width :]
                torch.add(token[:, : 2 * width], state[:, : 2 * width], out=both)
                gate[:, width : 2 * width].neg_()  # 1 - σ(a) = σ(-a)
                both.sigmoid_()
                inner[t] = state[:, 2 * width :]
                torch.addcmul(token[:, 2 * width :], gate[:, :width], inner[t], out=n).tanh_()
                h = torch.lerp(h, n.to(exact), gate[:, width : 2 * width].to(exact))
                states[t + 1] = h
        ctx.save_for_backward(weight, states, gates, inner)
        return states[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        weight, states, gates, inner = ctx.saved_tensors
        width = weight.shape[1]
        r, moved, n = gates.split(width, dim=2)  # moved: 1 - z
        # what each gradient is multiplied with is known before the loop, for all steps at once
        slope_n = moved * (1 - n * n)
        slope_z = (states[:-1] - n) * (moved * (1 - moved))
        slope_r = inner * (r * (1 - r))
        d_sums = torch.empty_like(gates)  # of W x + b
        d_state = torch.empty_like(gates)  # of U h + b': the candidate's passes the reset gate
        exact = torch.promote_types(gates.dtype, torch.float32)
        carried = torch.zeros(gates.shape[1], width, dtype=exact, device=gates.device)
        with torch.autocast(gradient.device.type, enabled=False):
            for t in range(len(gradient) - 1, -1, -1):
                carried += gradient[t]
                d_token, d_hidden = d_sums[t], d_state[t]
                d_n = d_token[:, 2 * width :]
                torch.mul(carried, slope_n[t], out=d_n)
                torch.mul(carried, slope_z[t], out=d_token[:, width : 2 * width])
                torch.mul(d_n, slope_r[t], out=d_token[:, :width])
                d_hidden[:, : 2 * width] = d_token[:, : 2 * width]
                torch.mul(d_n, r[t], out=d_hidden[:, 2 * width :])
                carried.addcmul_(carried, moved[t].to(exact), value=-1)
                carried += torch.mm(d_hidden, weight)
            d_weight = _gradient_of_weight(d_state, states[:-1])
            return d_sums, d_weight, d_state.flatten(0, 1).sum(dim=0)
