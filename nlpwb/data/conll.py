"""Sentences whose words are labelled, as CoNLL's shared tasks keep them: a word a line, blank lines between sentences.

reader = open_conll("train.conll", ReadOptions())
for sentence in reader: ...                       # one at a time; the file is never held
corpus = read_conll("train.conll", ReadOptions())  # all of them, labelled by IOB2
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from nlpwb.data.badrows import BadRows, flaw
from nlpwb.data.builtin import find_builtin, is_builtin
from nlpwb.data.corpus import ReadOptions
from nlpwb.data.encodings import codec_name
from nlpwb.data.plan import undecodable
from nlpwb.data.sources import Source
from nlpwb.data.textstream import head_text, open_text
from nlpwb.errors import InputError, UsageError, nearest
from nlpwb.text.tags import OUTSIDE, Scheme, as_iob2, prefix_of, scheme_of

SUFFIXES = (".conll", ".conllu", ".iob", ".iob2", ".bio", ".bioes", ".ner")
TAGS = "tags"
"""The kind of the built-in data sets of this form."""
_DOCUMENT = "-DOCSTART-"
_WORD_NAMES = ("word", "words", "token", "tokens", "form", "text")
_LABEL_NAMES = ("label", "labels", "tag", "tags", "ner", "ner_tag", "ner_tags", "entity")


@dataclass(frozen=True, slots=True)
class Sentence:
    """Words and, where they were asked for, their labels; ``row``: the line of the first word, from 1."""

    words: list[str]
    tags: list[str] | None
    row: int


@dataclass(frozen=True)
class TaggedCorpus:
    """All sentences of one source: ``words``, ``tags`` (by IOB2, or plain) and ``rows`` (lines from 1) are equally long.

    ``scheme`` is the one that was found; ``notes`` says what was guessed or left out; ``fingerprint`` names words and labels.
    """

    name: str
    words: list[list[str]]
    tags: list[list[str]]
    rows: list[int]
    scheme: Scheme
    notes: tuple[str, ...]
    skipped: int
    fingerprint: str

    def __len__(self) -> int:
        return len(self.words)

    @property
    def labels(self) -> list[str]:
        """All labels there are, O first."""
        found = {tag for tags in self.tags for tag in tags}
        return sorted(found, key=lambda tag: (tag != OUTSIDE, tag))


class ConllReader:
    """The sentences of one source; iterating reads them one by one. ``notes`` says what was guessed."""

    def __init__(
        self,
        name: str,
        notes: Sequence[str],
        bad: BadRows,
        sentences: Callable[[BadRows], Iterator[Sentence]],
    ) -> None:
        self.name = name
        self.notes = tuple(notes)
        self.bad = bad
        self._sentences = sentences

    def __iter__(self) -> Iterator[Sentence]:
        self.bad = BadRows(self.bad.name, skip=self.bad.skip)
        found = False
        for sentence in self._sentences(self.bad):
            found = True
            yield sentence
        if not found:
            said = self.bad.note()
            raise InputError(
                f"{self.bad.name}: {said}, and nothing is left"
                if said
                else f"{self.bad.name} holds no sentence"
            )


def is_conll(source: str) -> bool:
    """Whether a name is one of labelled words: by its ending, or as a built-in data set."""
    if is_builtin(source):
        return find_builtin(source).kind == TAGS
    return any(suffix in SUFFIXES for suffix in Path(source).suffixes[-2:])


def open_conll(source: str, options: ReadOptions) -> ConllReader:
    """A reader of ``source``: a path, ``-``, or a built-in name such as ``sample:entities``.

    Columns are parted by tabs, or else by white space. Of ``options`` ``text`` and ``label`` name columns, by number from 1 or by
    name where the first line names them; by default words stand first and labels last. Without ``labelled`` there need be none.

    Raises:
        InputError: the source is missing, empty, not text, or lacks a column; while it is read, a line that is none of a table's
            (with its number).
        UsageError: an option without meaning.
    """
    codec_name(options.encoding)
    if is_builtin(source):
        builtin = find_builtin(source)
        if builtin.kind != TAGS:
            raise InputError(f"{source} holds no labels of words; sample:entities does")
        found = open_conll(str(builtin.path()), options)
        found.name = source
        return found
    path = None if source == "-" else Path(source)
    if path is not None and path.is_dir():
        raise InputError(f"{source} is a folder, and labelled words are read from a file; name it")
    opened = Source(path)
    head = opened.head()
    if not head.data:
        raise InputError(f"{opened.name} is empty; it should hold a word and its label a line")
    text = head_text(
        opened.name, head, encoding=options.encoding, skip_bad_rows=options.skip_bad_rows
    )
    first = next((line for line in text.split("\n") if line.strip() and not _is_remark(line)), None)
    if first is None:
        raise InputError(f"{opened.name} holds blank lines and no word")
    columns, notes = _columns(opened.name, first.rstrip("\r"), options)

    def sentences(bad: BadRows) -> Iterator[Sentence]:
        with open_text(
            opened, encoding=options.encoding, newline="\n", undecodable=undecodable(options)
        ) as (lines, _):
            yield from _sentences(lines, columns, bad)

    bad = BadRows(opened.name, skip=options.skip_bad_rows)
    return ConllReader(path.name if path else opened.name, notes, bad, sentences)


def read_conll(source: str, options: ReadOptions) -> TaggedCorpus:
    """All labelled sentences of a source, their labels by IOB2.

    Raises:
        InputError: as :func:`open_conll`; or labels of which some say entities and some do not.
    """
    reader = open_conll(source, options)
    words, tags, rows = [], [], []
    for sentence in reader:
        assert sentence.tags is not None, "labels were asked for"
        words.append(sentence.words)
        tags.append(sentence.tags)
        rows.append(sentence.row)
    scheme, slips = scheme_of(tags)
    _check_labels(reader.name, tags, rows, scheme)
    notes = list(reader.notes)
    if scheme == "plain":
        notes.append("its labels say no entities (none begins with B- or I-): each word has one")
    elif scheme != "IOB2":
        notes.append(f"its labels are {scheme}'s; they are read as IOB2's")
    if slips:
        notes.append(f"{slips:,} labels I-… begin an entity; each is read as B-…")
    said = reader.bad.note()
    digest = hashlib.sha256()
    for pair in zip(words, tags, strict=True):
        for column in pair:
            digest.update("\0".join(column).encode("utf-8", "surrogatepass") + b"\1")
    return TaggedCorpus(
        name=reader.name,
        words=words,
        tags=[as_iob2(one, scheme) for one in tags],
        rows=rows,
        scheme=scheme,
        notes=(*notes, *([said] if said else [])),
        skipped=reader.bad.count,
        fingerprint=f"sha256:{digest.hexdigest()}",
    )


@dataclass(frozen=True)
class _Columns:
    """Where a line holds what: ``between`` parts its fields (None: white space), ``header``: the first line is none of words."""

    between: str | None
    width: int
    word: int
    label: int | None
    header: bool


def _columns(name: str, first: str, options: ReadOptions) -> tuple[_Columns, list[str]]:
    between = "\t" if "\t" in first else None
    cells = [cell.strip() for cell in first.split(between)]
    folded = [cell.casefold() for cell in cells]
    asked = [word for word in (options.text, options.label) if word and not word.isdigit()]
    header, notes = options.header, []
    if header is None:
        header = any(word in cells for word in asked) or (
            folded[0] in _WORD_NAMES and folded[-1] in _LABEL_NAMES and len(cells) > 1
        )
        if header:
            notes.append("its first line names the columns (guessed)")
    names = cells if header else [str(place) for place in range(1, len(cells) + 1)]
    word = 0 if options.text is None else _asked(names, options.text, "--text", name=name)
    label: int | None = None
    if options.labelled is not False:
        if len(cells) < 2:
            raise InputError(
                f"{name} has one column, and labelled words need two, a word and its label, parted by a tab or a space"
            )
        label = len(cells) - 1
        if options.label is not None:
            label = _asked(names, options.label, "--label", name=name)
        if label == word:
            raise UsageError(
                f"column {names[word]} of {name} cannot hold both words and labels; --text and --label name two"
            )
        if len(cells) > 2 and options.label is None:
            notes.append(f"labels: column {names[label]}, the last of {len(cells)} (guessed)")
    return _Columns(between, len(cells), word, label, header), notes


def _asked(names: Sequence[str], wanted: str, option: str, *, name: str) -> int:
    if wanted in names:
        return list(names).index(wanted)
    if wanted.isdigit() and 1 <= int(wanted) <= len(names):
        return int(wanted) - 1
    numbered = list(names) == [str(number + 1) for number in range(len(names))]
    there = f"its columns are 1 to {len(names)}" if numbered else nearest(wanted, names)
    raise InputError(f"{name} has no column {wanted!r} ({option}); {there}")


def _is_remark(line: str) -> bool:
    """CoNLL-U's lines of remarks: of a table that is parted by tabs, without one."""
    return line.startswith("#") and "\t" not in line and line[1:2] in (" ", "\r", "\n", "")


