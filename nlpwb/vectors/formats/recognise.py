"""Which format a file has: told by its first bytes, and by its ending where these leave a choice."""

from __future__ import annotations

import contextlib
import gzip
import io
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from nlpwb.errors import InputError, UsageError
from nlpwb.vectors.formats.numbers import is_number
from nlpwb.vectors.formats.words import words_of

WORD2VEC, BINARY, GLOVE, VEC = "word2vec", "word2vec-binary", "glove", "vec"
FASTTEXT, STATIC, FOLDER = "fasttext", "model2vec", "folder"
READ = (WORD2VEC, BINARY, GLOVE, VEC, FASTTEXT, STATIC, FOLDER)
WRITTEN = (WORD2VEC, BINARY, GLOVE, VEC, FOLDER)
MAGIC = 793712314
"""The first four bytes of a fastText model, a little-endian number."""

_HEAD = 1 << 16
_LONGEST_LINE = 1 << 22
_HEADER = re.compile(rb"\s*([+-]?\d+)[ \t]+([+-]?\d+)\s*")
_DEFLATE_AT_MOST = 1032
_ENDINGS = {".txt": WORD2VEC, ".bin": BINARY, ".vec": VEC, ".glove": GLOVE}
_FROM_GENSIM = (
    "from gensim.models import KeyedVectors; "
    "KeyedVectors.load(FILE).save_word2vec_format('vectors.bin', binary=True)"
)


@dataclass(frozen=True)
class Opened:
    """A file that stands at its first row, and what its first bytes tell.

    ``size`` is the most bytes that it can have when unpacked. ``words`` and ``dimensions`` are the header's; without a header
    words is None and the dimensions are those of the first line.
    """

    file: BinaryIO
    format: str
    size: int
    start: int = 0
    words: int | None = None
    dimensions: int = 0


def target_format(path: Path, to: str | None) -> str:
    """The format that a name asks for: by its ending, ``--to`` before it; a folder where there is none.

    Raises:
        UsageError: the ending says nothing, and ``--to`` neither; or it is ``-``.
    """
    if str(path) == "-" and not path.exists():
        raise UsageError(
            "-: word vectors are written to files alone, not to standard output; name a file or a folder"
        )
    if to is not None:
        return to
    ending = path.name.removesuffix(".gz")
    suffix = Path(ending).suffix.lower()
    if path.is_dir() or (suffix in ("", ".vectors") and ending == path.name):
        return FOLDER
    if suffix not in _ENDINGS:
        raise UsageError(
            f"{path}: the ending does not tell a format; end it in {', '.join(_ENDINGS)}, each with or without .gz, in nothing "
            f"for a folder, or give --to: {', '.join(WRITTEN)}"
        )
    return _ENDINGS[suffix]


@contextlib.contextmanager
def open_file(path: Path, given: str | None = None) -> Iterator[Opened]:
    """A file of vectors, open, and its format; ``given`` is what ``--from`` says.

    Raises:
        InputError: it cannot be read, is none, is empty, is a pickle, or promises what it cannot hold.
    """
    with contextlib.ExitStack() as stack:
        try:
            size = path.stat().st_size
            raw = stack.enter_context(path.open("rb", buffering=_HEAD))
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise InputError(f"{path} cannot be read ({reason}); check its permissions") from None
        if not size:
            raise InputError(f"{path} is empty; copy it anew")
        file: BinaryIO = raw
        if packed:
            unpacked = stack.enter_context(gzip.GzipFile(fileobj=raw))
            file = cast(BinaryIO, stack.enter_context(io.BufferedReader(unpacked, _HEAD)))
            size *= _DEFLATE_AT_MOST
        with telling_of_damage(path):
            opened = _told(path, file, size, given)
        yield opened


@contextlib.contextmanager
def telling_of_damage(path: Path) -> Iterator[None]:
    """What a broken gzip stream raises becomes a sentence."""
    try:
        yield
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(
            f"{path}: the compressed file is cut short or damaged ({error}); copy it anew"
        ) from None


