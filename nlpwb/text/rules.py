"""Tokenizers that follow a rule and learn nothing: words, words and punctuation, white space, characters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from nlpwb.text.encoded import Encoded
from nlpwb.text.spans import Span, character_spans, whitespace_spans, word_spans, wordpunct_spans
from nlpwb.text.words import characters, whitespace, wordpunct, words

Rule = Literal["word", "wordpunct", "whitespace", "char"]


@dataclass(frozen=True)
class RuleTokenizer:
    """``word`` (scikit-learn's default tokens), ``wordpunct``, ``whitespace`` or ``char``; see :mod:`nlpwb.text.words`."""

    rule: Rule
    spec: str
    lowercase: bool
    single_characters: bool = False

    @property
    def name(self) -> str:
        """The rule's name."""
        return self.rule

    def tokens(self, text: str) -> list[str]:
        """The tokens of one text, in order."""
        if self.rule == "word":
            return words(text, lowercase=self.lowercase, single_characters=self.single_characters)
        if self.rule == "wordpunct":
            return wordpunct(text, lowercase=self.lowercase)
        if self.rule == "whitespace":
            return whitespace(text, lowercase=self.lowercase)
        return characters(text, lowercase=self.lowercase)

    def token_lists(self, texts: Iterable[str]) -> Iterator[list[str]]:
        """The tokens of each text, one list at a time."""
        return map(self.tokens, texts)

    def encode(self, texts: Iterable[str]) -> Iterator[Encoded]:
        """The tokens of each text with their places; there are no ids."""
        for text in texts:
            spans = self._spans(text)
            yield Encoded(
                tokens=tuple(token for token, _, _ in spans),
                ids=None,
                offsets=tuple((start, end) for _, start, end in spans),
            )

    def _spans(self, text: str) -> list[Span]:
        if self.rule == "word":
            return word_spans(
                text, lowercase=self.lowercase, single_characters=self.single_characters
            )
        if self.rule == "wordpunct":
            return wordpunct_spans(text, lowercase=self.lowercase)
        if self.rule == "whitespace":
            return whitespace_spans(text, lowercase=self.lowercase)
        return character_spans(text, lowercase=self.lowercase)
