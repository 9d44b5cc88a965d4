"""The options that every network has that writes texts: language models and translators."""

from __future__ import annotations

from dataclasses import dataclass

from nlpwb.methods.networks.config import PATH, TrainingConfig
from nlpwb.options import Span, option


@dataclass(frozen=True, kw_only=True)
class WritingConfig:
    """The tokens that are read and written."""

    tokenizer: str = option(
        "byte-bpe:8000",
        help="what a token is: byte-bpe:8000 (nothing is lost), char, words, bpe:8000 …, path:FILE",
    )
    vocab_size: int = option(
        30_000,
        help="most frequent characters or words that get a row; a trained tokenizer has its own size",
        low=1,
        high=10**8,
    )
    min_count: int = option(
        1,
        help="least occurrences of such a character or word; rarer ones are spelt in bytes",
        low=1,
    )

    @property
    def files(self) -> dict[str, str]:
        """The files that options name, by option: what they hold decides the result, too."""
        if not self.tokenizer.startswith(PATH):
            return {}
        return {"tokenizer": self.tokenizer.removeprefix(PATH)}

    @property
    def wanted(self) -> str:
        """What the files should be, for the sentence that says that one cannot be read."""
        return "path:FILE with a tokenizer.json (tokenizer=)"

    def validate(self, method: str) -> None:
        """Refuse a tokenizer that does not exist.

        Raises:
            UsageError: a tokenizer's spec without meaning.
        """
        from nlpwb.methods.networks.sequence_tokens import check_spec

        check_spec(self.tokenizer, method)


@dataclass(frozen=True, kw_only=True)
class SequenceConfig(TrainingConfig, WritingConfig):
    """Shared by the networks that write; a family adds its own options and may have other defaults.

    An epoch is a pass over the training texts, ``steps`` ends training sooner or later than ``epochs`` does.
    """

    steps: int = option(
        0, help="steps of training in all; 0: as many as the epochs have", low=0, high=10**9
    )
    dim: int = option(256, help="width of a token's embedding", low=1, high=16_384)
    dropout: float = option(
        0.1, help="share of features set to zero in training", low=0, high=0.99, search=Span(0, 0.5)
    )
    label_smoothing: float = option(
        0.0, help="share of the truth that is dealt to all tokens", low=0, high=0.99
    )
