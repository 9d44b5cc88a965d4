"""What a recurrent decoder looks for in its source: three ways to weigh places, and the context that the weights give.

Letters of shapes: B pairs, S places of the source, T of the target, H width of the states, A width inside the additive score.
"""

from __future__ import annotations

from typing import NamedTuple, Self

import torch
from torch import Tensor, nn
from torch.nn import functional

from nlpwb.methods.networks.pooling import real_places


def additive_scores(queries: Tensor, keys: Tensor, v: Tensor) -> Tensor:
    """e_ij = v · tanh(W s_i + U h_j): (B, T, S).

    Bahdanau, Cho & Bengio 2015, ICLR, appendix A.1.2; ``queries`` are W s, (B, T, A), ``keys`` U h, (B, S, A), v is (A,).
    """
    inner = torch.tanh(queries.unsqueeze(2) + keys.unsqueeze(1))  # (B, T, S, A)
    return functional.linear(inner, v.unsqueeze(0)).squeeze(-1)


def product_scores(queries: Tensor, keys: Tensor) -> Tensor:
    """s_i · h_j (dot), or s_i · W h_j where the keys are W h (general): (B, T, S).

    Luong, Pham & Manning 2015, EMNLP, equation 8; ``queries`` are (B, T, H), ``keys`` (B, S, H).
    """
    return queries @ keys.transpose(1, 2)


def weights_of(scores: Tensor, real: Tensor) -> Tensor:
    """softmax over the real places: (B, T, S), float32 at least, 0 behind the end of a source.

    Bahdanau et al. 2015, equation 6; Luong et al. 2015, equation 7. ``real`` is bool (B, S).
    """
    exact = scores.to(torch.promote_types(scores.dtype, torch.float32))
    return exact.masked_fill(~real.unsqueeze(1), -torch.inf).softmax(dim=-1)


class Source(NamedTuple):
    """What a decoder looks at, made once for a source.

    Args:
        values: (B, S, H), the states of the encoder; 0 behind the end.
        keys: (B, S, H or A), what queries meet.
        real: bool (B, S), where a token stands.
    """

    values: Tensor
    keys: Tensor
    real: Tensor

    def rows(self, chosen: Tensor) -> Self:
        """Those of these rows, int64 (N,)."""
        return type(self)(*(part.index_select(0, chosen.to(part.device)) for part in self))


class Attention(nn.Module):
    """Weights over the places of a source, and the sum of its states that they give.

        α_i = softmax(e_i)        c_i = Σ_j α_ij h_j

    Bahdanau et al. 2015, equations 5 and 6; Luong et al. 2015, section 3.1 (global attention).

    Args:
        width: H, of the decoder's states and the encoder's; A is the same.
        score: ``additive``, ``dot`` or ``general``.
    """

    def __init__(self, width: int, score: str) -> None:
        super().__init__()
        self.score = score
        self.key = None if score == "dot" else nn.Linear(width, width, bias=False)
        self.query = nn.Linear(width, width) if score == "additive" else None
        self.v = nn.Parameter(torch.empty(width)) if score == "additive" else None
        if self.v is not None:
            nn.init.normal_(self.v, std=width**-0.5)

    def source(self, states: Tensor, lengths: Tensor) -> Source:
        """What is looked at, from the encoder's states (B, S, H) and lengths int64 (B,)."""
        real = real_places(lengths, states.shape[1], states.device)
        values = states.masked_fill(~real.unsqueeze(-1), 0.0)  # zero times infinity would be NaN
        return Source(values, values if self.key is None else self.key(values), real)

    def weights(self, states: Tensor, source: Source) -> Tensor:
        """How much each place of the source weighs for each state (B, T, H): (B, T, S)."""
        if self.query is not None:
            assert self.v is not None, "an additive score"
            scores = additive_scores(self.query(states), source.keys, self.v)
        else:
            scores = product_scores(states.to(source.keys.dtype), source.keys)
        return weights_of(scores, source.real)

    def forward(self, states: Tensor, source: Source) -> Tensor:
        """The contexts of states (B, T, H): (B, T, H)."""
        weights = self.weights(states, source)
        return weights.to(source.values.dtype) @ source.values