def _told(path: Path, file: BinaryIO, size: int, given: str | None) -> Opened:
    head = _begin(file)
    if not head:
        raise InputError(f"{path} is empty when unpacked; copy it anew")
    _refuse_others(path, head)
    fasttext = struct.unpack("<i", head[:4])[0] == MAGIC if len(head) >= 4 else False
    if fasttext or given == FASTTEXT:
        if not fasttext:
            raise InputError(
                f"{path} is no fastText model: it does not begin with the number {MAGIC}; leave --from out"
            )
        if given not in (None, FASTTEXT):
            raise InputError(f"{path} is a fastText model, not {given}; leave --from out")
        file.seek(0)
        return Opened(file, FASTTEXT, size)
    line = head[: head.find(b"\n") + 1] or head
    header = None if given == GLOVE else _HEADER.fullmatch(line)
    if header is None:
        if given in (WORD2VEC, VEC, BINARY):
            raise InputError(
                f"{path}: the first line of a {given} file has two numbers, words and dimensions, and this begins "
                f"{_quoted(line)}; leave --from out"
            )
        return _headless(path, file, size, line)
    words, dimensions = int(header[1]), int(header[2])
    if words < 1 or dimensions < 1:
        raise InputError(
            f"{path}: the header {_quoted(line.strip())} promises {words_of(words)} of {dimensions:,} dimensions; there is "
            "nothing to read"
        )
    rest = head[len(line) :]
    format = given or _text_or_binary(path, rest, dimensions)
    least = 4 * dimensions + 1 if format == BINARY else 2 * dimensions + 1
    if least > size:
        raise InputError(
            f"{path}: the header {_quoted(line.strip())} promises vectors of {dimensions:,} numbers, and the whole file has "
            f"{size:,} bytes; correct the header, or copy the file anew"
        )
    file.seek(len(line))
    return Opened(file, format, size, len(line), words, dimensions)


def _begin(file: BinaryIO) -> bytes:
    """The first bytes, with a whole first line where this is not endless."""
    head = file.read(_HEAD)
    while head and b"\n" not in head and len(head) < _LONGEST_LINE:
        more = file.read(_HEAD)
        if not more:
            break
        head += more
    return head


def _refuse_others(path: Path, head: bytes) -> None:
    if head[:1] == b"\x80" and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        raise InputError(
            f"{path} is a pickle, as gensim's save() writes: reading it would run the code in it; export it where you trust it "
            f"with: {_FROM_GENSIM}"
        )
    kinds = {b"PK\x03\x04": "a zip archive", b"\x93NUMPY": "an array without words"}
    kinds |= {
        b"BZh": "a bzip2 file",
        b"\x28\xb5\x2f\xfd": "a Zstandard file",
        b"\xfd7zXZ": "an xz file",
    }
    for begin, kind in kinds.items():
        if head.startswith(begin):
            raise InputError(
                f"{path} is {kind}; give what is in it as text, word2vec or fastText file"
            )


def _headless(path: Path, file: BinaryIO, size: int, line: bytes) -> Opened:
    fields = line.split()
    dimensions = 0
    for field in reversed(fields[1:]):
        if not is_number(field):
            break
        dimensions += 1
    if not dimensions:
        raise InputError(
            f"{path}: no word vectors: it begins {_quoted(line)}, which is neither a header (words and dimensions) nor a word "
            "and its numbers; name another file"
        )
    file.seek(0)
    return Opened(file, GLOVE, size, 0, None, dimensions)


def _text_or_binary(path: Path, rest: bytes, dimensions: int) -> str:
    """A first row that is a word and numbers is text; else bytes that no text has, or the ending .bin, mean binary."""
    text = VEC if path.name.removesuffix(".gz").endswith(".vec") else WORD2VEC
    row = rest[: rest.find(b"\n")] if b"\n" in rest else rest
    fields = row.split()
    if len(fields) > 1 and all(map(is_number, fields[1:])):
        return text
    vector = rest[rest.find(b" ") + 1 :][: 4 * dimensions]
    strange = any((byte < 32 and byte not in b"\t\n\r") or byte == 127 for byte in vector)
    return BINARY if strange or path.name.removesuffix(".gz").endswith(".bin") else text


def _quoted(line: bytes) -> str:
    text = line.strip().decode("utf-8", "replace")
    return repr(text if len(text) <= 40 else text[:40] + "…")
