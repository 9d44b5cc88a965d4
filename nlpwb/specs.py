"""Specs: a method with its options, as typed, and what it means.

    tfidf:ngrams=1-2,min_df=2+lsa:dim=100+svm:C=0.5
    ^ representation          ^ reducer   ^ head

Parts are joined by ``+``; options follow a colon, separated by commas. A value may hold colons, and a backslash keeps a comma,
a plus or a backslash in it. Reading a spec imports the ``config`` module of its methods and nothing heavy.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from nlpwb.catalogue import DEFAULT_HEAD, Entry, find, load
from nlpwb.errors import UsageError
from nlpwb.options import Json, changed_options, parse_options


@dataclasses.dataclass(frozen=True)
class Part:
    """One method of a spec with its config."""

    name: str
    config: Any

    @property
    def entry(self) -> Entry:
        """What the catalogue says of the method."""
        return find(self.name)

    def __str__(self) -> str:
        words = [f"{name}={_escape(word)}" for name, word in changed_options(self.config).items()]
        return self.name + (":" + ",".join(words) if words else "")

    def identity(self) -> dict[str, Json]:
        """All that decides what this part computes; part of a cache key."""
        return {
            "name": self.name,
            "version": self.entry.version,
            "options": dataclasses.asdict(self.config),
        }


@dataclasses.dataclass(frozen=True)
class Spec:
    """A representation, perhaps a reducer on top of it, and the head that predicts labels from it.

    ``head`` is None for methods that predict by themselves, such as ``majority``.
    """

    representation: Part
    reducer: Part | None
    head: Part | None

    def __str__(self) -> str:
        head = self.head
        shown = [self.representation, self.reducer]
        if head is not None and str(head) != DEFAULT_HEAD:
            shown.append(head)
        return "+".join(str(part) for part in shown if part is not None)

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts that there are, in the order in which they work."""
        return tuple(
            part for part in (self.representation, self.reducer, self.head) if part is not None
        )

    @property
    def deterministic(self) -> bool:
        """Whether a seed changes nothing of the result."""
        return all(part.entry.deterministic for part in self.parts)

    def identity(self) -> list[Json]:
        """All that decides what this spec computes; part of a cache key."""
        return [json.loads(json.dumps(part.identity())) for part in self.parts]


def parse_spec(text: str) -> Spec:
    """Read one spec.

    Raises:
        UsageError: a name or an option that does not exist, a value out of range, parts in an order without meaning.
    """
    parts = [_parse_part(word, text) for word in _cut(text.strip(), "+")]
    first, rest = parts[0], parts[1:]
    if first.entry.role != "method":
        raise UsageError(
            f"spec {text!r}: {first.name} is a {first.entry.role} and works on a representation; "
            f"write for example tfidf+{first.name}"
        )
    reducer = rest.pop(0) if rest and rest[0].entry.role == "reducer" else None
    head = rest.pop(0) if rest and rest[0].entry.role == "head" else None
    if rest:
        raise UsageError(
            f"spec {text!r}: {rest[0].name} cannot stand there; the order is "
            "representation+lsa+head, and the last two may be missing"
        )
    if not first.entry.needs_head:
        if reducer is not None or head is not None:
            raise UsageError(
                f"spec {text!r}: {first.name} predicts by itself and takes no +head; leave it out"
            )
        return Spec(first, None, None)
    if head is None:
        head = _parse_part(DEFAULT_HEAD, text)
    refused = head.entry.refuses.intersection(
        part.entry.output for part in (first, reducer) if part is not None and part.entry.output
    )
    last = reducer or first
    if last.entry.output in refused:
        raise UsageError(
            f"spec {text!r}: {head.name} needs counts or weights that are never negative, and "
            f"{last.name} gives {last.entry.output} values; take +logreg or +svm"
        )
    return Spec(first, reducer, head)


def parse_specs(texts: Iterable[str]) -> list[Spec]:
    """Read several specs in order; ``@file`` stands for the specs in a file, one a line, ``#`` begins a comment.

    A spec that is given twice is kept once.
    """
    specs: dict[str, Spec] = {}
    for text in texts:
        for line in _file_lines(text) if text.startswith("@") else [text]:
            spec = parse_spec(line)
            specs.setdefault(str(spec), spec)
    return list(specs.values())


def _file_lines(text: str) -> list[str]:
    path = Path(text[1:])
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise UsageError(
            f"specs file {path}: {(error.strerror or 'cannot be read').lower()}; "
            "-m @FILE reads one spec a line"
        ) from None
    except UnicodeDecodeError:
        raise UsageError(f"specs file {path} is not UTF-8 text; write one spec a line") from None
    specs = [stripped for line in lines if (stripped := _without_comment(line))]
    if not specs:
        raise UsageError(f"specs file {path} holds no spec; write one a line, such as tfidf+svm")
    return specs


def _without_comment(line: str) -> str:
    """A ``#`` begins a comment at the start of a line or after white space."""
    if line.lstrip().startswith("#"):
        return ""
    return line.partition(" #")[0].strip()


def _parse_part(word: str, text: str) -> Part:
    name, colon, tail = word.partition(":")
    name = name.strip()
    if not name:
        raise UsageError(f"spec {text!r}: a method's name is missing; write for example tfidf+svm")
    entry = find(name)
    words: dict[str, str] = {}
    for item in _cut(tail, ",") if colon else []:
        option, equals, value = item.partition("=")
        option = option.strip()
        if not option or not equals or not value:
            raise UsageError(
                f"spec {text!r}: {item.strip()!r} is not an option; write option=value, "
                f"separated by commas"
            )
        if option in words:
            raise UsageError(f"spec {text!r}: {option} is given twice; keep one")
        words[option] = _unescape(value.strip())
    return Part(name, parse_options(load(entry.config), name, words))


def _cut(text: str, mark: str) -> list[str]:
    """Cut at each ``mark`` that no backslash precedes; the backslashes stay."""
    pieces, current, escaped = [], "", False
    for character in text:
        if character == mark and not escaped:
            pieces.append(current)
            current = ""
            continue
        escaped = character == "\\" and not escaped
        current += character
    return [*pieces, current]


def _escape(value: str) -> str:
    return "".join("\\" + character if character in "\\,+" else character for character in value)


def _unescape(value: str) -> str:
    plain, escaped = "", False
    for character in value:
        if escaped and character not in "\\,+":
            plain += "\\"  # a backslash before anything else is itself, as in \w
        if character == "\\" and not escaped:
            escaped = True
            continue
        plain += character
        escaped = False
    return plain + ("\\" if escaped else "")
