"""Sets by which word vectors are judged: pairs of words that people scored, and analogy questions.

A similarity set is a table: two words, and the first column after them that holds numbers (WordSim-353, SimLex-999, MEN, RW
and one's own lists are all of this form), with a line of names or without. Analogy questions are in the form of word2vec's
``questions-words.txt``: four words a line, under lines such as ``: capital-world``.
"""

from __future__ import annotations

import csv
import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nlpwb.data.builtin import Builtin, find_builtin, is_builtin, names
from nlpwb.data.encodings import mark_length, wide_encoding
from nlpwb.data.sources import Source, refuse_binary, refuse_known
from nlpwb.errors import InputError

Pair = tuple[str, str]
Question = tuple[str, str, str, str]

SIMILARITY = "similarity"
ANALOGIES = "analogies"
SYNTACTIC = "gram"
"""How the names of syntactic sections begin, as word2vec's own programs tell them from the semantic ones."""
_TITLES = {
    "gensim:wordsim353": "WordSim-353",
    "gensim:simlex999": "SimLex-999",
    "gensim:questions-words": "questions-words",
}


@dataclass(frozen=True)
class SimilaritySet:
    """``pairs`` of words and the ``scores`` that people gave them, in the order of the file."""

    name: str
    pairs: tuple[Pair, ...]
    scores: tuple[float, ...]


@dataclass(frozen=True)
class AnalogySet:
    """Questions a : b = c : d by section, in the order of the file; no section is empty."""

    name: str
    sections: tuple[tuple[str, tuple[Question, ...]], ...]

    @property
    def questions(self) -> tuple[Question, ...]:
        """The questions of all sections, one after the other."""
        return tuple(itertools.chain.from_iterable(questions for _, questions in self.sections))


def is_syntactic(section: str) -> bool:
    """Whether a section asks for grammar (``gram1-…``), not for knowledge."""
    return section.startswith(SYNTACTIC)


def builtin_similarity() -> list[SimilaritySet]:
    """WordSim-353 and SimLex-999, from the files that gensim brings; gensim itself is not imported.

    Raises:
        InputError: gensim's files are not installed.
    """
    return [_similarity_of(name) for name in _names(SIMILARITY)]


def builtin_analogies() -> AnalogySet:
    """Google's analogy questions (Mikolov et al. 2013), from the file that gensim brings.

    Raises:
        InputError: gensim's files are not installed.
    """
    return _analogies_of(_names(ANALOGIES)[0])


def similarity_set(source: str) -> SimilaritySet:
    """The set of a built-in name (``gensim:simlex999``) or of a file; errors as in :func:`read_similarity`."""
    return _similarity_of(source) if is_builtin(source) else read_similarity(Path(source))


def analogy_set(source: str) -> AnalogySet:
    """The questions of a built-in name (``gensim:questions-words``) or of a file; errors as in :func:`read_analogies`."""
    return _analogies_of(source) if is_builtin(source) else read_analogies(Path(source))


def read_similarity(path: Path, *, name: str | None = None) -> SimilaritySet:
    """Pairs and scores of a file (gz, bz2, zst too): tabs, commas, semicolons or spaces between columns; # begins a comment.

    Raises:
        InputError: no such file, no text, fewer than three columns, no or no finite score, scores that are all the same; the
            sentence names the line.
    """
    lines = list(_lines(path))
    if not lines:
        raise InputError(
            f"{path} holds no pair of words; a line has two words and the score that people gave them"
        )
    separator = _separator(lines[0][1])
    rows = [(number, _fields(line, separator)) for number, line in lines]
    column, has_header = _score_column(path, rows)
    pairs, scores = [], []
    for number, fields in rows[has_header:]:
        _check_width(path, number, fields, column + 1)
        if not fields[0] or not fields[1]:
            raise InputError(
                f"{path}, line {number}: a word is missing; a line has two and a score"
            )
        score = _number(fields[column])
        if score is None or not math.isfinite(score):
            raise InputError(
                f"{path}, line {number}: the score {fields[column]!r} is no finite number; mend the "
                "line or leave it out"
            )
        pairs.append((fields[0], fields[1]))
        scores.append(score)
    if len(set(scores)) < 2:
        raise InputError(
            f"{path}: the score is {scores[0]:g} on every line, and ranks need scores that differ; "
            "check that it is the first column of numbers after the words"
        )
    return SimilaritySet(name or _stem(path), tuple(pairs), tuple(scores))


