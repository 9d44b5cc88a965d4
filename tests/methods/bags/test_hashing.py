"""Hashes of n-grams: right to the ends of documents, equal for equal n-grams, spread, and of any order only their own."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from nlpwb.methods.bags.hashing import hashed_ngrams, roll, to_buckets

BUCKETS = 1 << 20


def rows_of(ids: list[list[int]], longest: int, width: int) -> list[list[int]]:
    """The rows of each document's n-grams, from a batch padded to ``width``."""
    padded = torch.tensor([document + [0] * (width - len(document)) for document in ids])
    lengths = torch.tensor([len(document) for document in ids])
    rows, real = hashed_ngrams(padded, lengths, longest, BUCKETS)
    return [row[is_real].tolist() for row, is_real in zip(rows, real, strict=True)]


def one(ngram: list[int]) -> int:
    """The row of one n-gram, word after word."""
    tensor = torch.tensor(ngram)
    hashes = tensor[:1]
    for word in tensor[1:]:
        hashes = roll(hashes, word)
    return int(to_buckets(hashes, BUCKETS))


def test_ngrams_end_with_the_document() -> None:
    """Three words have two pairs and one triple; two have one pair; one has none. None holds padding."""
    first, second, third = rows_of([[5, 6, 7], [5, 6], [5]], longest=3, width=5)
    assert first == [one([5, 6]), one([6, 7]), one([5, 6, 7])]
    assert second == [one([5, 6])]
    assert third == []


def test_documents_shorter_than_the_ngram() -> None:
    """A batch of single words has no n-grams at all."""
    assert rows_of([[5], [6]], longest=3, width=1) == [[], []]


@given(
    st.lists(st.lists(st.integers(1, 99), min_size=1, max_size=6), min_size=1, max_size=4),
    st.integers(1, 4),
    st.integers(0, 3),
)
def test_every_ngram_of_every_document(ids: list[list[int]], longest: int, extra: int) -> None:
    """As a loop over slices finds them, whatever the padding."""
    width = max(map(len, ids)) + extra
    expected = [
        [one(doc[i : i + n]) for n in range(2, longest + 1) for i in range(len(doc) - n + 1)]
        for doc in ids
    ]
    assert rows_of(ids, longest, width) == expected


def test_order_counts() -> None:
    """ "not good" and "good not" are two pairs."""
    assert one([5, 6]) != one([6, 5])


def test_pairs_spread_over_the_buckets() -> None:
    """250,000 pairs of neighbouring numbers, the worst ids for a weak hash, fill buckets as chance does: by
    Poisson's law with mean 1/4, 77.9 % of them stay empty and none has very many."""
    left, right = torch.meshgrid(torch.arange(512), torch.arange(512), indexing="ij")
    rows = to_buckets(roll(left.flatten(), right.flatten()), BUCKETS)
    assert rows.min() >= 0
    counts = torch.bincount(rows, minlength=BUCKETS)
    assert abs((counts == 0).double().mean().item() - 0.7788) < 0.003
    assert counts.max() < 10


def test_large_ids_wrap_without_an_error() -> None:
    """Sums and products over 64 bits are part of the hash."""
    assert 0 <= one([2**31 - 1] * 5) < BUCKETS
