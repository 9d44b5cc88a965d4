"""UTF-8 is the rule; what is not is named with its place and the way out."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from nlpwb.data.corpus import ReadOptions
from nlpwb.data.encodings import wide_encoding
from nlpwb.data.reading import open_corpus, read_corpus
from nlpwb.errors import InputError, UsageError

from .helpers import documents, write

TEXT = "text,label\nGrüße,x\n今日は,y\n"


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", codecs.BOM_UTF8 + TEXT.encode())
    assert [d.text for d in documents(path, text="text", label="label")] == ["Grüße", "今日は"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "utf-32-be", "utf-16-be"])
def test_utf_16_and_utf_32_are_named_and_can_be_asked_for(tmp_path: Path, encoding: str) -> None:
    """With a byte order mark (the names without le and be), and from the places of NUL bytes."""
    path = write(tmp_path / "a.csv", ("text,label\n" + "hello there,x\n" * 20).encode(encoding))
    with pytest.raises(InputError) as error:
        read_corpus(path, ReadOptions())
    way_out = str(error.value).split("add --encoding ")[1]
    assert way_out in (encoding, "utf-16", "utf-32")
    assert set(read_corpus(path, ReadOptions(encoding=way_out)).texts) == {"hello there"}


def test_the_sentence_for_utf_16(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", TEXT.encode("utf-16"))
    with pytest.raises(InputError) as error:
        read_corpus(path, ReadOptions())
    assert str(error.value) == f"{path} is UTF-16, not UTF-8; add --encoding utf-16"


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "gb18030"])
def test_text_is_not_taken_for_utf_16(encoding: str) -> None:
    assert wide_encoding("Füße, naïve café\n".encode(encoding)) is None


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (
            b"text,label\ncaf\xe9,x\n",
            "a.csv, byte 14 (line 2): 0xe9 is not UTF-8; it looks like windows-1252: --encoding windows-1252",
        ),
        (
            codecs.BOM_UTF8 + b"text,label\ncaf\xe9,x\n",
            "a.csv, byte 17 (line 2): 0xe9 is not UTF-8; it looks like windows-1252: --encoding windows-1252",
        ),
        (
            b"text,label\ncaf\xe9 \x81,x\n",
            "a.csv, byte 14 (line 2): 0xe9 is not UTF-8; it looks like latin-1: --encoding latin-1",
        ),
        (
            "text,label\n今日は世界の皆さんこんにちは,x\n".encode("shift_jis"),
            "a.csv, byte 11 (line 2): 0x8d is not UTF-8; "
            "--encoding names the right one, such as gb18030, shift_jis, big5 or windows-1251",
        ),
        (
            "text,label\nGrüße,x\n".encode() + b"a\xff,y\n",
            "a.csv, byte 22 (line 3): 0xff is not UTF-8; most of it is UTF-8, so mend this line or leave it out "
            "with --skip-bad-rows (it looks like windows-1252: --encoding windows-1252)",
        ),
        (
            "text,label\na,xü".encode()[:-1],
            "a.csv, byte 14 (line 2): 0xc3 is not UTF-8; it looks like windows-1252: --encoding windows-1252",
        ),
    ],
)
def test_a_wrong_byte_is_named_with_its_place_and_the_likely_encoding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, sentence: str
) -> None:
    write(tmp_path / "a.csv", content)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as error:
        read_corpus("a.csv", ReadOptions())
    assert str(error.value) == sentence


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.txt"])
def test_a_wrong_byte_far_behind_the_head_has_its_true_offset(tmp_path: Path, name: str) -> None:
    """The decoder sees blocks; the offset counts from the first byte of the file, a byte order mark included."""
    separator = {"a.csv": b",", "a.tsv": b"\t", "a.txt": b" "}[name]
    before = (
        codecs.BOM_UTF8
        + b"text"
        + separator
        + b"label\n"
        + (b"word" + separator + b"x\n") * 100_000
    )
    path = write(tmp_path / name, before + b"caf\xe9" + separator + b"x\n")
    reader = open_corpus(path, ReadOptions())
    with pytest.raises(
        InputError, match=rf"byte {len(before) + 3:,} \(line 100002\): 0xe9 is not UTF-8"
    ):
        list(reader)


def test_another_encoding_can_be_asked_for(tmp_path: Path) -> None:
    """0x85 is an ellipsis in windows-1252 and a line end to str.splitlines in latin-1; it ends no document in either."""
    path = write(tmp_path / "a.txt", b"well\x85 caf\xe9\nnext\n")
    assert [d.text for d in documents(path, encoding="windows-1252")] == ["well… café", "next"]
    assert [d.text for d in documents(path, encoding="latin-1")] == ["well\x85 café", "next"]


def test_a_wrong_byte_in_another_encoding_is_named_too(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", b"fine\nno\x81t\n")
    with pytest.raises(
        InputError,
        match=r"byte 7 \(line 2\): 0x81 is not (WINDOWS-1252|CHARMAP|CP1252); --encoding names",
    ):
        documents(path, encoding="windows-1252")


def test_rows_with_wrong_bytes_can_be_skipped(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", b"text,label\ncaf\xe9,x\nfine,y\n")
    corpus = read_corpus(path, ReadOptions(skip_bad_rows=True))
    assert corpus.texts == ["fine"]
    assert "line 2: the byte 0xe9 is not in the file's encoding" in corpus.notes[-1]


@pytest.mark.parametrize("encoding", ["utf8x", "base64", "rot13"])
def test_an_unknown_encoding_is_wrong_usage(tmp_path: Path, encoding: str) -> None:
    """Codecs that make bytes of bytes are no encodings of text."""
    path = write(tmp_path / "a.txt", "one\n")
    with pytest.raises(UsageError, match=f"--encoding '{encoding}' is not known; usual ones are"):
        open_corpus(path, ReadOptions(encoding=encoding))
