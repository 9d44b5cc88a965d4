"""The approximate index of a folder of word vectors: made, measured, kept beside it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nlpwb.errors import InputError

if TYPE_CHECKING:
    from nlpwb.vectors.index import Index


@dataclass(frozen=True)
class Indexed:
    """An index that was made: its file and size in bytes, what it cost, and the share of the ten nearest that it finds.

    ``sampled`` words were asked for that; ``seconds`` are those of building and measuring.
    """

    index: str
    words: int
    bytes: int
    seconds: float
    recall: float
    sampled: int
    connectivity: int
    expansion_add: int
    expansion_search: int


def make_index(
    folder: Path, *, connectivity: int, expansion_add: int, expansion_search: int
) -> Indexed:
    """Make the index of a folder of ours.

    Raises:
        InputError: it is no such folder, usearch is missing, all vectors are zero, or the index cannot be written.
    """
    from nlpwb.vectors.files import read_vectors
    from nlpwb.vectors.folder import GRAPH, is_folder_of_vectors
    from nlpwb.vectors.index import build_index

    vectors = read_vectors(folder)
    if not is_folder_of_vectors(folder):
        raise InputError(
            f"{folder} is a file of another program; an index stands in a folder of ours: "
            f"nlpwb words convert {folder} FOLDER, then nlpwb words index FOLDER"
        )
    started = time.perf_counter()
    made = build_index(
        folder,
        vectors,
        connectivity=connectivity,
        expansion_add=expansion_add,
        expansion_search=expansion_search,
    )
    seconds = time.perf_counter() - started
    path = folder / GRAPH
    facts = made.facts
    return Indexed(
        str(path), facts.words, facts.bytes, seconds, facts.recall, facts.sampled,
        connectivity, expansion_add, expansion_search,
    )  # fmt: skip


def open_index(folder: Path) -> Index:
    """The index of a folder, ready for questions.

    Raises:
        InputError: there is none, or usearch is missing.
        ModelError: it is damaged, or belongs to another table.
    """
    from nlpwb.vectors.index import open_index as opened

    return opened(folder)
