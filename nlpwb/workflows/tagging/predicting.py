"""A tagger at work: entities, and labels of words, in texts as they come."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nlpwb.data.conll import open_conll
from nlpwb.data.corpus import ReadOptions
from nlpwb.text.running_words import running_words
from nlpwb.text.tags import entities_of, written_tags

if TYPE_CHECKING:
    from nlpwb.workflows.tagging.tagger import Tagged, Tagger


@dataclass(frozen=True)
class Sentence:
    """A text with its words, each with its first character and the one behind its last; ``row``: its line, from 1."""

    row: int
    text: str
    words: list[tuple[str, int, int]]


@dataclass(frozen=True)
class Entity:
    """A part of a text: characters ``start`` to ``end``. ``probability`` is the product of its words' labels'."""

    text: str
    type: str
    start: int
    end: int
    probability: float


@dataclass(frozen=True)
class TaggedSentence:
    """What is said of a text: a label of each word with its probability, and, but for plain labels, entities.

    Labels are well-formed: an I- that would begin an entity is B-.
    """

    sentence: Sentence
    tags: list[str]
    probabilities: list[float]
    entities: list[Entity]


def texts_to_sentences(texts: Iterable[tuple[int, str]]) -> Iterator[Sentence]:
    """Numbered texts, cut into words."""
    for row, text in texts:
        yield Sentence(row, text, running_words(text))


def conll_to_sentences(
    source: str, options: ReadOptions, *, note: Callable[[str], None]
) -> Iterator[Sentence]:
    """The words of a file that has them a line; the text is the words with spaces between.

    Raises:
        InputError: it cannot be read.
    """
    reader = open_conll(source, options)
    for line in reader.notes:
        note(line)
    for sentence in reader:
        words, at = [], 0
        for word in sentence.words:
            words.append((word, at, at + len(word)))
            at += len(word) + 1
        yield Sentence(sentence.row, " ".join(sentence.words), words)
    if (said := reader.bad.note()) is not None:
        note(said)


def tag_sentences(
    model: Path,
    sentences: Iterable[Sentence],
    *,
    threads: int,
    device: str = "auto",
    precision: str = "float32",
) -> tuple[Tagger, Iterator[TaggedSentence]]:
    """The tagger of a folder, and what it says of sentences, in order and as they come.

    Raises:
        ModelError: no sound tagger stands there.
    """
    from nlpwb.workflows.tagging.folder import load_tagger

    tagger = load_tagger(model, device=device, precision=precision)
    found = tagger.stream(
        sentences, lambda one: [word for word, _, _ in one.words], threads=threads
    )
    return tagger, (_said(one, tagged, plain=tagger.plain) for one, tagged in found)


def _said(sentence: Sentence, tagged: Tagged, *, plain: bool) -> TaggedSentence:
    probabilities = tagged.probabilities.tolist()
    if plain:
        return TaggedSentence(sentence, tagged.tags, probabilities, [])
    spans = entities_of(tagged.tags)
    entities = []
    for type_, begin, end in spans:
        start, stop = sentence.words[begin][1], sentence.words[end - 1][2]
        entities.append(
            Entity(
                sentence.text[start:stop],
                type_,
                start,
                stop,
                math.prod(probabilities[begin:end]),
            )
        )
    return TaggedSentence(
        sentence, written_tags(spans, len(sentence.words)), probabilities, entities
    )
