"""Labels of words that say entities: B- begins one, I- goes on in it, E- ends it, S- is one of a single word, O is outside.

IOB2: every entity begins with B- (Tjong Kim Sang & Veenstra 1999, EACL). IOB1: only one that touches another of its type does
(Ramshaw & Marcus 1995, WVLC). IOBES: E- and S- tell where an entity ends; BILOU calls them L- and U- (Ratinov & Roth 2009,
CoNLL).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

Scheme = Literal["IOB1", "IOB2", "IOBES", "BILOU", "plain"]
Span = tuple[str, int, int]
"""The type of an entity, its first word, and the word behind its last."""

OUTSIDE = "O"
_PREFIXES = frozenset("BIESLU")
_NAMELESS = "_"
_ENDS = frozenset(("BB", "BS", "BO", "IB", "IS", "IO"))
_BEGINS = frozenset(("EE", "EI", "SE", "SI", "OE", "OI"))
_OF_BILOU = {"L": "E", "U": "S"}


def prefix_of(tag: str) -> str | None:
    """The letter in front of a type, ``B`` of ``B-PER`` and of ``B``; None where there is none.

    >>> prefix_of("B-PER"), prefix_of("O"), prefix_of("NOUN")
    ('B', None, None)
    """
    return tag[0] if tag[:1] in _PREFIXES and tag[1:2] in ("", "-") else None


def entities_of(tags: Sequence[str]) -> list[Span]:
    """The entities of a sentence, as conlleval counts them (Tjong Kim Sang & De Meulder 2003, CoNLL): an I- that follows nothing
    of its type begins one.

    It is seqeval's ``get_entities`` but for the end, which is the word behind the last here.

    >>> entities_of(["I-PER", "I-PER", "O", "B-LOC", "B-LOC"])
    [('PER', 0, 2), ('LOC', 3, 4), ('LOC', 4, 5)]
    """
    found: list[Span] = []
    before, type_before, begin = OUTSIDE, "", 0
    for place, tag in enumerate([*tags, OUTSIDE]):
        now = tag[0]
        type_now = tag[1:].split("-", maxsplit=1)[-1] or _NAMELESS
        other = type_before != type_now
        both = before + now
        if before in "ES" or both in _ENDS or (before not in "O." and other):
            found.append((type_before, begin, place))
        if now in "BS" or both in _BEGINS or (now not in "O." and other):
            begin = place
        before, type_before = now, type_now
    return found


def strict_entities_of(tags: Sequence[str]) -> list[Span]:
    """Those that are well-formed by IOB2: a B-, and every I- of its type that follows; what begins with I- is none.

    It is what seqeval counts with ``mode="strict", scheme=IOB2``.

    >>> strict_entities_of(["I-PER", "I-PER", "O", "B-LOC", "I-LOC"])
    [('LOC', 3, 5)]
    """
    found: list[Span] = []
    place = 0
    while place < len(tags):
        begin, place = place, place + 1
        if tags[begin][0] != "B":
            continue
        type_ = _strict_type(tags[begin])
        while place < len(tags) and tags[place][0] == "I" and _strict_type(tags[place]) == type_:
            place += 1
        found.append((type_, begin, place))
    return found


def _strict_type(tag: str) -> str:
    return tag[1:].strip("-") or _NAMELESS


def written_tags(entities: Iterable[Span], words: int) -> list[str]:
    """The labels of so many words by IOB2.

    >>> written_tags([("PER", 0, 2)], 3)
    ['B-PER', 'I-PER', 'O']
    """
    tags = [OUTSIDE] * words
    for type_, begin, end in entities:
        tail = "" if type_ == _NAMELESS else f"-{type_}"
        tags[begin] = f"B{tail}"
        tags[begin + 1 : end] = [f"I{tail}"] * (end - begin - 1)
    return tags


def scheme_of(sentences: Iterable[Sequence[str]]) -> tuple[Scheme, int]:
    """By which scheme sentences are labelled, and how many of their entities begin with an I- where they should not.

    ``plain``: labels that say no entities, such as parts of speech. Where every entity begins with I- but for those that touch
    one of their type, it is IOB1; where some begin with B- for no such reason, IOB2, and each I- that begins one is a slip.
    """
    letters: set[str | None] = set()
    begun_by_i = begun_by_b = 0
    outside = False
    for tags in sentences:
        before = OUTSIDE
        for tag in tags:
            letter = prefix_of(tag)
            if tag != OUTSIDE:
                letters.add(letter)
            outside = outside or tag == OUTSIDE
            goes_on = prefix_of(before) in ("B", "I") and before[1:] == tag[1:]
            begun_by_i += letter == "I" and not goes_on
            begun_by_b += letter == "B" and not goes_on
            before = tag
    # S- and U- without an O beside them may be anybody's names of classes
    if not letters & {"B", "I"} and (None in letters or not outside):
        return "plain", 0
    if letters & {"L", "U"}:
        return "BILOU", 0
    if letters & {"E", "S"}:
        return "IOBES", 0
    if begun_by_i and not begun_by_b:
        return "IOB1", 0
    return "IOB2", begun_by_i


def as_iob2(tags: Sequence[str], scheme: Scheme) -> list[str]:
    """The labels of a sentence by IOB2; plain ones as they are."""
    if scheme == "plain":
        return list(tags)
    if scheme == "BILOU":
        tags = [_OF_BILOU.get(prefix_of(tag) or "", tag[:1]) + tag[1:] for tag in tags]
    return written_tags(entities_of(tags), len(tags))
