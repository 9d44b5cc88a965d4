"""What a tokenizer does to texts: how many tokens, how long, how many unknown.

``tokens_per_word`` is the fertility of Rust et al. (2021), "How good is your tokenizer?", with the words between white space
as the words, for whatever language; ``single_token_words`` is the complement of their proportion of continued words.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Container, Iterable, Sized
from dataclasses import dataclass

from nlpwb.text.subword_tokenizer import SubwordTokenizer
from nlpwb.text.tokenizer import Tokenizer


@dataclass(frozen=True)
class TokenizerReport:
    """How a tokenizer served texts.

    ``words`` stand between white space. Rates are shares from 0 to 1 and, like the ratios, None where there is nothing to
    divide by. ``unknown_tokens`` are the tokens outside the vocabulary, ``oov_rate`` is their share; None where there is no
    vocabulary. ``mean_length`` and ``max_length`` are tokens per document, ``seconds`` the time of the tokens alone.
    """

    name: str
    vocabulary_size: int | None
    documents: int
    words: int
    tokens: int
    tokens_per_word: float | None
    bytes_per_token: float | None
    unknown_tokens: int | None
    oov_rate: float | None
    single_token_words: float | None
    mean_length: float | None
    max_length: int
    seconds: float


def measure(
    tokenizer: Tokenizer, texts: Iterable[str], *, vocabulary: Container[str] | None = None
) -> TokenizerReport:
    """Tokenize texts and count.

    ``vocabulary`` holds the tokens known to a tokenizer by rule (usually those of the training texts); a trained tokenizer
    has its own.
    """
    documents = list(texts)
    started = time.perf_counter()
    lengths, unknown = _count(tokenizer, documents, vocabulary)
    seconds = time.perf_counter() - started
    words = Counter(word for text in documents for word in text.split())
    tokens = sum(lengths)
    return TokenizerReport(
        name=tokenizer.spec,
        vocabulary_size=_vocabulary_size(tokenizer, vocabulary),
        documents=len(documents),
        words=words.total(),
        tokens=tokens,
        tokens_per_word=_ratio(tokens, words.total()),
        bytes_per_token=_ratio(
            sum(len(text.encode("utf-8", "replace")) for text in documents), tokens
        ),
        unknown_tokens=unknown,
        oov_rate=None if unknown is None else _ratio(unknown, tokens),
        single_token_words=_single_token_words(tokenizer, words, vocabulary),
        mean_length=_ratio(tokens, len(documents)),
        max_length=max(lengths, default=0),
        seconds=seconds,
    )


def _count(
    tokenizer: Tokenizer, documents: list[str], vocabulary: Container[str] | None
) -> tuple[list[int], int | None]:
    """Tokens of each document, and how many of all are unknown."""
    if isinstance(tokenizer, SubwordTokenizer):
        unknown_id, unknown = tokenizer.unknown_id, 0
        lengths = []
        for ids in tokenizer.id_lists(documents):
            lengths.append(len(ids))
            unknown += ids.count(unknown_id) if unknown_id is not None else 0
        return lengths, unknown
    if vocabulary is None:
        return [len(tokens) for tokens in tokenizer.token_lists(documents)], None
    lengths, unknown = [], 0
    for tokens in tokenizer.token_lists(documents):
        lengths.append(len(tokens))
        unknown += sum(token not in vocabulary for token in tokens)
    return lengths, unknown


def _vocabulary_size(tokenizer: Tokenizer, vocabulary: Container[str] | None) -> int | None:
    if isinstance(tokenizer, SubwordTokenizer):
        return tokenizer.vocabulary_size
    return len(vocabulary) if isinstance(vocabulary, Sized) else None


def _single_token_words(
    tokenizer: Tokenizer, words: Counter[str], vocabulary: Container[str] | None
) -> float | None:
    """The share of words that become one token, and a known one, wherever they stand in a text."""
    distinct = list(words)
    whole_words = set()
    if not isinstance(tokenizer, SubwordTokenizer):
        for word, tokens in zip(distinct, tokenizer.token_lists(distinct), strict=True):
            if len(tokens) == 1 and (vocabulary is None or tokens[0] in vocabulary):
                whole_words.add(word)
        return _ratio(sum(words[word] for word in whole_words), words.total())
    unknown_id = tokenizer.unknown_id
    # Byte-level tokenizers write a word after a space differently from one that begins a text.
    for prefix in ("", " "):
        id_lists = tokenizer.id_lists(prefix + word for word in distinct)
        for word, ids in zip(distinct, id_lists, strict=True):
            if len(ids) == 1 and ids[0] != unknown_id:
                whole_words.add(word)
    return _ratio(sum(words[word] for word in whole_words), words.total())


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None
