"""Texts to symbols: the numbered units that n-grams are made of, and the segments that an n-gram may not leave.

A symbol is a word (``analyzer=word`` and ``whitespace``) or a code point (``char`` and ``char_wb``). A segment is a document,
or with ``char_wb`` one word between two spaces. The meanings are scikit-learn's (``CountVectorizer.build_analyzer``).
"""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from nlpwb.errors import InputError
from nlpwb.methods.vectorizers.config import TermsConfig
from nlpwb.text import words as words_module

Accents = Literal["ascii", "unicode"]
_BLANKS = re.compile(r"\s\s+")


@dataclass(frozen=True)
class SymbolStream:
    """The symbols of a chunk of documents.

    ``symbols``: the distinct symbols, by their number here. ``ids``: int64 (N,), all symbols in order. ``documents``: int64
    (N,), the document of each. ``ends``: int64 (N,), where the segment of each ends (one past its last position). ``whole``:
    positions at which a segment begins that is shorter than the shortest n-gram and counts as a whole (``char_wb``).
    """

    symbols: list[str]
    ids: NDArray[np.int64]
    documents: NDArray[np.int64]
    ends: NDArray[np.int64]
    whole: NDArray[np.int64]


@dataclass(frozen=True)
class Analyzer:
    """How a config turns texts into symbols. Small, so that worker processes receive it with every chunk."""

    kind: str
    lowercase: bool
    strip_accents: Accents | None
    single: bool
    stop_words: frozenset[str]
    shortest: int

    @property
    def joiner(self) -> str:
        """What stands between the symbols of an n-gram."""
        return " " if self.kind in ("word", "whitespace") else ""

    def __call__(self, texts: Sequence[str]) -> SymbolStream:
        """Symbols of a chunk of texts."""
        if self.kind == "word" or self.kind == "whitespace":
            return self._words(texts)
        return self._characters(texts)

    def _prepare(self, text: str) -> str:
        if self.lowercase:
            text = text.lower()
        if self.strip_accents is not None:
            text = words_module.strip_accents(text, self.strip_accents)
        return text

    def _words(self, texts: Sequence[str]) -> SymbolStream:
        numbers = numbering()
        number = numbers.__getitem__
        flat: list[int] = []
        lengths: list[int] = []
        plain = self.kind == "word" and self.strip_accents is None
        for text in texts:
            if plain:
                tokens = words_module.words(text, lowercase=self.lowercase, single_characters=True)
            elif self.kind == "word":
                tokens = words_module.words(
                    self._prepare(text), lowercase=False, single_characters=True
                )
            else:
                tokens = self._prepare(text).split()
            flat.extend(map(number, tokens))
            lengths.append(len(tokens))
        symbols = list(numbers)
        ids = np.array(flat, dtype=np.int64)
        documents = np.repeat(np.arange(len(texts), dtype=np.int64), lengths)
        # Tokens of one character and stop words leave here, once per distinct word and before n-grams are made.
        drop_single = self.kind == "word" and not self.single
        if drop_single or self.stop_words:
            keep = np.fromiter(map(len, symbols), np.int64, len(symbols)) > int(drop_single)
            if self.stop_words:
                stopped = (symbol in self.stop_words for symbol in symbols)
                keep &= ~np.fromiter(stopped, np.bool_, len(symbols))
            renumbered = np.cumsum(keep) - 1
            kept = keep[ids] if len(ids) else np.zeros(0, dtype=bool)
            ids, documents = renumbered[ids[kept]], documents[kept]
            symbols = list(itertools.compress(symbols, keep.tolist()))
        lengths_kept = np.bincount(documents, minlength=len(texts))
        ends = np.repeat(np.cumsum(lengths_kept), lengths_kept)
        return SymbolStream(symbols, ids, documents, ends, np.zeros(0, dtype=np.int64))

    def _characters(self, texts: Sequence[str]) -> SymbolStream:
        pieces: list[str] = []
        segment_documents: list[int] = []
        for document, text in enumerate(texts):
            prepared = self._prepare(text)
            if self.kind == "char":
                pieces.append(_BLANKS.sub(" ", prepared))
                segment_documents.append(document)
            else:
                inside = prepared.split()
                pieces.extend(f" {word} " for word in inside)
                segment_documents.extend([document] * len(inside))
        lengths = np.fromiter(map(len, pieces), dtype=np.int64, count=len(pieces))
        # surrogatepass: a lone surrogate can stand in a string that came from JSON
        raw = "".join(pieces).encode("utf-32-le", "surrogatepass")
        codes, ids = np.unique(np.frombuffer(raw, dtype=np.uint32), return_inverse=True)
        stops = np.cumsum(lengths)
        short = np.zeros(0, dtype=np.int64)
        if self.kind == "char_wb":
            short = (stops - lengths)[(lengths < self.shortest) & (lengths > 0)]
        return SymbolStream(
            symbols=[chr(code) for code in codes.tolist()],
            ids=ids.astype(np.int64, copy=False),
            documents=np.repeat(np.array(segment_documents, dtype=np.int64), lengths),
            ends=np.repeat(stops, lengths),
            whole=short,
        )


def numbering() -> defaultdict[str, int]:
    """A dictionary that numbers strings in the order in which it is first asked for them."""
    numbers: defaultdict[str, int] = defaultdict()
    numbers.default_factory = numbers.__len__
    return numbers


def make_analyzer(config: TermsConfig, *, stop_words: Iterable[str] | None = None) -> Analyzer:
    """The analyzer of a config; reads the stop words, unless they are given."""
    words = read_stop_words(config.stop_words) if stop_words is None else frozenset(stop_words)
    return Analyzer(
        kind=config.analyzer,
        lowercase=config.lowercase,
        strip_accents=cast("Accents | None", config.strip_accents),
        single=config.single,
        stop_words=words,
        shortest=config.ngrams[0],
    )


def read_stop_words(source: str | None) -> frozenset[str]:
    """The words of ``english`` (scikit-learn's list) or of a file with a word a line.

    Raises:
        InputError: the file cannot be read, or is not UTF-8.
    """
    if source is None:
        return frozenset()
    if source == "english":
        from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

        return frozenset(ENGLISH_STOP_WORDS)
    path = Path(source.removeprefix("path:"))
    try:
        return frozenset(path.read_text(encoding="utf-8").split())
    except OSError as error:
        raise InputError(
            f"stop words {path}: {(error.strerror or 'cannot be read').lower()}; "
            "stop_words=path:FILE names a text file with a word a line"
        ) from None
    except UnicodeDecodeError as error:
        raise InputError(
            f"stop words {path} is not UTF-8 at byte {error.start}; convert it first"
        ) from None
