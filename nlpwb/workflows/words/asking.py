"""Questions to a table of word vectors: the lines that hold them, and the words as the table knows them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nlpwb.errors import InputError

if TYPE_CHECKING:
    from nlpwb.vectors.table import Floats, WordVectors

CHUNK = 512
"""Lines of a batch that are answered together."""


@dataclass(frozen=True, eq=False)
class Asked:
    """A table that is asked. ``name`` is how sentences call it.

    In a ``batch`` a word that is not known makes a row that says so; otherwise it is an error.
    """

    name: str
    vectors: WordVectors
    batch: bool


@dataclass(frozen=True, eq=False)
class Known:
    """What stands for a typed word: its spelling in the table, its vector float32 (dim,), and what to say of it.

    ``row`` is None where the vector is built from n-grams.
    """

    word: str
    row: int | None
    vector: Floats
    note: str | None


class UnknownWord(InputError):
    """There is no vector for a word."""


def open_vectors(path: Path, *, batch: bool) -> Asked:
    """The table at ``path``, ready for one question or for many.

    Raises:
        InputError: there is none.
    """
    from nlpwb.vectors.files import read_vectors

    return Asked(path.name or str(path), read_vectors(path), batch)


def lines_of_stdin() -> Iterator[str]:
    """The lines of standard input without what surrounds them; empty ones are left out.

    Raises:
        InputError: it is empty, or not UTF-8.
    """
    from nlpwb.data.sources import Source
    from nlpwb.data.textstream import open_text

    source = Source(None)
    found = False
    escaped = "surrogateescape"
    with open_text(source, encoding="utf-8", newline="\n", undecodable=escaped) as (lines, _):
        for number, line in enumerate(lines, 1):
            if not line.isascii() and any("\udc80" <= char <= "\udcff" for char in line):
                raise InputError(
                    f"{source.name}, line {number}: this is not UTF-8; turn it into UTF-8 first, as with iconv"
                )
            if stripped := line.strip():
                found = True
                yield stripped
    if not found:
        raise InputError(f"{source.name} is empty; give it a question a line")


def look_up(asked: Asked, typed: str) -> Known:
    """The vector of a word: as it is spelled; in lower case where the table is; from its n-grams where it has these.

    Raises:
        UnknownWord: there is none; the sentence offers the nearest spellings.
    """
    from nlpwb.vectors.spelling import row_of

    vectors = asked.vectors
    if asked.batch:
        vectors.numbers  # noqa: B018 - made once: many look-ups follow
    spellings = [typed, unicodedata.normalize("NFC", typed)]
    if vectors.facts.get("lowercase"):
        spellings.append(spellings[-1].lower())
    for spelling in dict.fromkeys(spellings):
        row = row_of(vectors, spelling)
        if row is not None:
            note = None if spelling == typed else f"{typed} is read as {spelling}"
            return Known(spelling, row, vectors.vectors[row], note)
    built = vectors.subwords.vector(spellings[-1]) if vectors.subwords is not None else None
    if built is not None:
        note = f"{typed} is not in the table; its vector is made of its character n-grams"
        return Known(spellings[-1], None, built, note)
    if asked.batch:
        raise UnknownWord(f"no vector for {typed}")
    raise UnknownWord(
        f"{asked.name} has no vector for {typed!r} among its {len(vectors):,} words; {way_out(asked, typed)}"
    )


def way_out(asked: Asked, typed: str) -> str:
    """What to do about an unknown word."""
    from nlpwb.vectors.spelling import similar_spellings

    near = similar_spellings(typed, asked.vectors.words)
    if not near:
        return "no word is spelled like it"
    return f"did you mean {' or '.join([', '.join(near[:-1]), near[-1]] if near[1:] else near)}?"


def look_up_all(asked: Asked, typed: Sequence[str]) -> tuple[list[Known], str | None]:
    """All words of a question, and what is to be said of them.

    Raises:
        UnknownWord: one of them has no vector; in a batch it names all that have none.
    """
    found: list[Known] = []
    unknown: list[str] = []
    for word in typed:
        try:
            found.append(look_up(asked, word))
        except UnknownWord:
            if not asked.batch:
                raise
            unknown.append(word)
    if unknown:
        raise UnknownWord(f"no vector for {', '.join(unknown)}")
    return found, joined(*(known.note for known in found))


def joined(*notes: str | None) -> str | None:
    """Notes in one, each once."""
    return "; ".join(dict.fromkeys(note for note in notes if note)) or None


def count_of(vectors: WordVectors, row: int | None) -> int | None:
    """How often the corpus has a word, where the table knows it."""
    if vectors.counts is None or row is None:
        return None
    return int(vectors.counts.item(row))
