"""The tokens of a network that writes: texts to ids, and ids to text, at once or as they come.

Four ids come first: padding, unknown, the beginning and the end of a text. Tokens are the pieces of a trained tokenizer, or the
words or characters of the training texts; what has no row of its own is then spelt in its UTF-8 bytes, so that no text is
unknown and every text can be had back.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from nlpwb.errors import MethodError, ModelError, UsageError, nearest
from nlpwb.methods.networks.cutting import word_pattern
from nlpwb.methods.networks.writing import (
    Streamer,
    Writing,
    byte_name,
    keeps_all,
    readable,
    writing_of,
)
from nlpwb.methods.protocol import State
from nlpwb.text.subword_tokenizer import SubwordTokenizer
from nlpwb.text.subwords import UNKNOWN as UNKNOWN_TOKEN
from nlpwb.text.subwords import encodable
from nlpwb.text.tokenizer import make_tokenizer, parse_tokenizer_spec

PADDING, UNKNOWN, BEGIN, END = 0, 1, 2, 3
SPECIAL_TOKENS = ("<pad>", "<unk>", "<s>", "</s>")
"""What stands at ids 0 to 3 in what we train."""
WORDS, CHARACTERS = "words", "char"
TRAINED = ("byte-bpe", "bpe", "unigram", "wordpiece")
KINDS = (*TRAINED, "path", CHARACTERS, WORDS)

_FIRST = len(SPECIAL_TOKENS)
_BYTES = 256


def check_spec(spec: str, method: str) -> None:
    """Refuse a tokenizer that a method cannot write with; raises UsageError."""
    kind = spec.partition(":")[0]
    if kind in (WORDS, CHARACTERS) and spec != kind:
        raise UsageError(
            f"{method}: tokenizer={spec}: {kind} takes no options; write tokenizer={kind}, and vocab_size and min_count "
            "beside it"
        )
    if kind not in KINDS:
        raise UsageError(
            f"{method} cannot write with tokenizer={spec}; {nearest(kind, KINDS)}"
            + (
                ", whose pieces are the text when they are joined"
                if kind.startswith("word")
                else ""
            )
        )
    if kind not in (WORDS, CHARACTERS):
        parse_tokenizer_spec(spec)


class _Cutter(Protocol):
    """Texts to ids, from the first real token on."""

    @property
    def tokens(self) -> list[str]:
        """By id, special tokens left out."""

    def id_arrays(self, texts: Iterable[str]) -> Iterator[Sequence[int] | NDArray[np.int32]]:
        """The ids of each text, special ones counted."""

    def surfaces(self, text: str) -> list[str]:
        """The string of each token of one text, known or not."""


class SequenceTokens:
    """Texts to ids and back; fitted once on training texts.

    Attributes:
        tokens: by id, as people read them: what each writes (``" the"`` with its space), ``<0xE2>`` where that is no character.
        vocabulary: number of ids.
        padding, unknown, begin, end: ids of the special tokens.
        lossless: whether ``decode(encode(text)) == text`` for every text (half of a surrogate pair is a question mark).
        spec: the tokenizer's, as given.
    """

    padding, unknown, begin, end = PADDING, UNKNOWN, BEGIN, END

    def __init__(
        self, spec: str, cutter: _Cutter, writing: Writing, *, lossless: bool, state: State
    ) -> None:
        self.spec = spec
        self.tokens = [*SPECIAL_TOKENS, *cutter.tokens]
        self.vocabulary = len(self.tokens)
        self.lossless = lossless
        self._cutter = cutter
        self._writing = writing
        self._state = state

    @classmethod
    def fit(
        cls,
        spec: str,
        texts: Sequence[str],
        *,
        vocab_size: int,
        min_count: int,
        fallback: bool = True,
    ) -> Self:
        """Learn the tokens of training texts.

        Args:
            vocab_size: words or characters that get a row, at most; a trained tokenizer's size stands in its spec. Special tokens
                and bytes come on top.
            min_count: least occurrences of such a word or character.
            fallback: spell words or characters without a row in bytes; otherwise they are unknown.

        Raises:
            MethodError: texts that nothing can be learned from.
            UsageError: a spec without meaning.
            InputError: a tokenizer's file that cannot be read.
        """
        check_spec(spec, "a network")
        if spec in (WORDS, CHARACTERS):
            kept = _most_frequent(spec, texts, vocab_size=vocab_size, min_count=min_count)
            return cls._of_kept(spec, kept, fallback=fallback)
        specials = () if spec.startswith("byte-bpe") else (UNKNOWN_TOKEN,)
        tokenizer = make_tokenizer(spec, training=texts, special_tokens=specials)
        assert isinstance(tokenizer, SubwordTokenizer)
        return cls._of_tokenizer(spec, tokenizer)

    @classmethod
    def _of_kept(cls, spec: str, kept: list[str], *, fallback: bool) -> Self:
        spelt = [bytes([byte]) for byte in range(_BYTES)] if fallback else []
        names = [byte_name(byte) for byte in range(len(spelt))]
        cutter = (_Words if spec == WORDS else _Characters)(kept, names)
        fragments = [*[b""] * _FIRST, *spelt, *(piece.encode() for piece in kept)]
        state = State(lists={"tokens": kept}, facts={"fallback": fallback})
        return cls(spec, cutter, Writing(fragments), lossless=fallback, state=state)

    @classmethod
    def _of_tokenizer(cls, spec: str, tokenizer: SubwordTokenizer) -> Self:
        # somebody's file may cut and pad what it reads
        tokenizer.inner.no_truncation()
        tokenizer.inner.no_padding()
        cutter = _Pieces(tokenizer)
        state = State(lists={"tokenizer": [tokenizer.inner.to_str()]})
        return cls(spec, cutter, cutter.writing, lossless=keeps_all(tokenizer), state=state)

    def encode(self, text: str) -> NDArray[np.int32]:
        """The ids of one text, int32 (n,), without beginning and end."""
        return np.array(next(iter(self._cutter.id_arrays([text]))), dtype=np.int32)

    def encode_all(self, texts: Iterable[str]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """The ids of texts, one after the other.

        Returns:
            int32 (tokens,), and where each text ends, int64 (n,); a text may have no token.
        """
        numbers, ends = array("i"), array("q")
        for found in self._cutter.id_arrays(texts):
            if isinstance(found, np.ndarray):
                numbers.frombytes(found.tobytes())
            else:
                numbers.extend(found)
            ends.append(len(numbers))
        return np.frombuffer(numbers, dtype=np.int32), np.frombuffer(ends, dtype=np.int64)

    def surfaces(self, text: str) -> list[str]:
        """The string of every token of a text, of those without a row, too; as many as :meth:`encode` gives ids."""
        return self._cutter.surfaces(text)

    def decode(self, ids: Iterable[int]) -> str:
        """The text of ids; special tokens leave nothing behind."""
        return self._writing.decode(np.asarray(list(ids), dtype=np.int64).tolist())

    def streamer(self) -> Streamer:
        """What writes a text as its ids come."""
        return Streamer(self._writing)

    def state(self) -> State:
        """All that :meth:`from_state` needs."""
        return self._state

    @classmethod
    def from_state(cls, spec: str, state: State) -> Self:
        """The fitted tokens again; a file that the tokenizer came from is not needed.

        Raises:
            ModelError: a state without a vocabulary, or with a tokenizer that cannot be read.
        """
        if "tokens" in state.lists:
            fallback = bool(state.facts.get("fallback", True))
            return cls._of_kept(spec, list(state.lists["tokens"]), fallback=fallback)
        if "tokenizer" not in state.lists:
            raise ModelError("the model has no vocabulary; train it anew")
        return cls._of_tokenizer(spec, _read(spec, state.lists["tokenizer"]))


class _Pieces:
    """The pieces of a trained tokenizer."""

    def __init__(self, tokenizer: SubwordTokenizer) -> None:
        self.tokenizer = tokenizer
        numbers = sorted(tokenizer.inner.get_vocab().values())
        real = [number for number in numbers if number != tokenizer.unknown_id]
        self.rows = np.full(max(numbers, default=0) + 1, UNKNOWN, dtype=np.int32)
        self.rows[real] = np.arange(_FIRST, _FIRST + len(real), dtype=np.int32)
        self.writing = writing_of(tokenizer, self.rows.tolist(), vocabulary=_FIRST + len(real))
        self.tokens = [readable(fragment) for fragment in self.writing.fragments[_FIRST:]]

    def id_arrays(self, texts: Iterable[str]) -> Iterator[NDArray[np.int32]]:
        """The library's ids, with special ones before them."""
        for found in self.tokenizer.id_lists(texts):
            yield self.rows[np.array(found, dtype=np.int64)]

    def surfaces(self, text: str) -> list[str]:
        """What each piece writes; what it stands for in the text where it is unknown."""
        text = encodable(text)
        (encoded,) = self.tokenizer.encode([text])
        assert encoded.ids is not None
        rows = self.rows[np.array(encoded.ids, dtype=np.int64)].tolist()
        return [
            text[start:end] if row == UNKNOWN else self.tokens[row - _FIRST]
            for row, (start, end) in zip(rows, encoded.offsets, strict=True)
        ]


