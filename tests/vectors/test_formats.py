"""Formats of other programs: what is read is what was written, and gensim reads the same."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpwb.errors import InputError, UsageError
from nlpwb.vectors.files import read_vectors, write_vectors
from nlpwb.vectors.formats.opening import open_rows, write_rows
from nlpwb.vectors.formats.recognise import open_file, target_format
from nlpwb.vectors.formats.rows import collect
from nlpwb.vectors.formats.words import Reading
from nlpwb.vectors.table import Subwords, WordVectors

FILES = (
    "a.txt",
    "a.bin",
    "a.vec",
    "a.glove",
    "a.txt.gz",
    "a.bin.gz",
    "a.vec.gz",
    "a.glove.gz",
    "a",
)
GIVEN = {"txt": "word2vec", "bin": "word2vec-binary", "vec": "vec", "glove": "glove"}
# White space of ASCII ends a word in these formats; U+00A0, U+0085 and U+2028 are parts of words that fastText made.
WORD = st.one_of(
    st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters=" \t\n\v\f\r\0"),
        min_size=1,
        max_size=8,
    ),
    st.sampled_from(["\xa0", "\x85", "a\u2028b", "e\u0301", "10", "3.5", "nan", "-", "</s>", "\ufeffx", "👩‍🚀"]),
)  # fmt: skip
NUMBER = st.floats(width=32, allow_nan=False, allow_infinity=False)


@st.composite
def tables(draw: st.DrawFn) -> WordVectors:
    """A few odd words, a few numbers each."""
    words = draw(st.lists(WORD, min_size=1, max_size=5, unique=True))
    dim = draw(st.integers(1, 4))
    rows = draw(
        st.lists(
            st.lists(NUMBER, min_size=dim, max_size=dim), min_size=len(words), max_size=len(words)
        )
    )
    return WordVectors(words=words, vectors=np.array(rows, dtype=np.float32))


def given_format(name: str) -> str | None:
    return next((GIVEN[part] for part in name.split(".")[1:] if part in GIVEN), None)


@settings(max_examples=30, deadline=None)
@given(tables(), st.sampled_from(FILES), st.sampled_from(FILES))
def test_a_table_goes_through_any_two_formats_and_stays_what_it_is(
    tmp_path_factory: pytest.TempPathFactory, table: WordVectors, first: str, second: str
) -> None:
    """A word cut at a strange space, or a number rounded, would be found here."""
    folder = tmp_path_factory.mktemp("formats")
    (folder / "1").mkdir()
    (folder / "2").mkdir()
    write_vectors(folder / "1" / first, table)
    with open_rows(folder / "1" / first, given=given_format(first)) as rows:
        write_rows(folder / "2" / second, rows, to=target_format(folder / "2" / second, None))
    with open_rows(folder / "2" / second, given=given_format(second)) as rows:
        found = collect(rows)
    assert list(found.words) == list(table.words)
    assert found.vectors.tobytes() == table.vectors.tobytes()


@pytest.mark.parametrize("name", FILES)
def test_each_format_is_told_by_its_first_bytes(tmp_path: Path, name: str) -> None:
    """Two words of three numbers, under a name that says nothing or the wrong thing."""
    table = WordVectors(["king", "queen"], np.array([[1, 2.5, -3], [0.1, 1e-5, 0]], np.float32))
    write_vectors(tmp_path / name, table)
    for alias in ("vectors", "vectors.bin", "vectors.txt"):
        (tmp_path / name).rename(tmp_path / alias)
        found = read_vectors(tmp_path / alias)
        assert (found.words, found.vectors.tolist()) == (table.words, table.vectors.tolist())
        (tmp_path / alias).rename(tmp_path / name)


def test_text_is_as_short_as_it_can_be_read_back(tmp_path: Path) -> None:
    write_vectors(
        tmp_path / "a.txt", WordVectors(["king"], np.array([[0.1, -2, 1e-5]], np.float32))
    )
    assert (tmp_path / "a.txt").read_text() == "1 3\nking 0.1 -2 1e-05\n"


def test_the_same_vectors_give_the_same_packed_bytes(tmp_path: Path) -> None:
    """A time or a name in the gzip header would make a build that is not reproducible."""
    table = WordVectors(["king"], np.array([[1.0, 2.0]], np.float32))
    for name in ("a.txt.gz", "b.txt.gz"):
        write_vectors(tmp_path / name, table)
    assert (tmp_path / "a.txt.gz").read_bytes() == (tmp_path / "b.txt.gz").read_bytes()


@pytest.mark.parametrize("name", FILES[:-1])
def test_gensim_reads_what_we_write(tmp_path: Path, name: str) -> None:
    """Enough rows for several blocks of every reader and writer, and for a table that has to grow where nothing says its size."""
    from gensim.models import KeyedVectors

    rows = np.random.default_rng(0).normal(size=(9000, 7)).astype(np.float32)
    words = [f"wörd{number}" for number in range(9000)]
    write_vectors(tmp_path / name, WordVectors(words, rows))
    found = KeyedVectors.load_word2vec_format(
        str(tmp_path / name), binary="bin" in name, no_header="glove" in name
    )
    assert found.index_to_key == words
    assert found.vectors.tobytes() == rows.tobytes()
    ours = read_vectors(tmp_path / name)
    assert ours.words == words
    assert ours.vectors.tobytes() == rows.tobytes()


@pytest.mark.parametrize(
    ("name", "binary", "no_header"),
    [
        ("euclidean_vectors.bin", True, False),
        ("test_glove.txt", False, True),
        ("crime-and-punishment.vec", False, False),
    ],
)
def test_real_files_are_read_as_gensim_reads_them(
    shared_data: Path, name: str, binary: bool, no_header: bool
) -> None:
    from gensim.models import KeyedVectors

    path = shared_data / "models" / "embeddings" / name
    theirs = KeyedVectors.load_word2vec_format(str(path), binary=binary, no_header=no_header)
    ours = read_vectors(path)
    assert list(ours.words) == theirs.index_to_key
    assert ours.vectors.tobytes() == theirs.vectors.tobytes()


def test_the_original_programs_line_end_after_each_vector_is_no_part_of_a_word(
    tmp_path: Path,
) -> None:
    one, two = np.float32([1, 2]).tobytes(), np.float32([3, 4]).tobytes()
    (tmp_path / "a.bin").write_bytes(b"2 2\nking " + one + b"\nqueen " + two + b"\n")
    found = read_vectors(tmp_path / "a.bin")
    assert (found.words, found.vectors.tolist()) == (["king", "queen"], [[1, 2], [3, 4]])


@pytest.mark.parametrize(
    "text",
    [
        "2 2\r\nking 1 2\r\nqueen 3 4\r\n",
        "2 2\nking\t1\t2\nqueen\t3\t4\n",
        "2 2 \nking 1 2 \nqueen  3 4",
        "2\t2\nking 1.0 2.0\nqueen 3.0 4.0\n\n\n",
        "king 1 2\nqueen 3 4\n",
    ],
    ids=["CRLF", "tabs", "spaces", "blank lines at the end", "no header"],
)
def test_text_as_it_comes(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.txt").write_bytes(text.encode())
    found = read_vectors(tmp_path / "a.txt")
    assert (found.words, found.vectors.tolist()) == (["king", "queen"], [[1, 2], [3, 4]])


def test_glove_words_with_spaces_are_read_and_go_where_spaces_may_stand(tmp_path: Path) -> None:
    """GloVe's 840 billion words have ". . ." and "at name@domain.com"; a text of ours cannot hold them again."""
    (tmp_path / "a.txt").write_text("the 1 2\n. . . 3 4\nat name@domain.com 5 6\n")
    found = read_vectors(tmp_path / "a.txt")
    assert found.words == ["the", ". . .", "at name@domain.com"]
    assert found.vectors.tolist() == [[1, 2], [3, 4], [5, 6]]
    write_vectors(tmp_path / "folder", found)
    assert read_vectors(tmp_path / "folder").words == found.words
    for name in ("b.txt", "b.bin", "b.vec.gz"):
        with pytest.raises(InputError, match=r"cannot hold the word '\. \. \.', in which white"):
            write_vectors(tmp_path / name, found)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.txt", "folder"]


