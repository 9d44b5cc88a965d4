"""Word n-grams to rows of a table, by a rolling hash over ids: no n-gram is ever held as a string."""

from __future__ import annotations

import torch
from torch import Tensor

# Odd, so that multiplying loses nothing of 64 bits; from SplitMix64 (Steele, Lea & Flood 2014, OOPSLA, figure 19).
_STEP = 0x9E3779B97F4A7C15 - (1 << 64)
_MIX = 0xBF58476D1CE4E5B9 - (1 << 64)
_FINISH = 0x94D049BB133111EB - (1 << 64)
_UPPER = (1 << 31) - 1


def roll(hashes: Tensor, ids: Tensor) -> Tensor:
    """The hashes of n-grams that are one token longer, int64 of any shape; overflow wraps.

    h(w_1 … w_n) = mix(h(w_1 … w_{n-1}) · step + w_n), so that order counts: "not good" is not "good not".
    """
    mixed = (hashes * _STEP + ids) * _MIX
    return mixed ^ ((mixed >> 32) & _UPPER)


def to_buckets(hashes: Tensor, buckets: int) -> Tensor:
    """Rows 0 … buckets - 1, from the upper half of the finished hashes: the lower half mixes least."""
    return (((hashes * _FINISH) >> 32) & _UPPER).remainder(buckets)


def hashed_ngrams(
    ids: Tensor, lengths: Tensor, longest: int, buckets: int
) -> tuple[Tensor, Tensor]:
    """The rows of all n-grams of 2 to ``longest`` tokens.

    ``ids`` are int64 (B, T), ``lengths`` int64 (B,) on the same device. Returns rows, int64 (B, G), and whether each is an
    n-gram of the document, bool (B, G): one that would reach behind the end is none.
    """
    width = ids.shape[1]
    hashes, rows, real = ids, [], []
    for n in range(2, min(longest, width) + 1):
        hashes = roll(hashes[:, :-1], ids[:, n - 1 :])  # (B, T - n + 1)
        rows.append(to_buckets(hashes, buckets))
        starts = torch.arange(width - n + 1, device=ids.device)
        real.append(starts <= (lengths - n).unsqueeze(1))
    if not rows:
        empty = ids.new_zeros((len(ids), 0))
        return empty, empty.bool()
    return torch.cat(rows, dim=1), torch.cat(real, dim=1)
