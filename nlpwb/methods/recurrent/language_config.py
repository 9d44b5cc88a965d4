"""Options of the recurrent language models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from nlpwb.errors import UsageError
from nlpwb.methods.networks.language_config import LanguageConfig
from nlpwb.options import Span, option


@dataclass(frozen=True, kw_only=True)
class RecurrentLmConfig(LanguageConfig):
    """Shared by the three; they differ in the cell alone. Defaults are for some megabytes of text."""

    cell: ClassVar[str]
    """Its name in ``cells``."""
    carried: ClassVar[bool] = True
    """Whether states go on from one window of a stream to the next."""

    dim: int = option(
        400, help="width of a token's embedding", low=1, high=16_384, search=("200", "400")
    )
    hidden: int = option(
        800, help="width of the states", low=1, high=16_384, search=("400", "800", "1150")
    )
    layers: int = option(2, help="layers, one reading the other's states", low=1, high=64)
    tied: bool = option(
        True, help="the table of embeddings is the output layer, too; the last layer is dim wide"
    )
    batch: int = option(32, help="streams of text side by side", low=1, high=10**6)
    length: int = option(
        64, help="tokens through which a gradient goes back; states go on", low=1, high=10**6
    )
    dropout: float = option(
        0.2,
        help="share of features set to zero in training, the same for a window: around every layer",
        low=0,
        high=0.99,
        search=Span(0, 0.5),
    )
    embedding_dropout: float = option(
        0.0,
        help="share of the vocabulary whose rows are zero in a training step",
        low=0,
        high=0.99,
        search=Span(0, 0.2),
    )
    weight_drop: float = option(
        0.0,
        help="share of the state-to-state weights set to zero in training",
        low=0,
        high=0.99,
        search=Span(0, 0.5),
    )
    learning_rate: float = option(
        2e-3,
        help="the largest step size",
        low=1e-9,
        high=100,
        search=Span(5e-4, 5e-3, logarithmic=True),
    )
    clip: float = option(
        0.25, help="longest gradient, as its Euclidean norm; 0: no limit", low=0, high=10**6
    )

    @property
    def window(self) -> int:
        """Tokens of a row of a batch."""
        return self.length

    @property
    def batch_words(self) -> str:
        """What a batch is, in the names of the options."""
        return f"batch={self.batch} streams of length={self.length} tokens"

    def validate(self, method: str) -> None:
        """Refuse a width that no layer has.

        Raises:
            UsageError: it is asked for, or another option that does nothing here.
        """
        super().validate(method)
        usual = type(self).__dataclass_fields__["hidden"].default
        if self.layers == 1 and self.tied and self.hidden not in (usual, self.dim):
            raise UsageError(
                f"{method}: hidden={self.hidden} does nothing with layers=1: a tied last layer is dim={self.dim} wide; "
                "leave it out, or write tied=no"
            )


@dataclass(frozen=True, kw_only=True)
class RnnLmConfig(RecurrentLmConfig):
    """Elman's network, as Mikolov et al. 2010 took it for language."""

    cell: ClassVar[str] = "rnn"

    learning_rate: float = option(1e-3, help="the largest step size", low=1e-9, high=100)


@dataclass(frozen=True, kw_only=True)
class LstmLmConfig(RecurrentLmConfig):
    """Long short-term memory: the AWD-LSTM of Merity et al. 2018 is one configuration."""

    cell: ClassVar[str] = "lstm"


@dataclass(frozen=True, kw_only=True)
class GruLmConfig(RecurrentLmConfig):
    """Gated recurrent unit."""

    cell: ClassVar[str] = "gru"
