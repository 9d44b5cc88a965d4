"""What a tokenizer makes of one document."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Encoded:
    """The tokens of one document, and where each stands.

    ``ids`` are the tokens' places in the vocabulary, None for a tokenizer that has none. ``offsets`` are the first character
    of each token in the text as given, and the one after its last.
    """

    tokens: tuple[str, ...]
    ids: tuple[int, ...] | None
    offsets: tuple[tuple[int, int], ...]
