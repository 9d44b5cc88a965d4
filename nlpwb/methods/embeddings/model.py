"""Word vectors, trained here or by others, as representations of documents: pooled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain, repeat
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from nlpwb.methods.embeddings import pooling
from nlpwb.methods.embeddings.analysis import analyze
from nlpwb.methods.embeddings.config import PooledConfig, VectorsConfig
from nlpwb.methods.embeddings.pretrained import read_pretrained
from nlpwb.methods.embeddings.training import train_word_vectors
from nlpwb.methods.protocol import State, Unknown
from nlpwb.vectors.table import Floats, Subwords, WordVectors

Numbers = NDArray[np.int64]


class PooledWordVectors:
    """Word vectors and what their pooling learned: idf weights (``tfidf``) or a direction (``sif``)."""

    def __init__(
        self,
        config: PooledConfig,
        vectors: WordVectors,
        weights: NDArray[np.float64] | None = None,
        direction: Floats | None = None,
    ) -> None:
        self.config = config
        self.vectors = vectors
        self.weights = weights
        self.direction = direction

    @property
    def dimensions(self) -> int:
        """Numbers in a document's vector."""
        return self.vectors.dimensions

    @classmethod
    def fit(
        cls, config: PooledConfig, texts: Sequence[str], *, seed: int, threads: int
    ) -> tuple[Self, Floats]:
        """Train on the texts, or read what is trained, and pool them; returns the model and float32 (n, dim)."""
        documents = [analyze(text, config) for text in texts]
        if isinstance(config, VectorsConfig):
            vectors = read_pretrained(config, documents)
        else:
            vectors = train_word_vectors(documents, config, seed=seed, threads=threads)
        model = cls(config, vectors)
        if config.pooling in ("tfidf", "sif"):
            numbers, _ = model._numbered(documents, invent=False)
            counts = pooling.count_matrix(numbers, len(vectors.words))
            if config.pooling == "tfidf":
                model.weights = pooling.idf_weights(counts)
            else:
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
        # only the rows that occur: the table may be large, and mapped from a file
        own = len(self.vectors)
        used = pooling.used_numbers(numbers, own + len(invented))
        known = used[used < own]
        table = np.asarray(self.vectors.vectors[known], dtype=np.float32)
        if len(invented):
            table = np.vstack([table, invented])
        numbers = pooling.renumbered(numbers, used, own + len(invented))
        if self.config.pooling == "max":
            return pooling.maximum(numbers, table)
        weights = np.ones(len(table))
        if self.weights is not None:
            weights[: len(known)] = self.weights[known]
            weights[len(known) :] = self.weights.max(initial=1.0)  # unseen words are rare
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
        tokens = list(chain.from_iterable(documents))
        own = self.vectors.numbers
        flat = np.fromiter(map(own.get, tokens, repeat(-1)), np.int64, len(tokens))
        rows: list[Floats] = []
        subwords = self.vectors.subwords if invent else None
        if subwords is not None:
            places = np.flatnonzero(flat < 0).tolist()
            made: dict[str, int] = {}
            for word in sorted({tokens[place] for place in places}):
                vector = subwords.vector(word)
                if vector is not None:
                    made[word] = len(own) + len(rows)
                    rows.append(vector)
            flat[places] = [made.get(tokens[place], -1) for place in places]
        ends = np.cumsum(np.fromiter(map(len, documents), np.int64, len(documents)))
        table = np.array(rows, dtype=np.float32).reshape(len(rows), self.dimensions)
        return np.split(flat, ends)[:-1], table

    def unknown_tokens(self, texts: Iterable[str]) -> Unknown:
        """The words that have no vector and for which subwords make none."""
        known, subwords = self.vectors.numbers, self.vectors.subwords
        total = 0
        unseen: Counter[str] = Counter()
        for text in texts:
            tokens = analyze(text, self.config)
            total += len(tokens)
            unseen.update(token for token in tokens if token not in known)
        unknown = sum(
            count
            for word, count in unseen.items()
            if subwords is None or not subwords.numbers(word)
        )
        return Unknown(unknown, total)

    def state(self) -> State:
        """The table and what the pooling learned."""
        arrays: dict[str, NDArray[np.generic]] = {"vectors": self.vectors.vectors}
        if self.vectors.counts is not None:
            arrays["counts"] = self.vectors.counts
        facts: dict[str, Any] = {}
        subwords = self.vectors.subwords
        if subwords is not None:
            arrays["subwords"] = subwords.table
            facts["subwords"] = [subwords.shortest, subwords.longest, subwords.buckets]
            if subwords.rows is not None:
                pairs = np.array(sorted(subwords.rows.items()), dtype=np.int64)
                arrays["subword_rows"] = pairs.reshape(-1, 2)
        if self.weights is not None:
            arrays["weights"] = self.weights
        if self.direction is not None:
            arrays["direction"] = self.direction
        return State(arrays=arrays, lists={"words": list(self.vectors.words)}, facts=facts)

    @classmethod
    def from_state(cls, config: PooledConfig, state: State) -> Self:
        """The fitted model again."""
        arrays = state.arrays
        subwords = None
        if "subwords" in arrays:
            # folders of the first version say it in fastText's options alone
            held: Any = state.facts.get("subwords") or [*getattr(config, "ngrams", ()), None]
            rows = arrays.get("subword_rows")
            pairs = None if rows is None else dict(rows.tolist())
            shortest, longest, buckets = held
            subwords = Subwords(arrays["subwords"], shortest, longest, pairs, buckets)
        vectors = WordVectors(
            state.lists["words"], arrays["vectors"], arrays.get("counts"), subwords
        )
        return cls(config, vectors, arrays.get("weights"), arrays.get("direction"))
