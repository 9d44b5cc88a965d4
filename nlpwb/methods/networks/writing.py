"""Ids back to text: every token writes some bytes, and a text is the bytes of its tokens, one after the other.

That holds for every tokenizer here once the space that a word begins or ends with belongs to its token, and it is what makes
writing as one goes possible: nothing but half a character ever has to wait.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from nlpwb.errors import InputError
from nlpwb.text.subword_tokenizer import SubwordTokenizer

_BYTE_TOKEN = re.compile(r"<0x([0-9A-Fa-f]{2})>")
# What WordPiece's decoder writes closer together (the list of the tokenizers library, which works token by token).
_CLOSE = {" .": ".", " ?": "?", " !": "!", " ,": ",", " n't": "n't", " 'm": "'m", " 's": "'s"}
_CLOSE |= {" 've": "'ve", " 're": "'re"}


@dataclass(frozen=True)
class Writing:
    """What each id writes.

    ``fragments``: bytes by id, none for special tokens. ``opens``: a space that the text would begin with is not written;
    ``closes``: nor one that it would end with.
    """

    fragments: Sequence[bytes]
    opens: bool = False
    closes: bool = False

    def decode(self, ids: Iterable[int]) -> str:
        """The text of ids; bytes that are no character become U+FFFD."""
        found = b"".join([self.fragments[number] for number in ids])
        if self.opens:
            found = found.removeprefix(b" ")
        if self.closes:
            found = found.removesuffix(b" ")
        return found.decode("utf-8", "replace")


class Streamer:
    """Writes a text while its ids come; all that it returns, joined, is what :meth:`Writing.decode` gives."""

    def __init__(self, writing: Writing) -> None:
        self._writing = writing
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._begun = False
        self._held = b""

    def push(self, number: int) -> str:
        """What is certain with this id; the beginning of a character waits for its end."""
        fragment = self._writing.fragments[number]
        if not fragment:
            return ""
        if self._writing.opens and not self._begun:
            fragment = fragment.removeprefix(b" ")
        self._begun = True
        if self._writing.closes:
            fragment = self._held + fragment
            self._held = b" " if fragment.endswith(b" ") else b""
            fragment = fragment.removesuffix(b" ")
        return self._decoder.decode(fragment)

    def finish(self) -> str:
        """What still waited: a character that did not come to its end is U+FFFD."""
        return self._decoder.decode(b"", final=True)


def readable(fragment: bytes) -> str:
    """Bytes as people read them: a byte that is no character stands as ``<0xE2>``.

    >>> readable(b" the"), readable(b" \\xe2")
    (' the', ' <0xE2>')
    """
    text = fragment.decode("utf-8", "surrogateescape")
    return "".join(byte_name(ord(c) - 0xDC00) if 0xDC80 <= ord(c) <= 0xDCFF else c for c in text)


def byte_name(byte: int) -> str:
    """``<0x0A>``."""
    return f"<0x{byte:02X}>"


def byte_alphabet() -> dict[str, int]:
    """The character that stands for each byte in byte-level tokenizers (Radford et al. 2019).

    A byte that prints stands for itself, the others follow from U+0100 on.
    """
    prints = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = [byte for byte in range(256) if byte not in prints]
    alphabet = {chr(byte): byte for byte in prints}
    return alphabet | {chr(0x100 + place): byte for place, byte in enumerate(others)}


def writing_of(tokenizer: SubwordTokenizer, rows: Sequence[int], *, vocabulary: int) -> Writing:
    """What each row of a vocabulary writes, from the decoder of a tokenizer.

    Args:
        rows: the row of each of the tokenizer's ids.
        vocabulary: number of rows; those that no id has write nothing.

    Raises:
        InputError: a decoder that is unknown here.
    """
    content: dict[str, Any] = json.loads(tokenizer.inner.to_str())
    steps = _steps(content["decoder"])
    added = {entry["content"] for entry in content["added_tokens"]}
    unknown = tokenizer.unknown_id
    alphabet = byte_alphabet()
    fragments = [b""] * vocabulary
    for token, number in tokenizer.inner.get_vocab().items():
        if number == unknown:
            continue
        fragments[rows[number]] = (
            token.encode() if token in added else _fragment(token, steps, alphabet, tokenizer.spec)
        )
    kinds = {step["type"] for step in steps}
    opens = not steps or bool(kinds & {"WordPiece"}) or any(_strips(step) for step in steps)
    return Writing(fragments, opens=opens, closes="BPEDecoder" in kinds)


def keeps_all(tokenizer: SubwordTokenizer) -> bool:
    """Whether decoding gives back every text: bytes, all of them in the vocabulary, and nothing changed before."""
    content: dict[str, Any] = json.loads(tokenizer.inner.to_str())
    cuts = content["pre_tokenizer"] or {"type": None}
    *splits, last = cuts["pretokenizers"] if cuts["type"] == "Sequence" else [cuts]
    return (
        content["normalizer"] is None
        and content["model"]["type"] == "BPE"
        and all(cut["type"] == "Split" and cut["behavior"] == "Isolated" for cut in splits)
        and last["type"] == "ByteLevel"
        and not last["add_prefix_space"]
        and (content["decoder"] or {}).get("type") == "ByteLevel"
        and not any(entry["lstrip"] or entry["rstrip"] for entry in content["added_tokens"])
        and set(byte_alphabet()) <= set(tokenizer.inner.get_vocab())
    )


def _steps(decoder: dict[str, Any] | None) -> list[dict[str, Any]]:
    if decoder is None:
        return []
    return decoder["decoders"] if decoder["type"] == "Sequence" else [decoder]


def _strips(step: dict[str, Any]) -> bool:
    """Whether a decoder's step takes a space from the beginning of a text."""
    if step["type"] == "Metaspace":
        return bool(step.get("prepend_scheme", "always") != "never")
    return bool(step["type"] == "Strip" and step["content"] == " " and step["start"] > 0)


def _fragment(
    token: str, steps: list[dict[str, Any]], alphabet: dict[str, int], spec: str
) -> bytes:
    """The bytes that a token writes within a text."""
    if not steps:
        return b" " + token.encode()
    for step in steps:
        kind = step["type"]
        if kind == "ByteLevel":
            # a token outside the alphabet was added by somebody, and stands for itself
            if all(c in alphabet for c in token):
                return bytes([alphabet[c] for c in token])
        elif kind == "BPEDecoder":
            token = token.replace(step["suffix"], " ")
        elif kind == "WordPiece":
            token = _word_piece(token, step)
        elif kind == "Metaspace":
            token = token.replace(step["replacement"], " ")
        elif kind == "Replace" and "String" in step["pattern"]:
            token = token.replace(step["pattern"]["String"], step["content"])
        elif kind == "ByteFallback":
            byte = _BYTE_TOKEN.fullmatch(token)
            if byte:
                return bytes([int(byte[1], 16)])
        elif kind not in ("Fuse", "Strip"):
            raise InputError(
                f"the tokenizer {spec} puts texts together by {kind}, which cannot be followed here; "
                "give one with a ByteLevel, BPEDecoder, WordPiece or Metaspace decoder"
            )
    return token.encode()


def _word_piece(token: str, step: dict[str, Any]) -> str:
    if token.startswith(step["prefix"]):
        return token.removeprefix(step["prefix"])
    token = " " + token
    return _CLOSE.get(token, token) if step["cleanup"] else token
