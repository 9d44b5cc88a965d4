"""The options of the n-gram language model."""

from __future__ import annotations

from dataclasses import dataclass

from nlpwb.methods.networks.sequence_config import WritingConfig
from nlpwb.options import Span, option


@dataclass(frozen=True, kw_only=True)
class NgramLmConfig(WritingConfig):
    """What is counted."""

    order: int = option(
        5,
        help="longest n-gram: a token is foretold from order - 1 before it",
        low=1,
        high=32,
        search=Span(3, 7, whole=True),
    )
    prune: int = option(
        0,
        help="n-grams of three and more tokens that occur so often or less are not kept",
        low=0,
        high=10**9,
    )
