"""Files that are not what they seem to be: each is refused by one sentence that names the place, and nothing is written."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpwb.errors import InputError
from nlpwb.vectors.files import read_vectors, write_vectors
from nlpwb.vectors.formats.opening import open_rows, write_rows
from nlpwb.vectors.table import WordVectors

from .tiny_fasttext import tiny_model


def binary(*words: bytes, dim: int = 2) -> bytes:
    """Rows of a binary file: each word with the vector 1, 1, …"""
    return b"".join(word + b" " + np.ones(dim, "<f4").tobytes() for word in words)


NAN = b"king " + np.float32([1, np.nan]).tobytes()
CUT = "the file ends within the vector of word 2 of 2 ('king'), at byte 24, with 5 of its 8 bytes; copy"
PICKLE = b"\x80\x04\x95\x0f\x00\x00\x00\x00\x00\x00\x00}\x94\x8c\x07vectors\x94K\x01s."
LONG = b"2 2\n" + b"x" * 200_000

TEXT = [
    ("empty", b"", "is empty; copy it anew"),
    ("a text", b"Call me Ishmael.\n", "no word vectors: it begins 'Call me Ishmael.', which is neither"),
    ("a page", b"<!DOCTYPE html>\n<html>\n", "no word vectors: it begins '<!DOCTYPE html>'"),
    ("few rows", b"3 2\na 1 2\nb 3 4\n", "the header promises 3 words, but the file ends after 2, at byte 16"),
    ("many rows", b"1 2\na 1 2\nb 3 4\n", "the header promises 1 word, but line 3 holds another; correct the first line"),
    ("no rows", b"3 2\n", "the header '3 2' promises vectors of 2 numbers, and the whole file has 4 bytes"),
    ("cut in a row", b"2 3\na 1 2 3\nking 4 5", "the file ends within line 3 ('king'), at byte 20, after 2 of 3 numbers"),
    ("a short row", b"2 3\na 1 2\nking 4 5 6\n", "line 2 ('a') has a vector of length 2 where 3 is expected"),
    ("a long row", b"2 2\na 1 2\nking 4 5 6\n", "line 3 ('king') has a vector of length 3 where 2 is expected"),
    ("a short and a long row", b"a 1 2\nb 3\nking 4 5 6\n", "line 2 ('b') has a vector of length 1 where 2 is expected"),
    ("an empty row", b"a 1 2\n\nking 4 5\n", "line 2 is empty; take it out"),
    ("a row without a word", b"a 1 2\n 4 5\n", "line 2 has no word before its numbers"),
    ("a word for a number", b"a 1 2\nking 4 five\n", "line 2 ('king') has 'five' as its number 2"),
    ("a comma", b"2 2\na 1,5 2\nking 4 5\n", "line 2 ('a') has '1,5' as its number 1"),
    ("NaN", b"a 1 2\nking nan 3\n", "line 2 ('king') has nan as its number 1; a vector has finite numbers only"),
    ("infinite", b"2 2\na 1 2\nking 3 -inf\n", "line 3 ('king') has -inf as its number 2"),
    ("too large", b"1 1\nking 1e39\n", "line 2 ('king') has inf as its number 1"),
    ("twice", b"3 1\na 1\nb 2\na 3\n", "the word 'a' stands twice, at line 2 and at line 4; keep the first with"),
    ("not UTF-8", b"2 1\na 1\ncaf\xe9 2\n", r"line 3 ('caf\\xe9') is not UTF-8 at byte 4 of the word; read it with"),
    ("no dimensions", b"3 0\na\nb\nc\n", "the header '3 0' promises 3 words of 0 dimensions; there is nothing to read"),
    ("no words", b"0 3\n", "the header '0 3' promises 0 words of 3 dimensions"),
    ("less than none", b"-1 3\na 1 2 3\n", "the header '-1 3' promises -1 words"),
    ("absurd dimensions", b"3 99999999999\na 1 2\n", "vectors of 99,999,999,999 numbers, and the whole file has 20 bytes"),
    ("absurd words", b"99999999999 2\na 1 2\n", "the header promises 99,999,999,999 words, but the file ends after 1"),
]  # fmt: skip
BINARY = [
    ("cut in a vector", b"2 2\n" + binary(b"a", b"king")[:-3], CUT),
    ("cut in a word", b"3 2\n" + binary(b"a") + b"ki", "the file ends within word 2 of 3, at byte 16"),
    ("cut between words", b"3 2\n" + binary(b"a"), "before word 2 of 3, at byte 14; copy it anew, or correct its header 3 2"),
    ("more rows", b"1 2\n" + binary(b"a", b"b"), "the header promises 1 word of 2 dimensions, but more follows at byte 14"),
    ("wrong dimensions", LONG, "word 1 of 2 at byte 4 has no end; is this a word2vec binary file with 2 dimensions?"),
    ("twice", b"3 2\n" + binary(b"a", b"b", b"a"), "the word 'a' stands twice, at word 1 and at word 3"),
    ("NaN", b"2 2\n" + binary(b"a") + NAN, "word 2 ('king') has nan as its number 2"),
    ("not UTF-8", b"2 2\n" + binary(b"a", b"\xff"), r"word 2 ('\\xff') is not UTF-8 at byte 1 of the word"),
    ("absurd dimensions", b"1 999999999\n" + binary(b"a"), "vectors of 999,999,999 numbers, and the whole file has 22 bytes"),
]  # fmt: skip
OTHERS = [
    ("gensim's own", PICKLE, "is a pickle, as gensim's save() writes: reading it would run the code in it; export"),
    ("zip", b"PK\x03\x04" + bytes(40), "is a zip archive; give what is in it"),
    ("npy", b"\x93NUMPY\x01\x00", "is an array without words"),
    ("bzip2", b"BZh91AY&SY" + bytes(30), "is a bzip2 file"),
    ("nothing packed", gzip.compress(b""), "is empty when unpacked"),
    ("packed, cut", gzip.compress(b"2 2\n" + bytes(range(256)) * 9)[:60], "the compressed file is cut short or damaged"),
]  # fmt: skip


def cases(table: list[tuple[str, bytes, str]]) -> list[object]:
    return [pytest.param(data, sentence, id=what) for what, data, sentence in table]


def refusal(path: Path) -> str:
    """What is said when a file is read; the same must be said when it is converted, and nothing be left behind."""
    with pytest.raises(InputError) as reading:
        read_vectors(path)
    before = sorted(path.parent.iterdir())
    for target in ("new.txt", "new.bin.gz", "new"):
        with pytest.raises(InputError) as converting, open_rows(path) as rows:
            write_rows(path.parent / target, rows, to="folder" if target == "new" else "word2vec")
        assert str(converting.value) == str(reading.value)
        assert sorted(path.parent.iterdir()) == before
    said = str(reading.value)
    assert said.startswith(str(path))
    assert "\n" not in said
    return said


@pytest.mark.parametrize(("data", "sentence"), cases(TEXT))
def test_text(tmp_path: Path, data: bytes, sentence: str) -> None:
    (tmp_path / "in.txt").write_bytes(data)
    assert sentence in refusal(tmp_path / "in.txt")


@pytest.mark.parametrize(("data", "sentence"), cases(BINARY))
def test_binary(tmp_path: Path, data: bytes, sentence: str) -> None:
    (tmp_path / "in.bin").write_bytes(data)
    assert sentence in refusal(tmp_path / "in.bin")


@pytest.mark.parametrize(("data", "sentence"), cases(OTHERS))
def test_files_that_hold_something_else(tmp_path: Path, data: bytes, sentence: str) -> None:
    (tmp_path / "in.kv").write_bytes(data)
    assert sentence in refusal(tmp_path / "in.kv")


@pytest.mark.parametrize("cut", [40, 2000, 20_000])
def test_a_packed_file_that_was_not_copied_whole(tmp_path: Path, cut: int) -> None:
    """The end of the gzip stream is missing, near its begin or far behind the first block."""
    rng = np.random.default_rng(0)
    text = "".join(f"w{n} {a} {b}\n" for n, (a, b) in enumerate(rng.normal(size=(5000, 2))))
    data = gzip.compress(b"5000 2\n" + text.encode())
    (tmp_path / "in.txt.gz").write_bytes(data[:-cut])
    assert "the compressed file is cut short or damaged" in refusal(tmp_path / "in.txt.gz")


def test_a_pickle_is_never_loaded(tmp_path: Path) -> None:
    """A model from a stranger must be safe to read: this one would write a file."""
    trap = tmp_path / "trapped"
    call = b"\x80\x02cbuiltins\nopen\n(V" + str(trap).encode() + b"\nVw\ntR."
    (tmp_path / "in.model").write_bytes(call)
    with pytest.raises(InputError, match="is a pickle"):
        read_vectors(tmp_path / "in.model")
    assert not trap.exists()


def test_a_file_that_is_missing_has_a_neighbour(tmp_path: Path) -> None:
    (tmp_path / "wiki.bin").touch()
    with pytest.raises(
        InputError, match=r"wikk\.bin: no such file or folder; did you mean .*/wiki\.bin\?"
    ):
        read_vectors(tmp_path / "wikk.bin")
    with pytest.raises(InputError, match="no such file, and no folder"):
        read_vectors(tmp_path / "nowhere" / "wiki.bin")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no word vectors; give a folder"):
        read_vectors(tmp_path / "empty")


@pytest.mark.parametrize(
    ("given", "data", "sentence"),
    [
        ("fasttext", b"1 2\na 1 2\n", "is no fastText model"),
        ("word2vec", b"a 1 2\n", "the first line of a word2vec file has two numbers, words and dimensions, and this"),
        ("folder", b"1 2\na 1 2\n", "is a file, and folder is a folder"),
        ("glove", b"1 2\na 1 2\n", "line 2 ('a') has a vector of length 2 where 1 is expected"),
        ("word2vec-binary", b"1 2\na 1 2\n", "the file ends within the vector of word 1 of 1 ('a'), at byte 10, with 4 of its 8"),
    ],
)  # fmt: skip
def test_a_format_that_is_given_and_wrong(
    tmp_path: Path, given: str, data: bytes, sentence: str
) -> None:
    (tmp_path / "in.txt").write_bytes(data)
    with pytest.raises(InputError) as error, open_rows(tmp_path / "in.txt", given=given) as rows:
        rows.fill(np.empty((5, rows.dimensions), np.float32))
    assert sentence in str(error.value)


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a 1 2\n")
    (tmp_path / "b.txt").mkdir()
    for target, sentence in (
        ("nowhere/b.txt", "does not exist; make it first"),
        ("b.txt", "this is a folder; name a file in it"),
    ):
        with open_rows(tmp_path / "a.txt") as rows, pytest.raises(InputError, match=sentence):
            write_rows(tmp_path / target, rows, to="word2vec")


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["a.txt", "a.bin", "a.glove", "a.vec.gz", "m.bin"]), st.data())
def test_bytes_from_a_stranger_give_vectors_or_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject
) -> None:
    """Files of each format with some bytes changed, cut out or put in: never a traceback."""
    folder = tmp_path_factory.mktemp("stranger")
    if name == "m.bin":
        whole = tiny_model([b"ab", b"cd"], [[3.0, 1.0]] * 4, bucket=2, labels=[b"yes"])
    else:
        rows = np.arange(12, dtype=np.float32).reshape(3, 4) / 7
        write_vectors(folder / name, WordVectors(["king", "queen", "wörd"], rows))
        whole = (folder / name).read_bytes()
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(len(whole), start + 9)))
    put = data.draw(
        st.sampled_from([b"", b" ", b"\n", b"\0", b"\xff", b"-", b"99999", b"e5", b"."])
    )
    rest = whole[end:] if data.draw(st.booleans()) else b""
    (folder / name).write_bytes(whole[:start] + put + rest)
    try:
        found = read_vectors(folder / name)
    except InputError:
        return
    assert len(found.words) == len(found.vectors) > 0
    assert len(set(found.words)) == len(found.words)
    assert np.isfinite(found.vectors).all()
