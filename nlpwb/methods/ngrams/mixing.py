"""A network and counts that foretell together: p(w | h) = s(h) p_network(w | h) + (1 - s(h)) p_counts(w | h).

The network's share s(h) depends on how much the counts know about h: contexts are put into buckets, each of which has a share of
its own, learned on text that neither was trained on (Jelinek & Mercer 1980). That the two together beat both is an old finding
(Bengio et al. 2003, section 4.2; Mikolov et al. 2010).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from nlpwb.methods.ngrams.counts import Ids
from nlpwb.methods.ngrams.known import Known
from nlpwb.methods.ngrams.model import NgramModel

BANDS = 10
"""Bands of equal width of what a context leaves to shorter ones."""
LEAST = 1e-3
"""No share is nearer to 0 or 1: what was chosen on one text is not certain of another."""
LEANING = 30
"""A bucket leans towards the share of all of them as if so many more tokens of the usual kind stood in it."""
EVEN = 0.5
"""The network's share where nothing was there to learn it from."""
_HALVINGS = 40
_FAR = 60.0
"""Nats; beyond, e to the power of a difference is as good as none, or as all."""

Nats = NDArray[np.floating[Any]]


def buckets_of(known: Known) -> NDArray[np.int64]:
    """The bucket of each place, int64 (n,): nothing known, then for each length of the context the bands of what it leaves.

    That is the counts' own word for how much they know, and parts contexts better than how often they were seen: in the form
    of the mean count of what follows, Chen & Goodman (1998, section 4.1.1) found the same.
    """
    bands = np.clip((known.left * BANDS).astype(np.int64), 0, BANDS - 1)
    return np.where(known.lengths > 0, 1 + (known.lengths - 1) * BANDS + bands, 0)


def bucket_count(order: int) -> int:
    """How many buckets there are for n-grams of up to ``order`` tokens."""
    return 1 + (order - 1) * BANDS


def likeliest_shares(
    network: Nats, counts: Nats, buckets: NDArray[np.int64], *, size: int
) -> NDArray[np.float64]:
    """The network's share of each bucket under which a text is likeliest, float64 (size,).

    In a bucket the log-likelihood sum_i log(s p_i + (1 - s) q_i) is concave in s, and so is the leaning, LEANING (a log s +
    (1 - a) log(1 - s)), a being the best share of all tokens as one bucket: the derivative falls, and its zero is found by
    halving. Leaning never costs: at its own best share a bucket is as likely as at ``a``, or likelier.

    Args:
        network: -ln p of each token by the network, (n,).
        counts: the same by the counts.
        buckets: where each token stands, int64 (n,), below ``size``.
    """
    # p / q - 1
    gains = np.expm1(np.clip(np.asarray(counts, np.float64) - network, -_FAR, _FAR))
    whole = _zero(gains, np.zeros_like(buckets), 1, usual=EVEN, leaning=0.0)
    return _zero(gains, buckets, size, usual=float(whole[0]), leaning=LEANING)


def _zero(
    gains: NDArray[np.float64],
    buckets: NDArray[np.int64],
    size: int,
    *,
    usual: float,
    leaning: float,
) -> NDArray[np.float64]:
    low, high = np.full(size, LEAST), np.full(size, 1 - LEAST)
    for _ in range(_HALVINGS):
        share = (low + high) / 2
        slope = np.bincount(buckets, gains / (1 + share[buckets] * gains), minlength=size)
        slope += leaning * (usual / share - (1 - usual) / (1 - share))
        low, high = np.where(slope > 0, share, low), np.where(slope > 0, high, share)
    found: NDArray[np.float64] = (low + high) / 2
    return found


@dataclass(frozen=True, eq=False)
class Mixture:
    """What counts add to a network.

    Args:
        counts: the n-gram model.
        shares: of the network, by bucket, float64 (:func:`bucket_count`,), each between 0 and 1.
    """

    counts: NgramModel
    shares: NDArray[np.float64]

    @classmethod
    def learn(cls, counts: NgramModel, ids: Ids, network: Nats) -> Self:
        """The shares under which a text is likeliest.

        Args:
            ids: int32 (n,), a row as a model reads it, the end of another text in front; neither of the two was trained on it.
            network: -ln p of each by the network, (n,); the first is not looked at.
        """
        buckets = buckets_of(counts.known(ids))[1:]
        size = bucket_count(counts.order)
        nats = counts.token_nats(ids)[1:]
        return cls(counts, likeliest_shares(network[1:], nats, buckets, size=size))

    @classmethod
    def even(cls, counts: NgramModel) -> Self:
        """Half and half, whatever the context is."""
        return cls(counts, np.full(bucket_count(counts.order), EVEN))

    def of(self, known: Known) -> NDArray[np.float64]:
        """The network's share after each of these contexts, float64 (n,)."""
        return self.shares[buckets_of(known)]

    def token_nats(self, ids: Ids, network: Nats) -> NDArray[np.float64]:
        """-ln p of each token of a row by both, float64 (n,), from those by the network; the first stays as it is."""
        share = self.of(self.counts.known(ids))
        both = -np.logaddexp(
            np.log(share) - network, np.log1p(-share) - self.counts.token_nats(ids)
        )
        both[:1] = network[:1]
        return both
