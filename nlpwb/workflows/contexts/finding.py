"""Where a word stands: in the texts of a command line, each of which must hold it, or in the sentences of a corpus."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nlpwb.errors import InputError, UsageError, nearest
from nlpwb.text.occurrences import WordFinder
from nlpwb.text.sentences import sentences
from nlpwb.text.words import words
from nlpwb.workflows.contexts.records import Context

if TYPE_CHECKING:
    from nlpwb.data.corpus import ReadOptions

SHOWN = 60
"""Characters of a text that a sentence about it shows."""


@dataclass(frozen=True)
class Sample:
    """What a corpus holds of a word.

    Args:
        source: its name.
        documents: that were read.
        sentences: different ones that hold the word.
        taken: of these, those that were drawn.
        notes: what was guessed of its columns.
    """

    source: str
    documents: int
    sentences: int
    taken: int
    notes: tuple[str, ...] = ()


def finder_of(word: str) -> WordFinder:
    """What finds a word.

    Raises:
        UsageError: it is nothing but white space.
    """
    if not word.strip():
        raise UsageError("WORD is empty; name the word that the texts hold")
    return WordFinder(word)


def find_in_texts(word: str, texts: Sequence[str]) -> list[Context]:
    """The places of a word in texts, in order; a text that holds it several times gives as many.

    Raises:
        UsageError: the word is empty.
        InputError: a text does not hold the word.
    """
    finder = finder_of(word)
    found: list[Context] = []
    for number, text in enumerate(texts, start=1):
        places = finder.places(text)
        if not places:
            raise InputError(_missing(word, number, text))
        found += [
            Context(_label(number, turn, len(places)), number, text, start, end)
            for turn, (start, end) in enumerate(places)
        ]
    return found


def find_in_corpus(
    word: str, source: str, reading: ReadOptions, *, most: int, seed: int
) -> tuple[list[Context], Sample]:
    """The sentences of a corpus that hold a word, each different one once and by its first place; ``most`` of them at random.

    They stand in the order of the corpus; each is a text of its own, and what is around it is not read.

    Raises:
        UsageError: the word is empty, or a reading option has no meaning.
        InputError: the corpus cannot be read, or no sentence holds the word.
    """
    from nlpwb.data.reading import open_corpus

    finder = finder_of(word)
    reader = open_corpus(source, reading)
    documents = 0

    def read() -> Iterator[str]:
        nonlocal documents
        for document in reader:
            documents += 1
            yield document.text

    drawn = _Drawn(most, random.Random(seed))
    for sentence, place in _sentences(finder, read()):
        drawn.add((sentence, *place))
    if not drawn.kept:
        again = () if source == "-" else itertools.islice(reader, _LOOKED_AT)
        known = {other for document in again for other in words(document.text)}
        raise InputError(
            f"{reader.name}: the word {word} stands as a whole in none of {documents:,} documents, and inflections are other "
            f"words; {_way_out(word, known)}"
        )
    places = [
        Context(str(number), number, text, start, end)
        for number, (_, (text, start, end)) in enumerate(sorted(drawn.kept), start=1)
    ]
    return places, Sample(reader.name, documents, drawn.seen, len(places), reader.notes)


_LOOKED_AT = 2_000
"""Documents whose words are offered where the one that was asked for is missing."""


def _sentences(finder: WordFinder, texts: Iterable[str]) -> Iterator[tuple[str, tuple[int, int]]]:
    known: set[str] = set()
    for text in texts:
        if not finder.places(text):
            continue
        for sentence in sentences(text):
            plain = " ".join(sentence.split())
            if plain not in known and (places := finder.places(plain)):
                known.add(plain)
                yield plain, places[0]


class _Drawn:
    """So many of a stream of unknown length, each with the same probability (Vitter 1985, algorithm R)."""

    def __init__(self, most: int, chance: random.Random) -> None:
        self.most = most
        self.seen = 0
        self.kept: list[tuple[int, tuple[str, int, int]]] = []
        self._chance = chance

    def add(self, item: tuple[str, int, int]) -> None:
        """Take an item in, perhaps in place of another."""
        self.seen += 1
        if len(self.kept) < self.most:
            self.kept.append((self.seen, item))
        elif (place := self._chance.randrange(self.seen)) < self.most:
            self.kept[place] = (self.seen, item)


def _label(number: int, turn: int, places: int) -> str:
    if places == 1:
        return str(number)
    return f"{number}{'abcdefghijklmnopqrstuvwxyz'[turn]}" if turn < 26 else f"{number}.{turn + 1}"


def _missing(word: str, number: int, text: str) -> str:
    plain = " ".join(text.split())
    shown = plain if len(plain) <= SHOWN else f"{plain[: SHOWN - 1].rstrip()}…"
    return (
        f"text {number} ({shown!r}) does not hold the word {word} as a whole, and inflections are other words; "
        f"{_way_out(word, words(text))}"
    )


def _way_out(word: str, known: Iterable[str]) -> str:
    hint = nearest(word.casefold(), set(known))
    return hint if hint.endswith("?") else "check the spelling, or ask for a word that is there"
