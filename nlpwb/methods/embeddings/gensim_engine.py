"""gensim as a trainer: what ``engine=gensim`` and ``doc2vec`` use, and what ours is held against."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from nlpwb.errors import MethodError
from nlpwb.methods.embeddings.config import (
    FasttextConfig,
    SkipgramConfig,
    TrainingConfig,
    WordVectorConfig,
)
from nlpwb.methods.embeddings.encoding import END, EncodedCorpus
from nlpwb.vectors.table import Subwords, WordVectors


def train_with_gensim(
    corpus: EncodedCorpus, config: WordVectorConfig, *, seed: int, threads: int
) -> WordVectors:
    """Train skip-gram, CBOW or fastText with gensim's classes, on the same words as ours."""
    from gensim.models import FastText, Word2Vec

    shared = gensim_options(config, seed=seed, threads=threads)
    documents = Sentences(corpus)
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
            model = Word2Vec(sg=int(isinstance(config, SkipgramConfig)), **shared)
        model.build_vocab(documents)
        model.train(documents, total_examples=model.corpus_count, epochs=config.epochs)
    table = model.wv
    subwords = None
    if isinstance(config, FasttextConfig):
        subwords = Subwords(np.asarray(table.vectors_ngrams, dtype=np.float32), *config.ngrams)
    return WordVectors(
        words=list(table.index_to_key),
        vectors=np.asarray(table.vectors, dtype=np.float32),
        counts=np.array(
            [table.get_vecattr(word, "count") for word in table.index_to_key], np.int64
        ),
        subwords=subwords,
    )


class Sentences:
    """An encoded corpus as gensim wants it: lists of words, as often as asked."""

    def __init__(self, corpus: EncodedCorpus) -> None:
        self._corpus = corpus

    def __iter__(self) -> Iterator[list[str]]:
        words = self._corpus.words
        for block in self._corpus.blocks():
            ends = np.flatnonzero(block == END)
            for sentence in np.split(block, ends + 1)[:-1]:
                yield [words[number] for number in sentence[:-1].tolist()]


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
