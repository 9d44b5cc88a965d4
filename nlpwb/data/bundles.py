"""Rows that must stand on the same side of every split: those of one group, and those with the same text."""

from __future__ import annotations

from dataclasses import dataclass

from nlpwb.data.corpus import Corpus
from nlpwb.data.fingerprint import text_hash


@dataclass(frozen=True)
class Bundle:
    """Rows that belong together (indices, rising), their labels, and a key that does not depend on the order of rows."""

    key: bytes
    rows: list[int]
    labels: list[str]


def bundles(corpus: Corpus) -> list[Bundle]:
    """The rows of a corpus in bundles: two rows are in one when a chain of equal texts and equal groups joins them.

    Without groups these are the sets of duplicates (``text_hash``), most of them of one row.
    """
    texts = [text_hash(text) for text in corpus.texts]
    labels = corpus.labels if corpus.labels is not None else [""] * len(texts)
    leader = list(range(len(texts)))

    def find(i: int) -> int:
        while leader[i] != i:
            leader[i] = leader[leader[i]]
            i = leader[i]
        return i

    first: dict[bytes | str, int] = {}
    for i, text in enumerate(texts):
        leader[find(i)] = find(first.setdefault(text, i))
        if corpus.groups is not None:
            leader[find(i)] = find(first.setdefault(corpus.groups[i], i))
    members: dict[int, list[int]] = {}
    for i in range(len(texts)):
        members.setdefault(find(i), []).append(i)
    return [
        Bundle(min(texts[i] for i in rows), rows, [labels[i] for i in rows])
        for rows in members.values()
    ]
