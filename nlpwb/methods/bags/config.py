"""Options of the bag of embeddings."""

from __future__ import annotations

from dataclasses import dataclass

from nlpwb.errors import UsageError
from nlpwb.methods.networks.config import OPTIMIZERS, NetworkConfig
from nlpwb.options import Range, Span, option


@dataclass(frozen=True, kw_only=True)
class NbowConfig(NetworkConfig):
    """The mean of a document's word and n-gram vectors, and a linear layer.

    AdaGrad gives each row a step size of its own, which suits rows that are met a few times as well as those that are met
    in every batch; five passes then do what plain gradient descent needs fifteen for.
    """

    ngrams: Range = option(
        (1, 1),
        help="runs of words that have vectors, such as 2 or 1-2",
        low=1,
        high=16,
        search=("1", "2", "3"),
    )
    buckets: int = option(
        400_000, help="hashed rows for n-grams of two words and more", low=1, high=10**8
    )
    max_tokens: int = option(10_000, help="longer documents are cut there", low=1, high=10**7)
    dim: int = option(
        32, help="dimensions of a token's embedding", low=1, high=10_000, search=("16", "32", "64")
    )
    dropout: float = option(
        0.0, help="share of the words and n-grams that fall out in training", low=0, high=0.99
    )
    epochs: int = option(
        5,
        help="passes over the training documents, at most",
        low=1,
        high=10_000,
        search=("3", "5", "10", "20"),
    )
    batch_tokens: int = option(
        32_768, help="tokens of a batch, padding included", low=1, high=10**8
    )
    batch_documents: int = option(32, help="documents of a batch, at most", low=1, high=10**6)
    optimizer: str = option("adagrad", help="the rule of a step", choices=OPTIMIZERS)
    learning_rate: float = option(
        0.1,
        help="the largest step size",
        low=1e-9,
        high=100,
        search=Span(0.02, 0.5, logarithmic=True),
    )
    warmup: float = option(
        0.0, help="share of the steps in which the step size rises", low=0, high=1
    )
    weight_decay: float = option(0.0, help="decoupled decay of matrices", low=0, high=10)
    clip: float = option(
        0.0, help="longest gradient, as its Euclidean norm; 0: no limit", low=0, high=10**6
    )
    patience: int = option(
        0,
        help="epochs without gain on the tuning part after which training ends; 0: no tuning part",
        low=0,
        high=10_000,
    )

    def validate(self, method: str) -> None:
        """Refuse n-grams without words: those always have vectors."""
        super().validate(method)
        low, high = self.ngrams
        if 1 < low < high:
            raise UsageError(
                f"{method}: single words always have vectors; write ngrams=1-{high}, not {low}-{high}"
            )