@pytest.mark.parametrize(
    ("word", "why"),
    [("", "an empty word"), ("a\nb", "white space"), ("\ud83d", "no Unicode text"), ("a\0", "white")],
)  # fmt: skip
@pytest.mark.parametrize("name", ["a.txt", "a.bin", "a.glove.gz"])
def test_words_that_no_reader_would_find_again_are_refused(
    tmp_path: Path, word: str, why: str, name: str
) -> None:
    table = WordVectors(["fine", word], np.ones((2, 2), np.float32))
    with pytest.raises(InputError, match=why):
        write_vectors(tmp_path / name, table)
    assert not list(tmp_path.iterdir())


def test_the_first_of_words_that_come_twice_can_be_kept(tmp_path: Path) -> None:
    """The number of words in the header is known at the end only; the rows must not shift."""
    (tmp_path / "a.txt").write_text("5 1\nking 1\nking 2\nqueen 3\nking 4\nman 5\n")
    with open_rows(tmp_path / "a.txt", reading=Reading(duplicates="first")) as rows:
        assert write_rows(tmp_path / "b.txt", rows, to="word2vec") == 3
        assert rows.dropped == 2
    assert (tmp_path / "b.txt").read_text() == "3 1\nking 1\nqueen 3\nman 5\n"


def test_words_that_are_not_utf8_can_be_replaced(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"2 1\ncaf\xe9 1\nking 2\n")
    with open_rows(tmp_path / "a.txt", reading=Reading("replace")) as rows:
        assert collect(rows).words == ["caf\N{REPLACEMENT CHARACTER}", "king"]
    with open_rows(tmp_path / "a.txt", reading=Reading("escape")) as rows:
        assert collect(rows).words == ["caf\\xe9", "king"]
        assert rows.source.broken == 1


