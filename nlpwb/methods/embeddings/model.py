"""Skip-gram, CBOW and fastText as representations of documents: word vectors, pooled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nlpwb.methods.embeddings import pooling
from nlpwb.methods.embeddings.analysis import analyze
from nlpwb.methods.embeddings.config import WordVectorConfig
from nlpwb.methods.embeddings.training import train_word_vectors
from nlpwb.methods.protocol import State
from nlpwb.vectors.table import Floats, Subwords, WordVectors

Numbers = NDArray[np.int64]


class PooledWordVectors:
    """Word vectors and what their pooling learned: idf weights (``tfidf``) or a direction (``sif``)."""

    def __init__(
        self,
        config: WordVectorConfig,
        vectors: WordVectors,
        weights: NDArray[np.float64] | None = None,
        direction: Floats | None = None,
    ) -> None:
        self.config = config
        self.vectors = vectors
        self.weights = weights
        self.direction = direction
        self._numbers = {word: number for number, word in enumerate(vectors.words)}

    @property
    def dimensions(self) -> int:
        """Numbers in a document's vector."""
        return self.vectors.dimensions

    @classmethod
    def fit(
        cls, config: WordVectorConfig, texts: Sequence[str], *, seed: int, threads: int
    ) -> tuple[Self, Floats]:
        """Train on the texts and pool them; returns the model and float32 (n, dim)."""
        documents = [analyze(text, config) for text in texts]
        vectors = train_word_vectors(documents, config, seed=seed, threads=threads)
        model = cls(config, vectors)
        numbers, _ = model._numbered(documents, invent=False)
        counts = pooling.count_matrix(numbers, len(vectors.words))
        if config.pooling == "tfidf":
            model.weights = pooling.idf_weights(counts)
        elif config.pooling == "sif":
            # counted in these texts: vectors that somebody else trained may tell no counts
            occurrences = np.asarray(counts.sum(axis=0), dtype=np.int64).ravel()
            model.weights = pooling.sif_weights(occurrences)
            pooled = pooling.weighted_mean(counts, model.weights, vectors.vectors)
            model.direction = pooling.principal_direction(pooled)
        return model, model._pool(documents)

    def transform(self, texts: Sequence[str], *, threads: int = 1) -> Floats:
        """Pooled vectors of new texts, float32 (n, dim)."""
        del threads
        return self._pool([analyze(text, self.config) for text in texts])

    def _pool(self, documents: Sequence[Sequence[str]]) -> Floats:
        numbers, invented = self._numbered(documents, invent=True)
        table = self.vectors.vectors
        if len(invented):
            table = np.vstack([table, invented])
        if self.config.pooling == "max":
            return pooling.maximum(numbers, table)
        weights = np.ones(len(table))
        if self.weights is not None:
            weights[: len(self.weights)] = self.weights
            weights[len(self.weights) :] = self.weights.max(initial=1.0)  # unseen words are rare
        pooled = pooling.weighted_mean(pooling.count_matrix(numbers, len(table)), weights, table)
        if self.direction is not None:
            pooled = pooling.without_direction(pooled, self.direction)
        return pooled

    def _numbered(
        self, documents: Sequence[Sequence[str]], *, invent: bool
    ) -> tuple[list[Numbers], Floats]:
        """Word numbers of documents, -1 for a word without a vector.

        With ``invent`` subwords give unseen words rows of their own, sorted: a document's words are added up in the order of
        their numbers, and that order must not depend on the documents beside it.
        """
        subwords = self.vectors.subwords if invent else None
        lookup = dict(self._numbers) if subwords is not None else self._numbers
        rows: list[Floats] = []
        if subwords is not None:
            unseen = {word for document in documents for word in document if word not in lookup}
            for word in sorted(unseen):
                vector = subwords.vector(word)
                if vector is not None:
                    lookup[word] = len(self._numbers) + len(rows)
                    rows.append(vector)
        numbered = [
            np.fromiter((lookup.get(word, -1) for word in document), np.int64, len(document))
            for document in documents
        ]
        table = np.array(rows, dtype=np.float32).reshape(len(rows), self.dimensions)
        return numbered, table

    def unknown_share(self, texts: Iterable[str]) -> float | None:
        """Share of the words that have no vector; with subwords, that the training texts did not hold."""
        total = unknown = 0
        for text in texts:
            tokens = analyze(text, self.config)
            total += len(tokens)
            unknown += sum(token not in self._numbers for token in tokens)
        return unknown / total if total else None

    def state(self) -> State:
        """The table and what the pooling learned."""
        arrays: dict[str, NDArray[np.generic]] = {"vectors": self.vectors.vectors}
        if self.vectors.counts is not None:
            arrays["counts"] = self.vectors.counts
        if self.vectors.subwords is not None:
            arrays["subwords"] = self.vectors.subwords.table
        if self.weights is not None:
            arrays["weights"] = self.weights
        if self.direction is not None:
            arrays["direction"] = self.direction
        return State(arrays=arrays, lists={"words": list(self.vectors.words)})

    @classmethod
    def from_state(cls, config: WordVectorConfig, state: State) -> Self:
        """The fitted model again."""
        arrays = state.arrays
        subwords = None
        if "subwords" in arrays:
            shortest, longest = getattr(config, "ngrams")  # noqa: B009  only fastText's config has it
            subwords = Subwords(arrays["subwords"], shortest, longest)
        vectors = WordVectors(
            state.lists["words"], arrays["vectors"], arrays.get("counts"), subwords
        )
        return cls(config, vectors, arrays.get("weights"), arrays.get("direction"))