def _sentences(lines: Iterable[str], columns: _Columns, bad: BadRows) -> Iterator[Sentence]:
    words: list[str] = []
    tags: list[str] = []
    begun, header = 0, columns.header
    for number, line in enumerate(lines, 1):
        text = line.rstrip("\r\n")
        if columns.between == "\t" and _is_remark(text):
            continue
        blank = not text.strip()
        if not blank and header:
            header = False
            continue
        if blank or text.startswith(_DOCUMENT):
            if words:
                yield Sentence(words, tags if columns.label is not None else None, begun)
                words, tags = [], []
            continue
        fields = [field.strip() for field in text.split(columns.between)]
        wrong = _wrong(fields, columns) or flaw(text)
        if wrong is not None:
            bad(number, wrong)
            continue
        begun = begun if words else number
        words.append(fields[columns.word])
        if columns.label is not None:
            tags.append(fields[columns.label])
    if words:
        yield Sentence(words, tags if columns.label is not None else None, begun)


def _wrong(fields: Sequence[str], columns: _Columns) -> str | None:
    if len(fields) != columns.width:
        count = f"{len(fields)} column" + ("s" if len(fields) != 1 else "")
        return f"{count} where the first line has {columns.width}"
    if not fields[columns.word]:
        return "its word is missing"
    if columns.label is not None and not fields[columns.label]:
        return "its label is missing"
    return None


def _check_labels(
    name: str, tags: Sequence[Sequence[str]], rows: Sequence[int], scheme: Scheme
) -> None:
    if scheme == "plain":
        return
    for sentence, row in zip(tags, rows, strict=True):
        for tag in sentence:
            if tag != OUTSIDE and prefix_of(tag) is None:
                raise InputError(
                    f"{name}: the sentence of line {row} has the label {tag!r}, which says neither B- nor I- nor O as others do; "
                    "mend it, or name another column with --label"
                )