class _Words:
    """Words with the space before them; a word without a row is spelt in bytes, or is unknown."""

    def __init__(self, kept: list[str], names: list[str]) -> None:
        self.tokens = [*names, *kept]
        self._spells = bool(names)
        first = _FIRST + len(names)
        self._rows = dict(zip(kept, range(first, first + len(kept)), strict=True))

    def id_arrays(self, texts: Iterable[str]) -> Iterator[list[int]]:
        """Rows of words, or of the bytes of a word."""
        find, cut = self._rows.get, word_pattern().findall
        for text in texts:
            pieces = cut(encodable(text))
            # -1 and not None: a list of numbers stays one
            found = list(map(find, pieces, repeat(-1)))
            yield self._spelt(pieces, found) if -1 in found else found

    def _spelt(self, pieces: list[str], found: list[int]) -> list[int]:
        if not self._spells:
            return [UNKNOWN if row < 0 else row for row in found]
        numbers: list[int] = []
        for piece, row in zip(pieces, found, strict=True):
            if row < 0:
                numbers.extend(byte + _FIRST for byte in piece.encode())
            else:
                numbers.append(row)
        return numbers

    def surfaces(self, text: str) -> list[str]:
        """Words, and the bytes of those that are spelt."""
        found: list[str] = []
        for piece in word_pattern().findall(encodable(text)):
            if piece in self._rows or not self._spells:
                found.append(piece)
            else:
                found.extend(byte_name(byte) for byte in piece.encode())
        return found