def read_analogies(path: Path, *, name: str | None = None) -> AnalogySet:
    """Questions of a file in word2vec's form (gz, bz2, zst too); lines that begin with // or # are comments.

    Questions before any ``: section`` line are of a section ``all``; one name twice is one section.

    Raises:
        InputError: no such file, no text, a line that has not four words, a section without a name, no question at all.
    """
    sections: dict[str, list[Question]] = {}
    section = "all"
    for number, line in _lines(path):
        if line.startswith("//"):
            continue
        if line.startswith(":"):
            section = line.removeprefix(":").strip()
            if not section:
                raise InputError(
                    f"{path}, line {number}: a section without a name; write : capital-world or the like"
                )
            continue
        words = line.split()
        if len(words) != 4:
            raise InputError(
                f"{path}, line {number}: a question has four words, this line {len(words)}; the form is "
                "that of word2vec, such as Athens Greece Oslo Norway"
            )
        a, b, c, d = words
        sections.setdefault(section, []).append((a, b, c, d))
    if not sections:
        raise InputError(
            f"{path} holds no question; a line has four words, such as Athens Greece Oslo Norway"
        )
    found = tuple((title, tuple(questions)) for title, questions in sections.items())
    return AnalogySet(name or _stem(path), found)


def _names(kind: str) -> list[str]:
    return [name for name in names() if find_builtin(name).kind == kind]


def _similarity_of(name: str) -> SimilaritySet:
    return read_similarity(_of_kind(name, SIMILARITY).path(), name=_TITLES.get(name, name))


def _analogies_of(name: str) -> AnalogySet:
    return read_analogies(_of_kind(name, ANALOGIES).path(), name=_TITLES.get(name, name))


def _of_kind(name: str, kind: str) -> Builtin:
    found = find_builtin(name)
    if found.kind != kind:
        raise InputError(
            f"{name} is no set of {kind} but {found.kind}; there are: {', '.join(_names(kind))}"
        )
    return found


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Numbered lines without white space around them; blank ones and comments are left out."""
    if path.is_dir():
        raise InputError(f"{path} is a folder; name a file of words in it")
    source = Source(path)
    data = b"".join(source.blocks())
    refuse_known(source.name, data)
    wide = wide_encoding(data)
    if wide:
        raise InputError(f"{path} is {wide.upper()}, not UTF-8; save it as UTF-8")
    refuse_binary(source.name, data)
    try:
        text = data[mark_length(data, "utf-8") :].decode("utf-8")
    except UnicodeDecodeError as error:
        at = error.start + mark_length(data, "utf-8")
        wrong = data.count(b"\n", 0, at) + 1
        raise InputError(
            f"{path}, byte {at:,} (line {wrong}): 0x{data[at]:02x} is not UTF-8; "
            "save the file as UTF-8"
        ) from None
    for number, line in enumerate(text.split("\n"), 1):
        kept = line.strip()
        if kept and not kept.startswith("#"):
            yield number, kept


def _separator(line: str) -> str | None:
    """Tab, comma or semicolon, whichever the first line has; None for white space."""
    return next((mark for mark in "\t,;" if line.count(mark) > 1), None)


def _fields(line: str, separator: str | None) -> list[str]:
    if separator is None:
        return line.split()
    if separator == "\t":
        return [field.strip() for field in line.split("\t")]
    return [field.strip() for field in next(csv.reader([line], delimiter=separator))]


def _score_column(path: Path, rows: list[tuple[int, list[str]]]) -> tuple[int, bool]:
    """The first column of numbers after the two words, and whether the first line names the columns."""
    number, fields = rows[min(1, len(rows) - 1)]
    _check_width(path, number, fields, 3)
    column = next((at for at, field in enumerate(fields) if at > 1 and _is_number(field)), None)
    first = rows[0][1]
    if column is None:  # the second line is wrong, or the only one
        column = next((at for at, field in enumerate(first) if at > 1 and _is_number(field)), None)
    if column is None:
        raise InputError(
            f"{path}, line {number}: no number stands after the two words; a line has two words and the "
            "score that people gave them"
        )
    return column, len(rows) > 1 and column < len(first) and not _is_number(first[column])


def _check_width(path: Path, number: int, fields: list[str], width: int) -> None:
    if len(fields) < width:
        raise InputError(
            f"{path}, line {number}: {len(fields)} of {width} columns; a line has two words and a score, "
            "with tabs, commas or spaces between them"
        )


def _number(field: str) -> float | None:
    try:
        return float(field)
    except ValueError:
        return None


def _is_number(field: str) -> bool:
    return _number(field) is not None


def _stem(path: Path) -> str:
    """The file's name without its endings."""
    return path.name.split(".")[0] or path.name
