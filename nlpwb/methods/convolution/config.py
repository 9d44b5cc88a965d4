"""Options of the sentence convolution; the defaults are those of Kim (2014), section 3.1, but for the rule of a step."""

from __future__ import annotations

from dataclasses import dataclass

from nlpwb.methods.networks.config import NetworkConfig
from nlpwb.options import Range, Span, option


@dataclass(frozen=True, kw_only=True)
class CnnConfig(NetworkConfig):
    """Filters over a few words each, and the strongest answer of each filter."""

    widths: Range = option((3, 5), help="words that a filter sees: each width", low=1, high=64)
    filters: int = option(
        100, help="filters of each width", low=1, high=100_000, search=("50", "100", "200")
    )
    embedding_dropout: float = option(
        0.0,
        help="share of the vocabulary whose embeddings are zero in a step",
        low=0,
        high=0.99,
        search=Span(0, 0.4),
    )
    dropout: float = option(
        0.5,
        help="share of the filters' answers set to zero in training",
        low=0,
        high=0.99,
        search=Span(0.2, 0.7),
    )