class _Characters:
    """Characters; one without a row is spelt in bytes, or is unknown."""

    def __init__(self, kept: list[str], names: list[str]) -> None:
        self.tokens = [*names, *kept]
        self._spells = bool(names)
        first = _FIRST + len(names)
        codes = [ord(character) for character in kept]
        self._rows = np.full(0x110000, -1, dtype=np.int32)
        self._rows[codes] = np.arange(first, first + len(kept), dtype=np.int32)

    def id_arrays(self, texts: Iterable[str]) -> Iterator[NDArray[np.int32]]:
        """Rows of characters, or of the bytes of a character."""
        for text in texts:
            clean = encodable(text)
            codes = np.frombuffer(clean.encode("utf-32-le"), dtype=np.uint32)
            rows = self._rows[codes]
            missing = np.flatnonzero(rows < 0)
            yield self._spelt(codes, rows, missing) if len(missing) else rows

    def _spelt(
        self, codes: NDArray[np.uint32], rows: NDArray[np.int32], missing: NDArray[np.int64]
    ) -> NDArray[np.int32]:
        if not self._spells:
            rows[missing] = UNKNOWN
            return rows
        parts: list[NDArray[np.int32]] = []
        before = 0
        for place in missing.tolist():
            spelling = np.frombuffer(chr(codes[place]).encode(), dtype=np.uint8)
            parts += [rows[before:place], spelling.astype(np.int32) + _FIRST]
            before = place + 1
        return np.concatenate([*parts, rows[before:]])

    def surfaces(self, text: str) -> list[str]:
        """Characters, and the bytes of those that are spelt."""
        found: list[str] = []
        for character in encodable(text):
            if self._rows[ord(character)] >= 0 or not self._spells:
                found.append(character)
            else:
                found.extend(byte_name(byte) for byte in character.encode())
        return found


def _most_frequent(
    kind: str, texts: Iterable[str], *, vocab_size: int, min_count: int
) -> list[str]:
    """The words or characters that get rows, by falling count and then by their strings."""
    counts: Counter[str] = Counter()
    cut: Any = word_pattern().findall if kind == WORDS else list
    for text in texts:
        counts.update(cut(encodable(text)))
    kept = [piece for piece, count in counts.items() if count >= min_count]
    kept.sort(key=lambda piece: (-counts[piece], piece))
    if not counts:
        raise MethodError(
            f"the training texts are empty (tokenizer={kind}); check the file and its text column"
        )
    if not kept:
        raise MethodError(
            f"none of the training texts' tokens (tokenizer={kind}) occurs min_count={min_count} times, the most "
            f"frequent {max(counts.values())}; lower min_count"
        )
    return kept[:vocab_size]


def _read(spec: str, content: list[str]) -> SubwordTokenizer:
    from tokenizers import Tokenizer

    try:
        inner = Tokenizer.from_str("".join(content))
    except Exception as error:  # The library raises nothing narrower.
        raise ModelError(f"the model's tokenizer cannot be read ({error}); train it anew") from None
    return SubwordTokenizer(inner, name=spec.partition(":")[0], spec=spec)
