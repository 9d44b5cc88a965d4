"""Tables of word vectors that one can answer by head, and a small one that gensim has too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nlpwb.vectors.table import WordVectors

# Two directions that mean something (royal, female) and one that keeps other words apart.
WORDS = {
    "the": (-1.0, 0.2, 0.0),
    "man": (0.0, 0.0, 1.0),
    "woman": (0.0, 1.0, 1.0),
    "king": (1.0, 0.0, 1.0),
    "queen": (1.0, 1.0, 1.0),
    "boat": (-1.0, -1.0, 0.2),
}


def royal(**others: tuple[float, float, float]) -> WordVectors:
    """The words above, and others after them: king − man + woman is queen."""
    words = {**WORDS, **others}
    return WordVectors(list(words), np.array(list(words.values()), dtype=np.float32))


def random_table(size: int, dimensions: int, *, seed: int = 0) -> WordVectors:
    """Words w0, w1, … with normal vectors."""
    rng = np.random.default_rng(seed)
    table = rng.standard_normal((size, dimensions)).astype(np.float32)
    return WordVectors([f"w{row}" for row in range(size)], table)


def in_gensim(vectors: WordVectors) -> Any:
    """The same table as gensim holds it."""
    from gensim.models import KeyedVectors

    keyed = KeyedVectors(vectors.dimensions)
    keyed.add_vectors(list(vectors.words), np.array(vectors.vectors))
    return keyed


def trained(sentences: Sequence[Sequence[str]]) -> WordVectors:
    """Vectors that gensim learned from a small corpus."""
    from gensim.models import Word2Vec

    model = Word2Vec(sentences, vector_size=24, min_count=2, epochs=5, workers=1, seed=1)
    return WordVectors(list(model.wv.index_to_key), model.wv.vectors)
