"""Files, compressed files, pipes, folders, and what is none of them."""

from __future__ import annotations

import bz2
import gzip
import io
import os
import sqlite3
import sys
import threading
import types
import zipfile
import zlib
from pathlib import Path

import pytest

from nlpwb.data.corpus import Document, ReadOptions
from nlpwb.data.reading import open_corpus, read_corpus
from nlpwb.data.sources import is_pipe
from nlpwb.errors import InputError, UsageError

from .helpers import documents, write

CSV = "text,label\none,x\ntwo,y\n"
BOTH = [Document("one", "x", None, 2), Document("two", "y", None, 3)]


def zstd(data: bytes) -> bytes:
    import zstandard

    return zstandard.ZstdCompressor().compress(data)


COMPRESSORS = {".gz": gzip.compress, ".bz2": bz2.compress, ".zst": zstd}


def feed(monkeypatch: pytest.MonkeyPatch, content: str | bytes) -> None:
    data = content.encode() if isinstance(content, str) else content
    monkeypatch.setattr(sys, "stdin", types.SimpleNamespace(buffer=io.BytesIO(data)))


@pytest.mark.parametrize("suffix", COMPRESSORS)
def test_a_compressed_file_is_read_by_extension_and_by_content(tmp_path: Path, suffix: str) -> None:
    """The inner extension says the format; a name without the outer one is no obstacle."""
    data = COMPRESSORS[suffix](CSV.encode())
    assert documents(write(tmp_path / f"a.csv{suffix}", data)) == BOTH
    assert documents(write(tmp_path / "b.csv", data)) == BOTH


@pytest.mark.parametrize("suffix", COMPRESSORS)
def test_compressed_streams_one_after_the_other_are_one_content(
    tmp_path: Path, suffix: str
) -> None:
    """`cat a.gz b.gz` gives a valid file, of which a lazy reader would read the first half."""
    pack = COMPRESSORS[suffix]
    path = write(tmp_path / f"a.csv{suffix}", pack(b"text,label\none,x\n") + pack(b"two,y\n"))
    assert documents(path) == BOTH


@pytest.mark.parametrize("suffix", COMPRESSORS)
def test_a_compressed_file_that_was_cut_off_is_an_error(tmp_path: Path, suffix: str) -> None:
    """Half a download must not become half a corpus."""
    data = COMPRESSORS[suffix](
        ("text,label\n" + "".join(f"text {i},x\n" for i in range(999))).encode()
    )
    path = write(tmp_path / f"a.csv{suffix}", data[: len(data) - 12])
    with pytest.raises(
        InputError, match=r"is cut off: its \w+ stream ends too early; fetch it again"
    ):
        read_corpus(path, ReadOptions(label="label"))


