"""Texts to rows of ids: the vocabulary of a network, of words or of a trained tokenizer's pieces.

Id 0 is padding, which no text contains; id 1 stands for every token without a row; the others follow. A corpus is one row
of int32 with the end of each document beside it, so that millions of tokens cost four bytes each.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from nlpwb.errors import MethodError, ModelError
from nlpwb.methods.networks.config import NetworkConfig
from nlpwb.methods.networks.embedding import PADDING, UNKNOWN
from nlpwb.methods.protocol import State
from nlpwb.text.rules import RuleTokenizer
from nlpwb.text.subword_tokenizer import SubwordTokenizer
from nlpwb.text.subwords import UNKNOWN as UNKNOWN_TOKEN
from nlpwb.text.tokenizer import make_tokenizer

PADDING_TOKEN = "[PAD]"
SPECIAL_TOKENS = (PADDING_TOKEN, UNKNOWN_TOKEN)
"""What stands at ids 0 and 1."""
_CHARACTERS_A_TOKEN = 16
# A head may end inside a token, and what a letter is in lower case may depend on the next ones (Greek sigma).
_SPARE = 16
_BATCH = 256


@dataclass(frozen=True, eq=False)
class EncodedTexts:
    """Documents as ids: document i is ``ids[ends[i - 1]:ends[i]]``, and has at least one.

    Args:
        ids: int32 (tokens,).
        ends: int64 (n,).
        cut: documents that were longer than ``max_tokens``.
        unknown: tokens, after the cut, that have no row.
        total: tokens, after the cut; the unknown token that stands for an empty document is not one of them.
    """

    ids: NDArray[np.int32]
    ends: NDArray[np.int64]
    cut: int
    unknown: int
    total: int

    def __len__(self) -> int:
        return len(self.ends)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Tokens of each document, int64 (n,)."""
        return np.diff(self.ends, prepend=0)


