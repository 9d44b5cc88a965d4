"""Counts beside a trained network (``ngrams=``): counted on its training text, mixed in on the tuning part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np  # noqa: TID253  only functions import this module
import torch  # noqa: TID253
from numpy.typing import NDArray  # noqa: TID253

from nlpwb.methods.networks.sequence_tokens import SequenceTokens
from nlpwb.methods.ngrams.config import NgramLmConfig
from nlpwb.methods.ngrams.mixing import Mixture
from nlpwb.methods.ngrams.model import NgramModel
from nlpwb.training.device import Setting
from nlpwb.training.scoring import token_nats

MANY = 1 << 14
"""Tuning tokens above this are read in the quickest way."""
STREAMS = 32
"""Rows of the tuning part that a network with a state reads side by side."""

Ids = NDArray[np.int32]


@dataclass(frozen=True)
class Mixed:
    """What counts added to a network, told on the tuning part, where the shares were learned: of other text a little less.

    Args:
        network: nats per token of the network alone; ``counts``, ``both``: of the others.
        share: the network's, in the mean over tokens, 0 to 1.
        shares: the same by the number of tokens of the longest context that the counts know, from none on; None where no
            token of the tuning part has such a one.
    """

    network: float
    counts: float
    both: float
    share: float
    shares: tuple[float | None, ...]


def mix(
    network: torch.nn.Module,
    row: Ids,
    held: Ids | None,
    config: Any,
    *,
    tokens: SequenceTokens,
    setting: Setting,
    note: Callable[[str], None],
) -> tuple[Mixture, Mixed | None]:
    """Count what the network was trained on, and learn how far to trust each of the two.

    The same rows and weights give the same mixture: nothing is drawn.

    Args:
        row: the training part, as it was read.
        held: the tuning part; without one the two have half each.
        config: with ``ngrams``, the longest n-gram.
        tokens: of both.
        note: is told what each of the two, and both, are worth on the tuning part.

    Raises:
        MethodError: the training part holds no token.
    """
    order = config.ngrams
    counts = NgramModel.fit(NgramLmConfig(order=order), row, tokens.vocabulary)
    if held is None:
        note(
            f"ngrams={order}: without a tuning part nothing tells how far to trust the network: it and the counts have half each"
        )
        return Mixture.even(counts), None
    # as evaluation reads it; a stream that begins with nothing is soon as good as one that goes on
    nats = token_nats(network, held, setting, streams=STREAMS if len(held) > MANY else 1)
    mixture = Mixture.learn(counts, held, nats)
    mixed = _told(mixture, held, nats)
    note(
        f"nats per token on the tuning part: {mixed.network:.4f} by the network, {mixed.counts:.4f} by counts of up to "
        f"{order} tokens, {mixed.both:.4f} by both, whose shares were learned there"
    )
    some = [f"{known} {share:.2f}" for known, share in enumerate(mixed.shares) if share is not None]
    note(
        f"the network's share is {mixed.share:.2f}; by the tokens of context that the counts know: {', '.join(some)}"
    )
    return mixture, mixed


def _told(mixture: Mixture, held: Ids, nats: NDArray[Any]) -> Mixed:
    known = mixture.counts.known(held)
    shares, lengths = mixture.of(known)[1:], known.lengths[1:]
    there = [lengths == length for length in range(mixture.counts.order)]
    return Mixed(
        network=float(nats[1:].mean(dtype=np.float64)),
        counts=float(mixture.counts.token_nats(held)[1:].mean()),
        both=float(mixture.token_nats(held, nats)[1:].mean()),
        share=float(shares.mean()),
        shares=tuple(float(shares[here].mean()) if here.any() else None for here in there),
    )
