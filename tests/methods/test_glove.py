"""GloVe: a step against the paper's gradient, every pair once, and what comes out."""

from __future__ import annotations

import itertools
import threading
import time
from typing import Any

import numpy as np
import pytest

from nlpwb.errors import MethodError
from nlpwb.methods.embeddings import glove
from nlpwb.methods.embeddings.cooccurrence import Cooccurrences, cooccurrences, harmonic
from nlpwb.methods.embeddings.encoding import EncodedCorpus, encode
from nlpwb.methods.embeddings.glove import (
    epoch_of,
    group_size,
    in_chunks,
    in_tiles,
    start,
    train_glove,
)
from nlpwb.methods.embeddings.training import train_word_vectors
from nlpwb.text.words import words
from tests.methods.embedding import TOPICS, config, corpus

DOCUMENTS = [words(text) for text in corpus()[0]]


def encoded() -> EncodedCorpus:
    return encode(DOCUMENTS, min_count=2)


def step_by_hand(
    w: Any, c: Any, bias: float, other: float, x: float, options: Any
) -> tuple[Any, Any, float, float, float]:
    """AdaGrad's first step on ``f(x) (w·c + b + b' - log x)² / 2`` where all sums of squares are 1, in float64."""
    weight = min(1.0, (x / options.x_max) ** options.alpha)
    error = w @ c + bias + other - np.log(x)
    step = options.learning_rate * weight * error
    return w - step * c, c - step * w, bias - step, other - step, weight * error**2 / 2


