"""Tokens to word vectors: the one road by which every trainer is reached."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from nlpwb.errors import MethodError
from nlpwb.methods.embeddings.config import (
    GloveConfig,
    PooledConfig,
    PpmiConfig,
    WordVectorConfig,
)
from nlpwb.methods.embeddings.encoding import EncodedCorpus, encode
from nlpwb.methods.embeddings.trainer import Progress, Tables, train
from nlpwb.vectors.table import WordVectors


def train_word_vectors(
    documents: Iterable[Sequence[str]], config: PooledConfig, *, seed: int, threads: int
) -> WordVectors:
    """Train on tokenised documents, each a sentence.

    Raises:
        MethodError: no word occurs ``min_count`` times.
    """
    least: int = getattr(config, "min_count")  # noqa: B009  every config that trains has it
    return train_encoded(encode(documents, min_count=least), config, seed=seed, threads=threads)


def train_encoded(
    corpus: EncodedCorpus,
    config: PooledConfig,
    *,
    seed: int,
    threads: int,
    device: str = "cpu",
    start: Tables | None = None,
    keep: Callable[[Tables], None] | None = None,
    progress: Progress | None = None,
) -> WordVectors:
    """Train the method that a config belongs to.

    With one thread a seed gives the same vectors again; with several, threads write into each other's rows and only the
    quality repeats. ``start`` and ``keep`` serve our own trainer alone (:func:`resumes`), ``device`` other than ``cpu``
    the batched one.

    Raises:
        MethodError: no two words stand together, or the step size was so large that numbers grew without bound.
    """
    if not corpus.has_windows:
        raise MethodError(
            "no two words of the vocabulary stand together in any document, so there is nothing to learn from; lower "
            "min_count, or look at the text column"
        )
    if isinstance(config, WordVectorConfig):
        if device != "cpu":
            from nlpwb.methods.embeddings.torch_trainer import train_on_device

            return train_on_device(corpus, config, seed=seed, device=device, progress=progress)
        if config.engine == "gensim":
            from nlpwb.methods.embeddings.gensim_engine import train_with_gensim

            return train_with_gensim(corpus, config, seed=seed, threads=threads)
        return train(
            corpus,
            config,
            seed=seed,
            threads=threads,
            start=start,
            keep=keep,
            progress=progress,
        )
    if isinstance(config, GloveConfig):
        from nlpwb.methods.embeddings.glove import train_glove

        return train_glove(corpus, config, seed=seed, threads=threads, progress=progress)
    if isinstance(config, PpmiConfig):
        from nlpwb.methods.embeddings.ppmi import train_ppmi

        return train_ppmi(corpus, config, seed=seed, threads=threads, progress=progress)
    raise TypeError(config)


def races(config: PooledConfig) -> bool:
    """Whether several threads make two runs differ."""
    return isinstance(config, WordVectorConfig | GloveConfig)


def resumes(config: PooledConfig, device: str) -> bool:
    """Whether training can go on from the tables of an earlier epoch."""
    return isinstance(config, WordVectorConfig) and config.engine == "nlpwb" and device == "cpu"