class TextEncoder:
    """Texts to ids; fitted once on training texts. ``tokens`` are the tokens by id, padding and unknown included."""

    def __init__(
        self, tokenizer: RuleTokenizer | SubwordTokenizer, tokens: list[str], *, max_tokens: int
    ) -> None:
        self.tokenizer = tokenizer
        self.tokens = tokens
        self.max_tokens = max_tokens
        if isinstance(tokenizer, SubwordTokenizer):
            self._rows = _rows_of_pieces(tokenizer)
        else:
            places = range(len(SPECIAL_TOKENS), len(tokens))
            self._lookup = dict(zip(tokens[len(SPECIAL_TOKENS) :], places, strict=True))

    @property
    def vocabulary(self) -> int:
        """Rows that an embedding of these ids needs, padding and unknown included."""
        return len(self.tokens)

    @classmethod
    def fit(cls, config: NetworkConfig, texts: Sequence[str]) -> Self:
        """Learn the vocabulary of training texts.

        Raises:
            MethodError: texts without a token, or without one that occurs ``min_count`` times.
            UsageError: a tokenizer's spec without meaning.
            InputError: a tokenizer's file that cannot be read.
        """
        return cls.fit_encode(config, texts)[0]

    @classmethod
    def fit_encode(cls, config: NetworkConfig, texts: Sequence[str]) -> tuple[Self, EncodedTexts]:
        """As :meth:`fit`, with the training texts encoded: their words are looked for once."""
        tokenizer = make_tokenizer(config.tokenizer, training=texts, special_tokens=SPECIAL_TOKENS)
        if isinstance(tokenizer, SubwordTokenizer):
            fitted = cls(tokenizer, _pieces(tokenizer), max_tokens=config.max_tokens)
            return fitted, fitted.encode(texts)
        assert isinstance(tokenizer, RuleTokenizer)
        numbers: defaultdict[str, int] = defaultdict()
        numbers.default_factory = lambda: len(numbers) + UNKNOWN + 1
        held = _Documents(config.max_tokens)
        held.read_tokens(tokenizer, texts, lambda tokens: map(numbers.__getitem__, tokens))
        encoded = held.finish()
        provisional = list(numbers)
        kept, rows = _most_frequent(provisional, encoded.ids, config)
        ids = rows[encoded.ids]
        unknown = int((ids == UNKNOWN).sum()) - (len(ids) - encoded.total)
        tokens = [*SPECIAL_TOKENS, *kept]
        fitted = cls(tokenizer, tokens, max_tokens=config.max_tokens)
        return fitted, EncodedTexts(ids, encoded.ends, encoded.cut, unknown, encoded.total)

    def encode(self, texts: Iterable[str]) -> EncodedTexts:
        """The ids of texts; a text without tokens becomes one unknown token."""
        held = _Documents(self.max_tokens)
        if isinstance(self.tokenizer, SubwordTokenizer):
            held.read_pieces(self.tokenizer, texts)
            encoded = held.finish()
            ids = self._rows[encoded.ids]
            unknown = int((ids == UNKNOWN).sum()) - (len(ids) - encoded.total)
            return EncodedTexts(ids, encoded.ends, encoded.cut, unknown, encoded.total)
        find = self._lookup.get
        held.read_tokens(self.tokenizer, texts, lambda tokens: map(find, tokens, repeat(UNKNOWN)))
        encoded = held.finish()
        unknown = int((encoded.ids == UNKNOWN).sum()) - (len(encoded.ids) - encoded.total)
        return EncodedTexts(encoded.ids, encoded.ends, encoded.cut, unknown, encoded.total)

    def state(self) -> State:
        """All that :meth:`from_state` needs."""
        if isinstance(self.tokenizer, SubwordTokenizer):
            return State(lists={"tokenizer": [self.tokenizer.inner.to_str()]})
        return State(lists={"tokens": self.tokens[len(SPECIAL_TOKENS) :]})

    @classmethod
    def from_state(cls, config: NetworkConfig, state: State) -> Self:
        """The fitted encoder again; a file that the tokenizer came from is not needed.

        Raises:
            ModelError: a state without a vocabulary, or with a tokenizer that cannot be read.
        """
        if "tokenizer" in state.lists:
            tokenizer = _read_tokenizer(config, state.lists["tokenizer"])
            return cls(tokenizer, _pieces(tokenizer), max_tokens=config.max_tokens)
        if "tokens" not in state.lists:
            raise ModelError("the model has no vocabulary; train it anew")
        rule = make_tokenizer(config.tokenizer)
        assert isinstance(rule, RuleTokenizer), "what is trained is kept"
        tokens = [*SPECIAL_TOKENS, *state.lists["tokens"]]
        return cls(rule, tokens, max_tokens=config.max_tokens)


class _Documents:
    """Numbers of documents, one after the other, each cut at ``max_tokens``."""

    def __init__(self, max_tokens: int) -> None:
        self.max_tokens = max_tokens
        self.numbers = array("i")
        self.ends = array("q")
        self.cut = 0
        self.empty = 0

    def add(self, numbers: Iterable[int]) -> None:
        """One document, cut by whoever calls."""
        before = len(self.numbers)
        self.numbers.extend(numbers)
        if len(self.numbers) == before:
            self.numbers.append(UNKNOWN)
            self.empty += 1
        self.ends.append(len(self.numbers))

    def read_tokens(
        self,
        tokenizer: RuleTokenizer,
        texts: Iterable[str],
        numbered: Callable[[list[str]], Iterable[int]],
    ) -> None:
        """Add the tokens of texts, each token's number from ``numbered``."""
        limit = self.max_tokens
        for text in texts:
            tokens = next(_heads([text], limit, lambda head: map(tokenizer.tokens, head)))
            if len(tokens) > limit:
                self.cut += 1
                del tokens[limit:]
            self.add(numbered(tokens))

    def read_pieces(self, tokenizer: SubwordTokenizer, texts: Iterable[str]) -> None:
        """Add the pieces of texts, with the tokenizer's own ids."""
        for pieces in _heads(texts, self.max_tokens, tokenizer.id_lists):
            if len(pieces) > self.max_tokens:
                self.cut += 1
                pieces = pieces[: self.max_tokens]
            self.add(pieces)

    def finish(self) -> EncodedTexts:
        """What was added; of unknown tokens nothing is known yet."""
        ids = np.frombuffer(self.numbers, dtype=np.int32)
        ends = np.frombuffer(self.ends, dtype=np.int64)
        return EncodedTexts(ids, ends, self.cut, 0, len(ids) - self.empty)


