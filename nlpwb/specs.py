"""Specs: a method with its options, as typed, and what it means.

    tfidf:ngrams=1-2,min_df=2+lsa:dim=100+svm:C=0.5
    ^ representation          ^ reducer   ^ head

Parts are joined by ``+``; options follow a colon, separated by commas. A value may hold colons, and a backslash keeps a comma,
a plus or a backslash in it. Reading a spec imports the ``config`` module of its methods and nothing heavy.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import re
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from nlpwb.catalogue import DEFAULT_HEAD, Entry, find, load
from nlpwb.errors import InputError, UsageError
from nlpwb.files import sha256
from nlpwb.options import Json, changed_options, parse_options
from nlpwb.tasks import HEADS, Task

_COMMENT = re.compile(r"(?:^|\s)\s*#")
_HASHES: dict[tuple[str, int, int], str] = {}
_SETTLED = 2_000_000_000  # nanoseconds: the coarsest clock of a file system counts two seconds


@dataclasses.dataclass(frozen=True, eq=False)
class Part:
    """One method of a spec with its config. Two parts are equal where they are spelled alike."""

    name: str
    config: Any

    # Not the dataclass's own comparison: to Python max_df=1 (one document) equals max_df=1.0 (all of them).
    def __eq__(self, other: object) -> bool:
        return isinstance(other, Part) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    @property
    def entry(self) -> Entry:
        """What the catalogue says of the method."""
        return find(self.name)

    @property
    def output(self) -> str:
        """What it gives (:class:`Entry`); a config may know better than the catalogue."""
        return str(getattr(self.config, "output", self.entry.output))

    @property
    def loads(self) -> tuple[str, ...]:
        """Modules that computing needs; a config may know better than the catalogue."""
        own: tuple[str, ...] = getattr(self.config, "loads", ())
        return own or self.entry.loads

    @property
    def deterministic(self) -> bool:
        """Whether a seed changes nothing; rows on which an option chooses itself are drawn by the seed.

        A config whose ``auto`` asks no rows says so by ``settled``.
        """
        if getattr(self.config, "settled", False):
            return self.entry.deterministic
        fixed = all(
            getattr(self.config, field.name) != "auto" for field in dataclasses.fields(self.config)
        )
        return fixed and self.entry.deterministic

    def __str__(self) -> str:
        return spell(self.name, changed_options(self.config))

    def identity(self) -> dict[str, Json]:
        """All that decides what this part computes; part of a cache key.

        A file that an option names counts by what it holds, not by where it is.

        Raises:
            InputError: such a file cannot be read.
        """
        files: dict[str, str] = getattr(self.config, "files", {})
        wanted = getattr(self.config, "wanted", "the name of a text file")
        held = {
            option: _digest(Path(path), f"{option}={getattr(self.config, option)}", wanted)
            for option, path in files.items()
        }
        return {
            "name": self.name,
            "version": self.entry.version,
            "options": {**dataclasses.asdict(self.config), **held},
        }


@dataclasses.dataclass(frozen=True)
class Spec:
    """A representation, perhaps a reducer on top of it, and the head that predicts labels from it.

    ``head`` is None for methods that predict by themselves, such as ``majority``; ``usual_head`` says that none was named.
    """

    representation: Part
    reducer: Part | None
    head: Part | None
    usual_head: bool = dataclasses.field(default=False, compare=False)

    def __str__(self) -> str:
        shown = [self.representation, self.reducer]
        if str(self.head) != DEFAULT_HEAD or self.representation.entry.head:
            shown.append(self.head)
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
        return all(part.deterministic for part in self.parts)

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
    usual = head is None
    if head is None:
        head = _parse_part(first.entry.head or DEFAULT_HEAD, text)
    last = reducer or first
    if last.output in head.entry.refuses:
        raise UsageError(
            f"spec {text!r}: {head.name} needs counts or weights that are never negative, and "
            f"{last.name} gives {last.output} values; take +logreg or +svm"
        )
    return Spec(first, reducer, head, usual_head=usual)


def for_task(spec: Spec, task: Task) -> Spec:
    """The spec with the head that a task usually takes, where none was named."""
    if not spec.usual_head or HEADS[task] == DEFAULT_HEAD:
        return spec
    return dataclasses.replace(spec, head=_parse_part(HEADS[task], str(spec)), usual_head=False)


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


def _digest(path: Path, option: str, wanted: str) -> str:
    """The hash of what a file holds, or of what a folder's manifest says that its files hold.

    A folder without such a manifest counts by its files; where it is no checkpoint but texts, by those of its folders, too.
    """
    try:
        if not path.is_dir():
            return f"sha256:{_known_sha256(path)}"
        held = _manifest_hashes(path) or {
            str(file.relative_to(path)): _known_sha256(file) for file in _files_in(path)
        }
        lines = "".join(f"{name} {digest}\n" for name, digest in sorted(held.items()))
        return f"sha256:{hashlib.sha256(lines.encode()).hexdigest()}"
    except OSError as error:
        raise InputError(
            f"{option}: {(error.strerror or 'cannot be read').lower()}; write {wanted}"
        ) from None


def _files_in(folder: Path) -> Iterator[Path]:
    """Its files; of a folder of texts those at any depth, as a corpus is read: hidden ones are none of it."""
    if (folder / "config.json").is_file():
        yield from (entry for entry in folder.iterdir() if entry.is_file())
        return
    for place, folders, names in os.walk(folder, onerror=_refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(place, name) for name in names if not name.startswith("."))


def _refuse(error: OSError) -> None:
    raise error


def _known_sha256(path: Path) -> str:
    """The hash of a file, made once in a process: a spec is asked for its identity again and again.

    Name, size and the time of its last change say that a file is still the same; not of one that was changed just now, for it
    may be changed again before the clock of the file system ticks.
    """
    status = path.stat()
    file_seen = (str(path.resolve()), status.st_size, status.st_mtime_ns)
    if file_seen not in _HASHES:
        digest = sha256(path)
        if time.time_ns() - status.st_mtime_ns < _SETTLED:
            return digest
        _HASHES[file_seen] = digest
    return _HASHES[file_seen]


def _manifest_hashes(folder: Path) -> dict[str, str]:
    """The hashes that a folder of ours was written with, by file; a table of gigabytes is not read to name it."""
    try:
        files = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["files"]
        return {str(name): str(file["sha256"]) for name, file in files.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _file_lines(text: str) -> list[str]:
    path = Path(text[1:])
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
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
    return _COMMENT.split(line, maxsplit=1)[0].strip()


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


def spell(name: str, words: dict[str, str]) -> str:
    """A part of a spec as it is typed: the method, and its options with their values."""
    typed = [f"{option}={_escape(word)}" for option, word in words.items()]
    return name + (":" + ",".join(typed) if typed else "")


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
