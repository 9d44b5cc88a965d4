"""Pieces of text joined to blocks: by bytes alone, in order, and nothing is lost."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nlpwb.workflows.language.blocks import BLOCK_BYTES, Blocks, blocks_of
from nlpwb.workflows.language.model import TextScores


def scores(sizes: list[int], *, seed: int = 0) -> TextScores:
    """Pieces of these bytes; piece i has i + 1 tokens."""
    nats = np.random.default_rng(seed).random(len(sizes))
    return TextScores(nats, np.arange(1, len(sizes) + 1), np.array(sizes, dtype=np.int64))


def bytes_of(sizes: list[int]) -> list[float]:
    return blocks_of(scores(sizes)).bytes.tolist()


def test_a_piece_belongs_to_the_thousand_bytes_in_which_it_begins() -> None:
    """Pieces begin at 0, 600, 1200, 2500, 2600, 3400: blocks of the first two, of one, of two and of the last."""
    sizes = [600, 600, 1300, 100, 800, 1000]
    assert bytes_of(sizes) == [1200, 1300, 900, 1000]
    assert blocks_of(scores(sizes)).tokens.tolist() == [1 + 2, 3, 4 + 5, 6]


def test_what_is_left_at_the_end_joins_the_last_block() -> None:
    """A block of a few bytes would be a unit of the bootstrap like any other."""
    assert bytes_of([1000, 1000, 999]) == [1000, 1999]
    assert bytes_of([1000, 1000, 1000]) == [1000, 1000, 1000]
    assert bytes_of([3, 4]) == [7]
    assert bytes_of([5000, 1]) == [5001]


def test_long_pieces_are_blocks_of_their_own_and_no_block_is_empty() -> None:
    assert bytes_of([9000, 12_000, 1500]) == [9000, 12_000, 1500]


def test_no_pieces_make_no_block() -> None:
    assert bytes_of([]) == []


@given(st.lists(st.integers(0, 4000), min_size=1, max_size=60))
def test_sums_are_kept_and_models_share_their_blocks(sizes: list[int]) -> None:
    """The cuts of two models over one text are the same, whatever their tokens; else they could not be compared by pairs."""
    one, other = scores(sizes), scores(sizes, seed=1)
    found: Blocks = blocks_of(one)
    np.testing.assert_allclose(found.nats.sum(), one.nats.sum())
    assert found.tokens.sum() == one.tokens.sum()
    assert found.bytes.sum() == one.bytes.sum()
    assert found.bytes.tolist() == blocks_of(other).bytes.tolist()
    assert (found.tokens > 0).all()
    assert len(found.bytes) <= 1 + sum(sizes) // BLOCK_BYTES
