"""What a language model reads: documents of their own, or one running text cut where nothing is lost.

A plain file is a running text: its line breaks are characters like all others, and a model learns them. It is cut behind runs
of line breaks, so that it can be tokenized in batches and divided into parts; joined, the pieces are the file, so that a file
and the same text as a part of a longer one are the same to a model. Documents of a table, of JSON lines or of a folder stand
apart: a model learns where each ends.
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass

from nlpwb.data.corpus import ReadOptions
from nlpwb.data.reading import open_corpus
from nlpwb.errors import InputError

_PIECE = re.compile(r"[^\n]*\n+|[^\n]+\Z")


@dataclass(frozen=True)
class Texts:
    """Texts in order.

    Args:
        pieces: documents, or the pieces of a running text.
        running: whether the pieces follow each other as one text.
        name: of the source.
        fingerprint: of the bytes and the reading options.
        notes: what was guessed in reading.
    """

    pieces: list[str]
    running: bool
    name: str = ""
    fingerprint: str = ""
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.pieces)

    def part(self, start: int, end: int) -> Texts:
        """Pieces ``start`` to ``end``."""
        return dataclasses.replace(self, pieces=self.pieces[start:end])

    @property
    def bytes_of(self) -> list[int]:
        """UTF-8 bytes of each piece; the end of a document counts as one, as a line break would."""
        more = 0 if self.running else 1
        return [len(piece.encode("utf-8", "replace")) + more for piece in self.pieces]


def read_texts(source: str, options: ReadOptions) -> Texts:
    """All texts of a source.

    Raises:
        InputError: it cannot be read, or holds no text.
    """
    reader = open_corpus(source, dataclasses.replace(options, labelled=False), running=True)
    running = reader.format == "text"
    found = [document.text for document in reader]
    if running:
        found = pieces_of("".join(found))
    if not any(text.strip() for text in found):
        raise InputError(f"{reader.name} holds no text; check the file and its text column")
    skipped = reader.skipped_note()
    notes = (*reader.notes, *([skipped] if skipped else []))
    return Texts(found, running, reader.name, reader.fingerprint(), notes)


def pieces_of(text: str) -> list[str]:
    """A running text in pieces that end with its line breaks; joined they are the text."""
    return _PIECE.findall(text)


def split_at(texts: Texts, share: float) -> tuple[Texts, Texts]:
    """The beginning and the end of texts, the end with about ``share`` (0 to 1) of the bytes; each has a piece at least.

    Raises:
        InputError: there is one piece only.
    """
    if len(texts) < 2:
        raise InputError(
            f"{texts.name} has one document only, and it cannot be divided; give a test file, or more lines"
        )
    sizes = texts.bytes_of
    wanted, held = share * sum(sizes), 0
    place = len(sizes)
    while place > 1 and held < wanted:
        place -= 1
        held += sizes[place]
    return texts.part(0, place), texts.part(place, len(texts))
