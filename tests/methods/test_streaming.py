"""Memory follows the matrix: a stream of texts is read a little ahead of the work, and let go behind it."""

from __future__ import annotations

import weakref
from collections.abc import Iterator

import pytest

from nlpwb.methods.vectorizers import chunks
from nlpwb.methods.vectorizers.chunks import chunked, map_chunks
from nlpwb.methods.vectorizers.model import HashingModel, VectorizerModel
from nlpwb.specs import parse_spec


class Text(str):
    """A text of which one can see whether it is still held."""


class Stream:
    """Gives texts, and remembers how many it gave and how many of them were alive at most."""

    def __init__(self, length: int) -> None:
        self.length = length
        self.given = 0
        self.most = 0
        self.alive: weakref.WeakSet[Text] = weakref.WeakSet()

    def __iter__(self) -> Iterator[Text]:
        for number in range(self.length):
            text = Text(f"word{number % 7} word{number % 11} and number {number}")
            self.alive.add(text)
            self.given += 1
            self.most = max(self.most, len(self.alive))
            yield text
            del text


def test_chunks_are_cut_by_characters_and_by_documents() -> None:
    """Each text counts 16 characters more than it has, so that a million empty ones are no single chunk."""
    assert list(chunked(["a" * 4] * 5, characters=40, documents=99)) == [
        ["aaaa"] * 2,
        ["aaaa"] * 2,
        ["aaaa"],
    ]
    assert list(chunked([""] * 5, characters=10**6, documents=2)) == [[""] * 2, [""] * 2, [""]]
    assert list(chunked([])) == []


def test_a_stream_is_read_at_most_two_chunks_ahead() -> None:
    stream = Stream(100)
    done = 0
    for size in map_chunks(len, chunked(stream, documents=5), threads=1):
        done += size
        assert stream.given <= done + 2 * 5
    assert done == 100


def test_processes_are_given_at_most_two_chunks_each_ahead() -> None:
    """With two processes four chunks wait, one is being yielded, and one is being read."""
    stream = Stream(100)
    done = 0
    for size in map_chunks(len, chunked(stream, documents=5), threads=2):
        done += size
        assert stream.given <= done + 5 * 5
    assert done == 100


@pytest.mark.parametrize("spec", ["bow", "tfidf:ngrams=1-2", "hashing", "bow:analyzer=char"])
def test_texts_are_let_go_while_others_are_counted(
    spec: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 500 texts in chunks of 10 never more than five chunks are alive, in fitting and in use."""
    monkeypatch.setattr(chunks, "CHUNK_DOCUMENTS", 10)
    method = HashingModel if spec == "hashing" else VectorizerModel
    fitted, used = Stream(500), Stream(500)
    model, matrix = method.fit(parse_spec(spec).representation.config, fitted)
    again = model.transform(used)
    assert matrix.shape[0] == again.shape[0] == 500
    assert fitted.most <= 50
    assert used.most <= 50
    assert not fitted.alive
    assert not used.alive
