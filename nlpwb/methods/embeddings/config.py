"""Options of the static embeddings: how word vectors are trained, and how a document is made of them."""

from __future__ import annotations

from dataclasses import dataclass

from nlpwb.errors import UsageError
from nlpwb.options import Range, option

POOLINGS = ("mean", "tfidf", "sif", "max")
ANALYZERS = ("word", "whitespace")
ENGINES = ("nlpwb", "gensim")


@dataclass(frozen=True, kw_only=True)
class TextConfig:
    """Shared by every method that looks words up in a text."""

    analyzer: str = option(
        "word",
        help="word: runs of two or more letters and digits; whitespace: what stands between blanks",
        choices=ANALYZERS,
    )
    lowercase: bool = option(True, help="fold upper case into lower case")


@dataclass(frozen=True, kw_only=True)
class PooledConfig(TextConfig):
    """Shared by every method that makes a document's vector of its words' vectors."""

    pooling: str = option(
        "mean",
        help="mean; tfidf: idf-weighted mean; sif: smooth inverse frequency (Arora et al. 2017); max",
        choices=POOLINGS,
        search=("mean", "tfidf", "sif"),
    )


@dataclass(frozen=True, kw_only=True)
class TrainingConfig(TextConfig):
    """Shared by every method that trains vectors by prediction."""

    dim: int = option(
        100, help="dimensions of a vector", low=1, high=10_000, search=("50", "100", "200")
    )
    window: int = option(
        5,
        help="words before and after that count as context",
        low=1,
        high=10_000,
        search=("2", "5", "10"),
    )
    min_count: int = option(2, help="least occurrences of a word that gets a vector", low=1)
    epochs: int = option(
        10, help="passes over the corpus", low=1, high=10_000, search=("5", "10", "20", "40")
    )
    negative: int = option(5, help="noise words for each word; 0 with hs=yes", low=0, high=1000)
    hs: bool = option(False, help="hierarchical softmax in place of negative sampling")
    sample: float = option(
        1e-3, help="frequency above which words are thinned out; 0: never", low=0, high=1
    )
    learning_rate: float = option(0.025, help="first step size; falls linearly", low=1e-9, high=10)

    def validate(self, method: str) -> None:
        """Exactly one output layer trains."""
        if self.negative == 0 and not self.hs:
            raise UsageError(
                f"{method}: with negative=0 nothing trains; add hs=yes or raise negative"
            )
        if self.negative > 0 and self.hs and self.negative != 5:
            raise UsageError(
                f"{method}: hs=yes and negative={self.negative} contradict each other; take one"
            )


@dataclass(frozen=True, kw_only=True)
class WordVectorConfig(PooledConfig, TrainingConfig):
    """Word vectors trained by prediction, pooled to document vectors."""

    engine: str = option("nlpwb", help="who trains: kernels of our own, or gensim", choices=ENGINES)

    @property
    def loads(self) -> tuple[str, ...]:
        """Modules that these options need in place of the usual ones; empty for the usual ones."""
        model = "nlpwb.methods.embeddings.model"
        if self.engine == "gensim":
            return (model, "gensim.models")
        if self.hs:  # any method, then, goes through a hidden layer
            kernels = "nlpwb.methods.embeddings.kernels"
            return (model, f"{kernels}.hidden", f"{kernels}.subwords")
        return ()


@dataclass(frozen=True, kw_only=True)
class SkipgramConfig(WordVectorConfig):
    """Skip-gram."""


@dataclass(frozen=True, kw_only=True)
class CbowConfig(WordVectorConfig):
    """Continuous bag of words."""

    learning_rate: float = option(0.05, help="first step size; falls linearly", low=1e-9, high=10)


@dataclass(frozen=True, kw_only=True)
class FasttextConfig(WordVectorConfig):
    """fastText's subword model."""

    architecture: str = option(
        "skipgram", help="which words predict which", choices=("skipgram", "cbow")
    )
    ngrams: Range = option(
        (3, 6), help="shortest and longest character n-gram of a word", low=1, high=32
    )
    buckets: int = option(200_000, help="hashed slots for the n-grams", low=1, high=10**8)


@dataclass(frozen=True, kw_only=True)
class GloveConfig(PooledConfig):
    """GloVe."""

    dim: int = option(
        100, help="dimensions of a vector", low=1, high=10_000, search=("50", "100", "200")
    )
    window: int = option(10, help="words before and after that are counted", low=1, high=10_000)
    min_count: int = option(2, help="least occurrences of a word that gets a vector", low=1)
    epochs: int = option(25, help="passes over the pairs of words", low=1, high=10_000)
    x_max: float = option(
        10,
        help="count from which a pair has its full weight; 100 suits billions of words",
        low=1e-9,
    )
    alpha: float = option(0.75, help="how fast the weight grows up to x_max", low=0, high=1)
    learning_rate: float = option(0.05, help="AdaGrad's step size", low=1e-9, high=10)


@dataclass(frozen=True, kw_only=True)
class PpmiConfig(PooledConfig):
    """Positive pointwise mutual information, decomposed."""

    dim: int = option(
        100, help="dimensions of a vector", low=1, high=10_000, search=("50", "100", "200")
    )
    window: int = option(
        5,
        help="words before and after that are counted",
        low=1,
        high=10_000,
        search=("2", "5", "10"),
    )
    min_count: int = option(2, help="least occurrences of a word that gets a vector", low=1)
    weighting: str = option(
        "linear",
        help="a near word counts more (linear, as word2vec expects it), or as much as a far one (flat)",
        choices=("linear", "flat"),
    )
    smoothing: float = option(
        0.75, help="power to which the counts of context words are raised", low=0, high=1
    )
    shift: float = option(
        1, help="k of log k, taken off each value; like word2vec's negative", low=1, high=1000
    )
    power: float = option(
        0.5, help="weight of a dimension: its singular value to this", low=0, high=1
    )
    iterations: int = option(4, help="power iterations of the decomposition", low=0, high=100)


@dataclass(frozen=True, kw_only=True)
class VectorsConfig(PooledConfig):
    """Vectors that somebody else trained."""

    path: str = option("", help="a folder or file of word vectors, in any format that can be read")
    limit: int | None = option(None, help="take the first N words of the file alone", low=1)

    @property
    def files(self) -> dict[str, str]:
        """The files that options name, by option: what they hold decides the result, too."""
        return {"path": self.path}

    @property
    def wanted(self) -> str:
        """What the files should be, for the sentence that says that one cannot be read."""
        return "a folder or file of word vectors"

    def validate(self, method: str) -> None:
        """There is nothing to fall back on."""
        if not self.path:
            raise UsageError(
                f"{method}: the vectors are missing; write {method}:path=FILE, with a folder or file of "
                "word vectors"
            )


@dataclass(frozen=True, kw_only=True)
class Doc2VecConfig(TrainingConfig):
    """Paragraph vectors."""

    architecture: str = option("dbow", help="dbow, or dm with word context", choices=("dbow", "dm"))
    epochs: int = option(20, help="passes over the corpus", low=1, high=10_000)
    infer_epochs: int = option(20, help="passes over a new document", low=1, high=10_000)
