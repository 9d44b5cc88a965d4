"""How a transformer is told the order of its tokens: four formulas, and a table that is learned.

Letters of shapes: T places, d width of a vector, H heads, Q and K places of queries and of keys.
A place is the number of a token in its document, from 0.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

BASE = 10_000.0
"""The slowest wave is about 2π times this many places long (Vaswani et al. 2017, section 3.5)."""

LEARNED_SCALE = 0.02
"""Standard deviation of learned positions at the start, as in BERT."""


class Rotation(NamedTuple):
    """Cosine and sine of the angle by which each pair of each place is turned: float32 (T, d / 2) each."""

    cosine: Tensor
    sine: Tensor


def sinusoidal(places: Tensor, dim: int) -> Tensor:
    """Fixed waves, float32 (T, d): sin(p / 10000^(2i / d)) in column 2i, the cosine of it in column 2i + 1.

    Vaswani et al. 2017, "Attention Is All You Need", section 3.5. ``places`` is int64 (T,); an odd d leaves the last cosine out.
    """
    angles = _angles(places, (dim + 1) // 2, dim)  # (T, ceil(d / 2))
    return torch.stack((angles.sin(), angles.cos()), dim=-1).flatten(1)[:, :dim]


def rotation(places: Tensor, dim: int) -> Rotation:
    """The turns of rotary positions: pair i of a vector at place p turns by p · 10000^(-2i / d).

    Su et al. 2021, "RoFormer", section 3.2.2 (equations 14 and 15). ``places`` is int64 (T,), d the (even) width of a head.
    """
    assert dim % 2 == 0, "pairs are turned"
    angles = _angles(places, dim // 2, dim)
    return Rotation(angles.cos(), angles.sin())


def rotate(vectors: Tensor, turn: Rotation) -> Tensor:
    """Queries or keys (..., T, d), turned: (x, y) becomes (x cos a - y sin a, x sin a + y cos a).

    Pair i is made of columns i and i + d / 2, two contiguous halves, where the paper takes columns 2i and 2i + 1: the same up to
    an order of the columns, which the projections learn. The product of a turned query and a turned key depends on the
    distance of their places alone (equation 16). Computed in float32, returned in the type that came.
    """
    turned: Tensor = _Rotate.apply(vectors, *turn)  # type: ignore[no-untyped-call]
    return turned


class _Rotate(torch.autograd.Function):
    """A turn's gradient is turned back: nothing but the angles needs to be kept for it."""

    @staticmethod
    def forward(ctx: Any, vectors: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
        ctx.save_for_backward(cosine, sine)
        exact, half = vectors.float(), vectors.shape[-1] // 2
        # whole vectors are multiplied, since halves are short and lie apart
        other = torch.cat((exact[..., half:], exact[..., :half]), dim=-1)
        other.mul_(torch.cat((-sine, sine), dim=-1))
        other.addcmul_(exact, torch.cat((cosine, cosine), dim=-1))
        return other.to(vectors.dtype)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        cosine, sine = ctx.saved_tensors
        return rotate(gradient, Rotation(cosine, -sine)), None, None


def alibi_slopes(heads: int) -> Tensor:
    """How steeply each head's scores fall with distance: float32 (H,), 2^(-8h / H) for h = 1 … H.

    Press et al. 2022, "Train Short, Test Long", section 3. For H that is no power of two: the slopes of the next lower power of
    two, then every other one of the next higher, as in the paper's own program.
    """
    lower = 2 ** int(math.log2(heads))
    slopes = [2 ** (-8 * h / lower) for h in range(1, lower + 1)]
    between = [2 ** (-8 * h / (2 * lower)) for h in range(1, 2 * lower + 1, 2)]
    return torch.tensor(slopes + between[: heads - lower])


def alibi(slopes: Tensor, queries: Tensor, keys: Tensor) -> Tensor:
    """What ALiBi adds to the scores, float32 (H, Q, K): -slope · |place of the query - place of the key|.

    Press et al. 2022, section 3; both directions weigh the same, since an encoder looks both ways. With a causal mask it is
    the paper's formula.
    """
    distance = (queries.unsqueeze(1) - keys.unsqueeze(0)).abs()  # (Q, K)
    return -slopes.view(-1, 1, 1) * distance


class PositionEmbedding(nn.Module):
    """A row for each place, trained like an embedding (Gehring et al. 2017; Devlin et al. 2019)."""

    def __init__(self, longest: int, dim: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(longest, dim))
        nn.init.trunc_normal_(self.weight, std=LEARNED_SCALE)

    def forward(self, places: Tensor) -> Tensor:
        """Places, int64 (T,), each below ``longest``, to vectors (T, d)."""
        return functional.embedding(places, self.weight)


def _angles(places: Tensor, waves: int, dim: int) -> Tensor:
    """p · 10000^(-2i / d): float32 (T, waves). Angles of far places need more digits than float32 has, on the way."""
    rates = BASE ** (-2 * torch.arange(waves, device=places.device, dtype=torch.float32) / dim)
    return places.to(torch.float32).unsqueeze(1) * rates
