"""The options of each tokenizer: types, defaults, ranges and help, in one place."""

from __future__ import annotations

from dataclasses import dataclass

from nlpwb.errors import UsageError
from nlpwb.options import option

VOCAB_SIZE_HELP = "entries of the vocabulary, special tokens included"
MIN_FREQUENCY_HELP = "rarer pieces are not learned"
LOWERCASE_HELP = "lower-case the text first"


@dataclass(frozen=True)
class WordConfig:
    """``word``: the default words of scikit-learn; with ``vocab_size``, the most frequent of them."""

    vocab_size: int | None = option(None, help=VOCAB_SIZE_HELP, low=1)
    min_frequency: int = option(1, help="rarer words are unknown", low=1)
    single: bool = option(False, help="keep words of one character (Chinese, German 'o')")
    lowercase: bool = option(True, help=LOWERCASE_HELP)

    def validate(self, method: str) -> None:
        """Refuse a minimum without a vocabulary that it could apply to."""
        if self.vocab_size is None and self.min_frequency > 1:
            raise UsageError(
                f"{method}: min_frequency needs a vocabulary; write {method}:8000,"
                f"min_frequency={self.min_frequency}"
            )


@dataclass(frozen=True)
class PlainConfig:
    """``whitespace`` and ``char``."""

    lowercase: bool = option(False, help=LOWERCASE_HELP)


@dataclass(frozen=True)
class WordpunctConfig:
    """``wordpunct``: words of any length, and what stands between them."""

    lowercase: bool = option(True, help=LOWERCASE_HELP)


@dataclass(frozen=True)
class PiecesConfig:
    """``bpe``, ``byte-bpe`` and ``wordpiece``."""

    vocab_size: int = option(8000, help=VOCAB_SIZE_HELP, low=1)
    min_frequency: int = option(2, help=MIN_FREQUENCY_HELP, low=1)
    lowercase: bool = option(False, help=LOWERCASE_HELP)


@dataclass(frozen=True)
class UnigramConfig:
    """``unigram``: the likelihood decides what stays, so there is no ``min_frequency``."""

    vocab_size: int = option(8000, help=VOCAB_SIZE_HELP, low=1)
    lowercase: bool = option(False, help=LOWERCASE_HELP)


Config = WordConfig | WordpunctConfig | PlainConfig | PiecesConfig | UnigramConfig

CONFIGS: dict[str, type[Config]] = {
    "word": WordConfig,
    "wordpunct": WordpunctConfig,
    "whitespace": PlainConfig,
    "char": PlainConfig,
    "bpe": PiecesConfig,
    "byte-bpe": PiecesConfig,
    "wordpiece": PiecesConfig,
    "unigram": UnigramConfig,
}
