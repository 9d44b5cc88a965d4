"""Word vectors that somebody else trained, as a representation of documents: nothing is learned but the pooling.

A fitted model keeps every row of the table. A reference to the file would break when the file moves, and the rows of the
training documents alone would leave new documents without their words. Where a table is too heavy for that, ``limit=N`` keeps
its first N words: such files begin with the frequent ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nlpwb.errors import MethodError
from nlpwb.vectors.formats.opening import open_rows
from nlpwb.vectors.formats.rows import collect
from nlpwb.vectors.table import WordVectors

if TYPE_CHECKING:
    from nlpwb.methods.embeddings.config import VectorsConfig


def read_pretrained(config: VectorsConfig, documents: Sequence[Sequence[str]]) -> WordVectors:
    """The table that a config names, of which some word stands in the documents.

    Raises:
        InputError: it is missing or not what it seems to be.
        MethodError: the documents hold no word that has a vector.
    """
    with open_rows(Path(config.path)) as rows:
        whole = rows.whole
        vectors = collect(rows, limit=config.limit) if whole is None else whole
    if config.limit is not None and config.limit < len(vectors):
        vectors = first_words(vectors, config.limit)
    if not any(vectors.vector(word) is not None for document in documents for word in document):
        raise MethodError(
            f"no word of the {len(documents):,} documents has a vector in {config.path}; "
            "check its language, and try lowercase=no"
        )
    return vectors


def first_words(vectors: WordVectors, limit: int) -> WordVectors:
    """The first words of a table; its subwords stay."""
    return WordVectors(
        words=vectors.words[:limit],
        vectors=vectors.vectors[:limit],
        counts=None if vectors.counts is None else vectors.counts[:limit],
        subwords=vectors.subwords,
        facts=vectors.facts,
    )
