"""Tokens to word vectors: the one function behind which a trainer stands (gensim, today)."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from nlpwb.errors import MethodError
from nlpwb.methods.embeddings.config import (
    CbowConfig,
    FasttextConfig,
    SkipgramConfig,
    TrainingConfig,
    WordVectorConfig,
)
from nlpwb.vectors.table import Subwords, WordVectors


def train_word_vectors(
    documents: Sequence[Sequence[str]], config: WordVectorConfig, *, seed: int, threads: int
) -> WordVectors:
    """Train skip-gram, CBOW or fastText on tokenised documents.

    With one thread a seed gives the same vectors again; with several, threads write into each other's rows (Recht et al. 2011)
    and only the quality repeats.

    Raises:
        MethodError: no word occurs ``min_count`` times.
    """
    from gensim.models import FastText, Word2Vec

    shared = gensim_options(config, seed=seed, threads=threads)
    with quiet_gensim():
        if isinstance(config, FasttextConfig):
            shortest, longest = config.ngrams
            model: Any = FastText(
                sg=int(config.architecture == "skipgram"),
                min_n=shortest,
                max_n=longest,
                bucket=config.buckets,
                **shared,
            )
        else:
            assert isinstance(config, SkipgramConfig | CbowConfig)
            model = Word2Vec(sg=int(isinstance(config, SkipgramConfig)), **shared)
        build_vocabulary(model, documents, config)
        model.train(documents, total_examples=model.corpus_count, epochs=config.epochs)
    table = model.wv
    subwords = None
    if isinstance(config, FasttextConfig):
        subwords = Subwords(np.asarray(table.vectors_ngrams, dtype=np.float32), *config.ngrams)
    return WordVectors(
        words=list(table.index_to_key),
        counts=np.array(
            [table.get_vecattr(word, "count") for word in table.index_to_key], np.int64
        ),
        vectors=np.asarray(table.vectors, dtype=np.float32),
        subwords=subwords,
    )


def gensim_options(config: TrainingConfig, *, seed: int, threads: int) -> dict[str, Any]:
    """The options that all of gensim's trainers share, under its names."""
    return {
        "vector_size": config.dim,
        "window": config.window,
        "min_count": config.min_count,
        "negative": 0 if config.hs else config.negative,
        "hs": int(config.hs),
        "sample": config.sample,
        "alpha": config.learning_rate,
        "epochs": config.epochs,
        "seed": seed + 1,  # gensim gives 0 a meaning of its own
        "workers": threads,
    }


def build_vocabulary(model: Any, documents: Sequence[Any], config: TrainingConfig) -> None:
    """Let gensim count the words.

    Raises:
        MethodError: none is left.
    """
    with contextlib.suppress(RuntimeError):
        model.build_vocab(documents)
    if not len(model.wv.index_to_key):
        raise MethodError(
            f"no word of the documents ({len(documents):,}) occurs min_count={config.min_count} times; "
            "lower min_count"
        )


@contextlib.contextmanager
def quiet_gensim() -> Iterator[None]:
    """gensim logs warnings about small corpora that its caller cannot act on."""
    logger = logging.getLogger("gensim")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
