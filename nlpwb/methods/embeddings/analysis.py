"""Texts to tokens, as a config of the embeddings says."""

from __future__ import annotations

from nlpwb.methods.embeddings.config import TextConfig
from nlpwb.text.words import whitespace, words


def analyze(text: str, config: TextConfig) -> list[str]:
    """The tokens of a text, in order."""
    if config.analyzer == "whitespace":
        return whitespace(text, lowercase=config.lowercase)
    return words(text, lowercase=config.lowercase)
