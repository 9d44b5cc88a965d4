"""``nlpwb words convert`` as it is typed: what it says, what it writes, what it refuses."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from nlpwb.vectors.files import read_vectors, write_vectors
from nlpwb.vectors.table import Subwords, WordVectors

from .conftest import Typed

TEXT = "2 3\nking 3 0 4\nqueen 0 1e-05 0\n"
LOST = (
    "nlpwb: full: the subwords and the counts are lost, for vec has no place for them; a folder of vectors (a name without "
    "ending) keeps them\n"
)


def full_folder(place: Path) -> None:
    """A folder with counts and subwords."""
    slots = Subwords(np.ones((2, 2), np.float32), 3, 6, None, 2)
    table = WordVectors(["king", "queen"], np.eye(2, dtype=np.float32), np.array([9, 7]), slots)
    write_vectors(place, table)


def test_one_row_says_what_was_done(typed: Typed, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text(TEXT)
    ended = typed("words", "convert", "in.txt", "out.bin", "--format", "table")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == (
        "  from    format    to       format           words  dimensions  bytes  subwords  counts\n"
        "  in.txt  word2vec  out.bin  word2vec-binary      2           3     39  –         –\n"
    )
    assert read_vectors(tmp_path / "out.bin").words == ["king", "queen"]


def test_fields_are_the_same_in_json(typed: Typed, tmp_path: Path) -> None:
    full_folder(tmp_path / "full")
    ended = typed("words", "convert", "full", "new", "--format", "json")
    assert (ended.code, ended.err) == (0, "")
    found = json.loads(ended.out)
    size = sum(path.stat().st_size for path in (tmp_path / "new").iterdir())
    assert found == {
        "source": "full",
        "read": "folder",
        "target": "new",
        "written": "folder",
        "words": 2,
        "dimensions": 2,
        "bytes": size,
        "subwords": "kept",
        "counts": "kept",
    }


def test_what_a_format_cannot_hold_is_said(typed: Typed, tmp_path: Path) -> None:
    """Subwords that vanish without a word cost the vectors of all unknown words."""
    full_folder(tmp_path / "full")
    ended = typed("words", "convert", "full", "out.vec", "--format", "tsv")
    assert (ended.code, ended.err) == (0, LOST)
    assert ended.out.splitlines()[1].split("\t")[-2:] == ["lost", "lost"]
    ended = typed("words", "convert", "full", "out.vec", "-q")
    assert (ended.code, ended.err) == (0, "")
    ended = typed("words", "convert", "full", "unit", "--normalize")
    assert "--normalize concerns the words' vectors" in ended.err


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ("out.txt", TEXT),
        ("out.txt --to glove", "king 3 0 4\nqueen 0 1e-05 0\n"),
        ("out.glove", "king 3 0 4\nqueen 0 1e-05 0\n"),
        ("out.data --to vec", TEXT),
        ("out.txt --restrict-vocab 1", "1 3\nking 3 0 4\n"),
        ("out.txt --restrict-vocab 99", TEXT),
        ("out.txt --normalize", "2 3\nking 0.6 0 0.8\nqueen 0 1 0\n"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("source", ["in.txt", "in.glove", "in.bin", "in.txt.gz", "in"])
def test_options_do_what_they_say_whatever_the_source(
    typed: Typed, tmp_path: Path, source: str, options: str, text: str
) -> None:
    (tmp_path / "in.txt").write_text(TEXT)
    if source != "in.txt":
        write_vectors(tmp_path / source, read_vectors(tmp_path / "in.txt"))
    ended = typed("words", "convert", source, *options.split())
    assert (ended.code, ended.err) == (0, "")
    assert (tmp_path / options.split()[0]).read_text() == text


def test_words_that_come_again_and_broken_words_are_counted(typed: Typed, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_bytes(b"3 1\ncaf\xe9 1\nking 2\nking 3\n")
    words = ("words", "convert", "in.txt", "out.txt", "--duplicates", "first")
    ended = typed(*words, "--encoding-errors", "replace")
    assert ended.code == 0
    assert ended.err == (
        "nlpwb: in.txt: 1 word was not UTF-8; its odd bytes have been replaced\n"
        "nlpwb: in.txt: 1 word came again; the first vector of each was kept\n"
    )
    assert (tmp_path / "out.txt").read_text() == "2 1\ncaf\N{REPLACEMENT CHARACTER} 1\nking 2\n"


def text(name: str, content: str | bytes) -> Callable[[Path], object]:
    data = content.encode() if isinstance(content, str) else content
    return lambda folder: (folder / name).write_bytes(data)


def folder_of_texts(folder: Path) -> None:
    (folder / "in.txt").write_text(TEXT)
    (folder / "texts").mkdir()
    (folder / "texts" / "a").write_text("a text")


GOOD = text("in.txt", TEXT)
SHORT = text("in.txt", "2 3\nking 1 2 3\nqueen 1 2\n")
TWICE = text("in.txt", "3 1\nking 1\nqueen 2\nking 3\n")
PICKLE = text("in.kv", b"\x80\x04K\x01.")
# The words after ``words convert``; what is made before; the exit code and the sentence.
BAD: list[tuple[str, Callable[[Path], object], int, str]] = [
    ("im.txt out.bin", GOOD, 1, "im.txt: no such file or folder; did you mean in.txt?"),
    (
        "in.txt out.csv",
        GOOD,
        2,
        "out.csv: the ending does not tell a format; end it in .txt, .bin, .vec, .glove, each with or without .gz, in nothing "
        "for a folder, or give --to: word2vec, word2vec-binary, glove, vec, folder",
    ),
    (
        "in.txt out.bin --to fasttext",
        GOOD,
        2,
        "--to 'fasttext' is not known; there are: folder, glove, vec, word2vec, word2vec-binary",
    ),
    ("in.txt out --from glov", GOOD, 2, "--from 'glov' is not known; did you mean glove?"),
    ("in.txt out --restrict-vocab 0", GOOD, 2, "--restrict-vocab must be at least 1, got 0"),
    (
        "in.txt out --duplicates last",
        GOOD,
        2,
        "--duplicates 'last' is not known; there are: first, refuse",
    ),
    (
        "- out.bin",
        GOOD,
        1,
        "-: word vectors are read from files alone, not from standard input; name a file",
    ),
    (
        "in.txt -",
        GOOD,
        2,
        "-: word vectors are written to files alone, not to standard output; name a file or a folder",
    ),
    (
        "in.txt .",
        GOOD,
        1,
        ".: something else than word vectors stands there; choose another place",
    ),
    ("in.txt no/out.bin", GOOD, 1, "no/out.bin: the folder no does not exist; make it first"),
    (
        "in.txt texts",
        folder_of_texts,
        1,
        "texts: something else than word vectors stands there; choose another place",
    ),
    (
        "texts out.bin",
        folder_of_texts,
        1,
        "texts: no word vectors; give a folder that `nlpwb words train` made, a static model (model.safetensors and "
        "tokenizer.json), or a file",
    ),
    ("in.txt out.bin", text("in.txt", ""), 1, "in.txt is empty; copy it anew"),
    (
        "in.txt out",
        SHORT,
        1,
        "in.txt: line 3 ('queen') has a vector of length 2 where 3 is expected; correct or remove this line",
    ),
    (
        "in.txt out.bin.gz",
        TWICE,
        1,
        "in.txt: the word 'king' stands twice, at line 2 and at line 4; keep the first with: nlpwb words convert "
        "--duplicates first",
    ),
    (
        "in.kv out.bin",
        PICKLE,
        1,
        "in.kv is a pickle, as gensim's save() writes: reading it would run the code in it; export it where you trust it with: "
        "from gensim.models import KeyedVectors; KeyedVectors.load(FILE).save_word2vec_format('vectors.bin', binary=True)",
    ),
]


@pytest.mark.parametrize(("words", "make", "code", "sentence"), BAD, ids=[bad[0] for bad in BAD])
def test_a_mistake_is_one_sentence_and_nothing_is_written(
    typed: Typed,
    tmp_path: Path,
    words: str,
    make: Callable[[Path], object],
    code: int,
    sentence: str,
) -> None:
    make(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    ended = typed("words", "convert", *shlex.split(words))
    assert (ended.code, ended.out, ended.err) == (code, "", f"nlpwb: {sentence}\n")
    assert sorted(tmp_path.rglob("*")) == before


def test_the_formats_offered_are_those_that_there_are() -> None:
    """The command line may not import numpy to build its help, and so names them once more."""
    from nlpwb.cli.words import convert
    from nlpwb.vectors.formats import recognise
    from nlpwb.vectors.formats.words import DUPLICATES, ENCODING_ERRORS

    assert convert.READ == recognise.READ
    assert convert.WRITTEN == recognise.WRITTEN
    assert tuple(ENCODING_ERRORS) == convert.ENCODING_ERRORS
    assert convert.DUPLICATES == DUPLICATES
