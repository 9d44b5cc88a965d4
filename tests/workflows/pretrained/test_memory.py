"""Vectors of texts are made once, and found again by whoever asks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray

from nlpwb.cache.store import Cache
from nlpwb.workflows.pretrained.memory import KIND, TextVectors, hashes_of


class Encoder:
    """A vector of a text is its length and its first character's number; counts what it was asked."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    def __call__(self, texts: list[str]) -> NDArray[np.float32]:
        self.asked.append(texts)
        return np.array([[len(text), ord(text[0])] for text in texts], dtype=np.float32)


@pytest.fixture
def memory(tmp_path: Path) -> Callable[..., TextVectors]:
    return lambda **more: TextVectors(Cache(tmp_path), {"base": "a", **more})


def test_a_text_is_encoded_once(memory: Callable[..., TextVectors]) -> None:
    """Twice in a list, in a later list, by another object: always the first answer, in the order of the question."""
    encoder = Encoder()
    first, _ = memory().of(["bb", "a", "bb"], encoder)
    assert first.tolist() == [[2, 98], [1, 97], [2, 98]]
    second, _ = memory().of(["ccc", "a", "bb", "a"], encoder)
    assert second.tolist() == [[3, 99], [1, 97], [2, 98], [1, 97]]
    assert encoder.asked == [["bb", "a"], ["ccc"]]
    third, _ = memory().of(["a", "ccc"], encoder)
    assert third.tolist() == [[1, 97], [3, 99]]
    assert len(encoder.asked) == 2


def test_another_encoder_has_vectors_of_its_own(memory: Callable[..., TextVectors]) -> None:
    encoder = Encoder()
    memory().of(["a"], encoder)
    memory(longest=7).of(["a"], encoder)
    assert encoder.asked == [["a"], ["a"]]


def test_what_was_found_tells_its_price(
    memory: Callable[..., TextVectors], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eight seconds for four texts: two of them cost four, and what is made now costs nothing of before."""
    ticks = iter([0.0, 8.0, 0.0, 1.0])
    clock = SimpleNamespace(perf_counter=lambda: next(ticks))
    monkeypatch.setattr("nlpwb.workflows.pretrained.memory.time", clock)
    _, spent = memory().of(["a", "b", "c", "d"], Encoder())
    assert spent == 0
    _, spent = memory().of(["a", "b", "b", "e"], Encoder())
    assert spent == pytest.approx(4)


def test_a_damaged_part_is_made_anew(tmp_path: Path) -> None:
    told: list[str] = []
    encoder = Encoder()
    memory = TextVectors(Cache(tmp_path, warn=told.append), {"base": "a"})
    memory.of(["a", "b"], encoder)
    (path,) = (tmp_path / KIND).glob("*/vectors.npy")
    path.write_bytes(path.read_bytes()[:-4])
    found, _ = memory.of(["a", "b"], encoder)
    assert found.tolist() == [[1, 97], [1, 98]]
    assert len(encoder.asked) == 2
    assert "vectors.npy" in told[0]


def test_nothing_is_left_of_what_failed(memory: Callable[..., TextVectors], tmp_path: Path) -> None:
    def fail(texts: list[str]) -> NDArray[np.float32]:
        raise MemoryError

    with pytest.raises(MemoryError):
        memory().of(["a"], fail)
    assert not list(tmp_path.glob(f"{KIND}/*"))


def test_hashes_tell_texts_apart() -> None:
    """Also texts that hold half a character, which a file of strangers may."""
    texts = ["", " ", "a", "b", "ab", "\ud800", "é", "e\u0301"]
    hashes = hashes_of(texts)
    assert hashes.shape == (8, 2)
    assert len(np.unique(hashes, axis=0)) == 8
    np.testing.assert_array_equal(hashes, hashes_of(texts))