def test_a_limit_takes_the_first_rows_and_what_they_have(tmp_path: Path) -> None:
    """Counts belong to their words; a header must promise what follows it."""
    table = WordVectors(["a", "b", "c"], np.eye(3, dtype=np.float32), np.array([5, 4, 3]))
    write_vectors(tmp_path / "f", table)
    with open_rows(tmp_path / "f") as rows:
        write_rows(tmp_path / "g", rows, to="folder", limit=2)
    found = read_vectors(tmp_path / "g")
    assert found.words == ["a", "b"]
    assert found.counts is not None
    assert found.counts.tolist() == [5, 4]
    for name in ("f", "a.txt"):
        if name == "a.txt":
            write_vectors(tmp_path / name, table)
        with open_rows(tmp_path / name) as rows:
            write_rows(tmp_path / "b.txt", rows, to="word2vec", limit=2)
        assert (tmp_path / "b.txt").read_text() == "2 3\na 1 0 0\nb 0 1 0\n"


def test_normalizing_leaves_a_row_of_zeros_alone(tmp_path: Path) -> None:
    table = WordVectors(["a", "b"], np.array([[3, 4], [0, 0]], np.float32))
    write_vectors(tmp_path / "a.txt", table)
    with open_rows(tmp_path / "a.txt") as rows:
        write_rows(tmp_path / "b.txt", rows, to="word2vec", normalize=True)
    assert (tmp_path / "b.txt").read_text() == "2 2\na 0.6 0.8\nb 0 0\n"


def test_a_file_may_be_converted_onto_itself(tmp_path: Path) -> None:
    """It is read to its end before the new one takes its place."""
    table = WordVectors(["a", "b"], np.array([[3, 4], [5, 6]], np.float32))
    write_vectors(tmp_path / "a.txt", table)
    with open_rows(tmp_path / "a.txt") as rows:
        write_rows(tmp_path / "a.txt", rows, to="word2vec-binary")
    assert read_vectors(tmp_path / "a.txt").vectors.tolist() == [[3, 4], [5, 6]]


def test_subwords_go_into_a_folder_and_come_back(tmp_path: Path) -> None:
    """Of a pruned table too; the vector of an unknown word is the mean of its slots."""
    for rows in (None, {5: 1, 9: 0}):
        held = Subwords(
            np.array([[1, 2], [3, 4]], np.float32), 3, 4, rows, 2 if rows is None else 10
        )
        table = WordVectors(["a"], np.ones((1, 2), np.float32), np.array([1]), held)
        write_vectors(tmp_path / "f", table)
        found = read_vectors(tmp_path / "f").subwords
        assert found is not None
        assert found.table.tolist() == held.table.tolist()
        assert (found.rows, found.shortest, found.longest) == (rows, 3, 4)
        assert found.numbers("word") == held.numbers("word")


def test_no_more_room_is_made_than_a_file_can_fill(tmp_path: Path) -> None:
    """A header of a few bytes must not be able to ask for terabytes."""
    (tmp_path / "a.bin").write_bytes(b"1000000000000 2\nking " + bytes(8))
    with open_rows(tmp_path / "a.bin") as rows:
        assert rows.room == 2
    (tmp_path / "a.txt").write_bytes(b"1000000000000 2\nking 1 2\n")
    with open_rows(tmp_path / "a.txt") as rows:
        assert rows.room == 2
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(b"1000000000000 2\nking 1 2\n"))
    with open_rows(tmp_path / "a.txt.gz") as rows:
        assert rows.room is None


@pytest.mark.parametrize(
    ("name", "format"),
    [("a.txt", "word2vec"), ("a.bin.gz", "word2vec-binary"), ("a.VEC", "vec"), ("a", "folder"),
     ("wiki.vectors", "folder"), ("a.glove", "glove")],
)  # fmt: skip
def test_an_ending_tells_what_to_write(name: str, format: str) -> None:
    assert target_format(Path(name), None) == format
    assert target_format(Path(name), "glove") == "glove"


@pytest.mark.parametrize("name", ["a.csv", "a.gz", "a.npy", "a.vectors.gz"])
def test_an_ending_that_tells_nothing_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match=r"does not tell a format; end it in \.txt, \.bin, \.vec"):
        target_format(Path(name), None)


def test_a_packed_file_is_known_by_its_bytes_and_not_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(gzip.compress(b"1 2\nking 1 2\n"))
    with open_file(tmp_path / "a.txt") as opened:
        pass
    assert (opened.format, opened.words, opened.dimensions) == ("word2vec", 1, 2)
