"""The options that every network has: its tokens, its embeddings, and how its weights move."""

from __future__ import annotations

from dataclasses import dataclass

from nlpwb.errors import UsageError
from nlpwb.options import Span, option

RANDOM = "random"
PATH = "path:"
SCHEDULES = ("constant", "linear", "cosine", "slanted", "onecycle", "invsqrt")
OPTIMIZERS = ("adamw", "sgd", "adagrad")


@dataclass(frozen=True, kw_only=True)
class TokensConfig:
    """What a classifier reads, and with what its table of embeddings begins."""

    tokenizer: str = option(
        "wordpunct",
        help="what a token is: wordpunct, word, whitespace, char, bpe:8000 …, path:FILE",
    )
    vocab_size: int = option(
        30_000,
        help="most frequent tokens that get a row; a trained tokenizer has its own size",
        low=1,
        high=10**8,
    )
    min_count: int = option(
        1, help="least occurrences of such a token; rarer ones are unknown", low=1
    )
    max_tokens: int = option(512, help="longer documents are cut there", low=1, high=10**7)
    dim: int = option(128, help="dimensions of a token's embedding", low=1, high=10_000)
    embeddings: str = option(
        RANDOM, help="their start: random, word vectors (skipgram, fasttext:dim=100 …), path:FILE"
    )
    tune: bool = option(True, help="train the embeddings, too; no: they stay as they start")
    dropout: float = option(
        0.3, help="share of features set to zero in training", low=0, high=0.99, search=Span(0, 0.6)
    )


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """How weights move; what reads labels and what writes texts share it. Defaults are those of a classifier."""

    epochs: int = option(10, help="passes over the training documents, at most", low=1, high=10_000)
    batch_tokens: int = option(8192, help="tokens of a batch, padding included", low=1, high=10**8)
    batch_documents: int = option(64, help="documents of a batch, at most", low=1, high=10**6)
    optimizer: str = option("adamw", help="the rule of a step", choices=OPTIMIZERS)
    learning_rate: float = option(
        1e-3,
        help="the largest step size",
        low=1e-9,
        high=100,
        search=Span(3e-4, 5e-3, logarithmic=True),
    )
    schedule: str = option("linear", help="course of the step size", choices=SCHEDULES)
    warmup: float = option(
        0.05, help="share of the steps in which the step size rises", low=0, high=1
    )
    weight_decay: float = option(0.01, help="decoupled decay of matrices", low=0, high=10)
    clip: float = option(
        1.0, help="longest gradient, as its Euclidean norm; 0: no limit", low=0, high=10**6
    )
    accumulate: int = option(1, help="batches whose gradients make one step", low=1, high=10_000)
    patience: int = option(
        2,
        help="epochs without gain on the tuning part after which training ends; 0: no tuning part",
        low=0,
        high=10_000,
    )
    tuning: float = option(
        0.1, help="share of the training documents that is the tuning part", low=0.001, high=0.9
    )
    average: float = option(
        0.0,
        help="decay of the moving average of weights that is kept; 0: the weights themselves",
        low=0,
        high=0.999999,
    )
    compile: bool = option(False, help="compile the network with torch.compile before training")


@dataclass(frozen=True, kw_only=True)
class NetworkConfig(TrainingConfig, TokensConfig):
    """Shared by every classifier; a family adds its own options and may have other defaults."""

    class_weight: str | None = option(
        None, help="balanced: a rare label counts more", choices=("none", "balanced")
    )
    label_smoothing: float = option(
        0.0,
        help="share of the truth that is dealt to all labels",
        low=0,
        high=0.99,
        search=("0", "0.1"),
    )

    @property
    def files(self) -> dict[str, str]:
        """The files that options name, by option: what they hold decides the result, too."""
        named = {"tokenizer": self.tokenizer, "embeddings": self.embeddings}
        return {
            name: value.removeprefix(PATH)
            for name, value in named.items()
            if value.startswith(PATH)
        }

    @property
    def wanted(self) -> str:
        """What the files should be, for the sentence that says that one cannot be read."""
        return "path:FILE with a tokenizer.json (tokenizer=) or word vectors (embeddings=)"

    def validate(self, method: str) -> None:
        """Refuse a tokenizer, or word vectors, that do not exist.

        Raises:
            UsageError: a tokenizer's spec without meaning, or embeddings that are no word vectors.
        """
        from nlpwb.text.tokenizer import parse_tokenizer_spec

        parse_tokenizer_spec(self.tokenizer)
        _check_embeddings(self.embeddings, method)


def _check_embeddings(word: str, method: str) -> None:
    from nlpwb.specs import parse_spec

    if word == RANDOM:
        return
    if word.startswith(PATH):
        if word == PATH:
            raise UsageError(
                f"{method}: embeddings=path: names no file; write embeddings=path:FILE"
            )
        return
    part = parse_spec(word).representation
    if part.entry.family != "embeddings" or part.name == "doc2vec":
        raise UsageError(
            f"{method}: embeddings={word} gives no vector for each word; write embeddings=skipgram, cbow, "
            "fasttext, glove or ppmi, or path:FILE"
        )
