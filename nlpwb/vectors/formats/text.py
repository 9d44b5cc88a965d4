"""Vectors as text, a word a line: with a first line of two numbers (word2vec, fastText's ``.vec``), or without (GloVe).

Numbers stand between spaces. The word is what stands before the last ``dimensions`` fields: GloVe's vectors of 840 billion words
have some with spaces in them.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from nlpwb.errors import InputError
from nlpwb.vectors.formats.numbers import is_number, parse, shortest
from nlpwb.vectors.formats.words import Reading, decode, encoded, shown, words_of
from nlpwb.vectors.table import Floats

_HINT = 1 << 18
_PARSED = 1 << 14


class TextRows:
    """The rows of a text. ``file`` stands behind its first line where this promises ``words``, else at its begin (None)."""

    def __init__(
        self,
        file: BinaryIO,
        *,
        path: Path,
        dimensions: int,
        words: int | None,
        reading: Reading,
    ) -> None:
        self.file = file
        self.path = path
        self.words = words
        self.dimensions = dimensions
        self.reading = reading
        self._pending: list[bytes] = []
        self.broken = 0
        self._row = 0

    def place(self, row: int) -> str:
        """The number of its line."""
        return f"line {row + (1 if self.words is None else 2):,}"

    def fill(self, out: Floats) -> list[str]:
        """A few thousand numbers at a time: they stay in the processor's cache while they are parsed."""
        if not self._pending:
            self._pending = self.file.readlines(_HINT)
        take = max(1, min(len(out), _PARSED // self.dimensions))
        lines, self._pending = self._pending[:take], self._pending[take:]
        words, texts = self._split(lines)
        self._compare_with_header(len(words))
        if not words:
            return []
        numbers = parse(b" ".join(texts), len(words) * self.dimensions)
        if numbers is None:
            raise self._no_number(words, texts)
        out.reshape(-1)[: len(numbers)] = numbers
        decoded, broken = decode(
            words,
            path=self.path,
            reading=self.reading,
            place=self.place,
            first=self._row,
            between=b"\n",
        )
        self._row += len(words)
        self.broken += broken
        return decoded

    def _split(self, lines: list[bytes]) -> tuple[list[bytes], list[bytes]]:
        """The word and the numbers of each line."""
        words, texts = [], []
        gaps = self.dimensions - 1
        for number, line in enumerate(lines):
            word, _, text = line.rstrip().partition(b" ")
            if text.count(b" ") != gaps or not text or not word:
                if not line.strip() and self._only_blank_lines_follow(lines[number:]):
                    break
                word, text = self._parts(line, self._row + number)
            words.append(word)
            texts.append(text)
        return words, texts

    def _parts(self, line: bytes, row: int) -> tuple[bytes, bytes]:
        """Word and numbers of a line that is not one word and its numbers with one space between."""
        place = self.place(row)
        fields = line.split()
        if not fields:
            raise InputError(f"{self.path}: {place} is empty; take it out")
        got, expected = len(fields) - 1, self.dimensions
        if line[:1].isspace() and got < expected:
            raise InputError(f"{self.path}: {place} has no word before its numbers; take it out")
        name = shown(fields[0].decode("utf-8", "replace"))
        if got < expected and not line.endswith(b"\n"):
            raise InputError(
                f"{self.path}: the file ends within {place} ({name}), at byte {self.file.tell():,}, after {got:,} of "
                f"{expected:,} numbers; copy it anew"
            )
        spaced = got > expected and not is_number(fields[-expected - 1])
        if got != expected and not spaced:
            raise InputError(
                f"{self.path}: {place} ({name}) has a vector of length {got:,} where {expected:,} is expected; correct or "
                "remove this line"
            )
        return b" ".join(fields[:-expected]), b" ".join(fields[-expected:])

    def _no_number(self, words: list[bytes], texts: list[bytes]) -> InputError:
        for number, (word, text) in enumerate(zip(words, texts, strict=True)):
            for column, field in enumerate(text.split(b" ")):
                if not is_number(field):
                    return InputError(
                        f"{self.path}: {self.place(self._row + number)} ({shown(word.decode('utf-8', 'replace'))}) has "
                        f"{shown(field.decode('utf-8', 'replace'))} as its number {column + 1:,}; correct or remove this line"
                    )
        raise AssertionError("each number is one, and all together are not")

    def _compare_with_header(self, found: int) -> None:
        if self.words is None:
            return
        if self._row + found > self.words:
            raise InputError(
                f"{self.path}: the header promises {words_of(self.words)}, but {self.place(self.words)} holds another; correct "
                "the first line"
            )
        if not found and self._row < self.words:
            raise InputError(
                f"{self.path}: the header promises {words_of(self.words)}, but the file ends after {self._row:,}, at byte "
                f"{self.file.tell():,}; copy it anew, or correct its first line"
            )

    def _only_blank_lines_follow(self, lines: list[bytes]) -> bool:
        blank = not any(line.strip() for line in (*lines, *self._pending))
        if blank:
            while later := self.file.readlines(_HINT):
                if any(line.strip() for line in later):
                    return False
            self._pending = []
        return blank


def write_text(file: BinaryIO, blocks: Iterable[tuple[list[str], Floats]], *, path: Path) -> int:
    """Write rows, each float32 as shortly as it can be read back; how many there were."""
    count = 0
    for words, rows in blocks:
        width = rows.shape[1]
        step = max(1, _PARSED // width)
        names = encoded(words, path=path)
        for start in range(0, len(words), step):
            texts = shortest(rows[start : start + step])
            names_here = names[start : start + step]
            file.write(b"".join(map(b"%b%b\n".__mod__, zip(names_here, texts, strict=True))))
        count += len(words)
    return count
