"""Texts as a language model of ours reads them from their beginning: the end of the text before, then the tokens."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from nlpwb.methods.networks.sequence_tokens import SequenceTokens
from nlpwb.methods.networks.tokens import EncodedTexts


class DocumentTokens:
    """Texts to ids.

    Args:
        tokens: those of the language model.
        longest: texts are cut there, the mark in front included.
    """

    def __init__(self, tokens: SequenceTokens, *, longest: int) -> None:
        assert longest >= 2, "the mark and a token"
        self.tokens = tokens
        self.longest = longest

    def encode(self, texts: Iterable[str]) -> EncodedTexts:
        """The ids of texts; one without tokens is the mark alone."""
        found, after = self.tokens.encode_all(texts)
        lengths = np.diff(after, prepend=0)
        kept = np.minimum(lengths, self.longest - 1)
        ends = np.cumsum(kept + 1)
        ids = np.full(int(ends[-1]) if len(ends) else 0, self.tokens.end, dtype=np.int32)
        inner = np.ones(len(ids), dtype=bool)
        inner[ends - kept - 1] = False
        place = np.arange(len(found)) - np.repeat(after - lengths, lengths)  # within its text
        ids[inner] = found[place < np.repeat(kept, lengths)]
        unknown = int((ids[inner] == self.tokens.unknown).sum())
        cut = int((lengths > kept).sum())
        return EncodedTexts(ids, ends.astype(np.int64), cut, unknown, int(kept.sum()))
