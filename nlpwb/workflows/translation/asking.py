"""Texts as they are given (arguments, a file, a pipe) to their translations by a model folder, in order and as they come."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nlpwb.data.corpus import Document, ReadOptions
from nlpwb.data.reading import open_corpus
from nlpwb.errors import UsageError
from nlpwb.files import missing

if TYPE_CHECKING:
    from nlpwb.workflows.translation.search import Search
    from nlpwb.workflows.translation.translating import Translation

_ENDINGS = (
    ".txt", ".text", ".csv", ".tsv", ".tab", ".jsonl", ".ndjson", ".json", ".parquet", ".gz", ".bz2", ".zst",
)  # fmt: skip


@dataclass(frozen=True)
class Translated:
    """A text with its translation; ``row`` is its line or its number, from 1."""

    row: int
    source: str
    translation: Translation


def translate_given(
    model: Path,
    given: list[str],
    options: ReadOptions,
    search: Search,
    *,
    device: str = "auto",
    precision: str = "float32",
    threads: int = 1,
    note: Callable[[str], None],
) -> Iterator[Translated]:
    """Translate texts, or those of a file, of a built-in corpus or of ``-`` (standard input).

    A line of plain text that is blank has a blank translation, so that line i is the translation of line i.

    Raises:
        ModelError: the folder holds no sound translator.
        InputError: the file cannot be read, or what is called like a file is none.
        UsageError: a source beside other arguments, or options of reading where nothing is read.
    """
    from nlpwb.workflows.translation.folder import load_translator
    from nlpwb.workflows.translation.translating import translate_stream

    documents = _documents(given, options, note)
    translator = load_translator(model, device=device, precision=precision)
    found = translate_stream(
        translator, documents, lambda document: document.text, search, threads=threads
    )
    return (Translated(document.row, document.text, one) for document, one in found)


def _documents(
    given: list[str], options: ReadOptions, note: Callable[[str], None]
) -> Iterator[Document]:
    sources = [word for word in given if _is_source(word)]
    if not sources:
        if options != ReadOptions():
            raise UsageError(
                "--text, --encoding, --input-format, --header and --skip-bad-rows concern a file or standard input, "
                "and texts were given; leave them out"
            )
        return (Document(text, None, None, row) for row, text in enumerate(given, 1))
    if len(given) > 1:
        raise UsageError(
            f"{sources[0]} is read as a whole, and stands beside other texts; give either texts or one file"
        )
    reader = open_corpus(sources[0], options)
    for line in reader.notes:
        note(line)
    return _every_line(reader) if reader.format == "text" else iter(reader)


def _is_source(word: str) -> bool:
    """Whether an argument names where texts are, and is none itself.

    Raises:
        InputError: it is called like a file, and there is none.
    """
    if word == "-" or word.startswith(("sample:", "gensim:")):
        return True
    try:
        if Path(word).is_file():
            return True
    except (OSError, ValueError):  # too long for a name, or a NUL byte
        return False
    if word.casefold().endswith(_ENDINGS) and not any(letter.isspace() for letter in word):
        raise missing(Path(word))
    return False


def _every_line(documents: Iterable[Document]) -> Iterator[Document]:
    """The documents of plain text, and the blank lines between them."""
    expected = 1
    for document in documents:
        for row in range(expected, document.row):
            yield Document("", None, None, row)
        yield document
        expected = document.row + 1