def _heads(
    texts: Iterable[str], limit: int, tokenize: Callable[[list[str]], Iterable[list[Any]]]
) -> Iterator[list[Any]]:
    """The tokens of each text, or more than ``limit`` of its first ones: of a text of 10 MB only a head is looked at."""
    wanted = limit + _SPARE
    for batch in _batches(texts):
        heads = [text[: wanted * _CHARACTERS_A_TOKEN] for text in batch]
        for text, head, found in zip(batch, heads, tokenize(heads), strict=True):
            tokens = found
            read = len(head)
            while read < len(text) and len(tokens) < wanted:
                read *= 4
                (tokens,) = tokenize([text[:read]])
            yield tokens


def _batches(texts: Iterable[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    for text in texts:
        batch.append(text)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _most_frequent(
    provisional: list[str], ids: NDArray[np.int32], config: NetworkConfig
) -> tuple[list[str], NDArray[np.int32]]:
    """The tokens that get rows, by falling count and then by their strings, and the row of each provisional number."""
    first = len(SPECIAL_TOKENS)
    counts = np.bincount(ids, minlength=first + len(provisional))[first:].tolist()
    places = [place for place, count in enumerate(counts) if count >= config.min_count]
    if not places:
        raise _nothing_left(config, max(counts, default=0))
    places.sort(key=lambda place: (-counts[place], provisional[place]))
    del places[config.vocab_size :]
    rows = np.full(first + len(provisional), UNKNOWN, dtype=np.int32)
    rows[np.array(places) + first] = np.arange(first, first + len(places), dtype=np.int32)
    return [provisional[place] for place in places], rows


def _nothing_left(config: NetworkConfig, most: int) -> MethodError:
    if most == 0:
        return MethodError(
            f"the training documents hold no token (tokenizer={config.tokenizer}); check the text column"
        )
    return MethodError(
        f"no token of the training documents occurs min_count={config.min_count} times, the most frequent "
        f"{most}; lower min_count"
    )


def _pieces(tokenizer: SubwordTokenizer) -> list[str]:
    """The tokens by id of ours: the tokenizer's own, in its order, behind padding and unknown."""
    rows = _rows_of_pieces(tokenizer)
    tokens = [*SPECIAL_TOKENS, *[""] * (int(rows.max(initial=UNKNOWN)) - UNKNOWN)]
    for token, number in tokenizer.inner.get_vocab().items():
        if rows[number] > UNKNOWN:
            tokens[rows[number]] = token
    return tokens


def _rows_of_pieces(tokenizer: SubwordTokenizer) -> NDArray[np.int32]:
    """From the tokenizer's ids to ours: what it calls padding or unknown is unknown, the rest keeps its order."""
    vocabulary: dict[str, int] = tokenizer.inner.get_vocab()
    special = {tokenizer.unknown_id, vocabulary.get(PADDING_TOKEN), vocabulary.get(UNKNOWN_TOKEN)}
    real = sorted(number for number in vocabulary.values() if number not in special)
    rows = np.full(max(vocabulary.values(), default=0) + 1, UNKNOWN, dtype=np.int32)
    first = len(SPECIAL_TOKENS)
    rows[real] = np.arange(first, first + len(real), dtype=np.int32)
    assert rows.min() > PADDING
    return rows


def _read_tokenizer(config: NetworkConfig, content: list[str]) -> SubwordTokenizer:
    from tokenizers import Tokenizer

    try:
        inner = Tokenizer.from_str("".join(content))
    except Exception as error:  # The library raises nothing narrower.
        raise ModelError(f"the model's tokenizer cannot be read ({error}); train it anew") from None
    name = config.tokenizer.partition(":")[0]
    return SubwordTokenizer(inner, name=name, spec=config.tokenizer)
