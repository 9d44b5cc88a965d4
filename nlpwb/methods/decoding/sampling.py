"""From logits to a token: penalties and filters as pure functions, and the draw.

Letters of shapes: B rows, V tokens of the vocabulary, or those of it that are left. A token that may not be drawn has the logit
-inf. Equal logits share their fate: a filter that keeps one of them keeps all.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from nlpwb.methods.decoding.config import Sampling

NARROW = 1024
"""So many of the likeliest tokens nearly always hold the probability that top-p asks for; all are sorted where they do not."""


def penalise_repetition(logits: Tensor, seen: Tensor, penalty: float) -> Tensor:
    """Logits (B, V) of tokens that were seen, bool (B, V), divided by θ where positive, else multiplied.

    Keskar et al. 2019, section 4.1. The paper divides always, which would favour a repetition whose logit is negative; this
    form is what the field means by it.
    """
    lowered = torch.where(logits > 0, logits / penalty, logits * penalty)
    return torch.where(seen, lowered, logits)


def cool(logits: Tensor, temperature: float) -> Tensor:
    """Logits (B, V) over a temperature above 0: below 1 the likely become likelier (Ackley et al. 1985)."""
    return logits / temperature


def keep_top_k(logits: Tensor, k: int) -> Tensor:
    """The k likeliest tokens of each row, (B, V): Fan et al. 2018, section 5.1."""
    if k >= logits.shape[-1]:
        return logits
    least = logits.topk(k, dim=-1, sorted=True).values[:, -1:]
    return logits.masked_fill(logits < least, -torch.inf)


def keep_top_p(logits: Tensor, p: float) -> Tensor:
    """The smallest set of likeliest tokens with a probability of at least p, (B, V): Holtzman et al. 2020, equation 2.

    At least one is kept.
    """
    total = logits.double().logsumexp(dim=-1, keepdim=True)
    highest = logits.topk(min(NARROW, logits.shape[-1]), dim=-1).values
    before = _before(highest, total)
    if highest.shape[-1] < logits.shape[-1] and not bool((before[:, -1] >= p).all()):
        highest = logits.sort(dim=-1, descending=True).values
        before = _before(highest, total)
    kept = (before < p).sum(dim=-1, keepdim=True)
    least = highest.gather(-1, (kept - 1).clamp_min(0))
    return logits.masked_fill(logits < least, -torch.inf)


def keep_min_p(logits: Tensor, p: float) -> Tensor:
    """Tokens with at least p times the probability of the likeliest, (B, V): Nguyen et al. 2024, section 3.2."""
    least = logits.amax(dim=-1, keepdim=True) + math.log(p)
    return logits.masked_fill(logits < least, -torch.inf)


def draw(logits: Tensor, uniform: Tensor) -> Tensor:
    """The token in whose part of [0, 1) a number falls, the tokens' probabilities laid end to end.

    Args:
        logits: (B, V), at least one of each row finite.
        uniform: float64 (B,), in [0, 1).

    Returns:
        int64 (B,).
    """
    highest = logits.amax(dim=-1, keepdim=True)
    shares = (logits - highest).exp().double().cumsum(dim=-1)  # (B, V)
    wanted = (uniform.to(shares.device) * shares[:, -1]).unsqueeze(-1)
    found = torch.searchsorted(shares, wanted, right=True).squeeze(-1)
    return found.clamp_max(logits.shape[-1] - 1)


class Chosen(NamedTuple):
    """Tokens int64 (B,), and the log-probabilities that the network gave them, float32 (B,): no filter counts here."""

    tokens: Tensor
    log_probabilities: Tensor


def choose(
    logits: Tensor, sampling: Sampling, *, uniform: Tensor, seen: Tensor | None, never: Tensor
) -> Chosen:
    """Choose the next token of each row, in the order of :class:`Sampling`.

    Args:
        logits: float32 (B, V).
        uniform: float64 (B,), a random number for each row.
        seen: bool (B, V), tokens that the row holds; needed where there is a repetition penalty.
        never: int64 (n,), tokens that are not written.
    """
    asked = logits
    if sampling.repetition_penalty != 1:
        assert seen is not None, "what a row holds"
        asked = penalise_repetition(asked, seen, sampling.repetition_penalty)
    if len(never):
        asked = asked.index_fill(-1, never, -torch.inf)
    tokens = asked.argmax(dim=-1) if sampling.greedy else _drawn(asked, sampling, uniform)
    own = logits.gather(-1, tokens.unsqueeze(-1)).squeeze(-1)
    return Chosen(tokens, own - logits.logsumexp(dim=-1))


def _drawn(logits: Tensor, sampling: Sampling, uniform: Tensor) -> Tensor:
    logits = cool(logits, sampling.temperature)
    left = None
    if 0 < sampling.top_k <= min(NARROW, logits.shape[-1] - 1):
        # few are left: what follows works on them alone, in the order of their ids, which rounding does not change
        found = logits.topk(sampling.top_k, dim=-1).indices
        left = found.sort(dim=-1).values
        logits = logits.gather(-1, left)
    elif sampling.top_k:
        logits = keep_top_k(logits, sampling.top_k)
    if sampling.top_p < 1:
        logits = keep_top_p(logits, sampling.top_p)
    if sampling.min_p > 0:
        logits = keep_min_p(logits, sampling.min_p)
    place = draw(logits, uniform)
    return place if left is None else left.gather(-1, place.unsqueeze(-1)).squeeze(-1)


def _before(highest: Tensor, total: Tensor) -> Tensor:
    """The probability of all likelier tokens, float64 (B, n), of tokens by falling logit."""
    shares = (highest.double() - total).exp()
    return shares.cumsum(dim=-1) - shares
