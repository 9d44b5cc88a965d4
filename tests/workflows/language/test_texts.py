"""What a language model reads: running text whole, documents apart; nothing is lost in cutting, counting or dividing."""

from __future__ import annotations

import io
import os
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpwb.data.corpus import ReadOptions
from nlpwb.errors import InputError
from nlpwb.workflows.language.texts import Texts, pieces_of, read_texts, split_at

PLAIN = ReadOptions()
STORY = "A line.\n\n\n  Another, after a gap.\nÜber 😀\n"


def running(*pieces: str) -> Texts:
    return Texts(list(pieces), running=True, name="story")


@given(st.text(alphabet="ab \n\r\t\x0bü😀\u2028", max_size=60))
def test_the_pieces_of_a_running_text_are_the_text(text: str) -> None:
    """Each ends behind a run of line breaks, and nowhere else; a piece is never empty."""
    pieces = pieces_of(text)
    assert "".join(pieces) == text
    assert all(pieces)
    assert all(piece.endswith("\n") for piece in pieces[:-1])
    assert all("\n" not in piece.rstrip("\n") for piece in pieces)
    assert not any(piece.startswith("\n") for piece in pieces[1:])


def test_a_plain_file_is_a_running_text(tmp_path: Path) -> None:
    """Gaps and spaces are part of it, and so is the line break at its end."""
    path = tmp_path / "story.txt"
    path.write_text(STORY, encoding="utf-8")
    texts = read_texts(str(path), PLAIN)
    assert texts.running
    assert texts.name == "story.txt"
    assert texts.pieces == ["A line.\n\n\n", "  Another, after a gap.\n", "Über 😀\n"]
    assert sum(texts.bytes_of) == len(STORY.encode())


def test_a_part_of_a_text_and_a_file_of_it_are_the_same(tmp_path: Path) -> None:
    """A comparison divides one file, ``train`` and ``evaluate`` are given two: the figures differed by a line break."""
    (tmp_path / "all.txt").write_text("aa\nbb\ncc\ndd\n")
    (tmp_path / "first.txt").write_text("aa\nbb\n")
    (tmp_path / "last.txt").write_text("cc\ndd\n")
    parts = split_at(read_texts(str(tmp_path / "all.txt"), PLAIN), 0.5)
    files = [read_texts(str(tmp_path / name), PLAIN) for name in ("first.txt", "last.txt")]
    assert [part.pieces for part in parts] == [file.pieces for file in files]


def test_a_pipe_gives_what_the_file_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blank lines are text: a model was judged on another one when it came through standard input."""
    path = tmp_path / "story.txt"
    path.write_text(STORY, encoding="utf-8")
    from_file = read_texts(str(path), PLAIN)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(STORY.encode())))
    piped = read_texts("-", PLAIN)
    assert (piped.pieces, piped.running) == (from_file.pieces, True)

    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=(STORY,), kwargs={"encoding": "utf-8"})
    writer.start()
    named = read_texts(str(pipe), PLAIN)  # <(command) of a shell; it can be opened once
    writer.join()
    assert named.pieces == from_file.pieces


def test_documents_of_a_table_stand_apart(tmp_path: Path) -> None:
    """Their ends count as a byte each, as line breaks do in a running text; labels are not looked at."""
    path = tmp_path / "reviews.csv"
    path.write_text('text,label\nfine,yes\n"two\n\nlines",no\nü,yes\n', encoding="utf-8")
    texts = read_texts(str(path), PLAIN)
    assert not texts.running
    assert texts.pieces == ["fine", "two\n\nlines", "ü"]
    assert texts.bytes_of == [5, 11, 3]
    assert len(texts) == 3
    (tmp_path / "reviews.jsonl").write_text('{"text": "a\\nb"}\n{"text": "c"}\n')
    assert read_texts(str(tmp_path / "reviews.jsonl"), PLAIN).pieces == ["a\nb", "c"]


def test_rows_that_are_left_out_are_told(tmp_path: Path) -> None:
    """A model would be judged on less than was given, and nobody would know."""
    path = tmp_path / "texts.jsonl"
    path.write_text('{"text": "a"}\nno object\n{"text": "c"}\n')
    texts = read_texts(str(path), ReadOptions(skip_bad_rows=True))
    assert texts.pieces == ["a", "c"]
    assert any("1 bad row" in note for note in texts.notes), texts.notes
    with pytest.raises(InputError):
        read_texts(str(path), PLAIN)


def test_the_fingerprint_is_of_the_bytes(tmp_path: Path) -> None:
    found = []
    for name, text in (("a.txt", "one\n"), ("b.txt", "one\n"), ("c.txt", "two\n")):
        (tmp_path / name).write_text(text)
        found.append(read_texts(str(tmp_path / name), PLAIN).fingerprint)
    assert found[0] == found[1] != found[2]


@pytest.mark.parametrize("content", ["\n", " \n\t\n"])
def test_a_file_without_text_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "blank.txt"
    path.write_text(content)
    with pytest.raises(InputError):
        read_texts(str(path), PLAIN)


@given(sizes=st.lists(st.integers(0, 30), min_size=2, max_size=40), share=st.floats(0.001, 0.9))
def test_a_text_is_divided_where_its_bytes_say(sizes: list[int], share: float) -> None:
    """The end has the share at least, and without its first piece less; both have a piece; joined they are the text."""
    texts = Texts(["x" * size for size in sizes], running=False)
    first, last = split_at(texts, share)
    assert first.pieces + last.pieces == texts.pieces
    assert len(first) >= 1
    assert len(last) >= 1
    wanted = share * sum(texts.bytes_of)
    assert sum(last.bytes_of) >= wanted or len(first) == 1
    assert sum(last.bytes_of[1:]) < wanted


def test_half_of_four_is_two() -> None:
    first, last = split_at(running("aa\n", "bb\n", "cc\n", "dd\n"), 0.5)
    assert (first.pieces, last.pieces) == (["aa\n", "bb\n"], ["cc\n", "dd\n"])
    assert first.running
    assert last.name == "story"


def test_a_single_piece_cannot_be_divided() -> None:
    with pytest.raises(InputError, match="story has one document only, and it cannot be divided"):
        split_at(running("all of it"), 0.1)
