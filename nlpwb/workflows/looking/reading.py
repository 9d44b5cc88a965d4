"""Texts as a model reads them: tokens with their ids, and which of them begin a word."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

_CONTINUES = "##"
"""How WordPiece marks a piece that goes on with a word."""
_SPACES = ("\u2581", "\u0120")
"""What SentencePiece and byte-level BPE write for the space before a word."""


@dataclass(frozen=True)
class TokensRead:
    """A text as a network reads it.

    Args:
        text: as it was given.
        tokens: as people read them; a token that the model does not know is the text's own.
        ids: of the network's embedding, one for each token.
        starts: whether a token begins a word; the others belong to the word before.
        unknown: whether the model does not know a token.
        cut: whether tokens behind these were left away, because the model reads no more.
        normalised: the text as it is cut into tokens, where the tokenizer changes it first (lower case, spaces).
    """

    text: str
    tokens: tuple[str, ...]
    ids: tuple[int, ...]
    starts: tuple[bool, ...]
    unknown: tuple[bool, ...]
    cut: bool = False
    normalised: str | None = None

    def __post_init__(self) -> None:
        assert len(self.tokens) == len(self.ids) == len(self.starts) == len(self.unknown)

    def __len__(self) -> int:
        return len(self.ids)

    def within(self, first: str | None = None, last: str | None = None) -> TokensRead:
        """The same with a token in front or behind that the text does not have; it has no id (-1)."""
        front, back = ([] if one is None else [one] for one in (first, last))
        return TokensRead(
            text=self.text,
            tokens=(*front, *self.tokens, *back),
            ids=(*(-1 for _ in front), *self.ids, *(-1 for _ in back)),
            starts=(*(True for _ in front), *self.starts, *(True for _ in back)),
            unknown=(*(False for _ in front), *self.unknown, *(False for _ in back)),
            cut=self.cut,
            normalised=self.normalised,
        )


def word_starts(pieces: Sequence[str]) -> tuple[bool, ...]:
    """Whether each piece of a text begins a word: after white space, or where letters and marks meet.

    >>> word_starts(["un", "seen", ",", " words", "##ing"])
    (True, False, True, True, False)
    """
    starts: list[bool] = []
    before = ""
    for piece in pieces:
        body = piece.lstrip()
        spaced = len(body) < len(piece) or piece.startswith(_SPACES) or before[-1:].isspace()
        if piece.startswith(_CONTINUES) and len(piece) > len(_CONTINUES):
            starts.append(not starts)
        elif before and not before.strip(" "):
            starts.append(False)  # a space that is a token of its own belongs to the word behind it
        else:
            starts.append(not starts or spaced or _parts(before, body))
        before = piece
    return tuple(starts)


def span_starts(text: str, spans: Sequence[tuple[int, int]]) -> tuple[bool, ...]:
    """The same from the places of the pieces in the text, as a tokenizer tells them.

    >>> span_starts("unseen words", [(0, 2), (2, 6), (7, 12)])
    (True, False, True)
    """
    starts: list[bool] = []
    end = 0
    for first, last in spans:
        between = text[end:first]
        gap = bool(between) or text[first : first + 1].isspace()
        starts.append(not starts or gap or _parts(text[:end][-1:], text[first:last]))
        end = last
    return tuple(starts)


def word_numbers(starts: Sequence[bool]) -> list[int]:
    """The number of the word that each token belongs to, from 0.

    >>> word_numbers([True, False, True])
    [0, 0, 1]
    """
    numbers: list[int] = []
    for start in starts:
        numbers.append((numbers[-1] if numbers else -1) + (start or not numbers))
    return numbers


def joined(tokens: Sequence[str], starts: Sequence[bool]) -> list[str]:
    """The words that tokens make, as people write them.

    >>> joined(["un", "##seen", " words"], [True, False, True])
    ['unseen', 'words']
    """
    words: list[str] = []
    for token, number in zip(tokens, word_numbers(starts), strict=True):
        body = token.removeprefix(_CONTINUES) if len(token) > len(_CONTINUES) else token
        body = body.lstrip("".join(_SPACES)) or body
        if number == len(words):
            words.append(body)
        else:
            words[number] += body
    return [word.strip() or word for word in words]


def _parts(before: str, after: str) -> bool:
    """Whether a word ends between two pieces that no space parts: letters and digits go on, marks do not."""
    last, first = before[-1:], after[:1]
    return not (_wordly(last) and _wordly(first))


def _wordly(character: str) -> bool:
    return character == "_" or (character != "" and unicodedata.category(character)[0] in "LNM")