@pytest.mark.parametrize("suffix", COMPRESSORS)
def test_a_damaged_compressed_file_is_an_error(tmp_path: Path, suffix: str) -> None:
    text = "text,label\n" + "".join(f"text {i * i},x\n" for i in range(999))
    data = bytearray(COMPRESSORS[suffix](text.encode()))
    data[len(data) // 2] ^= 0xFF
    path = write(tmp_path / f"a.csv{suffix}", bytes(data))
    with pytest.raises(InputError, match=r"a\.csv\.\w+ is (damaged|cut off): its \w+ stream"):
        read_corpus(path, ReadOptions(label="label"))


@pytest.mark.parametrize(
    ("content", "form", "first"),
    [
        (CSV, "csv", BOTH[0]),
        ("text\tlabel\none\tx\n", "tsv", Document("one", "x", None, 2)),
        ("text;label\none;x\n", "csv", Document("one", "x", None, 2)),
        ('{"text": "one", "label": "x"}\n', "jsonl", Document("one", "x", None, 1)),
        ("__label__x one\n", "fasttext", Document("one", "x", None, 1)),
        ("A text, with commas\nanother, too\n", "text", Document("A text, with commas", None, None, 1)),
        ("Review, please\nno\n", "text", Document("Review, please", None, None, 1)),
        ("one line", "text", Document("one line", None, None, 1)),
        ("a\tb\nc\n", "text", Document("a\tb", None, None, 1)),
    ],
)  # fmt: skip
def test_the_format_of_standard_input_is_told_from_its_content(
    monkeypatch: pytest.MonkeyPatch, content: str, form: str, first: Document
) -> None:
    feed(monkeypatch, content)
    reader = open_corpus("-", ReadOptions())
    assert (reader.format, next(iter(reader))) == (form, first)
    assert reader.name == "standard input"


def test_files_and_folders_are_no_pipes(tmp_path: Path) -> None:
    assert is_pipe("-")
    assert not is_pipe(write(tmp_path / "a.csv", CSV))
    assert not is_pipe(str(tmp_path))
    assert not is_pipe("sample:reviews")


def test_the_format_of_standard_input_can_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    feed(monkeypatch, CSV)
    assert [d.text for d in documents("-", input_format="text")] == ["text,label", "one,x", "two,y"]


def test_standard_input_may_be_compressed(monkeypatch: pytest.MonkeyPatch) -> None:
    feed(monkeypatch, gzip.compress(CSV.encode()))
    assert documents("-") == BOTH


def test_a_pipe_longer_than_its_head_is_read_whole_and_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was read to tell the format is not lost; a second pass says that there is none."""
    feed(monkeypatch, "".join(f"line {i}\n" for i in range(100_000)))
    reader = open_corpus("-", ReadOptions())
    texts = [d.text for d in reader]
    assert (len(texts), texts[0], texts[-1]) == (100_000, "line 0", "line 99999")
    with pytest.raises(InputError, match="standard input can be read only once; save it to a file"):
        list(reader)


def test_a_named_pipe_is_read_like_a_file(tmp_path: Path) -> None:
    """`nlpwb compare <(zcat a.csv.gz)`: opening it twice, once for the head, would lose the head."""
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    thread = threading.Thread(target=lambda: pipe.write_text(CSV))
    assert is_pipe(str(pipe))
    thread.start()
    corpus = read_corpus(str(pipe), ReadOptions())
    thread.join()
    assert corpus.texts == ["one", "two"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "standard input is empty; a corpus needs at least one document"),
        ("\n \n", "standard input holds blank lines and no documents"),
    ],
)
def test_nothing_on_standard_input_is_an_error(
    monkeypatch: pytest.MonkeyPatch, content: str, sentence: str
) -> None:
    feed(monkeypatch, content)
    with pytest.raises(InputError) as error:
        read_corpus("-", ReadOptions())
    assert str(error.value) == sentence


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.csv", "", "a.csv is empty; a corpus needs at least one document"),
        ("a.csv", "\n\n", "a.csv holds no rows; a corpus needs at least one document"),
        (
            "a.csv", "text,label\n",
            "a.csv holds a header (text, label) and no rows; a corpus needs at least one document",
        ),
        ("a.txt", " \n\n", "a.txt holds blank lines and no documents"),
        ("a.csv.gz", gzip.compress(b"", mtime=0), "a.csv.gz is empty; a corpus needs at least one document"),
        ("a.png", b"\x89PNG\r\n\x1a\n" + bytes(99), "a.png is a PNG image, not text; export it as CSV, TSV or JSONL"),
        ("a.pdf", b"%PDF-1.7\n%", "a.pdf is a PDF, not text; export it as CSV, TSV or JSONL"),
        ("a.out", b"\x7fELF\x02\x01\x01" + bytes(99), "a.out is a program, not text; export it as CSV, TSV or JSONL"),
        (
            "a.pkl", b"\x80\x04\x95\x0b\x00",
            "a.pkl is a pickle, not text, and nlpwb never opens one; export it as CSV",
        ),
        (
            "a.bin", bytes([1, 2, 3, 65]) * 25,
            "a.bin is not text: 75% of its first 100 bytes are control characters; export it as CSV, TSV or JSONL",
        ),
        ("a.parquet", "text,label\n", "a.parquet is not a Parquet file; --input-format names its format"),
    ],
)  # fmt: skip
def test_what_is_no_corpus_gets_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, content: str | bytes, sentence: str
) -> None:
    write(tmp_path / name, content)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as error:
        read_corpus(name, ReadOptions())
    assert str(error.value) == sentence


def test_archives_and_databases_are_no_text(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        archive.writestr("sheet.xml", "<a/>")
    sqlite3.connect(tmp_path / "a.db").execute("create table t (a)").connection.close()
    for name, kind in (("a.xlsx", "a zip archive"), ("a.db", "an SQLite database")):
        with pytest.raises(InputError, match=f"is {kind}.*, not text; export it"):
            read_corpus(str(tmp_path / name), ReadOptions())


def test_a_missing_file_is_an_error_with_the_nearest_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "reviews.csv", CSV)
    monkeypatch.chdir(tmp_path)
    for name, sentence in (
        ("reveiws.csv", "reveiws.csv: no such file or folder; did you mean reviews.csv?"),
        ("other.txt", "other.txt: no such file or folder; check the path"),
        ("none/a.csv", "none/a.csv: no such file, and no folder none; check the path"),
    ):
        with pytest.raises(InputError) as error:
            read_corpus(name, ReadOptions())
        assert str(error.value) == sentence


def test_a_file_that_cannot_be_read_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system's refusal, which the superuser who runs some tests never meets."""
    path = write(tmp_path / "a.csv", CSV)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(InputError) as error:
        read_corpus(path, ReadOptions())
    assert str(error.value) == f"{path} cannot be read (permission denied); check its permissions"


def test_an_unknown_format_is_wrong_usage(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", CSV)
    with pytest.raises(UsageError, match=r"--input-format 'cvs' is not known; did you mean csv\?"):
        open_corpus(path, ReadOptions(input_format="cvs"))


def test_gzip_padded_with_zeros_is_read(tmp_path: Path) -> None:
    """Block devices and some uploads leave zeros behind the stream."""
    path = write(tmp_path / "a.csv.gz", gzip.compress(CSV.encode()) + bytes(512))
    assert documents(path) == BOTH


def test_a_zlib_stream_is_not_mistaken_for_text(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", zlib.compress(os.urandom(5000)))
    with pytest.raises(InputError):
        read_corpus(path, ReadOptions())
