"""Options of the recurrent networks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from nlpwb.methods.networks.config import NetworkConfig
from nlpwb.options import Span, option

POOLINGS = ("last", "mean", "max", "attention", "concat")


@dataclass(frozen=True, kw_only=True)
class RecurrentConfig(NetworkConfig):
    """Shared by the three; they differ in the cell alone."""

    cell: ClassVar[str]
    """Its name in ``cells``."""

    min_count: int = option(
        2,
        help="least occurrences of a token; rarer ones are unknown, and teach what unknown means",
        low=1,
    )
    epochs: int = option(
        6,
        help="passes over the training documents, at most",
        low=1,
        high=10_000,
        search=("4", "6", "10"),
    )
    batch_documents: int = option(32, help="documents of a batch, at most", low=1, high=10**6)
    learning_rate: float = option(
        1.5e-3,
        help="the largest step size",
        low=1e-9,
        high=100,
        search=Span(3e-4, 5e-3, logarithmic=True),
    )
    average: float = option(
        0.99,
        help="decay of the moving average of weights that is kept; 0: the weights themselves",
        low=0,
        high=0.999999,
    )
    hidden: int = option(
        128,
        help="width of the state, of each direction",
        low=1,
        high=16_384,
        search=("64", "128", "256"),
    )
    layers: int = option(1, help="layers, one reading the other's states", low=1, high=64)
    bidirectional: bool = option(True, help="read from both ends")
    pooling: str = option(
        "max",
        help="how states become one row; concat: the last, the maximum and the mean side by side",
        choices=POOLINGS,
        search=("max", "mean", "attention", "concat"),
    )
    dropout: float = option(
        0.5,
        help="share of features set to zero in training: between layers and before the output",
        low=0,
        high=0.99,
        search=Span(0.2, 0.7),
    )
    embedding_dropout: float = option(
        0.3,
        help="share of the vocabulary that a training step does not see",
        low=0,
        high=0.99,
        search=Span(0, 0.5),
    )
    weight_drop: float = option(
        0.0, help="share of the state-to-state weights set to zero in training", low=0, high=0.99
    )


@dataclass(frozen=True, kw_only=True)
class RnnConfig(RecurrentConfig):
    """Elman's network: the state is a squashed sum of the token and the last state."""

    cell: ClassVar[str] = "rnn"

    learning_rate: float = option(1e-3, help="the largest step size", low=1e-9, high=100)


@dataclass(frozen=True, kw_only=True)
class LstmConfig(RecurrentConfig):
    """Long short-term memory: three gates around a cell that keeps what it is told to keep."""

    cell: ClassVar[str] = "lstm"


@dataclass(frozen=True, kw_only=True)
class GruConfig(RecurrentConfig):
    """Gated recurrent unit: two gates, and no cell beside the state."""

    cell: ClassVar[str] = "gru"