@pytest.mark.parametrize("x", [0.5, 4.0, 10.0, 70.0])
def test_one_step_is_the_papers(x: float) -> None:
    """Below x_max, at it and above it; one pair of two words, taken in both its orders."""
    options = config("glove:dim=5")
    generator = np.random.default_rng(3)
    W, C = start(2, 5, generator), start(2, 5, generator)
    W.vectors[:, 0] *= 5
    before = [table.astype(np.float64) for table in (W.vectors, C.vectors, W.biases, C.biases)]
    pairs = Cooccurrences(
        2, np.array([0], np.int32), np.array([1], np.int32), np.array([x], np.float32)
    )
    loss = epoch_of(in_tiles(pairs), W, C, order=np.array([0]), seed=1, config=options, threads=1)
    w, c, wb, cb = before
    losses = []
    for i, j in ((0, 1), (1, 0)):  # the two orders share no parameter
        new = step_by_hand(w[i, 0], c[j, 0], wb[i, 0], cb[j, 0], x, options)
        np.testing.assert_allclose(W.vectors[i, 0], new[0], rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(C.vectors[j, 0], new[1], rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose([W.biases[i, 0], C.biases[j, 0]], new[2:4], rtol=1e-4)
        gradient = (w[i, 0] - new[0]) / options.learning_rate
        np.testing.assert_allclose(W.vectors[i, 1], 1 + gradient**2, rtol=1e-4)
        losses.append(new[4])
    assert loss == pytest.approx(np.mean(losses), rel=1e-4)


def test_adagrad_shortens_the_second_step() -> None:
    """A rate of 0.05 over the root of 1 + g², not of 1."""
    options = config("glove:dim=1,x_max=1")
    W, C = start(2, 1, np.random.default_rng(0)), start(2, 1, np.random.default_rng(1))
    for table in (W, C):
        table.vectors[:, 0] = 2.0
        table.biases[:, 0] = 0.0
    pairs = Cooccurrences(
        2, np.array([0], np.int32), np.array([1], np.int32), np.array([1.0], np.float32)
    )
    value, squares = 2.0, 1.0
    bias, bias_squares = 0.0, 1.0
    for number in range(3):
        epoch_of(in_tiles(pairs), W, C, order=np.array([0]), seed=number, config=options, threads=1)
        error = value * value + 2 * bias
        gradient = error * value
        value, squares = value - 0.05 * gradient / np.sqrt(squares), squares + gradient**2
        bias, bias_squares = bias - 0.05 * error / np.sqrt(bias_squares), bias_squares + error**2
        assert W.vectors[0, 0, 0] == pytest.approx(value, rel=1e-4)
        assert C.biases[1, 0] == pytest.approx(bias, rel=1e-4)


@pytest.mark.parametrize("group", [1, 3, 512])
def test_every_pair_stands_in_one_tile(group: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tiles of any size hold all pairs, and the pairs of one tile are of two groups."""
    monkeypatch.setattr(glove, "GROUP", group)
    pairs = cooccurrences(encoded(), harmonic(10))
    tiles = in_tiles(pairs)
    kept = set(zip(tiles.rows.tolist(), tiles.columns.tolist(), tiles.values.tolist(), strict=True))
    assert kept == set(
        zip(pairs.rows.tolist(), pairs.columns.tolist(), pairs.values.tolist(), strict=True)
    )
    assert tiles.bounds[0] == 0
    assert tiles.bounds[-1] == len(pairs)
    size = min(group, -(-pairs.words // 16))
    for first, last in zip(tiles.bounds[:-1], tiles.bounds[1:], strict=True):
        assert len(np.unique(tiles.rows[first:last] // size)) == 1
        assert len(np.unique(tiles.columns[first:last] // size)) == 1


def test_the_table_of_tiles_stays_small() -> None:
    """A 16th of a small vocabulary, then 512 words up to a million of them, then a 2000th: never 2000 x 2000 tiles and more."""
    sizes = [1, 100, 8192, 10_000, 1_000_000, 1_024_001, 1 << 25]
    assert [group_size(words) for words in sizes] == [1, 7, 512, 512, 512, 513, 16_778]
    assert all(-(-words // group_size(words)) <= 2000 for words in sizes)


@pytest.mark.parametrize("threads", [1, 3])
def test_chunks_are_the_order_in_pieces(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """One thread takes the tiles as they were ordered; several find enough chunks, none far larger than the others."""
    monkeypatch.setattr(glove, "GROUP", 1)
    tiles = in_tiles(cooccurrences(encoded(), harmonic(10)))
    order = np.random.default_rng(0).permutation(len(tiles.bounds) - 1)
    chunks = in_chunks(tiles, order, dim=10, threads=threads)
    assert np.concatenate(chunks).tolist() == order.tolist()
    assert len(chunks) >= 10 * threads
    sizes = np.diff(tiles.bounds)
    usual = len(tiles.values) / (16 * threads)
    assert all(sizes[chunk].sum() <= usual + 2 * sizes.max() for chunk in chunks)


def test_chunks_of_long_vectors_are_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty numbers a chunk, ten to a row: two pairs."""
    monkeypatch.setattr(glove, "_CHUNK", 20)
    words_ = np.arange(160, dtype=np.int32)
    tiles = glove.Tiles(words_, words_, np.ones(160, np.float32), np.arange(161))
    sizes = [len(chunk) for chunk in in_chunks(tiles, np.arange(160), dim=10, threads=1)]
    assert sum(sizes) == 160
    assert max(sizes) == 2


def slow_epoch(monkeypatch: pytest.MonkeyPatch, descend: Any, **options: Any) -> None:
    """An epoch over chunks of one pair, by a stand-in for the loop that is compiled."""
    monkeypatch.setattr(glove, "GROUP", 1)
    monkeypatch.setattr(glove, "_CHUNK", 1)
    monkeypatch.setattr(glove, "_LOOK", 0.01)
    monkeypatch.setattr(glove, "descend", descend)
    tiles = in_tiles(cooccurrences(encoded(), harmonic(10)))
    size = len(encoded().words)
    W, C = (start(size, 3, np.random.default_rng(seed)) for seed in (0, 1))
    order = np.arange(len(tiles.bounds) - 1)
    assert len(order) > 60
    epoch_of(tiles, W, C, order=order, seed=0, config=config("glove:dim=3"), threads=2, **options)


def test_a_failure_in_a_thread_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not lost with its thread, which would leave vectors that were half trained; the other thread ends, too."""
    calls = itertools.count()

    def fails(*_: Any) -> None:
        if next(calls) == 3:
            raise MemoryError("no room")

    before = threading.active_count()
    with pytest.raises(MemoryError, match="no room"):
        slow_epoch(monkeypatch, fails)
    assert threading.active_count() == before


def test_an_interruption_ends_the_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C arrives in the main thread, here while it reports; the workers take no further chunk."""
    calls = []

    def slow(*_: Any) -> None:
        calls.append(1)
        time.sleep(0.05)

    def interrupted(share: float, loss: float) -> None:
        raise KeyboardInterrupt

    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        slow_epoch(monkeypatch, slow, told=interrupted)
    assert threading.active_count() == before
    assert len(calls) < 50


def test_progress_is_told_within_an_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    """The share of the pairs rises to 1; the loss is a mean over the steps so far, NaN before the first."""
    told: list[tuple[float, float]] = []

    def slow(*arguments: Any) -> None:
        time.sleep(0.005)
        bounds, chunk, loss = arguments[3], arguments[4], arguments[-1]
        pairs = np.diff(bounds)[chunk].sum()
        loss[:3] += (3 * pairs, 2 * pairs, pairs)

    slow_epoch(monkeypatch, slow, told=lambda *one: told.append(one))
    shares = [share for share, _ in told]
    assert len(shares) > 2
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert all(loss == pytest.approx(1.5) for share, loss in told if share > 0)
    assert all(np.isnan(loss) for share, loss in told if share == 0)


def test_a_diverged_training_is_an_error() -> None:
    """And not a table of NaN."""
    with pytest.raises(MethodError, match=r"^glove diverged in epoch \d+; lower learning_rate$"):
        train_glove(
            encoded(), config("glove:dim=10,learning_rate=10,x_max=1e-9"), seed=0, threads=1
        )


def test_the_loss_falls_and_is_told() -> None:
    """Told at the end of an epoch at least: its number, the share that is done, the mean loss."""
    told: list[tuple[int, float, float]] = []
    train_glove(
        encoded(),
        config("glove:dim=10,epochs=5"),
        seed=0,
        threads=1,
        progress=lambda *one: told.append(one),
    )
    ends = {epoch: (share, loss) for epoch, share, loss in told}
    assert list(ends) == [0, 1, 2, 3, 4]
    assert [share for share, _ in ends.values()] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    losses = [loss for _, loss in ends.values()]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < losses[0] / 2


@pytest.mark.parametrize("threads", [1, 2])
def test_words_of_one_topic_come_together(threads: int) -> None:
    """Every eighth document mixes the topics: a pair that never occurs is no part of the loss, and drives nothing apart."""
    mixed = [a[:3] + b[:3] for a, b in zip(DOCUMENTS[::2], DOCUMENTS[1::2], strict=True)]
    both = encode([*DOCUMENTS * 4, *mixed], min_count=2)
    vectors = train_glove(both, config("glove:dim=10,epochs=60"), seed=0, threads=threads)
    units = vectors.vectors / np.linalg.norm(vectors.vectors, axis=1, keepdims=True)
    place = {word: units[number] for number, word in enumerate(vectors.words)}
    sea, kitchen = (
        np.array([place[word] for word in TOPICS[topic] if word in place]) for topic in TOPICS
    )
    for own, other in ((sea, kitchen), (kitchen, sea)):
        assert (own @ own.mean(axis=0) > own @ other.mean(axis=0)).all()


def test_one_seed_gives_one_set_of_vectors() -> None:
    """By the road that every trainer is reached by."""
    options = config("glove:dim=8,epochs=3")
    first, same, other = (
        train_word_vectors(DOCUMENTS, options, seed=seed, threads=1) for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first.vectors, same.vectors)
    assert not np.array_equal(first.vectors, other.vectors)
    assert first.vectors.dtype == np.float32
    assert first.vectors.shape == (len(first.words), 8)
    assert first.counts.tolist() == [sum(d.count(w) for d in DOCUMENTS) for w in first.words]


def test_words_that_never_meet_have_vectors_all_the_same() -> None:
    """Documents of one word hold no pair; nothing moves, nothing divides by nothing."""
    vectors = train_glove(
        encode([["a"], ["b"]], min_count=1), config("glove:dim=3,epochs=2"), seed=0, threads=2
    )
    assert vectors.vectors.shape == (2, 3)
    assert np.isfinite(vectors.vectors).all()


def test_no_word_is_left() -> None:
    with pytest.raises(MethodError, match="lower min_count"):
        train_word_vectors([["one", "two"]], config("glove"), seed=0, threads=1)
