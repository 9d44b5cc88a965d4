"""Texts to provisional word numbers at the speed of a compiled loop: what ``encoding.Numbering`` does for lists of tokens.

Texts are gathered into blocks of bytes. One that is all ASCII goes in as it is, and the loop cuts and lowers it; of any other the
tokens go in, as ``analysis.analyze`` finds them. While the loop works on one block, in a thread and without the GIL, the next
is read.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from nlpwb.methods.embeddings.analysis import analyze, pieces
from nlpwb.methods.embeddings.config import TextConfig
from nlpwb.methods.embeddings.encoding import Ids
from nlpwb.methods.embeddings.kernels.numbering import (
    END_OF_TEXT,
    SINCE_END,
    TOKENS,
    TYPES,
    USED,
    WRITTEN,
    number_words,
    place_words,
)
from nlpwb.text.words import separators

_BLOCK = 1 << 20  # bytes
_END = bytes([END_OF_TEXT])
_SLOTS = 1 << 16


class TextNumbering:
    """Texts to provisional numbers in the order of appearance, block by block to ``write``; END behind each text with words.

    To be used as a context, which ends its thread.
    """

    def __init__(self, config: TextConfig, write: Callable[[Ids], object]) -> None:
        self._config = config
        self._write = write
        by_words = config.analyzer != "whitespace"
        self._shortest = 2 if by_words else 1
        self._table = np.frombuffer(
            separators(words=by_words, lowercase=config.lowercase), dtype=np.uint8
        )
        self._counters = np.zeros(5, dtype=np.int64)
        self._slots = np.full(_SLOTS, -1, dtype=np.int32)
        self._hashes = np.zeros(_SLOTS // 2, dtype=np.uint64)
        self._ends = np.zeros(_SLOTS // 2, dtype=np.int64)
        self._spelled = np.zeros(0, dtype=np.uint8)
        self._waiting: list[bytes] = []
        self._bytes = 0
        self._thread = ThreadPoolExecutor(1)
        self._working: Future[None] | None = None

    def __enter__(self) -> TextNumbering:
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.shutdown(cancel_futures=True)

    @property
    def tokens(self) -> int:
        """Words numbered so far; all of them after :meth:`finish`."""
        return int(self._counters[TOKENS])

    def add(self, text: str) -> None:
        """Number one text, cut where it is too long for one piece."""
        for piece in pieces(text):
            if not piece.isascii():
                piece = " ".join(analyze(piece, self._config))
            held = piece.encode("utf-8", "surrogatepass")
            self._waiting.append(held)
            self._bytes += len(held)
        if self._bytes >= _BLOCK:
            self._flush()

    def finish(self) -> list[str]:
        """Write what is left; returns the word of every provisional number."""
        self._flush()
        self._wait()
        ends = self._ends[: self._counters[TYPES]].tolist()
        spelled = self._spelled[: self._counters[USED]].tobytes()
        return [
            spelled[start:end].decode("utf-8", "surrogatepass")
            for start, end in zip([0, *ends], ends, strict=False)
        ]

    def _flush(self) -> None:
        self._wait()
        block = _END.join([*self._waiting, b""])
        self._waiting, self._bytes = [], 0
        self._working = self._thread.submit(self._number, block)

    def _wait(self) -> None:
        if self._working is not None:
            self._working.result()

    def _number(self, block: bytes) -> None:
        text = np.frombuffer(block, dtype=np.uint8)
        self._spelled = _room(self._spelled, int(self._counters[USED]) + len(text))
        out: NDArray[np.int32] = np.empty(len(text) + 1, dtype=np.int32)
        at = 0
        while at < len(text):
            at = number_words(
                text,
                at,
                self._table,
                self._shortest,
                self._slots,
                self._hashes,
                self._ends,
                self._spelled,
                out,
                self._counters,
            )
            if at < len(text):
                self._grow()
        self._write(out[: self._counters[WRITTEN]])
        self._counters[WRITTEN] = 0
        assert self._counters[SINCE_END] == 0, "a block ends behind a text"

    def _grow(self) -> None:
        """Twice the slots, and the words placed anew."""
        size = 2 * len(self._slots)
        self._slots = np.full(size, -1, dtype=np.int32)
        self._hashes = np.concatenate([self._hashes, np.zeros_like(self._hashes)])
        self._ends = np.concatenate([self._ends, np.zeros_like(self._ends)])
        place_words(self._hashes, int(self._counters[TYPES]), self._slots)


def _room(spelled: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """The bytes with room for ``size`` of them, and for some more to come."""
    if len(spelled) >= size:
        return spelled
    grown = np.zeros(size + size // 4, dtype=np.uint8)
    grown[: len(spelled)] = spelled
    return grown
