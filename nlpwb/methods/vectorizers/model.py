"""One-hot, bag of words, TF-IDF and hashing as fitted representations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Self

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from nlpwb.errors import MethodError
from nlpwb.methods.protocol import State, Unknown
from nlpwb.methods.vectorizers.analysis import Analyzer, make_analyzer
from nlpwb.methods.vectorizers.chunks import chunked
from nlpwb.methods.vectorizers.config import (
    BowConfig,
    HashingConfig,
    OneHotConfig,
    TermsConfig,
    TfidfConfig,
)
from nlpwb.methods.vectorizers.counting import fit_counts, transform_counts
from nlpwb.methods.vectorizers.hashing import hash_counts
from nlpwb.methods.vectorizers.ngrams import Level
from nlpwb.methods.vectorizers.trie import Limits, Trie, terms
from nlpwb.methods.vectorizers.weighting import inverse_document_frequency, normalized, weigh

Config = OneHotConfig | BowConfig | TfidfConfig


class VectorizerModel:
    """A vocabulary with its columns, and for TF-IDF the weight of each."""

    def __init__(
        self,
        config: Config,
        analyzer: Analyzer,
        trie: Trie,
        idf: NDArray[np.float64] | None,
        documents: int,
    ) -> None:
        self.config = config
        self.analyzer = analyzer
        self.trie = trie
        self.idf = idf
        self.documents = documents

    @property
    def dimensions(self) -> int:
        """Number of columns."""
        return self.trie.width

    @classmethod
    def fit(
        cls,
        config: Config,
        texts: Iterable[str],
        *,
        seed: int = 0,
        threads: int = 1,
    ) -> tuple[Self, sp.csr_matrix]:
        """Count the texts, which may be a stream, choose the columns, weigh.

        Returns the model and the matrix: int32 counts, or float64 for TF-IDF; CSR with sorted indices.

        Raises:
            MethodError: no term is left.
        """
        del seed
        tfidf = isinstance(config, TfidfConfig)
        binary = _binary(config)
        limits = Limits(
            min_df=config.min_df,
            max_df=config.max_df,
            max_features=config.max_features,
            binary=binary,
            as_float=tfidf,
        )
        analyzer = make_analyzer(config)
        trie, counts, df = fit_counts(
            texts, analyzer, ngrams=config.ngrams, limits=limits, threads=threads
        )
        if not trie.width:
            raise MethodError(_empty_vocabulary(config, counts.shape[0]))
        idf = None
        if isinstance(config, TfidfConfig) and config.use_idf:
            idf = inverse_document_frequency(df, counts.shape[0], smooth=config.smooth_idf)
        model = cls(config, analyzer, trie, idf, counts.shape[0])
        return model, model._weigh(counts)

    def transform(self, texts: Iterable[str], *, threads: int = 1) -> sp.csr_matrix:
        """The matrix of new texts, in the columns of the fitted ones."""
        counts = transform_counts(
            texts,
            self.analyzer,
            self.trie,
            ngrams=self.config.ngrams,
            binary=_binary(self.config),
            threads=threads,
        )
        return self._weigh(counts)

    def _weigh(self, counts: sp.csr_matrix) -> sp.csr_matrix:
        if not isinstance(self.config, TfidfConfig):
            return counts
        return weigh(counts, self.idf, sublinear_tf=self.config.sublinear_tf, norm=self.config.norm)

    def terms(self) -> Iterator[str]:
        """The term of every column, in order."""
        return terms(self.trie)

    def unknown_tokens(self, texts: Iterable[str]) -> Unknown:
        """The words (or characters) that are in no term."""
        return unknown_symbols(self.analyzer, set(self.trie.symbols), texts)

    def state(self) -> State:
        """The trie as arrays, the symbols as strings, the weights."""
        arrays: dict[str, NDArray[np.generic]] = {}
        for n, columns in enumerate(self.trie.columns):
            arrays[f"columns.{n + 1}"] = columns
            if n > 0:
                level = self.trie.levels[n - 1]
                arrays[f"parents.{n + 1}"] = level.parents
                arrays[f"symbols.{n + 1}"] = level.symbols
        if self.idf is not None:
            arrays["idf"] = self.idf
        return State(
            arrays=arrays,
            lists={"symbols": self.trie.symbols, **_kept_stop_words(self.config, self.analyzer)},
            facts={"documents": self.documents},
        )

    @classmethod
    def from_state(cls, config: Config, state: State) -> Self:
        """The fitted model again."""
        depth = sum(name.startswith("columns.") for name in state.arrays)
        analyzer = make_analyzer(config, stop_words=state.lists.get("stop_words"))
        trie = Trie(
            joiner=analyzer.joiner,
            symbols=state.lists["symbols"],
            levels=[
                Level(state.arrays[f"parents.{n}"], state.arrays[f"symbols.{n}"])
                for n in range(2, depth + 1)
            ],
            columns=[state.arrays[f"columns.{n}"] for n in range(1, depth + 1)],
        )
        documents = state.facts["documents"]
        assert isinstance(documents, int)
        return cls(config, analyzer, trie, state.arrays.get("idf"), documents)


class HashingModel:
    """Columns by hash: nothing is fitted, nothing is kept."""

    def __init__(self, config: HashingConfig, analyzer: Analyzer) -> None:
        self.config = config
        self.analyzer = analyzer

    @property
    def dimensions(self) -> int:
        """Number of columns."""
        return self.config.n_features

    @classmethod
    def fit(
        cls, config: HashingConfig, texts: Iterable[str], *, seed: int = 0, threads: int = 1
    ) -> tuple[Self, sp.csr_matrix]:
        """The matrix of the texts; there is nothing to fit."""
        del seed
        model = cls(config, make_analyzer(config))
        return model, model.transform(texts, threads=threads)

    def transform(self, texts: Iterable[str], *, threads: int = 1) -> sp.csr_matrix:
        """Hashed counts, float64, normalised as the config says."""
        config = self.config
        counts = hash_counts(
            texts,
            self.analyzer,
            ngrams=config.ngrams,
            columns=config.n_features,
            alternate_sign=config.alternate_sign,
            binary=config.binary,
            threads=threads,
        )
        return normalized(counts, config.norm)

    def unknown_tokens(self, texts: Iterable[str]) -> Unknown:
        """A hash knows every word."""
        del texts
        return Unknown()

    def state(self) -> State:
        """Nothing but the words of a file of stop words."""
        return State(lists=_kept_stop_words(self.config, self.analyzer))

    @classmethod
    def from_state(cls, config: HashingConfig, state: State) -> Self:
        """The same again."""
        return cls(config, make_analyzer(config, stop_words=state.lists.get("stop_words")))


def _kept_stop_words(config: TermsConfig, analyzer: Analyzer) -> dict[str, list[str]]:
    """The words of a file go with the model, which may be used where the file is not."""
    return {"stop_words": sorted(analyzer.stop_words)} if config.files else {}


def unknown_symbols(analyzer: Analyzer, known: set[str], texts: Iterable[str]) -> Unknown:
    """The symbols of the texts that ``known`` does not hold."""
    total = unknown = 0
    for chunk in chunked(texts):
        stream = analyzer(chunk)
        counts = np.bincount(stream.ids, minlength=len(stream.symbols))
        strange = [symbol not in known for symbol in stream.symbols]
        total += int(counts.sum())
        unknown += int(counts[np.array(strange, dtype=bool)].sum())
    return Unknown(unknown, total)


def _binary(config: Config) -> bool:
    return isinstance(config, OneHotConfig) or (isinstance(config, TfidfConfig) and config.binary)


def _empty_vocabulary(config: Config, documents: int) -> str:
    limits = []
    if config.min_df not in (0, 1):
        limits.append(f"min_df={config.min_df}")
    if config.max_df != 1.0:
        limits.append(f"max_df={config.max_df}")
    if limits:
        return (
            f"no term of the documents ({documents:,}) is left after {' and '.join(limits)}; "
            "lower min_df or raise max_df"
        )
    kind = "characters" if config.analyzer in ("char", "char_wb") else "words"
    if config.ngrams[0] > 1:
        return (
            f"the documents ({documents:,}) hold no term of {config.ngrams[0]} {kind}; "
            "lower the first number of ngrams"
        )
    way = {
        "word": "try analyzer=char, or single=yes for words of one character",
        "whitespace": "give some that are not blank",
        "char": "give some that are not empty",
        "char_wb": "give some that are not blank",
    }
    return f"the documents ({documents:,}) hold no term; {way[config.analyzer]}"
